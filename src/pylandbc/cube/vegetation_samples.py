"""Training samples of a vegetation series (leaf area index): a step with the steps and the climate before it.

Like :class:`pylandbc.cube.samples.Samples` a sample is a function of (seed, number) alone, held-out blocks
are absent from what training sees, and crops are mirrored east-west only. Climate stays coarse: it is
monthly or dekadal as the series is, from the step itself backwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from pylandbc.cube.channels import Channels
from pylandbc.cube.crops import Crops
from pylandbc.cube.numbered_samples import NumberedSamples
from pylandbc.cube.open import Cube
from pylandbc.cube.patches import MaskSchedule, Ratio, check_ratio, visible_patches
from pylandbc.cube.samples import IN_MEMORY
from pylandbc.cube.splits import Split
from pylandbc.cube.vegetation import FILLED, OBSERVED
from pylandbc.errors import InputError

YEAR_LENGTH = 365.2425
"""Mean length of the Gregorian year, days."""


class VegetationSamples(NumberedSamples):
    """Random samples of one vegetation series of a cube.

    Parameters
    ----------
    cube
        An open cube.
    inputs
        The model card's ``inputs``: names with source ``static`` (static fields, class maps, and ``land_use``
        and ``land_cover`` of the step's year or the nearest there is) and ``climate``.
    variable
        The series.
    past
        Steps of the series before the target.
    climate_steps
        Steps of the climate, the target's own included.
    split, role, size, count, mask_ratio, patch, min_active, phase_group, mirror
        As for :class:`pylandbc.cube.samples.Samples`; patches hide the past.
    years
        Years of the target; by default those of the series that lie within the training years.
    filled
        Whether values that the producer filled (by climatology or interpolation) count as targets.

    Raises
    ------
    InputError
        The cube lacks the series, an input, or the climate in its steps; or no step has what it needs.
    """

    def __init__(
        self,
        cube: Cube,
        inputs: list[dict[str, Any]],
        *,
        variable: str = "leaf_area_index",
        past: int = 3,
        climate_steps: int = 12,
        split: Split | None = None,
        role: str = "train",
        size: int = 512,
        count: int = 1000,
        seed: int = 0,
        mask_ratio: Ratio | MaskSchedule = 0.0,
        patch: int = 32,
        years: list[int] | None = None,
        filled: bool = False,
        min_active: float = 0.1,
        phase_group: int = 1,
        mirror: bool = True,
    ) -> None:
        if variable not in cube.layers.vegetation:
            raise InputError(f"{cube.path} has no {variable}; build it with vegetation in the configuration")
        if not isinstance(mask_ratio, MaskSchedule):
            check_ratio(mask_ratio)
        self.variable, self.past, self.climate_steps = variable, past, climate_steps
        self.size, self.count, self.seed, self.patch = size, count, seed, patch
        self.mask_ratio, self.mirror = mask_ratio, mirror
        self.least = FILLED if filled else OBSERVED
        self.phase_group = max(int(phase_group), 1)
        names = [e["name"] for e in inputs if e["source"] == "static"]
        self._channels = Channels(cube, names, nearest=True)
        weather = [e["name"] for e in inputs if e["source"] == "climate"]
        for name in weather:
            if name not in cube.climate_variables:
                raise InputError(
                    f"the emulator needs climate input {name!r}, which {cube.path} lacks "
                    f"(found: {', '.join(cube.climate_variables)})"
                )
        self._climate = np.array([cube.climate_variables.index(name) for name in weather], dtype=np.int64)
        self.steps = _steps(cube, variable, past, climate_steps if weather else 0, years)
        layers = {*self._channels.arrays(), variable, f"{variable}_quality"}
        self.cube = cube.loaded(layers, IN_MEMORY)
        series = cube.layers.vegetation[variable]
        monthly = series.step == "month"
        climate = cube.layers.climate_monthly if monthly else cube.layers.climate_dekadal
        self._weather = None if climate is None else np.asarray(climate[...])
        axis = cube.layers.climate_months if monthly else cube.layers.climate_dekads
        self._weather_position = {day: k for k, day in enumerate(axis.tolist())}
        self._co2 = co2_of(cube, series.times)
        self._latitude_weight = np.cos(np.deg2rad(cube.window.latitude)).astype(np.float32)
        shape = cube.window.shape
        land = cube.static_field("land_mask") == 1
        self._used = land & (split.mask(role) if split is not None else True)
        self._hidden = split.hidden_from(role) if split is not None else np.zeros(shape, dtype=bool)
        self._crops = Crops(cube.window, self._used, size, min_active)
        if self._crops.empty:
            raise InputError(f"{cube.path} has no land in role {role!r}")

    def sample(self, number: int) -> dict[str, torch.Tensor]:
        """Sample of any non-negative number.

        Returns
        -------
        dict
            ``static`` float32 (Cs, H, W); ``climate`` float32 (T, Cc, h, w), oldest first, with
            ``climate_row`` and ``climate_col`` int64 (H), (W); ``past`` float32 (n, H, W), oldest first, 0
            where not known, and ``known`` uint8 (n, H, W); ``time`` float32 (3): sine and cosine of the phase
            of the year at the step's end, CO2 (ppm, 0 where the cube has none); ``target`` float32 (H, W), 0
            where missing, and ``weight`` float32 (H, W): cosine of latitude where the target counts.
        """
        rng, row, col, mirrored = self._placed(number)
        step = int(self.steps[int(rng.integers(len(self.steps)))])
        rows, cols = slice(row, row + self.size), slice(col, col + self.size)
        series = self.cube.layers.vegetation[self.variable]
        packed = np.asarray(series.values[step - self.past : step + 1, rows, cols])
        there = packed != series.missing
        values = np.where(there, series.unpack(packed), np.float32(0))
        counts = np.asarray(series.quality[step, rows, cols]) >= self.least
        ratio = self.mask_ratio.at(number) if isinstance(self.mask_ratio, MaskSchedule) else self.mask_ratio
        hidden = self._hidden[rows, cols]
        seen = (visible_patches(rng, self.size, self.patch, ratio) == 1) & ~hidden
        known = there[:-1] & seen
        usable = self._used[rows, cols] & ~hidden & there[-1] & counts
        day = series.times[step]
        tile_row, tile_col = self._crops.within_block(row, col)
        fields = {
            "static": self._channels.read(self.cube, rows, cols, int(str(day)[:4])),
            "past": np.where(known, values[:-1], np.float32(0)),
            "known": known.astype(np.uint8),
            "target": np.where(usable, values[-1], np.float32(0)),
            "weight": (usable * self._latitude_weight[rows, None]).astype(np.float32),
        }
        if mirrored:
            static = self._channels.mirrored(fields.pop("static"))
            fields = {"static": static} | {name: field[..., ::-1] for name, field in fields.items()}
            tile_col = tile_col[::-1]
        out = {name: torch.from_numpy(np.ascontiguousarray(field)) for name, field in fields.items()}
        out["climate"] = torch.from_numpy(self._climate_block(day, self._crops.block(row, col)))
        out["climate_row"] = torch.from_numpy(tile_row)
        out["climate_col"] = torch.from_numpy(np.ascontiguousarray(tile_col))
        angle = 2 * np.pi * _phase(day)
        out["time"] = torch.tensor([np.sin(angle), np.cos(angle), self._co2[step]], dtype=torch.float32)
        return out

    def _climate_block(self, day: np.datetime64, block: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Climate up to a day, float32 (T, Cc, h, w)."""
        if not self._climate.size or self._weather is None:
            return np.zeros((0, 0, *map(len, block)), dtype=np.float32)
        last = self._weather_position[day.tolist()] + 1
        steps = self._weather[last - self.climate_steps : last]
        return np.ascontiguousarray(steps[np.ix_(np.arange(len(steps)), self._climate, *block)])


def _phase(day: np.datetime64) -> float:
    """Share of the year that has passed at the end of a day, 0 ... 1."""
    first = day.astype("datetime64[Y]").astype("datetime64[D]")
    return float((day - first).astype(int) + 1) / YEAR_LENGTH


def _steps(cube: Cube, variable: str, past: int, climate_steps: int, years: list[int] | None) -> np.ndarray:
    """Positions of the steps that may be targets."""
    series = cube.layers.vegetation[variable]
    of = series.times.astype("datetime64[Y]").astype(int) + 1970
    first, last = min(cube.training_years), max(cube.training_years)
    wanted = (of >= first) & (of <= last) if years is None else np.isin(of, years)
    wanted &= (np.arange(of.size) >= past) & (series.coverage > 0)
    if climate_steps:
        monthly = series.step == "month"
        axis = cube.layers.climate_months if monthly else cube.layers.climate_dekads
        if not axis.size:
            raise InputError(
                f"{cube.path} has no climate in {series.step}s; build it with climate.steps: [{series.step}]"
            )
        # counted back over the axis, which leaves out years that are incomplete
        reach = axis[climate_steps - 1 :] - axis[: axis.size - climate_steps + 1]
        whole = axis[climate_steps - 1 :][reach < np.timedelta64(31 * climate_steps + 1, "D")]
        wanted &= np.isin(series.times, whole)
    found = np.flatnonzero(wanted)
    if not found.size:
        raise InputError(
            f"{cube.path}: no {series.step} of {variable} in the years wanted has {past} before it "
            f"and {climate_steps} of climate (it has {series.times[0]} ... {series.times[-1]})"
        )
    return found


def co2_of(cube: Cube, times: np.ndarray) -> np.ndarray:
    """CO2 (ppm) of each step, 0 where the cube has none."""
    layers = cube.layers
    if layers.co2_monthly is None:
        return np.zeros(times.size)
    return np.interp(
        times.astype(np.int64), layers.co2_months.astype(np.int64), np.asarray(layers.co2_monthly[...])
    )
