from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.predict.scenario import Luh2Scenario, scenario_name
from pylandbc.sources.luh2 import VARIABLES

WINDOW = Window(4000, 18000, 50, 75)


def write_luh2(path: Path, years: range, value: float, title: str) -> Path:
    """States of one value everywhere but for a missing cell, in LUH2's layout: years since 850, noleap."""
    with netCDF4.Dataset(path, "w") as file:
        file.title = title
        for name, values in (
            ("lat", 50.625 - np.arange(12) / 4),
            ("lon", -1.125 + np.arange(16) / 4),
            ("time", np.array(years) - 850.0),
        ):
            file.createDimension(name, len(values))
            file.createVariable(name, "f8", (name,))[:] = values
        file["time"].units = "years since 850-01-01 0:0:0"
        file["time"].calendar = "365_day"
        for name in VARIABLES:
            variable = file.createVariable(name, "f4", ("time", "lat", "lon"))
            variable.missing_value = np.float32(1e20)
            values = np.full(variable.shape, value, np.float32) + np.arange(16, dtype=np.float32) * 1e-3
            values[:, 5, 5] = 1e20
            variable[:] = values
    return path


def test_history_then_scenario(tmp_path: Path) -> None:
    history = write_luh2(tmp_path / "states.nc", range(2013, 2016), 0.1, "UofMD LUH2 v2h historical")
    future = write_luh2(tmp_path / "future.nc", range(2015, 2018), 0.3, "UofMD-landState-IMAGE-ssp126-2-1-f")
    scenario = Luh2Scenario([history, future], WINDOW, False)
    assert (scenario.name, scenario.source, scenario.years) == ("ssp126", "luh2", list(range(2013, 2018)))
    for year, value in ((2014, 0.1), (2015, 0.3), (2017, 0.3)):
        field = scenario.fields(year)["urban"]
        assert field.shape == WINDOW.coarse_shape
        assert np.isfinite(field).all()
        assert field.mean() == pytest.approx(value, abs=0.02)
    with pytest.raises(InputError, match="covers 2013 to 2017, not 2018"):
        scenario.fields(2018)
    held = Luh2Scenario([history], WINDOW, True)
    assert held.name == "historical"
    assert np.array_equal(held.fields(2100)["primf"], held.fields(2015)["primf"])
    with pytest.raises(InputError, match=r"needs the scenario input\(s\) urban_fraction"):
        scenario.check((2014,), ["urban_fraction"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("multiple-states_input4MIPs_UofMD-MAGPIE-ssp534-2-1-f_gn_2015-2100.nc", "ssp534"),
        ("SSP5 3.4 over: LUH2 SSP534-over", "ssp534-over"),
        ("RCP85", "rcp85"),
        ("LUH2 v2h", None),
    ],
)
def test_names_of_scenarios(text: str, name: str | None) -> None:
    assert scenario_name(["no name here", text]) == name
