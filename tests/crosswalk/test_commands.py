"""The commands, from maps to files, and the series that they read."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from small_cube import WINDOW, write_cube
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.crosswalk import ZONES, apply
from pylandbc.crosswalk.class_series import read_series
from pylandbc.errors import InputError
from pylandbc.grid.formats import write_mesh
from pylandbc.grid.latlon import window_mesh
from pylandbc.grid.window import Window

pytestmark = pytest.mark.engine

RUNNER = CliRunner()
MESH = "healpix:64"


def invoke(*words: object) -> str:
    result = RUNNER.invoke(app, [str(w) for w in words])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def prediction(cube: Path, path: Path) -> Path:
    """The cube's maps as a prediction is written."""
    fields = CubeFields(cube)
    window = fields.window
    maps = np.stack([fields.land_use(year, window) for year in fields.years])
    xr.Dataset(
        {"land_use": (("time", "lat", "lon"), maps)},
        coords={
            "time": np.array([f"{year}-01-01" for year in fields.years], dtype="datetime64[ns]"),
            "lat": ("lat", window.latitude, {"units": "degrees_north"}),
            "lon": ("lon", window.longitude, {"units": "degrees_east"}),
        },
    ).to_netcdf(path)
    return path


def test_list_and_show_tell_tables_and_sources() -> None:
    out = invoke("crosswalk", "list")
    assert "ctsm" in out and "esa_cci" in out and "38 classes" in out
    out = invoke("crosswalk", "show", "ctsm")
    assert "PCT_NAT_PFT(natpft: 15)" in out and "PCT_NAT_PFT_MAX" in out and "natpft_4=100" in out
    out = invoke("crosswalk", "show", "esa_cci")
    assert "10.5194/gmd-8-2315-2015" in out
    assert "62  [P]  tree_broadleaf_deciduous=30 shrub_broadleaf_deciduous=25 grass=35 bare=10" in out
    assert isinstance(RUNNER.invoke(app, ["crosswalk", "show", "x"]).exception, InputError)


def test_cube_and_prediction_give_the_same_file(cube: Path, tmp_path: Path) -> None:
    out = invoke(
        "crosswalk",
        "surfdata",
        cube,
        "--mesh",
        MESH,
        "--output",
        tmp_path / "a.nc",
        "--surface",
        tmp_path / "s.nc",
    )
    assert "2 years, 2009 to 2012" in out
    maps = prediction(cube, tmp_path / "maps.nc")
    invoke(
        "crosswalk",
        "surfdata",
        maps,
        "--mesh",
        MESH,
        "--cube",
        cube,
        "--output",
        tmp_path / "b.nc",
        "--years",
        "2012",
    )
    with netCDF4.Dataset(tmp_path / "a.nc") as a, netCDF4.Dataset(tmp_path / "b.nc") as b:
        assert a["YEAR"][:].tolist() == [2009, 2012] and b["YEAR"][:].tolist() == [2012]
        for name in ("PCT_NAT_PFT", "PCT_CROP", "PCT_LAKE"):
            assert np.array_equal(a[name][1], b[name][0])
        assert np.abs(np.asarray(a["PCT_NAT_PFT"][:]).sum(1) / 100 - 1).max() < 1e-13
        boreal = np.asarray(a["PCT_NAT_PFT"][0][2]) > 0
        assert boreal.any() and not boreal.all()  # boreal needleleaf in the east alone


def test_leaf_area_of_a_cube_goes_into_the_surface_data(cube: Path, leafy_cube: Path, tmp_path: Path) -> None:
    mesh = write_mesh(window_mesh(WINDOW, 50), tmp_path / "mesh.nc", "ugrid")
    words = ("crosswalk", "surfdata", cube, "--mesh", mesh, "--output", tmp_path / "landuse.nc")
    out = invoke(*words, "--surface", tmp_path / "surface.nc", "--leaf-area", leafy_cube, "--years", 2009)
    assert "8 cells, 1 years, 2009\n" in out and "to be merged into a complete surface data set" in out
    with netCDF4.Dataset(tmp_path / "surface.nc") as file:
        natural = np.asarray(file["PCT_NATVEG"][:]) * np.asarray(file["PCT_NAT_PFT"][:])
        crops = np.asarray(file["PCT_CROP"][:]) * np.asarray(file["PCT_CFT"][:])
        share = np.concatenate([natural, crops]) / 1e4
        mean = (np.asarray(file["MONTHLY_LAI"][:]) * share).sum(axis=1)
        top, stems = (np.asarray(file[f"MONTHLY_{name}"][:]) for name in ("HEIGHT_TOP", "SAI"))
    # types share the cell's leaf area out among them; the mean of two Januaries where both are known
    expected = np.broadcast_to(0.5 + 0.05 * np.arange(12)[:, None, None], mean.shape).copy()
    expected[0, :, 2:] = 1
    np.testing.assert_allclose(mean, expected, rtol=1e-6)
    assert stems[:, 1:].min() > 0 and top[0, 1].tolist() == np.full((2, 4), 17.0).tolist()


def test_leaf_area_without_a_place_for_it_is_refused(cube: Path, leafy_cube: Path, tmp_path: Path) -> None:
    words = ["crosswalk", "surfdata", cube, "--mesh", MESH, "--output", tmp_path / "landuse.nc"]

    def refused(*more: object) -> str:
        result = RUNNER.invoke(app, [str(word) for word in (*words, *more)])
        assert isinstance(result.exception, InputError)
        return str(result.exception)

    assert "name its file with --surface" in refused("--leaf-area", leafy_cube)
    other = write_cube(tmp_path / "other.zarr", Window.from_degrees(-1, 51, 0, 52))
    assert "another window" in refused("--surface", tmp_path / "s.nc", "--leaf-area", other)
    assert "no leaf_area_index" in refused("--surface", tmp_path / "s.nc", "--leaf-area", cube)
    assert not (tmp_path / "landuse.nc").exists()


def test_zones_are_the_climatologys(cube: Path) -> None:
    series = read_series(cube, MESH)
    assert np.allclose(series.zones.sum(1), 1)
    west, east = series.mesh.lon < -0.2, series.mesh.lon > 0.5
    assert np.all(series.zones[west, ZONES.index("temperate")] == 1)
    assert np.all(series.zones[east, ZONES.index("boreal")] == 1)


def test_apply_to_maps_and_to_a_file_of_fractions(cube: Path, tmp_path: Path) -> None:
    invoke("crosswalk", "apply", cube, "--adapter", "jules9", "--mesh", MESH, "--output", tmp_path / "j.nc")
    series = read_series(cube, MESH)
    with xr.open_dataset(tmp_path / "j.nc") as made:
        assert made.frac.dims == ("year", "cell", "type")
        wanted = apply("jules9", series.fractions[0], series.zones)["frac"]
        assert np.array_equal(made.frac[0], wanted)
        assert made.cell_id.values.tolist() == series.mesh.cell_id.tolist()
    codes = np.full(len(series.mesh), 15, np.int16)
    xr.Dataset(
        {
            "fraction": (("time", "class", "cell"), series.fractions.transpose(0, 2, 1)),
            "koeppen_geiger": ("cell", codes),
        }
    ).to_netcdf(tmp_path / "f.nc")
    words = ("--adapter", "ecland", "--variable", "fraction", "--class-dim", "class")
    invoke("crosswalk", "apply", tmp_path / "f.nc", *words, "--output", tmp_path / "e.nc")
    with xr.open_dataset(tmp_path / "e.nc") as made:
        assert np.array_equal(made.tvl[1], apply("ecland", series.fractions[1], codes.astype(int))["tvl"])


def test_an_unknown_adapter_is_refused_before_maps_are_read(tmp_path: Path) -> None:
    words = ["crosswalk", "apply", tmp_path / "absent.nc", "--adapter", "clm", "--output", tmp_path / "o.nc"]
    result = RUNNER.invoke(app, [str(word) for word in words])
    assert isinstance(result.exception, InputError) and "no adapter 'clm'" in str(result.exception)


def test_what_is_lacking_is_told(cube: Path, tmp_path: Path) -> None:
    maps = prediction(cube, tmp_path / "maps.nc")
    with pytest.raises(InputError, match="say onto which mesh"):
        read_series(cube)
    with pytest.raises(InputError, match="name a cube"):
        read_series(maps, MESH)
    with pytest.raises(InputError, match="has no year from 1990 to 1995"):
        read_series(cube, MESH, years=(1990, 1995))
    with pytest.raises(InputError, match="there is no"):
        read_series(tmp_path / "absent.nc", MESH)
    with pytest.raises(InputError, match=r"no cell of mesh|another region"):
        read_series(cube, _elsewhere(tmp_path))


def _elsewhere(folder: Path) -> str:
    path = folder / "elsewhere.nc"
    write_mesh(window_mesh(Window.from_degrees(20, 10, 21, 11), 50), path, "ugrid")
    return str(path)
