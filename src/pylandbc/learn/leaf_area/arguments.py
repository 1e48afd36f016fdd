"""The arguments of an emulator of a vegetation series, by name and in their order."""

from __future__ import annotations

import torch
from torch import Tensor

ARGUMENTS = (
    "static", "climate", "climate_row", "climate_col", "past", "known", "normal", "latitude", "time"
)  # fmt: skip
"""The emulator's arguments before the state, in their order."""
UNBATCHED = ("climate_row", "climate_col")
"""Those that all samples of a batch share."""


def batch_of(fields: dict[str, Tensor], device: str | torch.device = "cpu") -> list[Tensor]:
    """Arguments of a batch of one, in the emulator's order."""
    return [(fields[n] if n in UNBATCHED else fields[n][None]).to(device) for n in ARGUMENTS]
