"""U-Nets for vegetation series: the paper's core, and the one for departures from the climatology."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.inputs import VegetationInputs
from pylandbc.models.unet import MULTIPLE, RECEPTIVE_FIELD_RADIUS, UNet


class AnomalyUNet(VegetationEmulator):
    """U-Net between the features and quantiles around climatology and remembered departure."""

    radius = RECEPTIVE_FIELD_RADIUS
    multiple = MULTIPLE

    def __init__(
        self,
        inputs: VegetationInputs,
        normalisation: Mapping[str, tuple[float, float]],
        base: int = 16,
        departures: bool = True,
    ) -> None:
        super().__init__(inputs, normalisation, base, departures)
        self.unet = UNet(self.features.channels, self.quantiles, base)

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
        x = self.features(static, climate, climate_row, climate_col, past, known, normal, latitude, time)
        quantiles = self.head(self.unet(x), self.centre(past, known, normal))
        return self.without_leaves(quantiles, static), state


class PaperUNet(AnomalyUNet):
    """The paper's U-Net: values, not departures, and no climatology among the inputs."""

    def __init__(
        self,
        inputs: VegetationInputs,
        normalisation: Mapping[str, tuple[float, float]],
        base: int = 16,
    ) -> None:
        super().__init__(inputs, normalisation, base, departures=False)
