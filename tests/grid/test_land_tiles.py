import zipfile

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.land_tiles import coarse_land, land_tiles


def one_island(row, col):
    land = np.zeros((720, 1440), dtype=bool)
    land[row, col] = True
    return land


def test_a_tile_with_one_land_cell_is_land():
    tiles = land_tiles(one_island(17, 33), 400, 0)
    assert np.argwhere(tiles).tolist() == [[1, 2]]


def test_the_margin_reaches_over_the_dateline_and_stops_at_the_pole():
    # the westernmost and northernmost cell: its margin reaches a tile across the dateline
    tiles = land_tiles(one_island(0, 0), 400, 25)
    assert np.argwhere(tiles).tolist() == [[0, 0], [0, 89]]
    # 25 pixels beyond the cell at the corner of a tile are the diagonal neighbour's too
    tiles = land_tiles(one_island(16, 16), 400, 25)
    assert np.argwhere(tiles).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]


@pytest.mark.parametrize(
    ("tile", "margin", "what"), [(410, 0, "tile 410"), (350, 0, "350"), (400, 30, "margin 30")]
)
def test_sizes_off_the_lattice_are_refused(tile, margin, what):
    with pytest.raises(InputError, match=what):
        land_tiles(one_island(0, 0), tile, margin)


@pytest.mark.slow
def test_the_genuine_mask(real_data):
    path = real_data / "global" / "globe_combined_mask_compressed.npz"
    if not path.is_file():
        pytest.skip(f"no land mask at {path}")
    land = coarse_land(path)
    latitude = np.deg2rad(90 - (np.arange(720) + 0.5) / 4)
    share = (land.mean(axis=1) * np.cos(latitude)).sum() / np.cos(latitude).sum()
    # land is 29 % of the globe; every coastal cell counts as land
    assert 0.29 < share < 0.36
    at = {"London": (51.5, -0.1), "Sahara": (23, 10), "Antarctica": (-80, 100), "Fiji": (-17.8, 178)}
    assert all(land[int((90 - lat) * 4), int((lon + 180) * 4)] for lat, lon in at.values())
    sea = {"Pacific": (0, -150), "Atlantic": (30, -40), "Southern Ocean": (-58, 60)}
    assert not any(land[int((90 - lat) * 4), int((lon + 180) * 4)] for lat, lon in sea.values())


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "mask.npz"
    np.savez_compressed(path, mask=np.zeros((10, 20), dtype=bool))
    with pytest.raises(InputError, match=r"the mask is bool \(10, 20\)"):
        coarse_land(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other", "")
    with pytest.raises(InputError, match="cannot be read as a land mask"):
        coarse_land(path)
    with pytest.raises(InputError, match="cannot be read as a land mask"):
        coarse_land(tmp_path / "absent.npz")
