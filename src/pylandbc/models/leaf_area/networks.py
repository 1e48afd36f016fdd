"""The architectures by name."""

from __future__ import annotations

from pylandbc.models.leaf_area.conv_gru import ConvGRU
from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.pixel_lstm import PixelLSTM
from pylandbc.models.leaf_area.temporal_attention import TemporalAttention
from pylandbc.models.leaf_area.unet import AnomalyUNet, PaperUNet

NETWORKS: dict[str, type[VegetationEmulator]] = {
    "pixel": VegetationEmulator,
    "paper_unet": PaperUNet,
    "anomaly_unet": AnomalyUNet,
    "conv_gru": ConvGRU,
    "temporal_attention": TemporalAttention,
    "pixel_lstm": PixelLSTM,
}
