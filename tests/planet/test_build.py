"""The planet's files: official layouts, exact fractions, deterministic, whole or absent."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.planet import build
from pylandbc.planet.build import FILES, build_planet
from pylandbc.sources.era5 import annual_means, climatology, read_era5
from pylandbc.sources.gebco import read_gebco
from pylandbc.sources.hilda import read_hilda
from pylandbc.sources.luh2 import STATES, read_luh2

SMALL = Window(3250, 17100, 300, 400)
YEARS = 5
ALL = list(range(2000, 2000 + YEARS))


def variables(folder: Path) -> dict[tuple[str, str], np.ndarray]:
    out = {}
    for name in FILES.values():
        with netCDF4.Dataset(folder / name) as file:
            file.set_auto_mask(False)
            out.update({(name, v): np.asarray(file[v][:]) for v in file.variables})
    return out


def test_states_are_the_counts_of_the_fine_map(small_planet: Path) -> None:
    maps = read_hilda(small_planet / FILES["land_use"], SMALL, ALL)["land_use"].values
    states = read_luh2(small_planet / FILES["states"], SMALL)
    with netCDF4.Dataset(small_planet / FILES["static"]) as file:
        icwtr = np.asarray(file["icwtr"][:], dtype=np.float64)
    assert not (maps == 255).any()
    lat, lon = SMALL.coarse_shape
    groups = {
        (1,): ["urban"],
        (2,): ["c3ann", "c4ann", "c3per", "c4per", "c3nfx"],
        (3,): ["pastr", "range"],
        (4,): ["primf", "secdf"],
        (5, 6): ["primn", "secdn"],
    }
    land = icwtr < 1
    assert land.any() and not land.all()
    for year, single in enumerate(maps):
        cells = single.reshape(lat, 25, lon, 25).transpose(0, 2, 1, 3).reshape(lat, lon, 625)
        for codes, names in groups.items():
            pixels = np.isin(cells, codes).sum(axis=2)
            total = sum(states[name].values[year].astype(np.float64) for name in names) * 625
            np.testing.assert_allclose(total[land], pixels[land], atol=2e-4)
            assert np.isnan(total[~land]).all()
        np.testing.assert_allclose(icwtr * 625, np.isin(cells, (0, 7)).sum(axis=2), atol=1e-4)
        whole = icwtr + sum(states[name].values[year].astype(np.float64) for name in STATES)
        np.testing.assert_allclose(whole[land], 1.0, atol=1e-6)
    assert (maps[-1] != maps[0]).sum() > 100
    assert float(states["secma"].max()) > 20
    assert (np.nan_to_num(states["primf"].values[-1] - states["primf"].values[0]) <= 1e-7).all()


def test_relief_and_climate_are_read_by_the_official_readers(small_planet: Path) -> None:
    land = read_hilda(small_planet / FILES["land_use"], SMALL, [2000])["land_use"].values[0] != 0
    relief = read_gebco(small_planet / FILES["relief"], SMALL)
    height, depth = relief["elevation"].values, relief["bathymetry"].values
    # means over a pixel and heights at its centre may disagree at the coast only
    assert (((height > 0) & (depth == 0)) == land).mean() > 0.98
    with netCDF4.Dataset(small_planet / FILES["relief"]) as file:
        assert file["elevation"].dtype == np.int16
        assert file["lat"][0] < file["lat"][1]
        assert float(file["lat"][1] - file["lat"][0]) == pytest.approx(15 / 3600)
        assert "_FillValue" not in file["elevation"].ncattrs()
    era5 = read_era5([small_planet / FILES["temperature"], small_planet / FILES["precipitation"]], SMALL)
    means, months = annual_means(era5), climatology(era5)
    assert months["air_temperature"].dims == ("month", "lat", "lon")
    assert 270 < float(means["air_temperature"].mean()) < 290
    assert 400 < float(means["precipitation_flux"].mean()) * 86400 * 365 < 3000
    warmest = months["air_temperature"].mean(("lat", "lon")).argmax("month")
    assert int(warmest) == 6, "July in the northern hemisphere"
    assert "attribute says" not in era5.attrs["note"]


def test_same_seed_same_data_another_seed_another_planet(small_planet: Path, tmp_path: Path) -> None:
    reference = variables(small_planet)
    again = variables(build_planet(tmp_path / "again", window=SMALL, first_year=2000, years=YEARS, seed=1))
    assert reference.keys() == again.keys()
    for key, values in reference.items():
        np.testing.assert_array_equal(values, again[key], err_msg=str(key))
    other = variables(build_planet(tmp_path / "other", window=SMALL, first_year=2000, years=1, seed=2))
    assert (other[FILES["relief"], "elevation"] != reference[FILES["relief"], "elevation"]).mean() > 0.5


def test_relief_and_first_map_do_not_depend_on_the_window(small_planet: Path, tmp_path: Path) -> None:
    inner = Window(SMALL.row + 100, SMALL.col + 100, 100, 150)
    build_planet(tmp_path / "inner", window=inner, first_year=2000, years=1, seed=1)
    for key, name in (("relief", "elevation"), ("land_use", "LULC_states")):
        with netCDF4.Dataset(small_planet / FILES[key]) as file:
            large = np.asarray(file[name][0] if key == "land_use" else file[name][::-1])
        with netCDF4.Dataset(tmp_path / "inner" / FILES[key]) as file:
            small = np.asarray(file[name][0] if key == "land_use" else file[name][::-1])
        k = 1 if key == "land_use" else 240 / 100
        part = large[round(100 * k) : round(200 * k), round(100 * k) : round(250 * k)]
        if key == "relief":
            np.testing.assert_array_equal(small, part)
        else:
            # slope needs a neighbour, which the window's edge lacks
            np.testing.assert_array_equal(small[1:-1, 1:-1], part[1:-1, 1:-1])


def test_a_planet_across_the_dateline(tmp_path: Path) -> None:
    window = Window(3300, 35850, 300, 300)
    build_planet(tmp_path / "p", window=window, first_year=2000, years=2, seed=2)
    maps = read_hilda(tmp_path / "p" / FILES["land_use"], window, [2000, 2001])["land_use"].values
    assert set(np.unique(maps)) >= {0, 3, 4}


def test_a_failed_build_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(build, "_write_climate", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        build_planet(tmp_path / "p", window=SMALL, years=1)
    assert list(tmp_path.iterdir()) == []


def test_bad_requests(small_planet: Path) -> None:
    with pytest.raises(InputError, match="exists"):
        build_planet(small_planet, window=SMALL)
    with pytest.raises(InputError, match="at least one year"):
        build_planet(small_planet.with_name("none"), years=0)
