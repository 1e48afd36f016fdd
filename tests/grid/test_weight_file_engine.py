import netCDF4
import numpy as np
import pytest
from golden_case import CASES, read_weights

from pylandbc.errors import InputError
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.latlon import window_mesh
from pylandbc.grid.overlap import compute_overlap
from pylandbc.grid.window import Rectangle

CASE = "sandiego_healpix128"
WINDOW = CASES[CASE]


@pytest.fixture
def mesh(golden_weights):
    return open_mesh(golden_weights / f"{CASE}.mesh.nc", WINDOW)


def test_both_directions_of_one_tool_give_the_same_areas(golden_weights, mesh):
    forward, reverse = (
        compute_overlap(mesh, WINDOW, f"file:{golden_weights / f'{CASE}.{kind}.nc'}")
        for kind in ("weights", "reverse")
    )
    np.testing.assert_array_equal(forward.pixel, reverse.pixel)
    np.testing.assert_array_equal(forward.cell, reverse.cell)
    strip = np.repeat(WINDOW.pixel_area, WINDOW.cols)
    assert np.abs((forward.area - reverse.area) / strip[forward.pixel]).max() < 1e-10
    np.testing.assert_allclose(forward.pixel_area, strip, rtol=1e-14)
    row, col, weight = read_weights(golden_weights / f"{CASE}.weights.nc")
    j, i = np.divmod(row - 1, WINDOW.cols)
    golden = dict(zip(zip((255 - j) * 256 + i, col, strict=True), weight, strict=True))
    found = zip(forward.pixel.tolist(), mesh.cell_id[forward.cell].tolist(), strict=True)
    difference = [abs(golden[key] - a / strip[key[0]]) for key, a in zip(found, forward.area, strict=True)]
    assert max(difference) < 1e-10 and forward.engine.startswith(f"file {CASE}.weights.nc ")


def test_a_part_of_the_file_s_window_will_do(golden_weights, mesh):
    path = golden_weights / f"{CASE}.weights.nc"
    part = Rectangle.from_corner(-117.5, 32.5, 60, 40)
    whole, cut = compute_overlap(mesh, WINDOW, f"file:{path}"), compute_overlap(mesh, part, f"file:{path}")
    field = np.random.default_rng(0).random(len(mesh))
    grid = whole.to_grid(field).reshape(WINDOW.shape)
    first = part.row - WINDOW.row
    np.testing.assert_array_equal(cut.to_grid(field).reshape(part.shape), grid[first : first + 40, 50:110])


@pytest.mark.parametrize("kind", ["weights", "reverse"])
def test_another_mesh_or_window_is_refused(golden_weights, mesh, kind):
    engine = f"file:{golden_weights / f'{CASE}.{kind}.nc'}"
    beyond = Rectangle.from_corner(-117, 33, 256, 256)
    near = open_mesh(golden_weights / f"{CASE}.mesh.nc", beyond)
    with pytest.raises(InputError, match=r"does not belong to mesh .*pixels inside one cell disagree"):
        compute_overlap(near, beyond, engine)
    with pytest.raises(InputError, match="does not belong to mesh icosahedral 7"):
        compute_overlap(open_mesh("icosahedral:7", WINDOW), WINDOW, engine)
    turned = mesh.subset(np.arange(len(mesh)))
    object.__setattr__(turned, "cell_id", mesh.cell_id + 1)
    with pytest.raises(InputError, match="does not belong to mesh"):
        compute_overlap(turned, WINDOW, engine)


def write(path, window, mesh, order, **extra):
    """A file of weights from the cells of a mesh to pixels in a given order, as another tool might."""
    overlap = compute_overlap(mesh, window)
    place = np.empty(overlap.pixel_count, dtype=int)
    place[order] = np.arange(overlap.pixel_count)
    with netCDF4.Dataset(path, "w") as file:
        sizes = {"num_links": len(overlap), "src_grid_size": len(mesh), "dst_grid_size": overlap.pixel_count}
        for name, size in sizes.items():
            file.createDimension(name, size)
        file.createVariable("src_address", "i4", ("num_links",))[:] = overlap.cell + 1
        file.createVariable("dst_address", "i4", ("num_links",))[:] = place[overlap.pixel] + 1
        weight = overlap.area / window.pixel_area[overlap.pixel // window.cols]
        file.createVariable("remap_matrix", "f8", ("num_links",))[:] = weight
        file.createVariable("dst_grid_frac", "f8", ("dst_grid_size",))[:] = 1.0
        for name, values in extra.items():
            variable = file.createVariable(name, "f8", ("dst_grid_size",))
            variable.units = "radians"
            variable[:] = np.deg2rad(values[order])
    return overlap


@pytest.mark.parametrize("order", ["south first", "north first", "by centres"])
def test_pixels_in_any_order_that_the_file_can_tell(tmp_path, order):
    window = Rectangle.from_corner(179.9, -10, 50, 50)
    mesh = window_mesh(window, 10)
    index = np.arange(2500).reshape(window.shape)
    lon, lat = np.meshgrid(window.longitude, window.latitude)
    extra = {}
    if order == "south first":
        index = index[::-1]
    if order == "by centres":
        index = np.random.default_rng(0).permutation(2500)
        extra = {"dst_grid_center_lon": lon.ravel(), "dst_grid_center_lat": lat.ravel()}
    expected = write(tmp_path / "w.nc", window, mesh, index.ravel(), **extra)
    found = compute_overlap(mesh, window, f"file:{tmp_path / 'w.nc'}")
    np.testing.assert_array_equal(found.pixel, expected.pixel)
    np.testing.assert_array_equal(found.cell, expected.cell)
    np.testing.assert_allclose(found.area, expected.area, rtol=1e-12)


def test_an_order_that_the_file_does_not_tell_is_refused(tmp_path):
    window = Rectangle.from_corner(10, 10, 50, 50)
    mesh = window_mesh(window, 10)
    write(tmp_path / "w.nc", window, mesh, np.random.default_rng(0).permutation(2500))
    with pytest.raises(
        InputError, match=r"disagree: the first, at 10\.495 N, 10\.015 E, lies in cell 0 but has"
    ):
        compute_overlap(mesh, window, f"file:{tmp_path / 'w.nc'}")
