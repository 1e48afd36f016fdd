"""The baseline of the literature: a long short-term memory over the climate's steps, pixel by pixel.

Hochreiter & Schmidhuber 1997 (Neural Comput. 9, 1735). A pixel sees itself and its coarse cell only.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pylandbc.errors import InputError
from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.inputs import VegetationInputs


class PixelLSTM(VegetationEmulator):
    """LSTM whose inputs at each step are the cell's climate and the pixel's fields; ``4 base`` channels."""

    def __init__(
        self,
        inputs: VegetationInputs,
        normalisation: Mapping[str, tuple[float, float]],
        base: int = 16,
        departures: bool = True,
    ) -> None:
        super().__init__(inputs, normalisation, base, departures)
        if not inputs.climate:
            raise InputError("a pixel LSTM runs over the steps of the climate; give it climate inputs")
        # the network over the cells is not used here: the LSTM sees their steps
        pixel = self.features.channels - self.features.cell[2].out_channels  # type: ignore[index]
        self.features.cell = nn.Identity()
        self.fields = nn.Sequential(nn.Linear(int(pixel), 2 * base), nn.ReLU())
        self.lstm = nn.LSTM(2 * len(inputs.climate) + 2 * base, 4 * base, batch_first=True)
        self.out = nn.Linear(6 * base, self.quantiles)

    def forward(
        self,
        static: Tensor,
        climate: Tensor,
        climate_row: Tensor,
        climate_col: Tensor,
        past: Tensor,
        known: Tensor,
        normal: Tensor,
        latitude: Tensor,
        time: Tensor,
        state: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Quantiles (B, Q, H, W) and the state, which is passed on; arguments as in docs/leaf-area.md."""
        batch, rows, cols = past.shape[0], past.shape[2], past.shape[3]
        here = self.features.of_pixels(static, past, known, normal, latitude, time)
        fields = self.fields(here.permute(0, 2, 3, 1).flatten(0, 2))
        cells = self.features.steps_of_cells(climate)
        weather = cells.index_select(3, climate_row).index_select(4, climate_col)
        steps = weather.shape[1]
        sequence = weather.permute(0, 3, 4, 1, 2).flatten(0, 2)
        joined = torch.cat([sequence, fields[:, None].expand(fields.shape[0], steps, fields.shape[1])], 2)
        remembered = self.lstm(joined)[0][:, -1]
        raw = self.out(torch.cat([remembered, fields], 1))
        raw = raw.reshape(batch, rows, cols, self.quantiles).permute(0, 3, 1, 2)
        quantiles = self.head(raw, self.centre(past, known, normal))
        return self.without_leaves(quantiles, static), state
