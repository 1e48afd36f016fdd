import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.tiles import Tile, tiles_of
from pylandbc.grid.window import COLS, Window


def test_cores_lie_on_the_global_lattice_and_cover_the_window_once():
    window = Window(2900, 16600, 1150, 1625)
    count = np.zeros(window.shape, dtype=int)
    for tile in tiles_of(window):
        assert tile.row % 400 == 0 and tile.col % 400 == 0
        row, col, _, _ = tile.core_pixels(window)
        count[np.ix_(row, col)] += 1
    assert np.all(count == 1)


def test_across_the_dateline():
    window = Window(9000, 35900, 100, 250)
    count = np.zeros(window.shape, dtype=int)
    tiles = list(tiles_of(window))
    assert [t.col for t in tiles] == [35600, 0]
    for tile in tiles:
        row, col, _, _ = tile.core_pixels(window)
        count[np.ix_(row, col)] += 1
    assert np.all(count == 1)


def test_round_the_globe_each_tile_comes_once():
    window = Window(8800, 25, 400, COLS)
    tiles = list(tiles_of(window))
    assert len(tiles) == 90 == len({t.col for t in tiles})


@pytest.mark.parametrize("tile", [Tile(2800, 16400), Tile(3200, 17200), Tile(4000, 18000)])
def test_cut_is_the_plain_loop(tile):
    window = Window(2900, 16600, 1150, 1625)
    field = np.random.default_rng(0).integers(0, 200, window.shape).astype(np.uint8)
    unknown, replicated = tile.cut(field, window, fill=255), tile.cut(field, window)
    assert unknown.shape == (624, 624)
    for i, j in np.random.default_rng(1).integers(0, 624, (2000, 2)):
        row, col = tile.row - 112 + i - window.row, tile.col - 112 + j - window.col
        inside = 0 <= row < window.rows and 0 <= col < window.cols
        nearest = field[min(max(row, 0), window.rows - 1), min(max(col, 0), window.cols - 1)]
        assert replicated[i, j] == nearest
        assert unknown[i, j] == (nearest if inside else 255)


def test_global_fields_wrap_in_longitude():
    window = Window(8800, 0, 25, COLS)
    field = np.tile(np.arange(COLS), (25, 1))
    tile = Tile(8800, 0).cut(field, window)
    assert tile[112, 0] == COLS - 112 and tile[112, 112] == 0


@pytest.mark.parametrize("core", [0, 300, 1000, 1600 * 400])
def test_bad_cores(core):
    with pytest.raises(InputError, match="tile core"):
        list(tiles_of(Window(0, 0, 25, 25), core))
