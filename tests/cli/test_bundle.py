import json

import netCDF4
import small_bundle
from small_bundle import Plan
from small_cube import write_cube, write_emulator
from typer.testing import CliRunner

from pylandbc.cli.bundle import app
from pylandbc.errors import InputError
from pylandbc.grid.engines import find_engine
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.window import Window


def test_compile_info_and_forcing(tmp_path, monkeypatch):
    monkeypatch.setenv("PYLANDBC_CACHE", str(tmp_path / "cache"))
    cube, emulator = write_cube(tmp_path / "cube.zarr"), write_emulator(tmp_path / "tiny.pt")
    words = [
        "compile",
        "--cube",
        cube,
        "--emulator",
        emulator,
        "--mesh",
        "icosahedral:6",
        "--state-year",
        2009,
    ]
    words += ["--output", tmp_path / "b", "--window", "-0.9,51.1,0.4,51.8", "--core", 800]
    runner = CliRunner()
    result = runner.invoke(app, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    assert "window      -1.00 to 0.50 E, 51.00 to 52.00 N, 100 x 150 pixels, margin 125" in result.output
    assert "tiles       core 800, halo 112" in result.output
    best = find_engine(None, icosahedral_mesh(6, Window.from_degrees(-1, 51, 0.5, 52))).version()
    assert f"overlaps by {best}\n" in result.output

    result = runner.invoke(app, ["info", str(tmp_path / "b")])
    assert result.exit_code == 0, result.output
    assert "mesh        icosahedral 6: " in result.output
    assert "scenario    2009 to 2012: urban_fraction, " in result.output
    assert "complete and unchanged" in result.output
    facts = json.loads(runner.invoke(app, ["info", str(tmp_path / "b"), "--json"]).stdout)
    assert (facts["state_year"], facts["core"]) == (2009, 800)

    cost = json.loads(runner.invoke(app, ["cost", str(tmp_path / "b"), "--json"]).stdout)
    # 1.5 x 1 degrees and 1.25 on each side: one tile
    assert (cost["pixels"], cost["tiles"]) == (350 * 400, 1)

    output = tmp_path / "forcing.nc"
    result = runner.invoke(
        app, ["forcing", str(tmp_path / "b"), "--cube", str(cube), "--output", str(output)]
    )
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(output) as file:
        assert file["precipitation_flux"].shape[0] == 12


def test_cost_in_words(tmp_path):
    """The small bundle: four tiles, 125 pixels of margin, two maps out of memory with leaf area index."""
    runner = CliRunner()
    bundles = {
        step: small_bundle.write(tmp_path / str(step), Plan(leaf_area=step)) for step in (None, "month")
    }
    lines = {
        step: runner.invoke(app, ["cost", str(path)]).output.splitlines() for step, path in bundles.items()
    }
    assert lines[None][0] == "tiles       4 with land, a forward each by update"
    assert lines[None][1].startswith(f"pixels      {350 * 400} of the extended window, ")
    assert lines[None][2].startswith("memory      2.12 bytes by pixel of land in maps")
    assert not any(line.startswith("scratch") for line in lines[None])
    assert lines["month"][2].startswith("memory      6.12 bytes by pixel of land in maps")
    assert lines["month"][-1].endswith("MB in the directory that TMPDIR names")

    enough = runner.invoke(app, ["cost", str(bundles[None]), "--memory", "1000"])
    assert enough.output.splitlines() == lines[None]
    result = runner.invoke(app, ["cost", str(bundles[None]), "--memory", "0.01"])
    assert isinstance(result.exception, InputError)
    assert "on one rank, more than 0.0 GB; use more ranks" in str(result.exception)
