"""What AOTInductor is given: the archive's network again, bit for bit, and what the engine must know."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from pylandbc import emulators
from pylandbc.errors import InputError
from pylandbc.learn import aot
from pylandbc.learn.export import example_arguments, load, save
from pylandbc.legend import LAND_USE
from pylandbc.models.inputs import hilda_inputs, transition_inputs
from pylandbc.models.land_use import NETWORKS, MultiscaleLandUseEmulator
from pylandbc.models.scalings import scaling_of
from pylandbc.models.transition_scaling import TransitionScaling


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("residual", [True, False])
def test_the_network_is_found_again_in_an_archive(kind: str, residual: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = NETWORKS[kind](hilda_inputs(), base=2, residual=residual).eval()
    path = tmp_path / "e.pt"
    save(network, hilda_inputs(), path, name="e", version="0", licence="none")
    found, card, spec = aot.eager(path)
    given = example_arguments(spec, 48, seed=5)
    with torch.inference_mode():
        torch.testing.assert_close(found(*given), load(path)(*given), rtol=1e-5, atol=1e-5)
    assert card["name"] == "e"


def test_heads_that_are_there_are_found_again(tmp_path: Path) -> None:
    torch.manual_seed(0)
    about = {"base": 2, "neighbours": True, "scenario_change": True}
    network = MultiscaleLandUseEmulator(hilda_inputs(), **about).eval()
    path = tmp_path / "e.pt"
    save(network, hilda_inputs(), path, name="e", version="0", licence="none")
    found, _, spec = aot.eager(path)
    assert found.neighbours is not None and found.change is not None
    given = example_arguments(spec, 48, seed=5)
    with torch.inference_mode():
        torch.testing.assert_close(found(*given), load(path)(*given), rtol=1e-5, atol=1e-5)


def test_a_scaling_to_transitions_is_found_again(tmp_path: Path) -> None:
    torch.manual_seed(0)
    spec = transition_inputs()
    about = {"base": 2, "neighbours": True, "neighbours_by_direction": True}
    scaling = scaling_of(spec, LAND_USE.names, "transitions", 2)
    network = MultiscaleLandUseEmulator(spec, scaling=scaling, **about).eval()
    path = tmp_path / "e.pt"
    save(network, spec, path, name="e", version="0", licence="none")
    found, _, _ = aot.eager(path)
    assert isinstance(found.scaling, TransitionScaling) and found.scaling.rounds == 2
    given = example_arguments(spec, 48, seed=5)
    with torch.inference_mode():
        expected = load(path)(*given)
        torch.testing.assert_close(found(*given), expected, rtol=1e-5, atol=1e-4)
        # As a package has it, whose graph must not depend on where the cells lie.
        found.scaling.look = False
        torch.testing.assert_close(found(*given), expected, rtol=1e-5, atol=1e-4)
        torch.export.export(found, given)


def test_the_shipped_network_is_found_again() -> None:
    path = emulators.path("land-use")
    found, _, spec = aot.eager(path)
    given = example_arguments(spec, 48, seed=6)
    with torch.inference_mode():
        torch.testing.assert_close(found(*given), load(path)(*given), rtol=1e-5, atol=1e-4)


def test_metadata_tell_how_the_arguments_lie() -> None:
    given = aot.laid_out(example_arguments(hilda_inputs(), 32), "cpu")
    described = json.loads(aot.metadata({"name": "e"}, given, "cpu")["arguments"])
    assert described[0] == {"type": "Float", "extents": [1, 3, 32, 32], "strides": [3072, 1, 96, 3]}
    assert [entry["type"] for entry in described[3:7]] == ["Long", "Long", "Byte", "Byte"]


def test_what_cannot_be_compiled_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = emulators.path("land-use")
    with pytest.raises(InputError, match=r"ends in \.pt2"):
        aot.package(shipped, tmp_path / "e.pt", 32)
    with pytest.raises(InputError, match="no multiple of 16"):
        aot.package(shipped, tmp_path / "e.pt2", 40)
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(InputError, match="no-such-compiler"):
        aot.package(shipped, tmp_path / "e.pt2", 32)
