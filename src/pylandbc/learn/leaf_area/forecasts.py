"""Forecasts of a region's steps behind one interface: emulators, and what they must beat."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.climatology import land_cover_climatology
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.leaf_area.samples import RegionSamples
from pylandbc.models.leaf_area.bounded_quantiles import LEVELS, MIDDLE
from pylandbc.models.leaf_area.inputs import VegetationInputs

ARGUMENTS = (
    "static", "climate", "climate_row", "climate_col", "past", "known", "normal", "latitude", "time"
)  # fmt: skip
"""The emulator's arguments before the state, in their order."""
UNBATCHED = ("climate_row", "climate_col")
CORE = 400
"""Pixels along a tile's core."""
LATTICE = 16
"""Tiles begin at multiples of this."""
SIDE, MOST_SAMPLES = 8, 5000
"""Rows and columns of the scattered samples that trees learn from, and how many are drawn at most."""
SPIN_UP = 12
"""Steps that a recurrent emulator runs before the first that is wanted."""


class Forecast(Protocol):
    """A forecast of any step of a region, from what is known before it and the step's climate."""

    @property
    def name(self) -> str:
        """For the table."""
        ...

    @property
    def levels(self) -> tuple[float, ...]:
        """Probabilities of the quantiles."""
        ...

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """Quantiles at ``levels``, float32 (Q, H, W); NaN where the forecast has none."""
        ...


class Climatology:
    """Each pixel's mean of the season step over the training years."""

    name, levels = "climatology", (0.5,)

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        assert region.normal is not None, "set_normal goes first"
        return region.normal[region.season[step]][None]


class KnownTruth:
    """What the product would show without noise: the best that a forecast of the observation can be."""

    name, levels = "known truth", (0.5,)

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        if region.truth is None:
            raise InputError(f"the truth of {region.name} is not known")
        return region.truth.unpack(np.asarray(region.truth.values[step]))[None]


class _Earlier:
    """The last known value some steps before; the climatology where there is none."""

    name, levels = "", (0.5,)

    def lag(self, region: Region) -> int:
        """How many steps before."""
        raise NotImplementedError

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        before = region.values(step - self.lag(region))
        return np.where(np.isfinite(before), before, Climatology()(region, step)[0])[None]


class PreviousYear(_Earlier):
    """The value of the same step a year before."""

    name = "previous year"

    def lag(self, region: Region) -> int:
        """A year."""
        return region.steps_per_year


class Persistence(_Earlier):
    """The value of the step before."""

    name = "persistence"

    def lag(self, region: Region) -> int:
        """One step."""
        return 1


class LandCoverClimatology:
    """Mean by land cover and season step over the training pixels and years."""

    name, levels = "land cover x season", (0.5,)

    def __init__(self, splits: dict[str, Split]) -> None:
        self._splits = splits
        self._means: dict[str, np.ndarray] = {}

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        if region.name not in self._means:
            self._means[region.name] = land_cover_climatology(region, self._splits[region.name])
        return self._means[region.name][region.season[step]][None]


class GradientBoosting:
    """Gradient-boosted trees on each pixel's own inputs, for its departure from the climatology.

    Histogram trees after Ke et al. 2017 (NIPS 30), by scikit-learn.

    Parameters
    ----------
    regions, splits, years
        What is learnt from: training pixels of these years.
    pixels
        Number of pixels and steps to learn from.
    past
        Whether the last values are among the inputs.
    wanted
        Pixels by region that are to be forecast; the climatology stands elsewhere.

    Raises
    ------
    InputError
        scikit-learn is not installed.
    """

    name, levels = "gradient boosting", (0.5,)

    def __init__(
        self,
        inputs: VegetationInputs,
        regions: list[Region],
        splits: dict[str, Split],
        years: dict[str, list[int]],
        pixels: int = 40_000,
        seed: int = 0,
        past: bool = True,
        wanted: dict[str, np.ndarray] | None = None,
    ) -> None:
        try:
            from sklearn.ensemble import HistGradientBoostingRegressor
        except ImportError as error:
            raise InputError("gradient boosting needs scikit-learn: pip install 'pylandbc[trees]'") from error
        self.inputs, self.past = inputs, past
        self.wanted = wanted or {}
        tables, targets = [], []
        for region in regions:
            samples = RegionSamples(
                region,
                inputs,
                splits[region.name],
                role="train",
                years=years[region.name],
                size=SIDE,
                count=1,
                scattered=True,
                seed=seed,
            )
            number = found = 0
            while found < pixels // len(regions) and number < MOST_SAMPLES:
                a = samples.sample(number)
                rows, cols = np.nonzero(a["weight"][0].numpy() > 0)
                number, found = number + 1, found + rows.size
                one = {n: t.numpy() if n in UNBATCHED else t[0].numpy() for n, t in a.items()}
                if not rows.size:
                    continue
                table, normal = self._table(one, rows, cols)
                tables.append(table)
                targets.append(one["target"][rows, cols] - normal)
        self.model = HistGradientBoostingRegressor(max_iter=200, learning_rate=0.08, random_state=seed)
        self.model.fit(np.concatenate(tables), np.concatenate(targets))

    def _table(
        self, a: dict[str, np.ndarray], rows: np.ndarray, cols: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Inputs of some pixels of a tile, (pixel, column), and their climatology."""
        normal = a["normal"][:, rows, cols]
        climate = a["climate"].reshape(-1, *a["climate"].shape[2:])
        columns = [a["static"][:, rows, cols], normal[-1:], np.repeat(a["time"][:, None], rows.size, 1)]
        columns += [climate[:, a["climate_row"][rows], a["climate_col"][cols]], a["latitude"][rows][None]]
        if self.past:
            departure = a["past"][:, rows, cols] - normal[:-1]
            columns.append(np.where(a["known"][:, rows, cols] == 1, departure, np.nan))
        return np.concatenate(columns).T, normal[-1]

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        rows, cols = np.nonzero(region.land & self.wanted.get(region.name, region.land))
        whole = region.arguments(self.inputs, step, np.arange(region.shape[0]), np.arange(region.shape[1]))
        tile = {n: t.numpy() for n, t in whole.items()}
        out = Climatology()(region, step)[0].copy()
        out[rows, cols] += self.model.predict(self._table(tile, rows, cols)[0]).astype(np.float32)
        return np.maximum(out, 0)[None]


class EmulatorForecast:
    """An emulator over whole regions, tile by tile.

    Parameters
    ----------
    network
        An emulator of ``models.leaf_area``, or its TorchScript.
    inputs
        Its inputs.
    radius, state
        Its receptive field, and (channels, pixels along a cell) of its hidden state.
    see_past
        Whether it may see the past (False: all of it is hidden).
    free_running
        Whether the past is its own forecast from the first step of each sequence on.
    core
        Pixels along a tile's core, a multiple of 16.
    wanted
        Pixels by region that are to be forecast: tiles without any are left out where there is no state.
    """

    levels = LEVELS

    def __init__(
        self,
        network: torch.nn.Module,
        inputs: VegetationInputs,
        radius: int,
        state: tuple[int, int] = (0, 1),
        *,
        name: str = "emulator",
        see_past: bool = True,
        free_running: bool = False,
        core: int = CORE,
        wanted: dict[str, np.ndarray] | None = None,
        device: str = "cpu",
    ) -> None:
        if core % LATTICE:
            raise InputError(f"core {core} is not a multiple of {LATTICE} pixels")
        self.name, self.network, self.inputs, self.device = name, network, inputs, device
        self.see_past, self.free_running, self.core = see_past, free_running, core
        self.wanted = wanted or {}
        self.halo = -(-radius // LATTICE) * LATTICE
        self.state_channels, self.state_pixels = state
        self._state: np.ndarray | None = None
        self._own: dict[int, np.ndarray] = {}
        self._last: tuple[str, int] | None = None

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``; steps in their order need no spin-up but the first."""
        if self._last != (region.name, step - 1):
            self._state, self._own = None, {}
            if self.state_channels:
                ready = region.usable(sorted(set(region.years)), self.inputs)
                for before in range(step - SPIN_UP, step):
                    if before in ready:
                        self._run(region, before)
        out = self._run(region, step)
        if self.free_running:
            self._own[step] = out[MIDDLE]
        self._last = (region.name, step)
        return out

    @torch.inference_mode()
    def _run(self, region: Region, step: int) -> np.ndarray:
        height, width = region.shape
        # with a state the halo is part of what is carried from step to step
        margin = self.halo if self.state_channels else 0
        of = self.state_pixels
        rows, cols = (-(-n // LATTICE) * LATTICE + 2 * margin for n in region.shape)
        out = np.full((len(LEVELS), rows, cols), np.nan, dtype=np.float32)
        wanted = None if self.state_channels else self.wanted.get(region.name)
        edge = self.halo // of
        after = np.zeros((self.state_channels, rows // of, cols // of), dtype=np.float32)
        before = np.pad(after if self._state is None else self._state, ((0, 0), (edge, edge), (edge, edge)))
        seen = None if self.see_past else np.zeros(region.shape, dtype=bool)
        for first_row in range(0, rows, self.core):
            for first_col in range(0, cols, self.core):
                row, col = first_row, first_col
                tall, wide = min(self.core, rows - row), min(self.core, cols - col)
                if wanted is not None:
                    box = _box(wanted[row : row + tall, col : col + wide])
                    if box is None:
                        continue
                    if not self.halo:
                        row, col, tall, wide = row + box[0], col + box[1], box[2], box[3]
                size = (tall + 2 * self.halo, wide + 2 * self.halo)
                r, c = (
                    np.arange(n) + first - self.halo - margin
                    for n, first in zip(size, (row, col), strict=True)
                )
                fields = region.arguments(self.inputs, step, r, c, seen, self._own)
                part = (slice(row // of, (row + size[0]) // of), slice(col // of, (col + size[1]) // of))
                state = torch.from_numpy(before[(slice(None), *part)].copy())[None]
                quantiles, state = self.network(*batch_of(fields, self.device), state.to(self.device))
                inner = (slice(self.halo, self.halo + tall), slice(self.halo, self.halo + wide))
                out[:, row : row + tall, col : col + wide] = quantiles[0][(slice(None), *inner)].cpu().numpy()
                cells = (slice(edge, edge + tall // of), slice(edge, edge + wide // of))
                after[:, row // of : (row + tall) // of, col // of : (col + wide) // of] = (
                    state[0][(slice(None), *cells)].cpu().numpy()
                )
        if self.state_channels:
            self._state = after
        return out[:, margin : margin + height, margin : margin + width]


def _box(wanted: np.ndarray) -> tuple[int, int, int, int] | None:
    """First row and column, and extents, of the lattice cells around what is wanted; None: nothing is."""
    if not wanted.any():
        return None
    row, col = (np.flatnonzero(wanted.any(axis=axis)) // LATTICE for axis in (1, 0))
    ends = [(int(part[0]) * LATTICE, (int(part[-1]) + 1) * LATTICE) for part in (row, col)]
    return ends[0][0], ends[1][0], ends[0][1] - ends[0][0], ends[1][1] - ends[1][0]


def batch_of(fields: dict[str, Tensor], device: str | torch.device = "cpu") -> list[Tensor]:
    """Arguments of a batch of one, in the emulator's order."""
    return [(fields[n] if n in UNBATCHED else fields[n][None]).to(device) for n in ARGUMENTS]
