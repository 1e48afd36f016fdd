"""A convolutional gated recurrent unit at a quarter of the resolution, its hidden state handed in and out.

Cell: Ballas et al. 2016 (arXiv 1511.06432), a GRU whose products are 3x3 convolutions. The fields enter at
full resolution, are folded to cells of 4 x 4 pixels, and what the cell remembers is unfolded again beside
them. One step sees ``radius`` pixels, so a tile is exact if the state of its halo is.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.models.leaf_area.emulator import VegetationEmulator, begin_at_zero
from pylandbc.models.leaf_area.inputs import VegetationInputs

CELL = 4
"""Pixels along a cell of the state."""


class ConvGRUCell(nn.Module):
    """h' = (1 - z) h + z tanh(W [x, r h]), with gates z, r = sigmoid(V [x, h])."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.gates = nn.Conv2d(channels_in + channels, 2 * channels, 3, padding=1)
        self.candidate = nn.Conv2d(channels_in + channels, channels, 3, padding=1)

    def forward(self, x: Tensor, state: Tensor) -> Tensor:
        """(B, channels_in, h, w) and (B, channels, h, w) -> the new state."""
        gates = torch.sigmoid(self.gates(torch.cat([x, state], 1)))
        update, reset = gates[:, : self.channels], gates[:, self.channels :]
        new = torch.tanh(self.candidate(torch.cat([x, reset * state], 1)))
        return (1.0 - update) * state + update * new


class ConvGRU(VegetationEmulator):
    """Recurrent emulator; ``base`` channels at full resolution, ``4 base`` in the state."""

    # 1 by the first convolution; then cells: 2 by the two convolutions of the unit, 1 by the last
    radius = 1 + 3 * CELL + (CELL - 1)
    multiple = CELL
    cells = 32
    state_pixels = CELL

    def __init__(
        self, inputs: VegetationInputs, normalisation: Mapping[str, tuple[float, float]], base: int = 16
    ) -> None:
        super().__init__(inputs, normalisation, base)
        self.state_channels = 4 * base
        self.fine = nn.Sequential(
            nn.Conv2d(self.features.channels + self.features.coarse, base, 3, padding=1, bias=False),
            nn.BatchNorm2d(base),
            nn.ReLU(),
        )
        self.fold = nn.Sequential(nn.Conv2d(base * CELL * CELL, 4 * base, 1), nn.ReLU())
        self.unit = ConvGRUCell(4 * base, 4 * base)
        self.unfold = nn.Sequential(nn.Conv2d(4 * base, 2 * base, 3, padding=1), nn.ReLU())
        self.join = nn.Sequential(
            nn.Conv2d(3 * base, 2 * base, 1), nn.ReLU(), begin_at_zero(nn.Conv2d(2 * base, self.quantiles, 1))
        )

    def around(
        self, x: Tensor, weather: Tensor, climate_row: Tensor, climate_col: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """See the base."""
        fine = self.fine(x)
        state = self.unit(self.fold(F.pixel_unshuffle(fine, 4)), state)
        remembered = F.interpolate(self.unfold(state), scale_factor=4.0)
        return self.join(torch.cat([fine, remembered], 1)), state
