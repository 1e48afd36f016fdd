"""Day length from latitude and date: the CBM model of Forsythe et al. 1995 (Ecol. Modelling 80, 87)."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def day_length(latitude: Tensor, day_of_year: Tensor) -> Tensor:
    """Hours between sunrise and sunset (upper rim of the sun, refraction included), of the tensors'
    common shape.

    Parameters
    ----------
    latitude
        Degrees north.
    day_of_year
        1 on the first of January.
    """
    turn = 0.2163108 + 2.0 * torch.atan(0.9671396 * torch.tan(0.00860 * (day_of_year - 186.0)))
    declination = torch.asin(0.39795 * torch.cos(turn))
    north = torch.deg2rad(latitude.clamp(-89.99, 89.99))
    cosine = (math.sin(math.radians(0.8333)) + torch.sin(north) * torch.sin(declination)) / (
        torch.cos(north) * torch.cos(declination)
    )
    return 24.0 - 24.0 / math.pi * torch.acos(cosine.clamp(-1.0, 1.0))
