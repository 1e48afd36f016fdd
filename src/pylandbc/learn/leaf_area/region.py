"""A vegetation series over some area with all that an emulator of it may see.

Cubes and the small real sets become regions; samples, baselines, evaluation and inference know only these.
Tiles may reach beyond the region: fields repeat its edge there, and the series is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pylandbc.cube.layers import Vegetation
from pylandbc.cube.splits import Split
from pylandbc.cube.vegetation import OBSERVED
from pylandbc.grid.window import Window
from pylandbc.learn.leaf_area.calendar import STEPS_PER_YEAR, day_of_year, season_steps, years_of
from pylandbc.models.leaf_area.inputs import VegetationInputs

LEAST = 2
"""Observations that the mean of a pixel and season step needs."""


@dataclass
class Region:
    """A series and its surroundings.

    Parameters
    ----------
    name
        For tables and records.
    variable, series
        The series; its steps are regular.
    land
        Pixels that count, bool (H, W).
    latitude
        Of the rows, degrees north (H).
    area
        Of the rows' pixels, m2 (H).
    static
        Names, and what gives them: rows, columns, year -> float32 (Cs, H, W).
    climate, climate_days
        Of each step, float32 (time, Cc, h, w), and its last day; no missing values.
    climate_row, climate_col
        Coarse row of each row, and the same for columns.
    climate_normal
        Mean of the training years by season step, (S, Cc, h, w).
    co2
        At each step of the series, ppm, 0 where unknown.
    groups
        Maps of class codes by which scores are told apart, and the names of their codes.
    training_years
        Years that may be learnt from.
    normal, own_normal
        Climatology by season step, float32 (S, H, W), and whether it is each pixel's own; set by
        ``climatology.set_normal``.
    window
        Where the region lies on the 1 km grid, if it does.
    provenance
        For the record of a run.
    truth
        The same series without noise, where it is known.
    """

    name: str
    variable: str
    series: Vegetation
    land: np.ndarray
    latitude: np.ndarray
    area: np.ndarray
    static_names: tuple[str, ...]
    static: Callable[[slice, slice, int], np.ndarray]
    climate_names: tuple[str, ...]
    climate: np.ndarray
    climate_days: np.ndarray
    climate_row: np.ndarray
    climate_col: np.ndarray
    climate_normal: np.ndarray
    co2: np.ndarray
    groups: dict[str, tuple[np.ndarray, dict[int, str]]]
    training_years: tuple[int, ...]
    units: dict[str, str] = field(default_factory=dict)
    statistics: dict[str, tuple[float, float]] = field(default_factory=dict)
    normal: np.ndarray | None = None
    own_normal: bool = False
    window: Window | None = None
    provenance: list[dict[str, str]] = field(default_factory=list)
    truth: Vegetation | None = None

    def __post_init__(self) -> None:
        self.years = years_of(self.series.times)
        self.season = season_steps(self.series.times, self.series.step)
        self._climate_at = {day: k for k, day in enumerate(self.climate_days.tolist())}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.land.shape

    @property
    def steps_per_year(self) -> int:
        """12 or 36."""
        return STEPS_PER_YEAR[self.series.step]

    def values(self, step: int) -> np.ndarray:
        """The series at a step, float32, NaN where missing; all NaN before its first step."""
        if not 0 <= step < self.series.times.size:
            return np.full(self.shape, np.nan, dtype=np.float32)
        return self.series.unpack(np.asarray(self.series.values[step]))

    def observed(self, step: int, where: Any = np.s_[:, :]) -> np.ndarray:
        """What scores and losses count at a step, NaN elsewhere; ``where`` indexes the map."""
        box = tuple(k if isinstance(k, slice) else slice(int(k.min()), int(k.max()) + 1) for k in where)
        inner = tuple(
            slice(None) if isinstance(k, slice) else k - b.start for k, b in zip(where, box, strict=True)
        )
        quality = np.asarray(self.series.quality[step, box[0], box[1]])[inner]
        values = self.series.unpack(np.asarray(self.series.values[step, box[0], box[1]])[inner])
        return np.where((quality >= OBSERVED) & self.land[where], values, np.float32(np.nan))

    def usable(self, years: tuple[int, ...] | list[int], inputs: VegetationInputs) -> np.ndarray:
        """Steps of some years that have values and all the climate they need."""
        wanted = np.isin(self.years, list(years)) & (np.asarray(self.series.coverage) > 0)
        if inputs.climate:
            last = [self._climate_at.get(day, -1) for day in self.series.times.tolist()]
            wanted &= np.array(last) >= inputs.climate_steps - 1
        return np.flatnonzero(wanted)

    def arguments(
        self,
        inputs: VegetationInputs,
        step: int,
        rows: np.ndarray,
        cols: np.ndarray,
        seen: np.ndarray | None = None,
        past: dict[int, np.ndarray] | None = None,
        normal_years: Sequence[int] | None = None,
    ) -> dict[str, Tensor]:
        """The emulator's arguments, without batch dimension and state, of ascending rows and columns.

        Parameters
        ----------
        rows, cols
            A tile's, which may reach beyond the region, or any.
        seen
            Where the past may be seen, bool (H, W) of the region.
        past
            Maps of the region by step that stand for the series (an emulator's own forecasts).
        normal_years
            Training years whose mean all climatologies are, in place of all; those of a land cover stay.
        """
        inside = ((rows >= 0) & (rows < self.shape[0]))[:, None] & ((cols >= 0) & (cols < self.shape[1]))
        r, c = np.clip(rows, 0, self.shape[0] - 1), np.clip(cols, 0, self.shape[1] - 1)
        here, there = slice(int(r[0]), int(r[-1]) + 1), slice(int(c[0]), int(c[-1]) + 1)
        row, col = (r - r[0])[:, None], (c - c[0])[None, :]

        def of_past(lag: int) -> np.ndarray:
            own = (past or {}).get(step - lag)
            if own is not None:
                return own[here, there][row, col]
            if not 0 <= step - lag < self.series.times.size:
                return np.full(inside.shape, np.nan, dtype=np.float32)
            return self.series.unpack(np.asarray(self.series.values[step - lag, here, there])[row, col])

        lags = (*inputs.lags, 0)
        values = np.stack([of_past(lag) for lag in inputs.lags])
        known = np.isfinite(values) & inside
        if seen is not None:
            known &= seen[here, there][row, col]
        assert self.normal is not None, "set_normal goes first"
        box = (here, there, row, col)
        normal = self._normals(step, lags, box, normal_years)
        day = self.series.times[step]
        coarse_row, coarse_col = self.climate_row[r], self.climate_col[c]
        block = (slice(coarse_row[0], coarse_row[-1] + 1), slice(coarse_col[0], coarse_col[-1] + 1))
        moment = [float(day_of_year(np.array([day]))[0]), float(self.co2[step])]
        fields = {
            "static": self.static(here, there, int(self.years[step]))[:, row, col],
            "climate": self._climate_block(inputs, step, block, normal_years),
            "climate_row": coarse_row - coarse_row[0],
            "climate_col": coarse_col - coarse_col[0],
            "past": np.where(known, values, np.float32(0)),
            "known": known.astype(np.uint8),
            "normal": normal,
            "latitude": self.latitude[r].astype(np.float32),
            "time": np.array(moment, dtype=np.float32),
        }
        return {name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in fields.items()}

    def _normals(
        self,
        step: int,
        lags: Sequence[int],
        box: tuple[slice, slice, np.ndarray, np.ndarray],
        years: Sequence[int] | None,
    ) -> np.ndarray:
        """Climatology of the seasons some steps before, (lag, H, W); of some years where they hold enough."""
        here, there, row, col = box
        assert self.normal is not None
        seasons = (int(self.season[step]) - np.array(lags)) % self.steps_per_year
        mean = self.normal[seasons[:, None, None], here.start + row, there.start + col]
        if years is None or not self.own_normal:
            return mean
        at = np.flatnonzero(np.isin(self.years, list(years)) & np.isin(self.season, seasons))
        at = at[np.argsort(self.season[at], kind="stable")]
        which, first = np.unique(self.season[at], return_index=True)
        if not np.isin(seasons, which).all():
            return mean
        values = self.series.unpack(_maps(self.series.values, at, box))
        seen = (_maps(self.series.quality, at, box) >= OBSERVED) & np.isfinite(values)
        values[~seen] = 0
        place = np.searchsorted(which, seasons)
        count = np.add.reduceat(seen.astype(np.float32), first)[place]
        total = np.add.reduceat(values, first)[place]
        return np.where(count >= LEAST, total / np.maximum(count, 1), mean)

    def _climate_block(
        self,
        inputs: VegetationInputs,
        step: int,
        block: tuple[slice, slice],
        years: Sequence[int] | None = None,
    ) -> np.ndarray:
        """Climate of the last steps, and its climatology after it, float32 (T, 2 Cc, h, w)."""
        if not inputs.climate:
            return np.zeros(
                (0, 0, block[0].stop - block[0].start, block[1].stop - block[1].start), np.float32
            )
        last = self._climate_at[self.series.times[step].tolist()]
        at = np.arange(last - inputs.climate_steps + 1, last + 1)
        channels = [self.climate_names.index(name) for name in inputs.climate]
        season = season_steps(self.climate_days[at], self.series.step)
        here = self.climate[at][:, channels, block[0], block[1]]
        normal = self.climate_normal[season][:, channels, block[0], block[1]]
        if years is not None:
            of_year = years_of(self.climate_days)
            every = season_steps(self.climate_days, self.series.step)
            chosen = np.isin(of_year, list(years))
            for number in np.unique(season).tolist():
                same = self.climate[chosen & (every == number)][:, channels, block[0], block[1]]
                if len(same):
                    normal[season == number] = same.mean(axis=0)
        return np.concatenate([here, normal], axis=1).astype(np.float32)


def _maps(array: Any, at: np.ndarray, box: tuple[slice, slice, np.ndarray, np.ndarray]) -> np.ndarray:
    """Rows and columns of some steps of an array in memory or on disk, (step, H, W)."""
    here, there, row, col = box
    if isinstance(array, np.ndarray):
        return array[at[:, None, None], here.start + row, there.start + col]
    return np.stack([np.asarray(array[k, here, there])[row, col] for k in at.tolist()])


def seasonal_mean(values: np.ndarray, season: np.ndarray, used: np.ndarray, steps: int) -> np.ndarray:
    """Mean by season step over the used entries of the first axis, (S, ...); over all where none is used."""
    out = np.empty((steps, *values.shape[1:]), dtype=np.float32)
    for number in range(steps):
        here = season == number
        chosen = here & used if (here & used).any() else (here if here.any() else np.ones_like(here))
        out[number] = values[chosen].mean(axis=0)
    return out


def all_of(region: Region) -> Split:
    """A split that holds nothing out."""
    return Split(np.zeros(region.shape, dtype=np.uint8), 0)
