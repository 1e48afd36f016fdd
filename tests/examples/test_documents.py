"""What the tutorials say is typed, in order, in an empty folder; examples that go on from there follow."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
TUTORIALS = ROOT / "docs" / "tutorials"
ENVIRONMENT = os.environ | {
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    "PYLANDBC": str(ROOT),
    "OMP_NUM_THREADS": "1",
}
pytestmark = [pytest.mark.slow, pytest.mark.engine]


def shell(script: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def typed(page: Path) -> str:
    """All shell blocks of a page, one after the other."""
    return "\n".join(
        re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )


@pytest.fixture(scope="module")
def run_folder(host_tools: None, landbc_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the developer's tutorial leaves: cube.zarr, bundle, recording.nc and more."""
    folder = tmp_path_factory.mktemp("developer")
    said = shell(typed(TUTORIALS / "esm-developer.md"), folder)
    assert "every output and every map agrees bit for bit" in said
    means = re.findall(r"^(\d{4}): mean fractions (.*)$", said, re.MULTILINE)
    assert [year for year, _ in means] == ["2009", "2010", "2010"], "the last one after the restart"
    assert means[1] == means[2]
    assert all(sum(map(float, numbers.split())) == pytest.approx(1, abs=1e-4) for _, numbers in means)
    return folder


def test_the_developers_tutorial_ends_with_a_history(run_folder: Path) -> None:
    with xr.open_dataset(run_folder / "run.nc", decode_times=False) as history:
        fractions = history["land_use_fraction"]
        total = fractions.sum([dim for dim in fractions.dims if "class" in dim]).values
        known = history["coverage"].values > 0
        np.testing.assert_allclose(total[known], 1, atol=1e-6)


def test_the_scientists_tutorial(tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    pytest.importorskip("matplotlib")
    shell(typed(TUTORIALS / "scientist.md"), tmp_path)
    scores = json.loads((tmp_path / "scores.json").read_text())["scores"]
    assert {"emulator", "persistence", "logistic regression"} <= scores.keys()
    with xr.open_dataset(tmp_path / "maps.nc") as maps:
        assert [int(year) for year in maps["time"].dt.year] == [2010, 2011]


def test_regridding_keeps_the_area(run_folder: Path, tmp_path: Path) -> None:
    said = shell(
        f"python {EXAMPLES}/05_xarray_regridding/regrid.py {run_folder}/cube.zarr healpix:64:nested out.nc",
        tmp_path,
    )
    grid, mesh, back = map(float, re.findall(r"forest .* ([\d.]+) km2", said))
    assert grid > 100
    assert grid == pytest.approx(mesh, rel=1e-9) == pytest.approx(back, rel=1e-9)
    with xr.open_dataset(tmp_path / "out.nc") as cells:
        fractions = cells[
            ["ocean", "urban", "cropland", "pasture", "forest", "grass_shrub", "other_land", "water"]
        ]
        largest = fractions.to_array().argmax("variable")
        assert (largest == cells["land_use"]).mean() > 0.99


def test_another_emulator_gives_another_run(run_folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("lightning")
    shell(
        f"{EXAMPLES}/09_another_emulator/run {run_folder}/cube.zarr {run_folder}/recording.nc out", tmp_path
    )
    found = json.loads((tmp_path / "out" / "difference.json").read_text())
    assert not found["identical"] and not found["equality_expected"]
    assert found["differing_pixels"] > 0
    assert (tmp_path / "out" / "other.png").read_bytes().startswith(b"\x89PNG")


def test_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    import nbformat

    monkeypatch.setenv("PYLANDBC_NOTEBOOK", str(tmp_path))
    book = nbformat.read(EXAMPLES / "10_notebook" / "planet_to_coupled_run.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in book.cells), "it is kept without outputs"
    client.NotebookClient(book, timeout=900, resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [
        out for cell in book.cells for out in cell.get("outputs", []) if "image/png" in out.get("data", {})
    ]
    assert len(pictures) == 3
