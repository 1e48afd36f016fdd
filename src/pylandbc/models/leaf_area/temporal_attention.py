"""Attention over the climate's steps at a quarter of the resolution.

Scaled dot-product attention (Vaswani et al. 2017, NIPS 30) along time alone, as in temporal self-attention
for satellite series (Garnot et al. 2020, arXiv 1911.07757): each cell of 4 x 4 pixels asks, and the steps of
its climate answer, each with a learned place in time. What it is told goes back to the pixels beside their
features. Nothing looks across the tile, so that any tiling gives the same.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.errors import InputError
from pylandbc.models.leaf_area.emulator import VegetationEmulator, begin_at_zero
from pylandbc.models.leaf_area.inputs import VegetationInputs

CELL = 4
"""Pixels along a cell that asks."""
HEADS = 4


class TemporalAttention(VegetationEmulator):
    """Attention with four heads of ``base`` channels."""

    # 1 by the convolution, then anywhere within the cell
    radius = 1 + (CELL - 1)
    multiple = CELL

    def __init__(
        self, inputs: VegetationInputs, normalisation: Mapping[str, tuple[float, float]], base: int = 16
    ) -> None:
        super().__init__(inputs, normalisation, base)
        if not inputs.climate:
            raise InputError("temporal attention looks over the steps of the climate; give it climate inputs")
        width = HEADS * base
        self.heads, self.width = HEADS, width
        self.fine = nn.Sequential(
            nn.Conv2d(self.features.channels, base, 3, padding=1, bias=False), nn.BatchNorm2d(base), nn.ReLU()
        )
        self.query = nn.Conv2d(base * CELL * CELL, width, 1)
        self.key = nn.Conv2d(2 * len(inputs.climate), width, 1)
        self.value = nn.Conv2d(2 * len(inputs.climate), width, 1)
        self.place = nn.Parameter(0.1 * torch.randn(inputs.climate_steps, width, 1, 1))
        self.join = nn.Sequential(
            nn.Conv2d(width + base, 2 * base, 1),
            nn.ReLU(),
            begin_at_zero(nn.Conv2d(2 * base, self.quantiles, 1)),
        )

    def around(
        self, x: Tensor, weather: Tensor, climate_row: Tensor, climate_col: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """See the base."""
        batch, steps = weather.shape[0], weather.shape[1]
        fine = self.fine(x)
        asked = self.query(F.pixel_unshuffle(fine, 4))
        rows, cols = asked.shape[2], asked.shape[3]
        # of each coarse cell first, then for the cells that ask: their first pixel says where they lie
        flat = weather.flatten(0, 1)
        row, col = climate_row[::4], climate_col[::4]
        split = [batch, steps, self.heads, self.width // self.heads, rows, cols]
        shape = [batch, steps, self.width, weather.shape[3], weather.shape[4]]
        key = (self.key(flat).reshape(shape) + self.place).index_select(3, row).index_select(4, col)
        value = (self.value(flat).reshape(shape) + self.place).index_select(3, row).index_select(4, col)
        asked = asked.reshape([batch, 1, self.heads, self.width // self.heads, rows, cols])
        weight = (asked * key.reshape(split)).sum(3) / (self.width // self.heads) ** 0.5
        told = (weight.softmax(1)[:, :, :, None] * value.reshape(split)).sum(1)
        spread = F.interpolate(told.reshape([batch, self.width, rows, cols]), scale_factor=4.0)
        return self.join(torch.cat([fine, spread], 1)), state
