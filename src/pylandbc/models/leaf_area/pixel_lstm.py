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
    """LSTM whose inputs at each step are the cell's climate and the pixel's features; ``4 base`` channels."""

    own_path = False

    def __init__(
        self, inputs: VegetationInputs, normalisation: Mapping[str, tuple[float, float]], base: int = 16
    ) -> None:
        super().__init__(inputs, normalisation, base)
        if not inputs.climate:
            raise InputError("a pixel LSTM runs over the steps of the climate; give it climate inputs")
        self.fields = nn.Sequential(nn.Linear(self.features.channels, 2 * base), nn.ReLU())
        self.lstm = nn.LSTM(2 * len(inputs.climate) + 2 * base, 4 * base, batch_first=True)
        self.out = nn.Linear(6 * base, self.quantiles)

    def around(
        self, x: Tensor, weather: Tensor, climate_row: Tensor, climate_col: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """See the base."""
        batch, rows, cols = x.shape[0], x.shape[2], x.shape[3]
        fields = self.fields(x.permute(0, 2, 3, 1).flatten(0, 2))
        here = weather.index_select(3, climate_row).index_select(4, climate_col)
        steps = here.shape[1]
        sequence = here.permute(0, 3, 4, 1, 2).flatten(0, 2)
        joined = torch.cat([sequence, fields[:, None].expand(fields.shape[0], steps, fields.shape[1])], 2)
        remembered = self.lstm(joined)[0][:, -1]
        raw = self.out(torch.cat([remembered, fields], 1))
        return raw.reshape(batch, rows, cols, self.quantiles).permute(0, 3, 1, 2), state
