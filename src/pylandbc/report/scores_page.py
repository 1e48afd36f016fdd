"""One page that holds an evaluation: what was scored, on what, every table and figure, and what it does not
show.

The page is a single file: figures are inline, nothing is fetched. It follows the reader's light or dark
theme and narrows to a telephone. All numbers come from the file that ``pylandbc evaluate --json`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from pylandbc import __version__
from pylandbc.errors import InputError
from pylandbc.legend import EMULATED
from pylandbc.report import score_chart_groups as groups
from pylandbc.report import score_charts as charts
from pylandbc.report import score_rows as rows
from pylandbc.report.maps import readable
from pylandbc.report.panel_fields import Panels
from pylandbc.report.score_images import panel_images, window_images
from pylandbc.report.score_sentences import facts, findings, limits, temperature
from pylandbc.report.score_words import BY_KEY, MAIN, PREDICTORS, SCORES

VISIBLE, HIDDEN = "visible land", "hidden land"
COMPARED = 6
"""Predictors in one chart at most."""
DRIVERS = {"land_use": "coarse data of both", "land_cover": "climate and land use of the year wanted"}


def read_scores(path: Path) -> dict[str, Any]:
    """A file of scores; ``InputError`` where it is none."""
    if not Path(path).is_file():
        raise InputError(f"no scores at {path}; `pylandbc evaluate --json` writes such a file")
    try:
        result = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path} cannot be read as JSON ({error}); `pylandbc evaluate --json` writes such a file"
        ) from error
    missing = [key for key in ("scores", "differences", "bootstrap", "regions") if key not in result]
    if missing:
        raise InputError(
            f"{path} lacks {', '.join(missing)}: it is no file of `pylandbc evaluate --json` of this "
            "version; evaluate again"
        )
    return result


def page(
    result: Mapping[str, Any],
    maps: Mapping[str, np.ndarray],
    panels: Panels | None,
    source: str = "scores.json",
) -> str:
    """The HTML page.

    Parameters
    ----------
    result
        As of ``pylandbc.learn.evaluate``.
    maps, panels
        As of ``pylandbc.learn.score_maps``; sections without them are left out.
    source
        Name of the file of scores.

    Raises
    ------
    InputError
        There are no scores with the prior wholly visible.
    """
    template = resources.files("pylandbc.report") / "templates" / "scores.html"
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    emulator = result.get("emulator", {"name": "emulator", "version": ""})
    cubes = [region["cube"].removesuffix(".zarr") for region in result["regions"]]
    where = " and ".join(cubes)
    years = sorted({year for pair in result["pairs"] for year in pair})
    shown = _chosen(result)
    clear = {name: by[f"{0:g}"][VISIBLE] for name, by in result["scores"].items() if _has(by, "0", VISIBLE)}
    if not clear:
        raise InputError(f"{source} holds no scores with the prior wholly visible; evaluate with ratio 0")
    legend = EMULATED[result.get("quantity", "land_use")]
    main = {name: clear[name] for name in shown if name in clear}
    own = _own(result)
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        title=f"{emulator['name']} {emulator['version']} on {where}, {years[0]} and {years[-1]}",
        lead=(
            f"How well the emulator maps {readable(legend.name).lower()} of a neighbouring year at 1 km, "
            f"given the map of one year and {DRIVERS[legend.name]}, in blocks that it was not trained on; "
            "and how far simple rules come."
        ),
        findings=findings(result, own),
        facts=facts(result),
        predictors=[(name, PREDICTORS.get(name, "")) for name in result["scores"]],
        words=SCORES,
        draws=result["bootstrap"]["draws"],
        blocks=result["bootstrap"]["blocks"],
        sections=_sections(result, own),
        directions=rows.directions(clear),
        change_charts=groups.change_charts(clear, main),
        transitions=rows.transitions(clear[own], result["classes"]),
        gross=rows.gross_and_net(clear),
        iou=rows.by_class(clear, "iou"),
        confusions=[rows.confusion(name, clear[name], result["classes"]) for name in (own, "persistence")],
        object_charts=groups.object_charts(main),
        fractions=rows.fractions(clear[own]),
        temperature=temperature(result),
        reliability_charts=groups.reliability_charts(clear, shown),
        drift_charts=groups.drift_charts(result.get("rollout")),
        drift=rows.drift_rows(result.get("rollout")),
        attainable=rows.attainable(result.get("attainable")),
        window_maps=window_images(maps, result["regions"][0]["window"], legend) if maps else [],
        pictured=f" of {cubes[0]}" if len(cubes) > 1 else "",
        panels=panel_images(panels, legend) if panels is not None else [],
        hidden=f"{max(result['mask_ratios']):.0%}",
        legend=[(readable(c.name), c.colour) for c in legend.classes],
        outcomes=[("Rightly unchanged", "#D0D0D0"), *((n.capitalize(), c) for n, _, c in charts.PARTS)],
        limits=limits(result),
        version=__version__,
        source=source,
    )


def _has(by_ratio: Mapping[str, Any], ratio: str, group: str) -> bool:
    return group in by_ratio.get(ratio, {})


def _own(result: Mapping[str, Any]) -> str:
    """The emulator's name in the table, or the first predictor's where there is no emulator."""
    return (result["emulators"] or list(result["scores"]))[0]


def _chosen(result: Mapping[str, Any]) -> list[str]:
    """Predictors of the charts: the emulator, persistence, the regression, then others."""
    first = [_own(result), "persistence", "logistic regression"]
    known = (name for name in result["scores"] if "calibrated" not in name)
    rest = [name for name in known if name not in (*first, *groups.REMOTE)]
    return [name for name in first if name in result["scores"]] + rest[: COMPARED - len(first)]


def _sections(result: Mapping[str, Any], own: str) -> list[dict[str, Any]]:
    out = []
    for ratio in result["mask_ratios"]:
        for group in (VISIBLE, HIDDEN):
            scores = {
                name: by[f"{ratio:g}"][group]
                for name, by in result["scores"].items()
                if _has(by, f"{ratio:g}", group)
            }
            if not scores:
                continue
            title = "Prior wholly visible" if ratio == 0 else f"{ratio:.0%} of the prior hidden: {group}"
            text = (
                "The emulator sees the whole map of the other year."
                if ratio == 0
                else f"Square patches of {result['patch']} pixels of the other year’s map are hidden."
            )
            keys = [
                key
                for key in (*MAIN, "macro_f1", "fraction_rmse")
                if key != "figure_of_merit" or group == VISIBLE
            ]
            if group == HIDDEN:
                text += (
                    " Persistence alone sees them. The figure of merit says nothing where the first map is "
                    "not known, and is left out."
                )
            leads = result["differences"].get(f"{ratio:g}", {}).get(group, {})
            others = leads.get(next(reversed(leads), own), {}) if ratio == 0 else {}
            others = {name: entry for name, entry in others.items() if name not in groups.REMOTE}
            out.append(
                {
                    "title": title,
                    "text": text,
                    "scores": rows.score_table(scores, keys, result["emulators"]),
                    "leads": [
                        {"svg": charts.differences(others, key), "caption": BY_KEY[key].name}
                        for key in (
                            "accuracy",
                            "mean_iou_without_ocean",
                            "figure_of_merit",
                            "log_loss",
                            "brier",
                        )
                        if others
                    ],
                }
            )
    return out
