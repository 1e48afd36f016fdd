"""The command as a user types it."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from pylandbc.cli.mesh import app
from pylandbc.errors import InputError
from pylandbc.grid.formats import open_mesh


def run(*words: str):
    result = CliRunner().invoke(app, [str(word) for word in words])
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result


def test_info_prints_json():
    facts = json.loads(run("info", "icosahedral:2", "--json").stdout)
    assert facts["cells"] == facts["global_cells"] == 320
    assert facts["corners"] == {"3": 320}
    assert facts["extent"] == [-180.0, -90.0, 180.0, 90.0]
    assert facts["area_of_sphere"] == pytest.approx(1, rel=1e-12)
    assert facts["area_km2"]["mean"] == pytest.approx(4 * np.pi * 6371.229**2 / 320, rel=1e-12)


def test_info_across_the_dateline():
    text = run("info", "icosahedral:5", "--window=175,10,-175,20").stdout
    extent = json.loads(run("info", "icosahedral:5", "--window=175,10,-175,20", "--json").stdout)["extent"]
    assert 160 < extent[0] < 175 and 185 < extent[2] < 200
    assert "of 20480" in text and "repaired    nothing" in text and "great circles" in text


def test_info_of_a_file_says_what_was_repaired(tmp_path):
    import netCDF4

    run("convert", "healpix:2", tmp_path / "m.nc", "--format", "scrip")
    with netCDF4.Dataset(tmp_path / "m.nc", "a") as d:
        for name in ("grid_corner_lon", "grid_corner_lat"):
            d[name][:] = d[name][:, ::-1]
    text = run("info", tmp_path / "m.nc").stdout
    assert "repaired    48 of 48 cell(s) had clockwise corners" in text
    assert "kind=scrip" in text


@pytest.mark.parametrize("layout", ["esmf", "scrip", "ugrid"])
def test_convert(tmp_path, layout):
    out = tmp_path / "out.nc"
    assert "48 cells" in run("convert", "healpix:2:ring", out, "--format", layout).stdout
    assert np.array_equal(open_mesh(out).cell_id, np.arange(48))
    with pytest.raises(InputError, match="exists"):
        run("convert", "healpix:2:ring", out, "--format", layout)
    run("convert", "healpix:4:ring", out, "--format", layout, "--overwrite")
    assert len(open_mesh(out)) == 192


def test_converting_parallels_is_noted(tmp_path):
    result = run("convert", "O8:boxes", tmp_path / "o.nc")
    assert "take great circles instead" in result.stderr


@pytest.mark.parametrize("name", ["O8", "O8:boxes", "healpix:4"])
def test_plot_draws_the_globe(tmp_path, name):
    from matplotlib.image import imread

    out = tmp_path / "mesh.png"
    run("plot", name, "--output", out)
    image = imread(out)[..., :3]
    assert image.shape[1] > 1000
    assert 0.01 < (image.mean(axis=2) < 0.6).mean() < 0.5


def test_plot_over_relief(tmp_path, real_data):
    out = tmp_path / "uk.png"
    run(
        "plot",
        "healpix:64",
        "--window=-10,50,2,60",
        "--output",
        out,
        "--relief",
        real_data / "uk" / "etopo5.nc",
    )
    from matplotlib.image import imread

    image = imread(out)[..., :3]
    land = np.abs(image - np.array([0xE8, 0xE2, 0xD0]) / 255).max(axis=2) < 0.02
    sea = np.abs(image - np.array([0xDB, 0xE8, 0xF1]) / 255).max(axis=2) < 0.02
    assert 0.1 < land.mean() < sea.mean()


def test_too_many_cells_to_draw(tmp_path, monkeypatch):
    monkeypatch.setattr("pylandbc.report.mesh_map.MOST_CELLS", 700)
    with pytest.raises(InputError, match="--window"):
        run("plot", "healpix:8", "--output", tmp_path / "m.png")
    assert list(tmp_path.iterdir()) == []
