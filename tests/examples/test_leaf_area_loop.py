"""The example host with both phases: land use by year, leaf area by month, over seasons and years."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from test_esm_time_loop import start

from pylandbc.couple.recording import Recording
from pylandbc.couple.replay import replay

pytestmark = [pytest.mark.engine, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
CO2 = "mole_fraction_of_carbon_dioxide_in_air"


def test_leaf_area_follows_the_seasons_and_the_replay_agrees(
    host: Path, forcing_file: Path, tmp_path: Path
) -> None:
    script = ROOT / "tests" / "couple" / "small_bundle.py"
    subprocess.run([sys.executable, script, tmp_path / "bundle", "month"], check=True, capture_output=True)
    done = start(
        host,
        tmp_path,
        bundle=tmp_path / "bundle",
        forcing=forcing_file,
        output="run.nc",
        recording="recording.nc",
        from_bundle=CO2,
        start_year=2009,
        years=2,
    )
    assert done.returncode == 0, done.stderr
    assert replay(tmp_path / "recording.nc").identical
    with Recording(tmp_path / "recording.nc") as recording:
        steps = list(recording.steps())
    days = [step.date[1:3] for step in steps if step.changed & 4]
    assert days == [(m, 1) for _ in range(2) for m in range(1, 13)]
    assert [step.date[0] for step in steps if step.changed & 1] == [2009, 2010]
    with netCDF4.Dataset(tmp_path / "run.nc") as file:
        monthly = file["lai"][:]
    assert monthly.shape[0] == 24
    covered = steps[0].outputs["leaf_area_index_coverage"] > 0
    january = np.mean([step.outputs["leaf_area_index"] for step in steps[:31]], axis=0)
    np.testing.assert_allclose(monthly[0][covered], january[covered], rtol=1e-6)
    curve = monthly[:, covered].mean(1)
    for year in range(2):
        months = curve[12 * year : 12 * year + 12]
        assert 4 <= int(months.argmax()) <= 8 and months.max() - months.min() > 1
