"""The emulator as the coupled engine runs it, on one tile of the global lattice.

Weights and 1 km fields are in channels_last order, the module is frozen and fused, as in the engine: the same
kernels run on the same numbers, so that a prediction and a coupled run of the same climate agree bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from pylandbc.couple.cube_fields import CubeFields
from pylandbc.grid.tiles import HALO, Tile
from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.learn.export import LoadedEmulator
from pylandbc.legend import HISTORY, UNKNOWN
from pylandbc.models.unet import cropped
from pylandbc.predict.class_maps import MapInputs
from pylandbc.predict.fused_graph import fuse_for_cpu

KEPT = 1 << 30
"""Bytes of static fields that are kept from year to year."""


@dataclass(frozen=True)
class StepFields:
    """What a whole step shares: fields over the extended window's 0.25 degree cells, and time.

    Parameters
    ----------
    climate, scenario
        float32 (channel, lat, lon) in card order.
    time
        (direction, elapsed years).
    """

    climate: np.ndarray
    scenario: np.ndarray
    time: tuple[float, float]


class Network:
    """The frozen emulator with the static fields of a cube.

    Parameters
    ----------
    emulator
        An exported emulator, loaded on ``device``.
    fields, maps
        The cube that has its static fields, and its class maps.
    extended
        The window with its margin: what ``StepFields`` and the class map cover.
    device
        ``cpu`` or ``cuda:N``.
    """

    def __init__(
        self,
        emulator: LoadedEmulator,
        fields: CubeFields,
        maps: MapInputs,
        extended: Window,
        device: str,
    ) -> None:
        self._fields, self._maps, self._extended = fields, maps, extended
        self._device = torch.device(device)
        self._static = emulator.inputs.static
        for parameter in emulator.module.parameters():
            if parameter.dim() == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        # Halos are not wanted; emulators of before give them all the same.
        if hasattr(emulator.module, "margin"):
            emulator.module.margin = HALO
        self._module = torch.jit.freeze(emulator.module.eval())
        if self._device.type == "cpu":
            fuse_for_cpu(self._module)
        self._warm = False
        self._kept: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def statics(
        self, tile: Tile, before: int, after: int, history: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Static fields and class maps of a tile for a step between two years, float32 (row, col, channel),
        and its land mask, bool (row, col).

        Parameters
        ----------
        history
            Of the map before, uint8 (row, col), where the emulator sees it.
        """
        row, col = tile.pixels_in(self._extended)
        row, col = row + self._extended.row, col + self._extended.col
        static, land = self._fixed(tile, row, col)
        if self._maps.maps or history is not None:
            static = static.copy()
        for channel, entry in enumerate(self._static):
            if entry.name == HISTORY:
                static[..., channel] = 0 if history is None else history
            elif entry.codes is not None:
                static[..., channel] = self._maps.read(entry, before, after, row, col)
        return static, land

    def _fixed(self, tile: Tile, row: np.ndarray, col: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What does not change with the year; channels of class maps are zero."""
        place = (tile.row, tile.col)
        if place in self._kept:
            return self._kept[place]
        names = [*(entry.name for entry in self._static if entry.codes is None), "land_mask"]
        values = self._fields.static_pixels(names, row, col)
        static = np.zeros((*values.shape[1:], len(self._static)), np.float32)
        static[..., [k for k, entry in enumerate(self._static) if entry.codes is None]] = values[
            :-1
        ].transpose(1, 2, 0)
        found = static, values[-1] == 1
        if (len(self._kept) + 1) * (found[0].nbytes + found[1].nbytes) <= KEPT:
            self._kept[place] = found
        return found

    def logits(self, tile: Tile, static: np.ndarray, prior: np.ndarray, step: StepFields) -> Tensor:
        """Logits of a tile's core, float32 (class, row, col), on the device.

        Parameters
        ----------
        static
            As of ``statics``.
        prior
            Class map of the tile with its halo, uint8 (row, col), 255 unknown.
        step
            The fields of this step.
        """
        row, col = tile.pixels_in(self._extended)
        row_block, row_index = _coarse(row, self._extended.coarse_shape[0], periodic=False)
        col_block, col_index = _coarse(
            col, self._extended.coarse_shape[1], periodic=self._extended.cols == COLS
        )
        scenario = step.scenario[:, row_block[:, None], col_block]
        climate = step.climate[:, row_block[row_index][:, None], col_block[col_index]]
        arguments = (
            self._fields_of(static),
            self._fields_of(np.ascontiguousarray(climate.transpose(1, 2, 0))),
            torch.from_numpy(np.ascontiguousarray(scenario))[None].to(self._device),
            torch.from_numpy(row_index).to(self._device),
            torch.from_numpy(col_index).to(self._device),
            torch.from_numpy(prior)[None].to(self._device),
            torch.from_numpy((prior != UNKNOWN).astype(np.uint8))[None].to(self._device),
            torch.tensor([step.time], dtype=torch.float32, device=self._device),
        )
        with torch.inference_mode():
            # The first run profiles, the second optimises; from then on the kernels are settled.
            for _ in range(0 if self._warm else 2):
                self._module(*arguments)
            self._warm = True
            logits: Tensor = self._module(*arguments)[0]
            return cropped(logits, (logits.shape[-1] - tile.core) // 2)

    def _fields_of(self, pixels: np.ndarray) -> Tensor:
        """(row, col, channel) as the network's (1, channel, row, col), without a copy."""
        return torch.from_numpy(pixels).to(self._device).permute(2, 0, 1)[None]


def _coarse(pixel: np.ndarray, cells: int, *, periodic: bool) -> tuple[np.ndarray, np.ndarray]:
    """0.25 degree cells of the window behind a tile's block along one axis, and each pixel's place in it."""
    cell = pixel // COARSE
    block = np.arange(cell[0], cell[-1] + 1)
    return block % cells if periodic else np.clip(block, 0, cells - 1), cell - cell[0]
