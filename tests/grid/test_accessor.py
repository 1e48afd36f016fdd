import numpy as np
import pytest
import xarray as xr
from golden_case import needs_yac

import pylandbc.grid.accessor  # noqa: F401
from pylandbc.errors import InputError
from pylandbc.grid.formats import open_mesh, write_mesh
from pylandbc.grid.overlap import compute_overlap
from pylandbc.grid.window import Rectangle

WINDOW = Rectangle.from_corner(-6, 49.5, 120, 100)
MESH = "icosahedral:7"


@pytest.fixture
def grid():
    """Fields on the 1 km grid, south first, with a month and a coast."""
    rng = np.random.default_rng(0)
    land = (rng.random(WINDOW.shape) > 0.3).astype(float)
    return xr.Dataset(
        {
            "temperature": (("month", "lat", "lon"), rng.random((3, *WINDOW.shape)), {"units": "K"}),
            "land": (("lat", "lon"), land),
            "land_use": (("lat", "lon"), rng.integers(0, 4, WINDOW.shape).astype(np.uint8)),
            "name": ((), 7),
        },
        coords={"lat": WINDOW.latitude, "lon": WINDOW.longitude, "month": [1, 2, 3]},
        attrs={"title": "test"},
    ).isel(lat=slice(None, None, -1))


@needs_yac
def test_to_mesh_and_back_conserves(grid):
    on_mesh = grid[["temperature", "name"]].landbc.to_mesh(MESH, engine="yac")
    assert on_mesh.temperature.dims == ("month", "cell") and on_mesh.temperature.units == "K"
    assert on_mesh.weights_engine.startswith("yac ") and on_mesh.title == "test" and on_mesh.name == 7
    north_first = grid.temperature.values[:, ::-1].reshape(3, -1)
    strip = np.repeat(WINDOW.pixel_area, WINDOW.cols)
    np.testing.assert_allclose(
        (on_mesh.temperature * on_mesh.cell_area).sum("cell"), north_first @ strip, rtol=1e-12
    )
    mesh = open_mesh(MESH, WINDOW)
    native = mesh.subset(np.isin(mesh.cell_id, on_mesh.cell_id))
    back = on_mesh.landbc.to_grid(WINDOW, native, engine="yac")
    assert back.temperature.dims == ("month", "lat", "lon") and back.lat[0] > back.lat[-1]
    np.testing.assert_allclose(
        back.temperature.values.reshape(3, -1) @ strip, north_first @ strip, rtol=1e-12
    )
    again = back.landbc.to_mesh(native, engine="yac", method="projection")
    np.testing.assert_allclose(again.temperature, on_mesh.temperature, atol=1e-9)


def test_what_came_from_the_grid_goes_back_by_the_name_of_its_mesh(grid):
    on_mesh = grid[["temperature"]].landbc.to_mesh("healpix:64:nested", engine="exact")
    near = open_mesh("healpix:64:nested", WINDOW)
    assert not np.isin(near.cell_id, on_mesh.cell_id).all(), "some cells near the window do not overlap it"
    back = on_mesh.landbc.to_grid(WINDOW, "healpix:64:nested", engine="exact")
    strip = np.repeat(WINDOW.pixel_area, WINDOW.cols)
    np.testing.assert_allclose(
        back.temperature.values.reshape(3, -1) @ strip,
        grid.temperature.values[:, ::-1].reshape(3, -1) @ strip,
        rtol=1e-12,
    )
    with pytest.raises(InputError, match=r"lacks 1 of the \d+ cells"):
        on_mesh.isel(cell=slice(1, None)).landbc.to_grid(WINDOW, "healpix:64:nested", engine="exact")


@needs_yac
def test_means_over_land_and_missing_values(grid):
    means = grid[["temperature", "land"]].landbc.to_mesh(MESH, engine="yac", land="land")
    missing = grid[["temperature"]].where(grid.land > 0).landbc.to_mesh(MESH, engine="yac")
    np.testing.assert_allclose(means.temperature, missing.temperature, rtol=1e-12)
    overlap = compute_overlap(open_mesh(MESH, WINDOW), WINDOW, "yac")
    _, overlap = overlap.without_empty_cells()
    land = grid.land.values[::-1].ravel()
    expected = overlap.to_mesh(land * grid.temperature.values[1, ::-1].ravel()) / overlap.to_mesh(land)
    np.testing.assert_allclose(means.temperature[1], expected, rtol=1e-12)


@needs_yac
def test_categories_keep_their_type(grid):
    codes = grid[["land_use"]].landbc.to_mesh(MESH, engine="yac", method="dominant").land_use
    assert codes.dtype == np.uint8 and set(np.unique(codes)) <= {0, 1, 2, 3}
    nearest = grid[["land_use"]].landbc.to_mesh(MESH, engine="yac", method="nearest")
    inside = nearest.land_use != 255
    assert inside.sum() > 5
    for cell in np.flatnonzero(inside)[:20]:
        there = grid.land_use.sel(lat=nearest.lat[cell], lon=nearest.lon[cell], method="nearest")
        assert there == nearest.land_use[cell]


@needs_yac
def test_fields_on_all_elements_of_a_mesh_file(tmp_path):
    wide = Rectangle.from_corner(-7, 49, 300, 200)
    whole = open_mesh(MESH, wide)
    path = write_mesh(whole, tmp_path / "mesh.nc", "esmf")
    field = np.random.default_rng(0).random(len(whole))
    data = xr.Dataset({"t": ("cell", field)})
    result = data.landbc.to_grid(WINDOW, path, engine="yac")
    expected = compute_overlap(whole, WINDOW, "yac").to_grid(field)
    np.testing.assert_allclose(result.t.values.ravel(), expected, rtol=1e-12)
    shuffled = np.random.default_rng(1).permutation(len(whole))
    labelled = data.assign_coords(cell_id=("cell", whole.cell_id)).isel(cell=shuffled)
    np.testing.assert_array_equal(labelled.landbc.to_grid(WINDOW, path, engine="yac").t, result.t)
    smooth = xr.Dataset({"t": ("cell", whole.lat)}).landbc.to_grid(WINDOW, path, method="bilinear")
    assert np.abs(smooth.t - smooth.lat).max() < 2e-3
    with pytest.raises(InputError, match=r"the dataset has 5 cells and mesh .*; is it another mesh"):
        data.isel(cell=slice(5)).landbc.to_grid(WINDOW, path)
    with pytest.raises(InputError, match=r"lacks \d+ of the \d+ cells"):
        labelled.isel(cell=slice(5)).landbc.to_grid(WINDOW, path)


@needs_yac
def test_weights_are_cached(grid, own_cache, monkeypatch):
    grid[["land"]].landbc.to_mesh(MESH, engine="yac")
    assert len(list((own_cache / "overlap").iterdir())) == 1

    def refuse(*arguments):
        raise AssertionError("computed again")

    monkeypatch.setattr("pylandbc.grid.yac.clip", refuse)
    grid[["temperature"]].landbc.to_mesh(MESH, engine="yac")
    with pytest.raises(AssertionError, match="computed again"):
        grid[["temperature"]].landbc.to_mesh(MESH, engine="yac", cache=False)


def test_bounds_of_the_old_coordinates_stay_behind(grid):
    """As in a file that `pylandbc predict` wrote."""
    edges = np.stack([grid.lat - 0.005, grid.lat + 0.005], axis=1)
    bounded = grid.assign(lat_bnds=(("lat", "nv"), edges))
    bounded["lat"].attrs["bounds"] = "lat_bnds"
    on_mesh = bounded[["land_use", "lat_bnds"]].landbc.to_mesh("O32", method="dominant")
    xr.testing.assert_identical(on_mesh, grid[["land_use"]].landbc.to_mesh("O32", method="dominant"))


def test_arguments_that_do_not_fit(grid):
    with pytest.raises(InputError, match=r"method 'magic' is not known \(choose one of: conservative"):
        grid.landbc.to_mesh(MESH, method="magic")
    with pytest.raises(InputError, match="land is for the method conservative, not dominant"):
        grid.landbc.to_mesh(MESH, method="dominant", land="land")
    with pytest.raises(InputError, match="no dimension cell of cells"):
        grid.landbc.to_grid(WINDOW, MESH)
    with pytest.raises(InputError, match="'scissors' is not known"):
        grid.landbc.to_mesh(MESH, engine="scissors")
    assert grid.landbc.window == WINDOW
