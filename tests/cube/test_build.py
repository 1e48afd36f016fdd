"""Cubes of the real United Kingdom and of the planet against plain recomputation; builds that are killed."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig
from pylandbc.cube.layout import FRACTION_VARIABLES
from pylandbc.cube.open import Cube, open_cube
from pylandbc.legend import LAND_USE, TRANSITIONS
from pylandbc.planet.build import build_planet
from pylandbc.sources.luh2 import VARIABLES, read_luh2

from .conftest import SMALL, planet_config


def slow_fractions(land_use: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """Area fractions of classes 1 ... 7 in one 25 x 25 cell, pixel by pixel."""
    areas = np.zeros(8)
    for r in range(25):
        strip = np.sin(np.deg2rad(latitude[r] + 0.005)) - np.sin(np.deg2rad(latitude[r] - 0.005))
        for code in land_use[r]:
            if 1 <= code <= 7:
                areas[code] += strip
    return areas[1:] / areas.sum()


def test_uk_land_and_ocean(uk_cube: Cube) -> None:
    window = uk_cube.window
    assert (window.west, window.south, window.east, window.north) == (-14.0, 49.5, 2.25, 61.0)
    assert uk_cube.years.tolist() == [2009, 2012]
    mask = uk_cube.static_field("land_mask")

    def at(lat: float, lon: float) -> tuple[int, int]:
        return int((window.north - lat) * 100), int((lon - window.west) * 100)

    for year in (2009, 2012):
        land_use = uk_cube.land_use_map(year)
        known_land = (land_use >= 1) & (land_use <= 7)
        assert (mask[known_land] == 1).all() and (mask[land_use == 0] == 0).all()
        assert (mask[land_use == 255] == 1).all(), "unknown is land without a class"
        assert land_use[at(53.3, -7.5)] == 255, "Ireland is outside the product"
        assert land_use[at(52.0, -12.0)] == 0, "Atlantic"
        assert land_use[at(51.515, -0.12)] == 1, "London"
        assert 330_000 < known_land.sum() < 333_000
    elevation, depth = uk_cube.static_field("elevation"), uk_cube.static_field("bathymetry")
    assert elevation.min() >= 0 and depth.min() >= 0
    assert not elevation[mask == 0].any() and not depth[mask == 1].any()
    # Ben Nevis is 1345 m; the product is smoothed over 2 km
    assert (
        700 < elevation[at(56.90, -5.10)[0] : at(56.70, 0)[0], at(0, -5.1)[1] : at(0, -4.9)[1]].max() < 1345
    )
    assert uk_cube.years.size == uk_cube.land_use.shape[0]


def test_uk_scenario_is_the_map_aggregated(uk_cube: Cube) -> None:
    assert uk_cube.scenario_source == "hilda_fractions"
    assert uk_cube.scenario_variables == FRACTION_VARIABLES
    assert uk_cube.scenario_years.tolist() == [2009, 2010, 2011, 2012]
    scenario = np.asarray(uk_cube.scenario[...], dtype=np.float64)
    assert np.isfinite(scenario).all()
    np.testing.assert_allclose(scenario.sum(axis=1), 1.0, atol=1e-6)
    checked = 0
    for i, j in ((10, 35), (20, 40), (30, 45), (37, 55), (38, 60)):
        rows, cols = slice(i * 25, i * 25 + 25), slice(j * 25, j * 25 + 25)
        ends = []
        for year in (2009, 2012):
            cell = uk_cube.land_use_map(year)[rows, cols]
            if ((cell >= 1) & (cell <= 7)).any():
                ends.append(slow_fractions(cell, uk_cube.window.latitude[rows]))
        if ends:
            checked += 1
            for k, share in enumerate((0.0, 1 / 3, 2 / 3, 1.0)):
                expected = (1 - share) * ends[0] + share * ends[1]
                np.testing.assert_allclose(scenario[k, :, i, j], expected, atol=1e-6)
    assert checked >= 4


def slow_transitions(before: np.ndarray, after: np.ndarray, latitude: np.ndarray) -> dict[str, float]:
    """Share of a cell's known land by name of the transition, pixel by pixel."""
    found, total = dict.fromkeys(TRANSITIONS, 0.0), 0.0
    for row, lat in enumerate(latitude):
        area = np.cos(np.deg2rad(lat))
        for a, b in zip(before[row].tolist(), after[row].tolist(), strict=True):
            if 1 <= a <= 7 and 1 <= b <= 7:
                total += area
                name = f"{LAND_USE.names[a]}_to_{LAND_USE.names[b]}"
                if name in found:
                    found[name] += area
    return {name: area / total for name, area in found.items()}


def test_transitions_add_up_over_the_maps_and_are_linear_between(
    planet_folder: Path, planet_cube: Cube, tmp_path: Path
) -> None:
    """Maps of 2000, 2001 and 2004."""
    content = planet_config("hilda_transitions", tmp_path / "cube.zarr").model_dump(mode="json")
    content["land_use"] = [
        content["land_use"][0] | {"first_year": first, "last_year": last}
        for first, last in ((2000, 2001), (2004, 2004))
    ]
    content["training_years"] = [2000, 2001]
    cube = open_cube(build_cube(CubeConfig.model_validate(content), planet_folder))
    assert cube.scenario_variables == (*FRACTION_VARIABLES, *TRANSITIONS)
    assert cube.scenario_years.tolist() == [2000, 2001, 2002, 2003, 2004]
    scenario = np.asarray(cube.scenario[...])
    fractions, sums = scenario[:, :7], scenario[:, 7:]
    assert not sums[0].any() and (np.diff(sums, axis=0) >= 0).all()
    np.testing.assert_array_equal(fractions[:2], np.asarray(planet_cube.scenario[:2]))
    maps = [cube.land_use_map(year) for year in (2000, 2001, 2004)]
    changed = np.argwhere((maps[0] != maps[1]) | (maps[1] != maps[2]))
    cells = np.unique(changed // 25, axis=0)
    for i, j in cells[:: len(cells) // 4]:
        rows, cols = slice(i * 25, i * 25 + 25), slice(j * 25, j * 25 + 25)
        here = [m[rows, cols] for m in maps]
        steps = [slow_transitions(a, b, cube.window.latitude[rows]) for a, b in pairwise(here)]
        first, last = (np.array(list(step.values())) for step in steps)
        for k, share in enumerate((0.0, 1 / 3, 2 / 3, 1.0)):
            np.testing.assert_allclose(sums[1 + k, :, i, j], first + share * last, atol=1e-7)
    # What a class gains and loses is the change of its fraction, where all land is known.
    codes = np.array(list(TRANSITIONS.values())).T
    for code in range(1, 7):
        change = sums[1:][:, codes[1] == code].sum(1) - sums[1:][:, codes[0] == code].sum(1)
        np.testing.assert_allclose(change, fractions[1:, code - 1] - fractions[0, code - 1], atol=1e-6)


def test_provenance_and_statistics(uk_cube: Cube, real_data: Path) -> None:
    by_file = {entry["file"]: entry for entry in uk_cube.provenance}
    name = "uk/20221006_HILDA_UK_LULC_2009.tif"
    assert by_file[name]["sha256"] == hashlib.sha256((real_data / name).read_bytes()).hexdigest()
    assert "values are degC" in by_file["uk/era5_monthly_climatology_2000_2025.nc"]["note"]
    assert all(entry["licence"] and entry["product"] for entry in uk_cube.provenance)
    active = uk_cube.active(2009) | uk_cube.active(2012)
    area = np.broadcast_to(uk_cube.window.pixel_area[:, None], active.shape)[active]
    height = uk_cube.static_field("elevation").astype(np.float64)[active]
    mean = np.average(height, weights=area)
    assert uk_cube.statistics["elevation"]["mean"] == pytest.approx(mean, rel=1e-6)
    std = np.sqrt(np.average((height - mean) ** 2, weights=area))
    assert uk_cube.statistics["elevation"]["std"] == pytest.approx(std, rel=1e-6)
    assert uk_cube.statistics["land_mask"] == {"mean": 0.0, "std": 1.0}
    assert set(uk_cube.statistics) == {
        *uk_cube.static_variables, *uk_cube.climate_variables, *uk_cube.scenario_variables
    }  # fmt: skip


def test_xarray_reads_it(uk_cube: Cube) -> None:
    dataset = xr.open_zarr(uk_cube.path)
    assert dataset["land_use"].dims == ("year", "y", "x")
    assert dataset["land_use"].dtype == np.uint8
    london = dataset["land_use"].sel(year=2012).sel(y=51.515, x=-0.125, method="nearest")
    assert int(london) == 1
    pasture = dataset["scenario"].sel(scenario_variable="pasture_fraction", scenario_year=2010)
    assert pasture.dims == ("lat", "lon")
    group = zarr.open_group(str(uk_cube.path), mode="r")
    assert group["land_use"].chunks == (1, 512, 512)
    assert group.metadata.zarr_format == 3


def test_luh2_cube_holds_the_states(luh2_cube: Cube, planet_folder: Path) -> None:
    assert luh2_cube.scenario_variables == VARIABLES
    states = read_luh2(planet_folder / "states.nc", luh2_cube.window)
    scenario = np.asarray(luh2_cube.scenario[...])
    assert np.isfinite(scenario).all()
    filled = 0
    for k, name in enumerate(VARIABLES):
        truth = states[name].values
        known = np.isfinite(truth)
        np.testing.assert_array_equal(scenario[:, k][known], truth[known])
        filled += (~known).sum()
    assert filled, "the window has cells without land"


def test_planet_fractions_are_exact(planet_cube: Cube) -> None:
    land_use = planet_cube.land_use_map(2003)
    assert not (land_use == 255).any()
    scenario = np.asarray(planet_cube.scenario[3])
    checked = 0
    for i in range(0, 12, 2):
        for j in range(0, 16, 3):
            cell = land_use[i * 25 : i * 25 + 25, j * 25 : j * 25 + 25]
            if (cell > 0).any():
                expected = slow_fractions(cell, planet_cube.window.latitude[i * 25 : i * 25 + 25])
                np.testing.assert_allclose(scenario[:, i, j], expected, atol=1e-6)
                checked += 1
    assert checked > 8


def test_two_builds_are_alike(planet_cube: Cube, planet_folder: Path, tmp_path: Path) -> None:
    again = open_cube(build_cube(planet_config("hilda_fractions", tmp_path / "again.zarr"), planet_folder))
    for name in ("land_use", "static", "scenario", "climate", "climatology"):
        np.testing.assert_array_equal(getattr(again, name)[...], getattr(planet_cube, name)[...])
    assert again.statistics == planet_cube.statistics


def test_flicker_goes_where_it_is_asked_for(tmp_path: Path) -> None:
    """The planet's single wrong years are nearly all found, and the cube says how many."""
    folder = build_planet(tmp_path / "p", window=SMALL, first_year=2000, years=5, seed=1, flicker=0.02)
    clean = build_planet(tmp_path / "c", window=SMALL, first_year=2000, years=5, seed=1)
    config = planet_config("hilda_fractions", tmp_path / "kept.zarr")
    kept = open_cube(build_cube(config, folder))
    filtered = config.model_copy(update={"remove_flicker": 1})
    found = open_cube(build_cube(filtered, folder, tmp_path / "filtered.zarr"))
    true = open_cube(build_cube(config, clean, tmp_path / "true.zarr"))
    inner = range(2001, 2004)
    wrong = [
        sum(int((cube.class_map("land_use", y) != true.class_map("land_use", y)).sum()) for y in inner)
        for cube in (kept, found)
    ]
    assert wrong[0] > 1000 and wrong[1] < 0.15 * wrong[0]
    note = zarr.open_group(found.path, mode="r").attrs["flicker_removed"]
    changed = sum(int((found.class_map("land_use", y) != kept.class_map("land_use", y)).sum()) for y in inner)
    assert note == {"longest_years": 1, "pixel_years": changed}
    assert "flicker_removed" not in zarr.open_group(kept.path, mode="r").attrs
