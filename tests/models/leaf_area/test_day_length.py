"""Day length against published times of sunrise and sunset."""

from __future__ import annotations

import pytest
import torch

from pylandbc.models.leaf_area.day_length import day_length


@pytest.mark.parametrize(
    ("latitude", "day", "hours"),
    [
        # US Naval Observatory's rule: 12 h 7 min at the equator; Greenwich (51.48 N) at the solstices of 2023
        (0.0, 80.0, 12.12),
        (51.48, 172.0, 16.64),
        (51.48, 355.0, 7.83),
    ],
)
def test_published_day_lengths(latitude: float, day: float, hours: float) -> None:
    assert float(day_length(torch.tensor(latitude), torch.tensor(day))) == pytest.approx(hours, abs=0.1)


def test_poles_and_hemispheres() -> None:
    day = torch.arange(1.0, 366.0)
    assert float(day_length(torch.tensor(89.0), torch.tensor(172.0))) == 24.0
    assert float(day_length(torch.tensor(89.0), torch.tensor(355.0))) == 0.0
    north, south = day_length(torch.tensor(40.0), day), day_length(torch.tensor(-40.0), day)
    # both are lengthened alike by refraction and the sun's radius
    torch.testing.assert_close(north + south, torch.full_like(day, 24.3), atol=0.15, rtol=0)
