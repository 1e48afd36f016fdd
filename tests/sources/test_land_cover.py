"""ESA land cover: signed bytes, 3.6 cells to a pixel, fractions before the class, a genuine tile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_COVER
from pylandbc.sources.land_cover import global_code, read_land_cover, unsigned
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 10.25, 50.25)
WEST, NORTH, SIZE = 9.975, 50.275, 108
"""A file that reaches 0.025 degree (9 cells) beyond the window on every side."""
TILE = "formats/C3S-LC-L4-LCCS-Map-300m-P1Y-2018-v2.1.1-N79W180-lccs_class.tif"


def random_codes(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice(LAND_COVER.codes, size=(SIZE, SIZE)).astype(np.uint8)


def overlap(first: float, last: float, low: float, high: float) -> float:
    return max(min(last, high) - max(first, low), 0.0)


def slow_fractions(codes: np.ndarray, row: int, col: int) -> tuple[dict[int, float], float]:
    """Areas of the codes inside one pixel, by plain loops over all cells; and the known share."""
    cell = 1 / 360
    north, west = WINDOW.north - row * 0.01, WINDOW.west + col * 0.01
    sums: dict[int, float] = {}
    for i in range(SIZE):
        top = NORTH - i * cell
        low, high = max(top - cell, north - 0.01), min(top, north)
        if high <= low:
            continue
        height = np.sin(np.deg2rad(high)) - np.sin(np.deg2rad(low))
        for j in range(SIZE):
            width = overlap(WEST + j * cell, WEST + (j + 1) * cell, west, west + 0.01)
            if width:
                sums[int(codes[i, j])] = sums.get(int(codes[i, j]), 0.0) + height * width
    known = sum(area for code, area in sums.items() if code)
    whole = sum(sums.values())
    return {code: area / known for code, area in sums.items() if code}, known / whole


@pytest.mark.parametrize("kind", ["u1", "i1"])
def test_fractions_and_classes_are_those_of_plain_loops(tmp_path: Path, kind: str) -> None:
    codes = random_codes(1)
    path = layouts.land_cover(tmp_path / "lc.nc", codes, WEST, NORTH, kind=kind)
    dataset = read_land_cover(path, WINDOW)
    assert dataset["year"].values.tolist() == [2015]
    fractions = dataset["land_cover_fraction"].values[0]
    assert fractions.shape == (37, 25, 25)
    np.testing.assert_allclose(fractions.sum(axis=0), 1.0, atol=1e-6)
    for row, col in ((0, 0), (3, 7), (12, 12), (24, 24), (24, 0)):
        expected, known = slow_fractions(codes, row, col)
        for position, code in enumerate(dataset["land_cover_class"].values.tolist()):
            assert fractions[position, row, col] == pytest.approx(expected.get(code, 0.0), abs=2e-6)
        largest = max(expected, key=lambda code: expected[code])
        assert dataset["land_cover"].values[0, row, col] == largest
        assert dataset["known_fraction"].values[0, row, col] == pytest.approx(known, abs=1e-5)


def test_majority_is_formed_after_the_fractions() -> None:
    # nearest neighbour would take the centre cell: here it is the only one of its class
    assert unsigned(np.array([-126, -36, 0, 100], dtype=np.int8)).tolist() == [130, 220, 0, 100]
    assert unsigned(np.array([-126, 130, 220], dtype=np.int16)).tolist() == [130, 130, 220]
    assert unsigned(np.array([np.nan, 130.0])).tolist() == [0, 130]
    with pytest.raises(ValueError, match="1000"):
        unsigned(np.array([1000], dtype=np.int16))
    everything = np.array(LAND_COVER.codes, dtype=np.uint8)
    np.testing.assert_array_equal(unsigned(everything.view(np.int8)), everything)
    assert global_code(np.array([11, 61, 122, 153, 202, 220, 255])).tolist() == [
        10,
        60,
        120,
        150,
        200,
        220,
        255,
    ]


def test_centre_cell_does_not_decide(tmp_path: Path) -> None:
    codes = np.full((SIZE, SIZE), 130, dtype=np.uint8)
    # cells whose centres are nearest to the pixels' centres become urban: 1 in 12.96
    rows = np.floor((NORTH - WINDOW.latitude) * 360).astype(int)
    cols = np.floor((WINDOW.longitude - WEST) * 360).astype(int)
    codes[np.ix_(rows, cols)] = 190
    dataset = read_land_cover(layouts.land_cover(tmp_path / "lc.nc", codes, WEST, NORTH), WINDOW)
    assert (dataset["land_cover"].values == 130).all()
    urban = dataset["land_cover_fraction"].sel(land_cover_class=190)
    assert float(urban.mean()) == pytest.approx(1 / 12.96, rel=0.01)


def test_no_data_is_unknown(tmp_path: Path) -> None:
    codes = np.full((SIZE, SIZE), 60, dtype=np.uint8)
    codes[: SIZE // 2] = 0
    dataset = read_land_cover(layouts.land_cover(tmp_path / "lc.nc", codes, WEST, NORTH), WINDOW)
    classes, known = dataset["land_cover"].values[0], dataset["known_fraction"].values[0]
    assert (classes[:12] == 255).all()
    assert (known[:12] == 0).all()
    assert (classes[13:] == 60).all()
    np.testing.assert_allclose(known[13:], 1.0, atol=1e-6)
    assert np.isnan(dataset["land_cover_fraction"].values[0, :, :12]).all()


def test_global_level_sums_the_regional_classes(tmp_path: Path) -> None:
    path = layouts.land_cover(tmp_path / "lc.nc", random_codes(2), WEST, NORTH)
    fine = read_land_cover(path, WINDOW)["land_cover_fraction"]
    coarse = read_land_cover(path, WINDOW, level="global")["land_cover_fraction"]
    assert coarse.sizes["land_cover_class"] == 22
    for code in coarse["land_cover_class"].values:
        below = [c for c in fine["land_cover_class"].values if c // 10 * 10 == code]
        np.testing.assert_allclose(
            coarse.sel(land_cover_class=code),
            fine.sel(land_cover_class=below).sum("land_cover_class"),
            atol=1e-6,
        )


def test_geotiffs_and_years(tmp_path: Path) -> None:
    codes = random_codes(3)
    one = layouts.raster(
        tmp_path / "C3S-LC-L4-LCCS-Map-300m-P1Y-2018-v2.1.1.tif", codes, WEST, NORTH, 1 / 360, nodata=0
    )
    same = read_land_cover(layouts.land_cover(tmp_path / "lc.nc", codes, WEST, NORTH), WINDOW)
    dataset = read_land_cover(one, WINDOW)
    assert (dataset["year"].item(), dataset.attrs["version"]) == (2018, "v2.1.1")
    np.testing.assert_array_equal(dataset["land_cover"].values, same["land_cover"].values)
    with pytest.raises(InputError, match=r"no data for 2017 \(it is the map of 2018\)"):
        read_land_cover(one, WINDOW, 2017)
    series = layouts.raster(
        tmp_path / "ESACCI-LC-L4-LCCS-Map-300m-P1Y-1992_2015-v2.0.7.tif",
        np.stack([random_codes(9), codes] + [random_codes(9)] * 22),
        WEST,
        NORTH,
        1 / 360,
    )
    np.testing.assert_array_equal(read_land_cover(series, WINDOW, 1993)["land_cover"], same["land_cover"])
    with pytest.raises(InputError, match=r"holds the years 1992 \.\.\. 2015; 2016 is wanted"):
        read_land_cover(series, WINDOW, 2016)
    with pytest.raises(InputError, match="no data for 2001"):
        read_land_cover(tmp_path / "lc.nc", WINDOW, 2001)
    codes[40:60, 40:60] = 99
    bad = layouts.land_cover(tmp_path / "bad.nc", codes, WEST, NORTH)
    with pytest.raises(InputError, match=r"bad\.nc holds codes \[99\] that ESA"):
        read_land_cover(bad, WINDOW)


def test_genuine_tile_is_water(real_data: Path) -> None:
    dataset = read_land_cover(real_data / TILE, Window.from_degrees(-179, 80, -178.5, 80.5))
    assert (dataset["land_cover"].values == 210).all()
    assert dataset["year"].item() == 2018
    assert float(dataset["land_cover_fraction"].sel(land_cover_class=210).min()) == pytest.approx(1.0)
