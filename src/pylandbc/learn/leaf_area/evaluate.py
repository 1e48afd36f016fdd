"""Scores of forecasts of a vegetation series on held-out blocks and years, in one table with null models.

All forecasts are scored on the same pixels and steps: observed (not filled by the producer), on land, in
the blocks of the role, weighted by area; told apart by main climate class, land cover and era of the sensor.
Skill is that over the climatology, 1 - MSE / MSE of the climatology (Murphy 1988, Mon. Wea. Rev. 116, 2417);
where the truth is known, its skill is what can be attained.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pylandbc.cube.splits import Split, check_role
from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.forecasts import Climatology, Forecast, KnownTruth
from pylandbc.learn.leaf_area.metrics import FieldScores
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.leaf_area.seasons import compare_seasons, filled
from pylandbc.models.leaf_area.inputs import VegetationInputs
from pylandbc.progress import Tell

CLIMATOLOGY, TRUTH = Climatology.name, KnownTruth.name
LEAST_PIXELS = 200
"""Observations below which a group is not reported."""
LEAST_AMPLITUDE = 0.5
"""Seasonal amplitude below which a pixel has no phase, in the variable's unit."""


def evaluate(
    forecasts: Sequence[Forecast],
    regions: Sequence[Region],
    splits: dict[str, Split],
    inputs: VegetationInputs,
    role: str,
    years: dict[str, list[int]],
    *,
    sensor_change: int = 2014,
    maps: dict[str, np.ndarray] | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Score forecasts.

    Parameters
    ----------
    forecasts
        With distinct names.
    regions, splits
        Where; splits by region name.
    role
        Blocks to score, or ``all``.
    years
        Years to score, by region name.
    sensor_change
        First year of the later sensor (Copernicus: PROBA-V from 2014).
    maps
        Given, it is filled with the maps of the first region's last July (or dekad of it): ``observed``,
        ``climatology`` and the forecast of the first of ``forecasts``.
    tell
        Called with a stage and the share done.

    Returns
    -------
    dict
        Ready for JSON; ``scores[forecast][group]`` as of ``FieldScores.summary``, and
        ``seasons[forecast]``; ``skill[forecast][group]`` where the climatology is among the forecasts;
        ``curves[group]``: means of the season's steps by forecast, and ``observed``, over the same pixels.

    Raises
    ------
    InputError
        No such role; nothing to score.
    """
    check_role(role)
    steps = {r.name: r.usable(years[r.name], inputs) for r in regions}
    total, done = len(forecasts) * sum(map(len, steps.values())), 0
    normal = Climatology()
    scores: dict[str, dict[str, FieldScores]] = {}
    curves: dict[str, list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
    means: dict[str, dict[str, np.ndarray]] = {}
    shown = _shown(regions[0], steps[regions[0].name])
    for forecast in forecasts:
        first = forecast is forecasts[0]
        groups = scores[forecast.name] = {"all": FieldScores(forecast.levels)}
        curves[forecast.name] = []
        for region in regions:
            used = np.ones(region.shape, bool) if role == "all" else splits[region.name].mask(role)
            area = np.broadcast_to(region.area[:, None], region.shape)
            everywhere = np.ones(int(used.sum()), bool)
            year: list[tuple[np.ndarray, np.ndarray]] = []
            for position, step in enumerate(steps[region.name]):
                if tell is not None:
                    tell(f"{forecast.name}, {region.name} {region.series.times[step]}", done / max(total, 1))
                done += 1
                quantiles = forecast(region, int(step))
                observed = np.where(used, region.observed(int(step)), np.nan)
                mean = normal(region, int(step))[0]
                season, number = int(region.season[step]), region.steps_per_year
                era = f"{'before' if region.years[step] < sensor_change else 'from'} {sensor_change}"
                chosen = {"all": everywhere, era: everywhere}
                for codes, names in region.groups.values():
                    here = codes[used]
                    chosen |= {name: here == code for code, name in names.items() if (here == code).any()}
                q, o, c, w = quantiles[:, used], observed[used], mean[used], area[used]
                for group, where in chosen.items():
                    if group not in groups:
                        groups[group] = FieldScores(forecast.levels)
                    groups[group].update(q[:, where], o[where], c[where], w[where])
                    if not group.startswith(("land cover", "before", "from")):
                        given = {forecast.name: q[len(q) // 2], **({"observed": o} if first else {})}
                        _add_means(means.setdefault(group, {}), given, o, where, w, season, number)
                if maps is not None and first and region is regions[0] and step == shown:
                    maps |= {
                        "observed": observed, "climatology": mean, "forecast": quantiles[len(quantiles) // 2]
                    }  # fmt: skip
                # the season of a year needs all of its steps
                if position == 0 or region.season[step] == 0:
                    year = []
                year.append((quantiles[len(quantiles) // 2], observed))
                if len(year) == region.steps_per_year:
                    f, o = (np.stack(maps) for maps in zip(*year, strict=True))
                    curves[forecast.name].append((f[:, used], filled(o)[:, used], area[used]))
    if next(iter(scores.values()))["all"].observations == 0:
        raise InputError(f"nothing was observed in the {role} blocks and years {years}")
    return {
        "variable": inputs.variable,
        "step": inputs.step,
        "regions": [region.name for region in regions],
        "split": role,
        "years": years,
        "weights": "pixel area",
        "sensor_change": sensor_change,
        "scores": {
            name: {
                g: s.summary()
                for g, s in sorted(groups.items())
                if s.observations >= LEAST_PIXELS or g == "all"
            }
            for name, groups in scores.items()
        },
        "skill": _skill(scores),
        "curves": {group: _curves(by_name) for group, by_name in means.items()},
        "seasons": {name: _seasons(seen) for name, seen in curves.items() if seen},
    }


def _shown(region: Region, steps: np.ndarray) -> int:
    """The last of the steps that is a July's, or the last of all."""
    july = steps[region.season[steps] == region.steps_per_year // 2 + region.steps_per_year // 36]
    return int((july if july.size else steps)[-1]) if steps.size else -1


def _add_means(
    into: dict[str, np.ndarray],
    given: dict[str, np.ndarray],
    observed: np.ndarray,
    where: np.ndarray,
    area: np.ndarray,
    season: int,
    steps: int,
) -> None:
    """Add maps, where there is an observation, to their curves (2, steps): weighted sums, and weights."""
    used = where & np.isfinite(observed)
    for name, values in given.items():
        here = used & np.isfinite(values)
        curve = into.setdefault(name, np.zeros((2, steps)))
        curve[:, season] += float((values * area)[here].sum()), float(area[here].sum())


def _curves(by_name: dict[str, np.ndarray]) -> dict[str, list[float | None]]:
    """Means of the steps; None where nothing was seen."""
    return {
        name: [round(float(s / w), 5) if w > 0 else None for s, w in sums.T] for name, sums in by_name.items()
    }


def _skill(scores: dict[str, dict[str, FieldScores]]) -> dict[str, dict[str, dict[str, float]]]:
    """By forecast and group: ``skill``, and its ``share`` of the truth's where that is known."""
    null, best = scores.get(CLIMATOLOGY), scores.get(TRUTH, {})
    if null is None:
        return {}
    out: dict[str, dict[str, dict[str, float]]] = {}
    for name, groups in scores.items():
        out[name] = {}
        for group, scored in groups.items():
            if group not in null or scored.observations < LEAST_PIXELS or null[group].rmse == 0:
                continue
            skill = 1.0 - (scored.rmse / null[group].rmse) ** 2
            out[name][group] = {"skill": round(skill, 6)}
            if group in best:
                attainable = 1.0 - (best[group].rmse / null[group].rmse) ** 2
                out[name][group]["share"] = round(skill / attainable, 6)
    return out


def _seasons(seen: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> dict[str, float | int | None]:
    """Scores of all curves together."""
    forecast, observed, area = (np.concatenate(parts, axis=-1) for parts in zip(*seen, strict=True))
    return compare_seasons(forecast, observed, area, LEAST_AMPLITUDE)
