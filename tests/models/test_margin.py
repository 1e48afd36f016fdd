"""What is not wanted at a tile's edges is left out, and what is wanted keeps every bit."""

from __future__ import annotations

import pytest
import torch

from pylandbc import emulators
from pylandbc.learn.aot import eager
from pylandbc.learn.card import validate_card
from pylandbc.learn.export import example_arguments, read_archive
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_cover import LandCoverEmulator
from pylandbc.models.land_use import NETWORKS, LandUseEmulator
from pylandbc.models.unet import HALO, cropped, spared

CORE = 400


def arguments_of_a_tile(spec, size: int = CORE + 2 * HALO) -> tuple[torch.Tensor, ...]:
    """Random fields of every pixel, cells as around a core: what an edge would spoil is spoilt."""
    arguments = list(example_arguments(spec, size))
    cell = (torch.arange(size) - HALO) // 25
    arguments[3] = arguments[4] = cell - cell[0]
    return tuple(arguments)


def compare(network: LandUseEmulator, spec) -> None:
    arguments = arguments_of_a_tile(spec)
    laid = network.eval().to(memory_format=torch.channels_last)
    with torch.inference_mode():
        whole = laid(*arguments)
        laid.margin = HALO
        inner = laid(*arguments)
    assert inner.shape[2:] == (CORE, CORE)
    assert torch.equal(inner, cropped(whole, HALO))


def test_the_shipped_land_use_emulator() -> None:
    network, _, spec = eager(emulators.path("land-use"))
    compare(network, spec)


@pytest.mark.parametrize("name", NETWORKS)
def test_untrained_networks_of_land_use(name: str) -> None:
    torch.manual_seed(0)
    compare(NETWORKS[name](hilda_inputs(), base=4), hilda_inputs())


def test_land_cover() -> None:
    torch.manual_seed(0)
    path = emulators.path("land-cover")
    spec = validate_card(read_archive(path, "cpu")[1], str(path))
    compare(LandCoverEmulator(spec, base=4), spec)


def test_a_pixel_more_would_be_spoilt() -> None:
    """The decoder spares what it can: with two pixels more left out at full resolution the core differs."""
    network, _, spec = eager(emulators.path("land-use"))
    arguments = arguments_of_a_tile(spec)
    with torch.inference_mode():
        wanted = cropped(network(*arguments), HALO)
        network.margin = HALO
        real = network.unet.decode1.forward

        def narrower(x: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
            inner = real(cropped(x, 1), cropped(skip, 2))
            return torch.nn.functional.pad(inner, [2, 2, 2, 2])

        network.unet.decode1.forward = narrower
        assert not torch.equal(network(*arguments), wanted)


def test_what_is_spared() -> None:
    assert [spared(margin) for margin in (0, 1, 2, 3, 4, 16, 55, 112)] == [0, 0, 0, 0, 2, 14, 52, 110]


def test_gradients_and_small_tiles_are_untouched() -> None:
    """Without a margin nothing is left out, whatever the tile."""
    network = NETWORKS["multiscale"](hilda_inputs(), base=2)
    logits = network(*example_arguments(hilda_inputs(), 32))
    assert logits.shape == (1, 8, 32, 32)
    logits.sum().backward()
    assert network.unet.first[0].weight.grad is not None
