"""An emulator as a forecast of whole maps, tile by tile, its hidden state carried from step to step."""

from __future__ import annotations

import numpy as np
import torch

from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.arguments import batch_of
from pylandbc.learn.leaf_area.region import Region
from pylandbc.models.leaf_area.bounded_quantiles import LEVELS, MIDDLE
from pylandbc.models.leaf_area.inputs import VegetationInputs

CORE = 400
"""Pixels along a tile's core."""
LATTICE = 16
"""Tiles begin at multiples of this."""
SPIN_UP = 12
"""Steps that a recurrent emulator runs before the first that is wanted."""


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
