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
    cells = 32

    def __init__(
        self, inputs: VegetationInputs, normalisation: Mapping[str, tuple[float, float]], base: int = 16
    ) -> None:
        super().__init__(inputs, normalisation, base)
        self.unet = UNet(self.features.channels + self.features.coarse, self.quantiles, base)

    def around(
        self, x: Tensor, weather: Tensor, climate_row: Tensor, climate_col: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """See the base."""
        return self.unet(x), state


class PaperUNet(AnomalyUNet):
    """The paper's U-Net: values, not departures, and no climatology among the inputs."""

    departures = False
    own_path = False
