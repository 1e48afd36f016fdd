"""Adapters in bundles: upper bounds that no run within the range exceeds, and the file's content."""

from __future__ import annotations

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.couple.adapter_file import (
    bounds,
    given_bounds,
    of_scenario,
    possible,
    sea_class,
    write_adapter,
)
from pylandbc.crosswalk import adapter_names, apply, read_adapter
from pylandbc.errors import InputError

CELLS = 12
LAND_USE = range(1, 8)


def start() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    initial = rng.dirichlet(np.ones(8), CELLS)
    initial[0] = np.eye(8)[0]  # sea
    initial[1] = 0.0  # nothing known
    initial[2:, 0] = 0.0
    initial[2:] /= initial[2:].sum(1, keepdims=True)
    zones = rng.dirichlet(np.full(9, 0.2), CELLS)
    return initial, zones


@pytest.mark.parametrize("name", adapter_names())
def test_no_map_exceeds_what_is_possible(name: str) -> None:
    adapter = read_adapter(name)
    initial, zones = start()
    made = bounds(adapter, "land_use", zones, possible(initial, 0))
    rng = np.random.default_rng(4)
    for _ in range(20):
        fractions = initial.copy()
        fractions[2:, 1:] = rng.dirichlet(np.full(7, 0.1), CELLS - 2)
        values = apply(adapter, fractions, zones)
        for output in adapter.outputs:
            if output.maximum:
                got = values[output.name].reshape(CELLS, -1).T
                assert np.all(got <= made[output.maximum] + 1e-9)


def test_bounds_of_the_scenario_hold_within_its_range_and_are_tighter() -> None:
    adapter = read_adapter("ctsm")
    initial, zones = start()
    initial[2:] = np.array([0, 0.1, 0.3, 0.1, 0.3, 0.1, 0.05, 0.05])
    rng = np.random.default_rng(5)
    years = 0.03 * rng.random((6, CELLS, 8)) + initial
    demand = {k: years[:, :, k] for k in LAND_USE}
    made = bounds(adapter, "land_use", zones, of_scenario(initial, 0, demand, margin=0.02))
    widest = bounds(adapter, "land_use", zones, possible(initial, 0))
    for name, values in made.items():
        assert np.all(values <= widest[name] + 1e-12)
    assert made["PCT_CROP_MAX"][0, 2:].max() < 40 and widest["PCT_CROP_MAX"][0, 2:].min() == 100
    for year in years:
        fractions = np.where(initial.sum(1, keepdims=True) > 0, year, 0)
        fractions[0] = initial[0]
        fractions /= np.maximum(fractions.sum(1, keepdims=True), 1e-300)
        values = apply(adapter, fractions, zones)
        for name in ("PCT_CROP", "PCT_NAT_PFT", "PCT_LAKE", "PCT_URBAN", "PCT_CFT"):
            assert np.all(made[f"{name}_MAX"] + 1e-9 >= values[name].reshape(CELLS, -1).T)


def test_sea_needs_no_land_units_and_defaults_are_allowed() -> None:
    initial, zones = start()
    made = bounds(read_adapter("ctsm"), "land_use", zones, possible(initial, 0))
    assert made["PCT_CROP_MAX"][0, 0] == 0 and made["PCT_CROP_MAX"][0, 2] == 100
    assert made["PCT_NAT_PFT_MAX"][0].tolist() == [100] * CELLS  # bare ground, the default
    assert made["PCT_NAT_PFT_MAX"][1, 0] == 0
    assert made["PCT_URBAN_MAX"][:, 2].tolist() == [0, 0, 100]
    assert (sea_class("land_use"), sea_class("land_cover")) == (0, 0)


def test_the_file_holds_the_crosswalk(tmp_path: Path) -> None:
    adapter = read_adapter("ecland")
    initial, zones = start()
    maxima = bounds(adapter, "land_use", zones, possible(initial, 0))
    write_adapter(tmp_path / "a.nc", adapter, "land_use", zones, maxima)
    with netCDF4.Dataset(tmp_path / "a.nc") as file:
        assert (file.format, file.format_version) == ("landbc-adapter", 2)
        words = json.loads(file.document)
        assert words["source"] == "land_use" and len(words["classes"]) == 8
        assert [o["name"] for o in words["outputs"]] == [
            "lsm",
            "cl",
            "cvl",
            "cvh",
            "cur",
            "tvl",
            "tvh",
            "lai_lv",
            "lai_hv",
        ]
        assert np.array_equal(file["share"][:], adapter.matrix("land_use"))
        assert np.array_equal(file["cvl_max"][:], maxima["cvl_max"])


def test_given_bounds_are_matched_by_id_and_checked(tmp_path: Path) -> None:
    adapter = read_adapter("ctsm")
    initial, zones = start()
    otherwise = bounds(adapter, "land_use", zones, possible(initial, 0))
    ids = np.arange(CELLS) * 3

    def write(rows: int, scale: float, missing: int = 0) -> Path:
        path = tmp_path / f"{rows}{scale}{missing}.nc"
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("cell", CELLS - missing)
            file.createDimension("row", rows)
            file.createVariable("cell_id", "i8", ("cell",))[:] = ids[::-1][missing:]
            file.createVariable("PCT_CROP_MAX", "f8", ("row", "cell"))[:] = scale * np.arange(CELLS - missing)
        return path

    got = given_bounds(adapter, write(1, 2.0), ids, otherwise)
    assert got["PCT_CROP_MAX"][0].tolist() == [2.0 * (CELLS - 1 - i) for i in range(CELLS)]
    assert got["PCT_LAKE_MAX"] is otherwise["PCT_LAKE_MAX"]
    for spoilt, sentence in (
        (write(2, 1.0), "2 rows"),
        (write(1, 50.0), "between 0 and 100"),
        (write(1, 1.0, 1), "lacks cells"),
    ):
        with pytest.raises(InputError, match=sentence):
            given_bounds(adapter, spoilt, ids, otherwise)
