"""Parts that are left out stay silent through a training, and the rest learns."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pylandbc.errors import InputError
from pylandbc.learn.config import TrainConfig, parse
from pylandbc.learn.export import example_arguments
from pylandbc.learn.leave_out import PARTS, silence, weights_of
from pylandbc.learn.train import train
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator


@pytest.fixture
def network() -> MultiscaleLandUseEmulator:
    """Untrained, but with transitions."""
    torch.manual_seed(0)
    network = MultiscaleLandUseEmulator(hilda_inputs(), base=2).eval()
    with torch.no_grad():
        network.transitions.table.weight.normal_()
    return network


def difference(network: MultiscaleLandUseEmulator, disturb: str) -> bool:
    """Whether the result feels another scenario, or other weights of the windows."""
    given = list(example_arguments(hilda_inputs(), 64))
    with torch.no_grad():
        before = network(*given)
        if disturb == "scenario":
            given[2] = given[2].flip(1)
        else:
            network.unet.windows.narrow.weight.add_(1.0)
        return not torch.equal(before, network(*given))


def test_silent_transitions_and_coarse_level_leave_nothing_of_the_scenario(
    network: MultiscaleLandUseEmulator,
) -> None:
    brief = network.transitions.columns - network.classes
    with torch.no_grad():
        network.transitions.table.weight.view(9, -1, 64)[:, :brief] = 0.0
    silence(network, ["coarse_level"])
    assert difference(network, "scenario"), "by the transitions"
    silence(network, ["transitions"])
    assert not difference(network, "scenario")


def test_a_silent_coarse_level_alone(network: MultiscaleLandUseEmulator) -> None:
    with torch.no_grad():
        network.transitions.table.weight.zero_()
    assert difference(network, "scenario"), "by the lowest level"
    silence(network, ["coarse_level"])
    assert not difference(network, "scenario")


def test_a_silent_shortcut_ignores_the_windows(network: MultiscaleLandUseEmulator) -> None:
    assert difference(network, "windows")
    silence(network, ["shortcut"])
    assert not difference(network, "windows")


def test_a_silent_change_head_is_zero_everywhere(network: MultiscaleLandUseEmulator) -> None:
    found = []
    network.unet.register_forward_hook(lambda module, given, result: found.append(result[:, 8:]))
    with torch.no_grad():
        network(*example_arguments(hilda_inputs(), 64))
        silence(network, ["change_head"])
        network(*example_arguments(hilda_inputs(), 64))
    assert (found[0] != 0).any() and (found[1] == 0).all()


def test_they_stay_silent_through_a_training(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    update = {"network": "multiscale", "leave_out": list(PARTS), "average": 0.5, "class_balance": 0.0}
    run = train(tiny.model_copy(update=update), tmp_path / "run", cubes, progress=False)
    emulator, _ = run.trained()
    assert isinstance(emulator, MultiscaleLandUseEmulator)
    for part in PARTS:
        assert all((weight == 0).all() for weight in weights_of(emulator, part)), part
    assert (emulator.unet.head.weight[:8] != 0).all()


def test_only_the_multiscale_network_has_them(tiny: TrainConfig) -> None:
    content = tiny.model_dump(mode="json") | {"leave_out": ["shortcut"]}
    with pytest.raises(InputError, match="only the network multiscale"):
        parse(content, "tiny")
    content |= {
        "network": "multiscale",
        "residual": False,
        "leave_out": ["change_head"],
        "change_weight": 1.0,
    }
    with pytest.raises(InputError, match="without the residual head"):
        parse(content, "tiny")
