"""Leaf area index of a small bundle written plainly: whole arrays, no tiles, no engine.

It shares with the engine the bundle's files and the emulator's archive, and takes the land use as given.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import small_leaf_area as small
import torch
from reference import PAD, Reference

UPPER = 10.0


@dataclass
class SeriesReference:
    """The state of a run: maps by number of the month, the hidden state, the climate of each month."""

    folder: Path
    year: int = 2009

    def __post_init__(self) -> None:
        self.base = Reference(self.folder)
        with netCDF4.Dataset(self.folder / "leaf_area_index.nc") as file:
            file.set_auto_mask(False)
            self.normal = file["normal"][:]
            self.climate_normal = np.stack(
                [file[f"climate_{n}"][:] for n in ("air_temperature", "precipitation_flux")], 1
            )
            firsts = dict(zip(file["first_step"][:].tolist(), file["first"][:], strict=True))
        self.model = torch.jit.load(str(self.folder / "leaf_area_index.pt"))
        self.rows, self.cols = self.base.state.shape
        inside = np.zeros(self.base.state.shape, bool)
        self.base.window(inside)[:] = True
        self.active = inside & (self.base.state != 255) & (self.base.static[2] == 1)
        self.maps = {n: np.where(self.active, quantised(m), np.nan) for n, m in firsts.items()}
        base = self.base
        self.top, self.left = PAD + (base.first_row - PAD) % 16, PAD + (base.first_col - PAD) % 16
        self.bottom = PAD + (-(self.top + self.rows + PAD)) % 16
        self.right = PAD + (-(self.left + self.cols + PAD)) % 16
        height, width = self.top + self.rows + self.bottom, self.left + self.cols + self.right
        self.hidden = np.zeros((small.CHANNELS, height // small.CELL, width // small.CELL), np.float32)
        self.climate: dict[int, np.ndarray] = {}

    def pad(self, field: np.ndarray, **how: object) -> np.ndarray:
        """A field over the extended window, continued as far as the pass goes."""
        around = [(0, 0)] * (field.ndim - 2) + [(self.top, self.bottom), (self.left, self.right)]
        return np.pad(field, around, **(how or {"mode": "edge"}))

    def coarse(self, cells: np.ndarray) -> np.ndarray:
        """Cell values to the 0.25 degree cells of the extended window, weighted by shared area."""
        base = self.base
        row, col = np.divmod(base.pixel, self.cols)
        number = row // 25 * (self.cols // 25) + col // 25
        weighted = np.bincount(number, base.area * cells[base.cell])
        return (weighted / np.bincount(number, base.area)).reshape(self.rows // 25, self.cols // 25)

    def step(self, month: int, climate: np.ndarray, co2: float, land_use: np.ndarray, day: int) -> None:
        """The map of a month (12 year + month - 1) from its mean climate (variable, cell) and the year's
        land use over the window."""
        base = self.base
        self.climate[month] = np.stack([self.coarse(c) for c in climate]).astype(np.float32)
        codes = base.state.copy()
        base.window(codes)[:] = land_use
        static = [base.static[0], base.static[2], codes.astype(np.float32)]
        padded = [self.pad(s) for s in static[:2]] + [self.pad(static[2], constant_values=255.0)]
        steps = range(month - small.CLIMATE_STEPS + 1, month + 1)
        normals = [self.climate_normal[n % 12] for n in steps]
        weather = [self.climate.get(n, normals[k]) for k, n in enumerate(steps)]
        climate_block = np.stack([np.concatenate(pair) for pair in zip(weather, normals, strict=True)])
        missing = np.full(base.state.shape, np.nan)
        past = self.pad(
            np.stack([self.maps.get(month - lag, missing) for lag in small.LAGS]), constant_values=np.nan
        )
        normal = self.pad(np.stack([self.normal[(month - lag) % 12] for lag in (*small.LAGS, 0)]))
        height, width = padded[0].shape
        rows = base.first_row - self.top + np.arange(height)
        cols = base.first_col - self.left + np.arange(width)
        coarse_row = (
            np.clip(rows, base.first_row, base.first_row + self.rows - 1) // 25 - base.first_row // 25
        )
        coarse_col = (
            np.clip(cols, base.first_col, base.first_col + self.cols - 1) // 25 - base.first_col // 25
        )
        arguments = [
            np.stack(padded)[None],
            climate_block[None],
            coarse_row,
            coarse_col,
            np.nan_to_num(past)[None].astype(np.float32),
            np.isfinite(past)[None].astype(np.uint8),
            normal[None],
            (90.0 - (rows + 0.5) / 100).astype(np.float32)[None],
            np.array([[day, co2]], np.float32),
            self.hidden[None],
        ]
        with torch.inference_mode():
            quantiles, hidden = self.model(*(torch.from_numpy(np.ascontiguousarray(a)) for a in arguments))
        inner = (slice(self.top, self.top + self.rows), slice(self.left, self.left + self.cols))
        median = quantiles[0, 1].numpy()[inner]
        self.maps[month] = np.where(self.active, quantised(median), np.nan)
        active = self.pad(self.active, constant_values=False)
        cell = small.CELL
        changing = active.reshape(height // cell, cell, width // cell, cell).any((1, 3))
        self.hidden = np.where(changing, hidden[0].numpy(), np.float32(0))

    def means(self, field: np.ndarray, codes: np.ndarray | None = None) -> np.ndarray:
        """Area means over the land of the cells (cell), or of each class of it (cell, class); 0 for none."""
        base = self.base
        land = self.active.ravel()[base.pixel]
        bins, count = base.cell[land], len(base.cell_id)
        if codes is not None:
            full = base.state.copy()
            base.window(full)[:] = codes
            bins, count = bins * 8 + full.ravel()[base.pixel][land], count * 8
        area = base.area[land]
        values = field.astype(float).ravel()[base.pixel][land]
        total = np.bincount(bins, area, minlength=count)
        means = np.bincount(bins, area * values, minlength=count) / np.where(total > 0, total, 1.0)
        return means if codes is None else means.reshape(-1, 8)

    def value(self, month: int) -> np.ndarray:
        """The map of a month, its normal where there is none."""
        normal = self.normal[month % 12].astype(float)
        return np.where(
            np.isfinite(self.maps.get(month, np.full(normal.shape, np.nan))),
            self.maps.get(month, normal),
            normal,
        )

    def departure(self, month: int) -> np.ndarray:
        """A month's map minus its normal."""
        return self.value(month) - self.normal[month % 12]


def quantised(values: np.ndarray) -> np.ndarray:
    """Values in the 32767 equal steps of the range that the engine keeps, float64; NaN stays."""
    step = UPPER / 32767
    return np.clip(np.round(values.astype(float) / step), 0, 32767) * step
