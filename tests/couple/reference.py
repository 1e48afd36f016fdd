"""One update of a small bundle written plainly: whole arrays, no tiles, no engine. The engine is held to it.

It shares with the engine the bundle's files and the emulator's archive, and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import torch

PAD = 112


@dataclass
class Reference:
    """The content of a bundle as plain arrays."""

    folder: Path

    def __post_init__(self) -> None:
        manifest = json.loads((self.folder / "bundle.json").read_text())
        row, col, self.rows, self.cols = manifest["window"]
        margin = manifest["margin"]
        self.first_row = max(row - margin, 0)
        self.first_col = col - margin
        self.top = row - self.first_row
        self.left = margin
        with netCDF4.Dataset(self.folder / "domain.nc") as file:
            file.set_auto_mask(False)
            self.static = np.stack([file[n][:] for n in ("elevation", "bathymetry", "land_mask")])
            self.state = file["land_use"][:]
        with netCDF4.Dataset(self.folder / "mesh.nc") as file:
            file.set_auto_mask(False)
            self.cell_id, self.cell_area = file["cell_id"][:], file["cell_area"][:]
            self.pixel, self.cell, self.area = (
                file[n][:] for n in ("overlap_pixel", "overlap_cell", "overlap_area")
            )
        self.model = torch.jit.load(str(self.folder / "emulator.pt"))
        self.scenario = netCDF4.Dataset(self.folder / "scenario.nc")
        self.scenario.set_auto_mask(False)
        self.names = list(
            dict.fromkeys(n for n in self.scenario.variables if self.scenario[n].dimensions[0:1] == ("year",))
        )
        self.names.remove("year")

    def gather(self, values: np.ndarray) -> np.ndarray:
        """Cell values (cells,) to the extended window (rows, cols), weighted by shared area."""
        weighted = np.bincount(self.pixel, self.area * values[self.cell])
        return (weighted / np.bincount(self.pixel, self.area)).reshape(self.state.shape)

    def update(self, state: np.ndarray, year: int, climate: list[np.ndarray]) -> np.ndarray:
        """The state of ``year + 1`` from that of ``year`` and the cells' mean climate (one array each)."""
        rows, cols = state.shape
        # The pass begins on a multiple of 16 of the global grid, so that pooling blocks lie as in any tiling.
        top, left = PAD + (self.first_row - PAD) % 16, PAD + (self.first_col - PAD) % 16
        bottom, right = PAD + (-(top + rows + PAD)) % 16, PAD + (-(left + cols + PAD)) % 16
        around = ((top, bottom), (left, right))
        static = np.stack([np.pad(field, around, "edge") for field in self.static])
        gathered = [np.pad(self.gather(values).astype(np.float32), around, "edge") for values in climate]
        prior = np.pad(state, around, constant_values=255)
        years = self.scenario["year"][:].tolist()
        scenario = np.stack([self.scenario[n][years.index(y)] for y in (year, year + 1) for n in self.names])
        height, width = prior.shape
        global_row = np.clip(
            self.first_row - top + np.arange(height), self.first_row, self.first_row + rows - 1
        )
        global_col = np.clip(
            self.first_col - left + np.arange(width), self.first_col, self.first_col + cols - 1
        )
        arguments = (
            torch.from_numpy(static)[None],
            torch.from_numpy(np.stack(gathered))[None],
            torch.from_numpy(scenario)[None],
            torch.from_numpy(global_row // 25 - self.first_row // 25),
            torch.from_numpy(global_col // 25 - self.first_col // 25),
            torch.from_numpy(prior)[None],
            torch.from_numpy((prior != 255).astype(np.uint8))[None],
            torch.ones(1, 2),
        )
        with torch.inference_mode():
            logits = self.model(*arguments)[0].numpy()[:, top : top + rows, left : left + cols]
        chosen = np.argmax(logits, 0).astype(np.uint8)
        inside = np.zeros(state.shape, bool)
        self.window(inside)[:] = True
        return np.where(inside & (state != 255) & (self.static[2] == 1), chosen, state)

    def window(self, state: np.ndarray) -> np.ndarray:
        """The part of an extended map that lies in the window."""
        return state[self.top : self.top + self.rows, self.left : self.left + self.cols]

    def class_areas(self, state: np.ndarray, classes: int = 8) -> np.ndarray:
        """Known area of each class in each cell, within the window (cells, classes), m2."""
        inside = np.zeros(state.shape, bool)
        inside[self.top : self.top + self.rows, self.left : self.left + self.cols] = True
        code = state.ravel()[self.pixel]
        counted = inside.ravel()[self.pixel] & (code != 255)
        bins = self.cell[counted] * classes + code[counted]
        areas = np.bincount(bins, self.area[counted], minlength=len(self.cell_id) * classes)
        return areas.reshape(-1, classes)
