"""``pylandbc predict`` as a user types it."""

from __future__ import annotations

import netCDF4
import pytest
from small_cube import write_cube, write_emulator
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.errors import InputError


def typed(*words: object) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_predict(tmp_path):
    cube, emulator = write_cube(tmp_path / "cube.zarr"), write_emulator(tmp_path / "tiny.pt")
    words = ["predict", emulator, "--cube", cube, "--years", "2010", "--output", tmp_path / "out.nc"]
    words += ["--window", "-0.5,51.25,0.25,51.75"]
    said = typed(*words, "--dry-run")
    assert "tiles       2 with active pixels, 1 year(s): 2 runs of the emulator" in said
    assert not (tmp_path / "out.nc").exists()
    said = typed(*words, "--scenario-name", "ssp126", "--confidence")
    assert f"wrote {tmp_path / 'out.nc'}: 2010 to 2010, scenario ssp126" in said
    with netCDF4.Dataset(tmp_path / "out.nc") as file:
        assert file["land_use"].shape == (1, 50, 75)
        assert file.scenario_name == "ssp126"
    with pytest.raises(InputError, match="exists already"):
        typed(*words)
    typed(*words, "--overwrite")
    with pytest.raises(InputError, match="'gross' is not one of"):
        typed(*words, "--conservation", "gross")
    with pytest.raises(InputError, match="the window 3,51,4,52 does not lie in that of the cube"):
        typed(*words, "--window", "3,51,4,52")
    with pytest.raises(InputError, match=r"lai-monthly is an emulator of leaf_area_index; .* bundle compile"):
        typed(words[0], "lai-monthly", *words[2:], "--overwrite")
