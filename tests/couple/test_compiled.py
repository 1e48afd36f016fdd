"""A bundle with its emulator as machine code: the coupled run gives the archive's classes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import small_bundle
import torch
from forced_run import forcing, start, years
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.couple.compiled import compile_emulator
from pylandbc.couple.engine import LandbcError
from pylandbc.errors import InputError
from pylandbc.learn.export import save
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("g++") is None, reason="AOTInductor needs a C++ compiler (g++)"),
]


@pytest.fixture(scope="module")
def bundle(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A window inside one tile, an untrained network of two channels."""
    folder = tmp_path_factory.mktemp("compiled")
    torch.manual_seed(0)
    network = MultiscaleLandUseEmulator(hilda_inputs(), base=2).eval()
    with torch.no_grad():  # an untrained head would leave the map as it is
        network.persistence_gain.fill_(0.0)
    save(network, hilda_inputs(), folder / "e.pt", name="e", version="0", licence="none")
    plan = small_bundle.Plan(emulator=folder / "e.pt")
    return small_bundle.write(folder / "bundle", plan)


def test_a_device_that_is_not_there_is_a_sentence(bundle: Path) -> None:
    with pytest.raises(InputError, match="device cuda:63: torch finds"):
        compile_emulator(bundle, "cuda:63")


def last_map(bundle: Path, **options: object) -> np.ndarray:
    with start(bundle, **options) as coupler:
        years(coupler, 2, forcing())
        return coupler.map()


def test_the_compiled_emulator_gives_the_archives_classes(bundle: Path) -> None:
    plain = last_map(bundle)
    assert len(np.unique(plain)) > 2
    path = bundle / "emulator.pt2"
    result = CliRunner().invoke(app, ["bundle", "aot", str(bundle)])
    assert f"wrote {path}; coupled runs of {bundle} take it from now on" in result.output
    # Logits agree to 1e-4; a class differs only where two of them tie within that.
    assert (last_map(bundle) != plain).mean() < 1e-3
    # Code for one size of tile says so for another; nothing is read beyond an array's end.
    with pytest.raises(LandbcError, match="compile it for this tile core"):
        last_map(bundle, core=800)
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.raises(LandbcError, match=r"emulator\.pt2: SHA-256"):
        last_map(bundle)
    path.write_bytes(whole)
    result = CliRunner().invoke(app, ["bundle", "aot", str(bundle), "--remove"])
    assert result.output == f"{bundle} runs its TorchScript emulator\n"
    assert not path.exists()
    assert np.array_equal(last_map(bundle), plain)
