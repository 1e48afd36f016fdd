from importlib.util import find_spec

import netCDF4
import numpy as np
import pytest
import zarr
from small_cube import write_cube, write_emulator

from pylandbc.couple.bundle import compile_bundle
from pylandbc.couple.bundle_files import coarse_to_cells
from pylandbc.couple.forcing import write_forcing
from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.window import Window


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    if not find_spec("yac"):
        pytest.skip("needs the package yac")
    folder = tmp_path_factory.mktemp("forcing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYLANDBC_CACHE", str(folder / "cache"))
        cube, emulator = write_cube(folder / "cube.zarr"), write_emulator(folder / "tiny.pt")
        return compile_bundle(cube, emulator, "healpix:128:nested", folder / "bundle", 2009), cube


def test_by_hand():
    # two coarse cells side by side; native cell 0 is the first with the nearest column of the second
    window = Window(9000, 18000, 25, 50)
    col = np.tile(np.arange(50), 25)
    cell = (col > 25).astype(np.int32)
    overlap = OverlapSet(np.arange(1250, dtype=np.int32), cell, np.ones(1250), 1250, 2, "by hand")
    means = coarse_to_cells(np.array([[[10.0, 36.0]]]), window, overlap)
    np.testing.assert_allclose(means, [[(25 * 10 + 36) / 26, 36.0]], rtol=1e-15)


def test_the_integral_over_the_extended_window_is_kept(compiled, tmp_path):
    bundle, cube = compiled
    write_forcing(bundle, cube, tmp_path / "f.nc")
    extended = bundle.extended
    coarse_area = 625 * extended.pixel_area.reshape(-1, 25).mean(axis=1)[:, None]
    _, overlap = bundle.mesh_and_overlap()
    given = zarr.open_group(cube)["climatology"][:].astype(float)
    with netCDF4.Dataset(tmp_path / "f.nc") as file:
        assert file["air_temperature"].dimensions == ("month", "cell")
        for i, (name, units) in enumerate((("air_temperature", "K"), ("precipitation_flux", "kg m-2 s-1"))):
            assert file[name].units == units and file[name].standard_name == name
            field = np.pad(given[:, i], ((0, 0), (5, 5), (5, 5)), mode="edge")
            for month in range(12):
                expected = (field[month] * coarse_area).sum()
                assert file[name][month] @ overlap.cell_area == pytest.approx(expected, rel=1e-12)
        with netCDF4.Dataset(bundle.path / "mesh.nc") as mesh:
            np.testing.assert_array_equal(file["cell_id"][:], mesh["cell_id"][:])
            np.testing.assert_array_equal(file["lon"][:], mesh["cell_lon"][:])
            np.testing.assert_array_equal(file["lat_vertices"][:], mesh["lat_vertices"][:])


def test_missing_values_leave_no_file(compiled, tmp_path):
    bundle, _ = compiled
    cube = write_cube(tmp_path / "cube.zarr")
    zarr.open_group(cube)["climatology"][3, 1, 2, 2] = np.nan
    with pytest.raises(InputError, match="'precipitation_flux' has no 12 months or missing values"):
        write_forcing(bundle, cube, tmp_path / "out" / "f.nc")
    assert list((tmp_path / "out").iterdir()) == []
