import numpy as np
import pytest
import zarr
from small_cube import write_cube

from pylandbc.couple.cube_fields import CubeFields
from pylandbc.errors import InputError
from pylandbc.grid.window import COLS, Window


def plain(field, held, wanted, fill=None):
    """The field on another window, pixel by pixel: nearest row, and nearest column the shorter way round."""
    out = np.empty(wanted.shape, dtype=field.dtype)
    for i in range(wanted.rows):
        row = min(max(wanted.row + i - held.row, 0), held.rows - 1)
        for j in range(wanted.cols):
            target = (wanted.col + j) % COLS
            distance = [
                min((target - held.col - c) % COLS, (held.col + c - target) % COLS)
                for c in (0, held.cols - 1)
            ]
            inside = (target - held.col) % COLS < held.cols
            col = (
                (target - held.col) % COLS if inside else (0 if distance[0] < distance[1] else held.cols - 1)
            )
            value = field[row, col]
            inside &= 0 <= wanted.row + i - held.row < held.rows
            out[i, j] = value if inside or fill is None else fill
    return out


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (Window(9000, 35950, 25, 100), Window(8975, 35925, 75, 150)),  # the data cross the dateline
        (Window(9000, 35900, 50, 100), Window(8975, 35875, 75, 150)),  # only the margin does
        (Window(0, 0, 25, 50), Window(0, 35975, 50, 100)),
        (Window(9000, 100, 100, 100), Window(9025, 125, 50, 50)),  # a part
    ],
)
def test_fields_on_other_windows(tmp_path, held, wanted):
    cube = zarr.open_group(write_cube(tmp_path / "c.zarr", held))
    fields = CubeFields(tmp_path / "c.zarr")
    np.testing.assert_array_equal(fields.static("bathymetry", wanted), plain(cube["static"][1], held, wanted))
    np.testing.assert_array_equal(
        fields.land_use(2012, wanted), plain(cube["land_use"][1], held, wanted, fill=255)
    )
    years, scenario = fields.scenario(wanted)
    assert years.tolist() == [2009, 2010, 2012]
    # a coarse field, spread over 25 x 25 pixels, is a field like any other
    spread = np.kron(cube["scenario"][2, 3], np.ones((25, 25), dtype=np.float32))
    expected = plain(spread, held, wanted)[12::25, 12::25]
    np.testing.assert_array_equal(scenario["forest_fraction"][2], expected)


def test_a_missing_array_is_named(tmp_path):
    write_cube(tmp_path / "c.zarr", Window(9000, 100, 25, 25))
    del zarr.open_group(tmp_path / "c.zarr")["climatology"]
    with pytest.raises(InputError, match="array 'climatology' missing"):
        CubeFields(tmp_path / "c.zarr")


def test_a_cube_without_its_window(tmp_path):
    write_cube(tmp_path / "c.zarr", Window(9000, 100, 25, 25), window=[1, 2])
    with pytest.raises(InputError, match="'window' is missing or not four numbers"):
        CubeFields(tmp_path / "c.zarr")
