"""The planet's files: official layouts, exact fractions, deterministic, whole or absent."""

from __future__ import annotations

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LUH2_STATES
from pylandbc.planet import build, files, geography
from pylandbc.planet.build import FILES, build_planet
from pylandbc.planet.tile_writer import SCENARIO_LAND_USE, SCENARIO_STATES
from pylandbc.sources.co2 import annual_co2 as annual_means_of_co2
from pylandbc.sources.co2 import read_co2
from pylandbc.sources.era5 import annual_means, climatology, read_era5
from pylandbc.sources.gebco import read_gebco
from pylandbc.sources.hilda import read_hilda
from pylandbc.sources.luh2 import read_luh2, read_luh2_transitions

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
        whole = icwtr + sum(states[name].values[year].astype(np.float64) for name in LUH2_STATES)
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


def test_nothing_depends_on_the_window(small_planet: Path, tmp_path: Path) -> None:
    inner = Window(SMALL.row + 100, SMALL.col + 100, 100, 150)
    build_planet(tmp_path / "inner", window=inner, first_year=2000, years=YEARS, seed=1)
    cut = {
        "elevation": (slice(240, 480), slice(240, 600)),
        "LULC_states": (slice(None), slice(100, 200), slice(100, 250)),
        "t2m": (slice(None), slice(4, 9), slice(4, 11)),
        "secma": (slice(None), slice(4, 8), slice(4, 10)),
        "icwtr": (slice(4, 8), slice(4, 10)),
    }
    large, small = variables(small_planet), variables(tmp_path / "inner")
    for (file, name), values in small.items():
        if name in cut:
            whole = large[file, name]
            if name == "elevation":
                values, whole = values[::-1], whole[::-1]
            np.testing.assert_array_equal(values, whole[cut[name]], err_msg=name)


@pytest.mark.parametrize(
    "window",
    [Window(3300, 35850, 300, 300), Window(0, 17500, 100, 100), Window(17900, 200, 100, 100)],
    ids=["dateline", "north pole", "south pole"],
)
def test_a_planet_at_the_ends_of_the_map(window: Window, tmp_path: Path) -> None:
    for seed in range(2, 12):
        try:
            build_planet(tmp_path / "p", window=window, first_year=2000, years=3, seed=seed)
        except InputError as error:
            assert "no land" in str(error)
            continue
        break
    maps = read_hilda(tmp_path / "p" / FILES["land_use"], window, [2000, 2002])["land_use"].values
    assert len(np.unique(maps)) >= (3 if window.row else 1) and not (maps == 255).any()
    states = read_luh2(tmp_path / "p" / FILES["states"], window)
    total = sum(states[name].values.astype(np.float64) for name in LUH2_STATES)
    assert np.nanmax(total) <= 1 + 1e-6 and np.isfinite(total).any()


def test_across_the_dateline_nothing_breaks(tmp_path: Path) -> None:
    across = Window(3300, 35900, 100, 200)
    east = Window(3300, 0, 100, 100)
    maps = []
    for name, window in (("across", across), ("east", east)):
        build_planet(tmp_path / name, window=window, first_year=2000, years=4, seed=2)
        maps.append(read_hilda(tmp_path / name / FILES["land_use"], window, [2003])["land_use"].values[0])
    np.testing.assert_array_equal(maps[0][:, 100:], maps[1])


def test_tiles_make_one_planet(small_planet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geography, "TILE", 5)
    monkeypatch.setattr(files, "STRIP", 100)
    small = variables(build_planet(tmp_path / "p", window=SMALL, first_year=2000, years=YEARS, seed=1))
    for key, values in variables(small_planet).items():
        np.testing.assert_array_equal(values, small[key], err_msg=str(key))


def test_truth_counts_the_change(small_planet: Path) -> None:
    truth = json.loads((small_planet / "truth.json").read_text())["historical"]
    maps = read_hilda(small_planet / FILES["land_use"], SMALL, ALL)["land_use"].values
    gross = {str(y): int((b != a).sum()) for y, a, b in zip(ALL[1:], maps[:-1], maps[1:], strict=True)}
    assert truth["changed_pixels"] == gross
    assert truth["land_pixels"] == (maps[0] != 0).sum()
    share = 100 * sum(gross.values()) / (maps[0] != 0).sum() / (YEARS - 1)
    assert truth["gross_percent_per_year"] == pytest.approx(share, abs=1e-3)
    assert 0.2 < truth["net_percent_per_year"] <= truth["gross_percent_per_year"] < 1.0
    cells = [m.reshape(12, 25, 16, 25).transpose(0, 2, 1, 3).reshape(192, 625) for m in maps]
    counts = [np.stack([(c == code).sum(axis=1) for code in range(8)]).astype(int) for c in cells]
    net = {
        str(y): int(np.abs(b - a).sum() // 2)
        for y, a, b in zip(ALL[1:], counts[:-1], counts[1:], strict=True)
    }
    assert truth["net_pixels"] == net


def test_flicker_is_a_b_a(small_planet: Path, tmp_path: Path) -> None:
    build_planet(tmp_path / "f", window=SMALL, first_year=2000, years=YEARS, seed=1, flicker=0.01)
    true = read_hilda(small_planet / FILES["land_use"], SMALL, ALL)["land_use"].values
    seen = read_hilda(tmp_path / "f" / FILES["land_use"], SMALL, ALL)["land_use"].values
    wrong = seen != true
    confusable = np.isin(true, (2, 3, 4, 5))
    assert not wrong[~confusable].any()
    assert wrong[confusable].mean() == pytest.approx(0.01, rel=0.1)
    # independent from year to year
    assert (wrong[0] & wrong[1]).sum() < 5 + 3e-4 * wrong[0].size
    states = [variables(folder)[FILES["states"], "secdf"] for folder in (small_planet, tmp_path / "f")]
    np.testing.assert_array_equal(*states)


def test_crosswalk_bias_moves_grass_and_keeps_the_sum(small_planet: Path, tmp_path: Path) -> None:
    build_planet(tmp_path / "b", window=SMALL, first_year=2000, years=2, seed=1, bias=0.5)
    plain, biased = (read_luh2(f / FILES["states"], SMALL, [2000]) for f in (small_planet, tmp_path / "b"))
    total = [sum(d[name].values.astype(np.float64) for name in LUH2_STATES) for d in (plain, biased)]
    np.testing.assert_allclose(total[0], total[1], atol=1e-6)
    for name, sign in (("secdf", 1), ("range", 1), ("secdn", -1), ("urban", 0), ("c3ann", 0)):
        difference = (biased[name] - plain[name]).values
        assert np.nanmin(sign * difference) >= -1e-6
        assert bool(np.nanmax(np.abs(difference)) > 0.01) == (sign != 0)


def test_transitions_lead_from_state_to_state(tmp_path: Path) -> None:
    build_planet(
        tmp_path / "t", window=SMALL, first_year=2000, years=3, seed=1, products=("transitions",), bias=0.0
    )
    states = read_luh2(tmp_path / "t" / FILES["states"], SMALL)
    moves = read_luh2_transitions(tmp_path / "t" / "transitions.nc", SMALL)
    assert moves["year"].values.tolist() == [2000, 2001]
    for name in LUH2_STATES:
        change = sum(
            (1 if into == name else -1) * moves[f"{out}_to_{into}"].values.astype(np.float64)
            for out, into in (str(m).split("_to_") for m in moves.data_vars)
            if name in (out, into)
        )
        expected = np.diff(states[name].values.astype(np.float64), axis=0)
        land = np.isfinite(expected)
        np.testing.assert_allclose(np.broadcast_to(change, expected.shape)[land], expected[land], atol=3e-6)
    assert float(moves["c3ann_to_pastr"].sum()) > 0


def test_carbon_dioxide_as_noaa_writes_it(tmp_path: Path) -> None:
    window = Window(SMALL.row, SMALL.col, 100, 100)
    build_planet(tmp_path / "c", window=window, first_year=1955, years=66, products=("co2",))
    record = read_co2(tmp_path / "c" / "co2_mm_mlo.txt")
    values = record["co2"].values
    assert values.size == 66 * 12 and 0 < np.isnan(values).sum() < 20, "some months are missing (-9.99)"
    means = annual_means_of_co2(record)["co2"]
    # Keeling's record: 315 ppm in 1958, 354 in 1990, 414 in 2020
    for year, observed in ((1958, 315.2), (1990, 354.4), (2020, 414.2)):
        assert float(means.sel(year=year)) == pytest.approx(observed, abs=4.0)


def test_scenarios_leave_one_history(tmp_path: Path) -> None:
    window = Window(SMALL.row, SMALL.col, 200, 200)
    build_planet(
        tmp_path / "s",
        window=window,
        first_year=2013,
        years=4,
        scenarios=("ssp126", "ssp585"),
        scenario_end=2020,
    )
    base = read_hilda(tmp_path / "s" / FILES["land_use"], window, [2015])["land_use"].values
    maps = {}
    for name in ("ssp126", "ssp585"):
        states = read_luh2(tmp_path / "s" / SCENARIO_STATES.format(name=name, end=2020), window)
        assert states["year"].values.tolist() == list(range(2015, 2021))
        path = tmp_path / "s" / SCENARIO_LAND_USE.format(name=name)
        maps[name] = read_hilda(path, window, [2015, 2020])["land_use"].values
        np.testing.assert_array_equal(maps[name][0], base[0])
        crops = sum(states[c].values[-1] for c in ("c3ann", "c4ann", "c3per", "c4per", "c3nfx"))
        cell = maps[name][1][:25, :25]
        assert float(np.nan_to_num(crops[0, 0])) * 625 == pytest.approx((cell == 2).sum(), abs=1e-3)
    assert (maps["ssp126"][1] == 4).sum() > (maps["ssp585"][1] == 4).sum()


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
    window = Window(SMALL.row, SMALL.col, 100, 100)
    for bad, text in (
        ({"products": ("moon",)}, "moon.*co2"),
        ({"scenarios": ("ssp999",)}, "ssp999.*ssp126"),
        ({"scenarios": ("ssp126",), "first_year": 1990, "years": 5}, "2015"),
        ({"flicker": 2.0}, "flicker"),
        ({"lai_years": (1800,)}, "1800"),
    ):
        with pytest.raises(InputError, match=text):
            build_planet(small_planet.with_name("none"), window=window, **bad)  # type: ignore[arg-type]
