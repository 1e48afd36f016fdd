"""Size, shape and reach of the paper's U-Net."""

from __future__ import annotations

import itertools

import pytest
import torch

from pylandbc.models.inputs import luh2_inputs
from pylandbc.models.unet import HALO, MULTIPLE, RECEPTIVE_FIELD_RADIUS, UNet


def counted_by_hand(channels_in: int, channels_out: int, base: int) -> int:
    """Parameters by the textbook: 3x3 convolutions without bias, BatchNorm (2 each), 2x2 transposed and 1x1
    with bias."""

    def double(a: int, b: int) -> int:
        return 9 * a * b + 2 * b + 9 * b * b + 2 * b

    widths = [base * 2**level for level in range(5)]
    total = double(channels_in, base)
    for narrow, wide in itertools.pairwise(widths):
        total += double(narrow, wide)  # encoder
        total += 4 * wide * narrow + narrow + double(2 * narrow, narrow)  # decoder
    return total + base * channels_out + channels_out


def test_the_papers_network_has_its_size() -> None:
    channels = luh2_inputs().channels(8)
    network = UNet(channels, 8)
    parameters = sum(p.numel() for p in network.parameters())
    assert parameters == counted_by_hand(channels, 8, 16)
    assert round(parameters / 1e6, 2) in (1.94, 1.95)


def test_the_result_has_the_extents_of_the_input() -> None:
    assert UNet(3, 5, base=2).eval()(torch.zeros(2, 3, 48, 32)).shape == (2, 5, 48, 32)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_pixel_reaches_exactly_107_pixels(axis: int) -> None:
    """Positive weights and a large positive disturbance, so that no ReLU or maximum can hide it; all 16
    phases of the grid."""
    torch.manual_seed(0)
    network = UNet(1, 1, base=2).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(parameter.abs() + 1e-3)
    length, first = 16 * 20, 144
    still = torch.zeros(1, 1, length, 16, dtype=torch.float64)
    moved = still.repeat(MULTIPLE, 1, 1, 1)
    for phase in range(MULTIPLE):
        moved[phase, 0, first + phase, 8] = 1e3
    if axis == 1:
        still, moved = still.transpose(2, 3), moved.transpose(2, 3)
    with torch.inference_mode():
        differs = (network(moved) != network(still)).any(dim=3 - axis if axis == 0 else 2)[:, 0]
    reach = 0
    for phase in range(MULTIPLE):
        hit = differs[phase].nonzero().flatten()
        reach = max(reach, int((hit - (first + phase)).abs().max()))
    assert 0 < reach < length - first - MULTIPLE, "the image is too small to tell"
    assert reach == RECEPTIVE_FIELD_RADIUS == 107
    assert reach <= HALO
    assert HALO % MULTIPLE == 0
