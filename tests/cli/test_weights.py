"""``pylandbc weights write`` as a user types it, against ESMF's own weight files."""

import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.errors import InputError

sys.path.append(str(Path(__file__).resolve().parent.parent / "grid"))
from golden_case import assert_agrees, needs_esmf, needs_yac, read_weights

CORNERS = {"sandiego_healpix128": "-118,32,256,256", "iberia_icosahedral7": "-6,38,384,256"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PYLANDBC_CACHE", str(tmp_path / "cache"))


def weights(*arguments):
    result = CliRunner().invoke(app, ["weights", "write", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("direction", ["weights", "reverse"])
@pytest.mark.parametrize("case", CORNERS)
@pytest.mark.parametrize(
    ("engine", "tolerance"),
    [pytest.param("yac", 1e-5, marks=needs_yac), pytest.param("esmf", 1e-10, marks=needs_esmf)],
)
def test_golden_files_of_esmf(golden_weights, tmp_path, case, direction, engine, tolerance):
    mesh, output = golden_weights / f"{case}.mesh.nc", tmp_path / "W.nc"
    options = ["--mesh", mesh, "--window", CORNERS[case], "--engine", engine, "--output", output]
    said = weights(*options, *(["--reverse"] if direction == "reverse" else []))
    assert f" by {engine} " in said
    golden = golden_weights / f"{case}.{direction}.nc"
    assert_agrees(output, golden, tolerance)
    with netCDF4.Dataset(output) as file, netCDF4.Dataset(golden) as expected:
        for name in ("frac_a", "frac_b"):
            np.testing.assert_allclose(file[name][:], expected[name][:], atol=1e-6)
        assert file.normalization == expected.normalization
        assert file.map_method == expected.map_method
        cells, pixels = (
            (file["area_b"], file["area_a"])
            if direction == "reverse"
            else (
                file["area_a"],
                file["area_b"],
            )
        )
        # San Diego's HEALPix cells are equal but for their straight edges
        if case.startswith("sandiego"):
            np.testing.assert_allclose(cells[:], 4 * np.pi / (12 * 128**2), rtol=2e-3)
        _, lat0, nx, ny = map(float, CORNERS[case].split(","))
        south, north = np.deg2rad([lat0, lat0 + ny / 100])
        strip = np.deg2rad(nx / 100) * (np.sin(north) - np.sin(south))
        assert pixels[:].sum() == pytest.approx(strip, rel=1e-12)


@needs_yac
def test_columns_count_the_elements_of_the_file_however_ids_run(golden_weights, tmp_path):
    """A file with shuffled ids, a masked element and far cells: addresses still follow the file."""
    source = golden_weights / "sandiego_healpix128.mesh.nc"
    shuffled = tmp_path / "shuffled.nc"
    masked = 3
    with netCDF4.Dataset(source) as old, netCDF4.Dataset(shuffled, "w") as new:
        for name, dimension in old.dimensions.items():
            new.createDimension(name, dimension.size)
        for name, variable in old.variables.items():
            fill = -1 if name == "elementConn" else None
            copy = new.createVariable(name, variable.dtype, variable.dimensions, fill_value=fill)
            copy.setncatts({k: variable.getncattr(k) for k in variable.ncattrs() if k != "_FillValue"})
            copy[:] = variable[:]
        count = len(old.dimensions["elementCount"])
        ids = np.random.default_rng(0).permutation(count) * 7 + 100
        new.createVariable("cell_id", "i8", ("elementCount",))[:] = ids
        keep = np.ones(count, dtype="i4")
        keep[masked] = 0
        new.createVariable("elementMask", "i4", ("elementCount",))[:] = keep
    output = tmp_path / "W.nc"
    weights("--mesh", shuffled, "--window", "-118,32,256,256", "--engine", "yac", "--output", output)
    row, col, weight = read_weights(output)
    golden_row, golden_col, golden_weight = read_weights(golden_weights / "sandiego_healpix128.weights.nc")
    kept = golden_col != masked + 1
    np.testing.assert_array_equal(row, golden_row[kept])
    np.testing.assert_array_equal(col, golden_col[kept])
    assert np.abs(weight - golden_weight[kept]).max() < 1e-5


@needs_yac
def test_weights_from_a_file_turned_round_are_the_engine_s(golden_weights, tmp_path):
    mesh = golden_weights / "sandiego_healpix128.mesh.nc"
    engine = f"file:{golden_weights / 'sandiego_healpix128.weights.nc'}"
    options = ["--mesh", mesh, "--window", "-118,32,256,256", "--engine", engine, "--reverse"]
    weights(*options, "--output", tmp_path / "R.nc")
    assert_agrees(tmp_path / "R.nc", golden_weights / "sandiego_healpix128.reverse.nc", 1e-10)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ("-118,32,256", "is not LON0,LAT0,NX,NY"),
        ("-118,32,256,north", "is not LON0,LAT0,NX,NY"),
        ("-118.003,32,25,25", "does not lie on the 0.01 degree lattice"),
        ("-118,89,25,256", "do not fit on the globe"),
        ("-118,32,0,256", "do not fit on the globe"),
        ("nan,32,25,25", "no pair of degrees"),
        ("100,-60,25,25", "no cell near the window"),
    ],
)
def test_bad_windows(golden_weights, tmp_path, window, words):
    mesh = golden_weights / "sandiego_healpix128.mesh.nc"
    with pytest.raises(InputError, match=words):
        weights("--mesh", mesh, "--window", window, "--output", tmp_path / "W.nc")
    assert not list(tmp_path.glob("*.nc*"))


def test_bad_engines_write_nothing(golden_weights, tmp_path):
    options = ["--mesh", golden_weights / "sandiego_healpix128.mesh.nc", "--output", tmp_path / "W.nc"]
    other = golden_weights / "iberia_icosahedral7.weights.nc"
    for engine, words in (
        ("scissors", "'scissors' is not known"),
        ("latlon", "great-circle edges: choose exact, esmf or yac"),
        ("file:nowhere.nc", "does not exist"),
        (f"file:{other}", "does not belong to mesh"),
    ):
        with pytest.raises(InputError, match=words):
            weights(*options, "--window", "-118,32,256,256", "--engine", engine)
    assert not list(tmp_path.iterdir())


@needs_yac
def test_an_existing_file_is_kept_and_a_failure_leaves_nothing(golden_weights, tmp_path, monkeypatch):
    output = tmp_path / "W.nc"
    output.write_text("precious")
    options = ["--mesh", golden_weights / "sandiego_healpix128.mesh.nc", "--window", "-118,32,25,25"]
    options += ["--engine", "yac", "--output", output]
    with pytest.raises(InputError, match="exists; choose another name"):
        weights(*options)

    def full(*arguments, **more):
        raise OSError("no space left on device")

    monkeypatch.setattr("pylandbc.grid.weight_output._variable", full)
    with pytest.raises(OSError, match="no space"):
        weights(*options, "--overwrite")
    assert output.read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["W.nc"]


def test_a_named_mesh_too_large_for_a_weight_file(tmp_path):
    with pytest.raises(InputError, match="mesh convert healpix:1024"):
        weights("--mesh", "healpix:1024", "--window", "0,50,25,25", "--output", tmp_path / "W.nc")


@needs_yac
def test_engines_of_great_circles_are_told_apart_from_a_grid_of_parallels(tmp_path):
    words = ("--mesh", "O32:boxes", "--window", "10,60,20,10", "--output", tmp_path / "W.nc")
    assert "note" not in weights(*words)
    told = weights(*words, "--engine", "yac", "--overwrite")
    assert "note: engine yac takes the edges of mesh" in told and "choose latlon or exact" in told
