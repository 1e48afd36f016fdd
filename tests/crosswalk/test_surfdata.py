"""landuse.timeseries: CTSM's own rules (dynpftFileMod, dynTimeInfoMod, surfrdMod), names and attributes."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.crosswalk import read_adapter
from pylandbc.crosswalk.cell_fractions import cell_fractions
from pylandbc.crosswalk.class_series import ClassSeries
from pylandbc.crosswalk.surfdata import write_surfdata
from pylandbc.crosswalk.zones import zones_of_koeppen
from pylandbc.errors import InputError
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.latlon import window_mesh
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.window import Window

YEARS = np.array([2000, 2001, 2005], np.int32)
TOLERANCE = 1e-13  # sum_to_1_tol, clm_varcon.F90


def series_on(mesh: Mesh) -> ClassSeries:
    rng = np.random.default_rng(7)
    fractions = rng.dirichlet(np.full(8, 0.3), (len(YEARS), len(mesh)))
    fractions[:, :, 0] = 0.0
    fractions[:, 0] = np.eye(8)[0]  # sea
    fractions[:, 1] = np.eye(8)[2]  # cropland only
    fractions[:, 2] = 0.0  # nothing known
    fractions[:, 3:, 0] = np.linspace(0, 0.8, len(mesh) - 3)  # coasts
    fractions[:, 3:, 1:] *= (1 - fractions[:, 3:, :1]) / fractions[:, 3:, 1:].sum(-1, keepdims=True)
    return ClassSeries("maps.nc", mesh, YEARS, fractions, zones_of_koeppen(rng.integers(1, 31, len(mesh))))


@pytest.fixture(scope="module", params=["rectangles", "healpix"])
def series(request: pytest.FixtureRequest) -> ClassSeries:
    window = Window.from_degrees(-2, 50, 2, 53)
    return series_on(
        window_mesh(window, 50) if request.param == "rectangles" else open_mesh("healpix:32", window)
    )


@pytest.fixture(scope="module")
def files(series: ClassSeries, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("surfdata")
    cycle = 1.5 + np.sin(2 * np.pi * np.arange(12) / 12)
    leaves = cycle[:, None] * np.linspace(0, 1.2, len(series.mesh))
    write_surfdata(series, read_adapter("ctsm"), folder / "landuse.nc", folder / "surf.nc", leaves)
    return folder / "landuse.nc", folder / "surf.nc"


def test_dimensions_and_attributes_are_mksurfdatas(files: tuple[Path, Path], series: ClassSeries) -> None:
    regular = len(series.mesh) == 48
    space = ("lsmlat", "lsmlon") if regular else ("gridcell",)
    with netCDF4.Dataset(files[0]) as file:
        assert file["time"].dtype == file["YEAR"].dtype == np.int32
        assert file.dimensions["time"].isunlimited()
        assert (len(file.dimensions["natpft"]), len(file.dimensions["cft"])) == (15, 2)
        assert file["natpft"][:].tolist() == list(range(15)) and file["cft"][:].tolist() == [15, 16]
        assert len(file.dimensions["numurbl"]) == 3
        for name, dims, long_name in (
            (
                "PCT_NAT_PFT",
                ("time", "natpft", *space),
                "percent plant functional type on the natural veg landunit (% of landunit)",
            ),
            (
                "PCT_NAT_PFT_MAX",
                ("natpft", *space),
                "maximum percent plant functional type during time period (% of landunit)",
            ),
            ("PCT_CROP", ("time", *space), "total percent crop landunit"),
            ("PCT_CROP_MAX", space, "maximum total percent crop landunit during time period"),
            (
                "PCT_CFT",
                ("time", "cft", *space),
                "percent crop functional type on the crop landunit (% of landunit)",
            ),
            (
                "PCT_CFT_MAX",
                ("cft", *space),
                "maximum percent crop functional type during time period (% of landunit)",
            ),
            ("PCT_URBAN", ("time", "numurbl", *space), "percent urban for each density type"),
            ("PCT_URBAN_MAX", ("numurbl", *space), "maximum percent urban for each density type"),
            ("PCT_LAKE", ("time", *space), "percent lake"),
            ("PCT_LAKE_MAX", space, "maximum percent lake"),
        ):
            assert file[name].dimensions == dims
            assert (file[name].long_name, file[name].units) == (long_name, "unitless")
        assert file["input_pftdata_filename"].dimensions == ("time", "nchar")
        assert b"".join(file["input_pftdata_filename"][0].tolist()).rstrip() == b"maps.nc"
        assert file["AREA"].units == "km^2" and file["LONGXY"].units == "degrees east"
        if regular:
            assert np.all(np.diff(file["LATIXY"][:, 0]) > 0) and np.all(np.diff(file["LONGXY"][0]) % 360 < 1)


def test_years_are_monotone_and_sums_pass_ctsms_check(files: tuple[Path, Path]) -> None:
    with netCDF4.Dataset(files[0]) as file:
        assert file["YEAR"][:].tolist() == file["time"][:].tolist() == YEARS.tolist()
        for name in ("PCT_NAT_PFT", "PCT_CFT"):
            weights = np.asarray(file[name][:]) / 100.0
            assert weights.min() >= 0
            assert np.abs(weights.sum(axis=1) - 1.0).max() <= TOLERANCE
        for name in ("PCT_NAT_PFT", "PCT_CROP", "PCT_CFT", "PCT_URBAN", "PCT_LAKE"):
            assert np.array_equal(file[f"{name}_MAX"][:], np.asarray(file[name][:]).max(axis=0))


def test_land_units_of_the_surface_file_cover_the_land(files: tuple[Path, Path]) -> None:
    with netCDF4.Dataset(files[1]) as file:
        single = ("PCT_NATVEG", "PCT_CROP", "PCT_LAKE", "PCT_WETLAND", "PCT_GLACIER", "PCT_OCEAN")
        total = sum(np.asarray(file[name][:]) for name in single) + np.asarray(file["PCT_URBAN"][:]).sum(0)
        assert np.abs(total / 100 - 1).max() <= TOLERANCE
        ocean = np.asarray(file["PCT_OCEAN"][:])
        assert set(np.unique(ocean)) == {0.0, 100.0}
        assert np.array_equal(ocean == 100, np.asarray(file["LANDFRAC_PFT"][:]) == 0)


def test_first_year_agrees_with_the_surface_file(files: tuple[Path, Path]) -> None:
    # dynpft_check_consistency stops the model otherwise
    with netCDF4.Dataset(files[0]) as transient, netCDF4.Dataset(files[1]) as surface:
        for name in ("PCT_NAT_PFT", "PCT_CROP", "PCT_CFT", "PCT_URBAN", "PCT_LAKE"):
            assert np.array_equal(transient[name][0], surface[name][:])
            assert np.array_equal(transient[f"{name}_MAX"][:], surface[f"{name}_MAX"][:])


def test_cells_lie_where_their_coordinates_say(files: tuple[Path, Path], series: ClassSeries) -> None:
    with netCDF4.Dataset(files[0]) as file:
        lon, lat = (np.asarray(file[name][:]).ravel() for name in ("LONGXY", "LATIXY"))
        crop = np.asarray(file["PCT_CROP"][1]).ravel()
        lake = np.asarray(file["PCT_LAKE"][1]).ravel()
    land = 1 - series.fractions[1, :, 0]
    for i in range(len(series.mesh)):
        (at,) = np.flatnonzero(
            np.isclose(lon, series.mesh.lon[i] % 360) & np.isclose(lat, series.mesh.lat[i])
        )
        if series.fractions[1, i].any() and land[i] > 0:
            assert crop[at] == pytest.approx(100 * series.fractions[1, i, 2] / land[i], abs=1e-11)
            assert lake[at] == pytest.approx(100 * series.fractions[1, i, 7] / land[i], abs=1e-11)


def test_monthly_canopy(files: tuple[Path, Path]) -> None:
    with netCDF4.Dataset(files[1]) as file:
        assert file["time"][:].tolist() == list(range(1, 13)) and len(file.dimensions["lsmpft"]) == 17
        lai, sai, top, bottom = (
            np.asarray(file[f"MONTHLY_{n}"][:]) for n in ("LAI", "SAI", "HEIGHT_TOP", "HEIGHT_BOT")
        )
    assert not lai[:, 0].any() and not sai[:, 0].any()
    assert lai.min() >= 0 and lai.max() <= 10 and sai[:, 1:].min() >= 0.05
    assert np.all(bottom <= top) and top[0, 4].max() == 35


def test_other_models_are_refused(series: ClassSeries, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="jules5 has no surface data"):
        write_surfdata(series, read_adapter("jules5"), tmp_path / "x.nc")
    with pytest.raises(InputError, match="ctsm78 has no canopy"):
        write_surfdata(series, read_adapter("ctsm78"), tmp_path / "x.nc", leaf_area=np.zeros((12, 3)))
    write_surfdata(series, read_adapter("elm"), tmp_path / "elm.nc")
    write_surfdata(series, read_adapter("ctsm78"), tmp_path / "ctsm78.nc")
    with netCDF4.Dataset(tmp_path / "elm.nc") as elm, netCDF4.Dataset(tmp_path / "ctsm78.nc") as ctsm:
        assert elm["natpft"][-1] == 16 and "PCT_CFT" not in elm.variables
        assert ctsm["cft"][:].tolist() == list(range(15, 79))
        assert np.abs(np.asarray(ctsm["PCT_CFT"][:]).sum(1) / 100 - 1).max() <= TOLERANCE


def test_fractions_of_cells_count_known_pixels_by_area() -> None:
    overlap = OverlapSet(
        np.array([0, 0, 1, 2], np.int32),
        np.array([0, 1, 1, 2], np.int32),
        np.array([1.0, 2.0, 6.0, 4.0]),
        3,
        3,
        "x",
    )
    got = cell_fractions(np.array([4, 1, 255], np.uint8), overlap, 8)
    assert got[0, 4] == 1 and got[1, [1, 4]].tolist() == [0.75, 0.25] and not got[2].any()
