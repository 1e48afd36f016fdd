"""Recordings of coupled runs, read and replayed: equality to the bit, and one flipped bit found."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import small_bundle
import torch
import typer
from forced_run import DAY, IDS, forcing, start
from typer.testing import CliRunner

from pylandbc.cli.replay import replay as replay_command
from pylandbc.couple.engine import Coupler
from pylandbc.couple.recording import Recording
from pylandbc.couple.replay import replay
from pylandbc.errors import InputError

pytestmark = pytest.mark.engine
MONTHS = 26
ORDER = np.random.default_rng(3).permutation(len(IDS))


@dataclass
class Run:
    """A recorded run, and what the host saw of it."""

    path: Path
    bundle: Path
    first_map: np.ndarray
    last_map: np.ndarray
    fractions: list[np.ndarray]


@pytest.fixture(scope="module")
def run(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """26 months in monthly steps, cells in the host's own order, one input in single precision."""
    path = tmp_path_factory.mktemp("run") / "recording.nc"
    fractions = []
    with start(bundle, IDS[ORDER], calendar="360_day", recording=path) as coupler:
        first = coupler.map()
        for month in range(MONTHS):
            inputs = forcing(IDS[ORDER], level=3.0 * np.sin(month))
            values, unit = inputs["air_temperature"]
            inputs["air_temperature"] = (values.astype(np.float32), unit)
            result = coupler.step((2009 + month // 12, month % 12 + 1, 1), 30 * DAY, inputs)
            fractions.append(result.land_use_fraction)
        return Run(path, bundle, first, coupler.map(), fractions)


@pytest.fixture
def copy(run: Run, tmp_path: Path) -> Path:
    """A copy of the recording, to be tampered with."""
    return Path(shutil.copy(run.path, tmp_path / "copy.nc"))


class Persistence(torch.nn.Module):
    """Keeps every class where it is."""

    def forward(
        self,
        static: torch.Tensor,
        climate: torch.Tensor,
        scenario: torch.Tensor,
        scenario_row: torch.Tensor,
        scenario_col: torch.Tensor,
        prior: torch.Tensor,
        visible: torch.Tensor,
        time: torch.Tensor,
    ) -> torch.Tensor:
        classes = torch.arange(8, device=prior.device, dtype=torch.uint8).reshape(1, 8, 1, 1)
        return (prior.unsqueeze(1) == classes).float()


def flip_last_bit(path: Path, variable: str, index: tuple[int, ...]) -> tuple[float, float]:
    """Flips the lowest bit of one recorded value; returns it before and after."""
    with netCDF4.Dataset(path, "r+") as file:
        file.set_auto_mask(False)
        before = np.float64(file[variable][index])
        after = (before.view(np.uint64) ^ np.uint64(1)).view(np.float64)
        file[variable][index] = after
    return float(before), float(after)


def command(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(replay_command)
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, InputError):
        raise result.exception
    return result.exit_code, result.output


def test_recording_holds_what_the_host_gave_and_got(run: Run) -> None:
    with Recording(run.path) as recording:
        steps = list(recording.steps())
        assert len(recording) == len(steps) == MONTHS
        assert recording.units == {"air_temperature": "K", "precipitation_flux": "kg m-2 s-1"}
        assert recording.class_names == small_bundle.LAND_USE.names
        np.testing.assert_array_equal(recording.cell_id, IDS[ORDER])
        assert recording.settings.calendar == "360_day"
        assert recording.settings.start == (2009, 1, 1, 0)
    assert steps[13].date == (2010, 2, 1, 0)
    assert steps[13].interval_seconds == 30 * DAY
    assert steps[13].inputs["air_temperature"].dtype == np.float32
    expected = forcing(IDS[ORDER], level=3.0 * np.sin(13))
    np.testing.assert_array_equal(
        steps[13].inputs["air_temperature"], expected["air_temperature"][0].astype(np.float32)
    )
    np.testing.assert_array_equal(steps[13].inputs["precipitation_flux"], expected["precipitation_flux"][0])
    for step, fraction in zip(steps, run.fractions, strict=True):
        np.testing.assert_array_equal(step.land_use_fraction, fraction)
    assert [s.index for s in steps if s.changed] == [0, 12, 24]


def test_replay_agrees_bit_for_bit(run: Run) -> None:
    report = replay(run.path)
    assert report.identical and report.passed and report.equality_expected
    assert report.first_difference is None
    assert report.steps == MONTHS
    np.testing.assert_array_equal(report.first_map, run.first_map)
    np.testing.assert_array_equal(report.last_map, run.last_map)
    assert (run.first_map != run.last_map).any()
    assert (report.first_year, report.last_year) == (2009, 2011)


def test_one_flipped_bit_is_found_where_it_is(run: Run, copy: Path) -> None:
    cell, code, step = 15, 4, 14
    assert run.fractions[step][cell, code] > 0
    before, after = flip_last_bit(copy, "output_land_use_fraction", (step, code, cell))
    report = replay(copy)
    assert not report.identical and not report.passed
    found = report.first_difference
    assert found is not None
    assert (found.step, found.date, found.field) == (step, (2010, 3, 1, 0), "land_use_fraction")
    assert (found.cell, found.cell_id, found.class_name) == (cell, int(IDS[ORDER][cell]), "forest")
    assert (found.recorded, found.replayed) == (after, before)
    assert report.differing_steps == 1
    assert report.differing_values == {"land_use_fraction": 1}
    assert report.maximum_difference == {"land_use_fraction": abs(after - before)}
    assert "2010-03-01" in report.text() and "forest" in report.text()


def test_flipped_coverage_state_and_flag_are_found(copy: Path) -> None:
    flip_last_bit(copy, "output_coverage", (20, 3))
    with netCDF4.Dataset(copy, "r+") as file:
        file["changed"][5] = 1
        file["land_use_sha256"][25] = "0" * 64
    report = replay(copy)
    assert report.differing_values == {"changed": 1, "coverage": 1, "land_use_sha256": 1}
    assert report.differing_steps == 3
    assert report.first_difference is not None and report.first_difference.step == 5
    assert (report.first_difference.recorded, report.first_difference.replayed) == (1, 0)


def test_a_changed_input_shows_from_the_next_year_on(copy: Path) -> None:
    with netCDF4.Dataset(copy, "r+") as file:
        file["input_air_temperature"][3] += 30.0
    report = replay(copy)
    assert not report.passed
    assert report.first_difference is not None
    assert report.first_difference.date == (2010, 1, 1, 0)
    assert report.differing_steps == MONTHS - 12


def test_another_emulator_is_run_and_its_differences_reported(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "persistence.pt"
    model = torch.jit.script(Persistence().eval())
    torch.jit.save(model, str(path), {"card.json": json.dumps(small_bundle.card())})
    report = replay(run.path, emulator=path)
    assert not report.identical and report.passed
    assert report.first_difference is not None
    assert report.first_difference.date == (2010, 1, 1, 0)
    np.testing.assert_array_equal(report.last_map, run.first_map)
    found = report.first_pixel
    assert found is not None and found.date == (2010, 1, 1, 0)
    row, col = found.pixel
    assert found.replayed == run.first_map[row - 3950, col - 17950]
    assert report.differing_pixels == (run.last_map != run.first_map).sum()
    assert f"pixel at row {row}, column {col} of the 1 km grid" in report.text()
    assert command(str(run.path), "--emulator", str(path))[0] == 0

    same = replay(run.path, emulator=run.bundle / "emulator.pt")
    assert same.identical


def test_command_says_so_and_exits_accordingly(run: Run, copy: Path, tmp_path: Path) -> None:
    figure = tmp_path / "final.png"
    status, text = command(str(run.path), "--figure", str(figure))
    assert status == 0 and "bit for bit" in text
    assert figure.read_bytes().startswith(b"\x89PNG")
    flip_last_bit(copy, "output_land_use_fraction", (0, 4, 15))
    status, text = command(str(copy))
    assert status == 1 and "first difference: step 0, 2009-01-01" in text


def test_bundle_that_moved_or_changed(run: Run, copy: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(run.bundle, tmp_path / "elsewhere")
    with netCDF4.Dataset(copy, "r+") as file:
        file.bundle = str(tmp_path / "gone")
    with pytest.raises(InputError, match="--bundle"):
        replay(copy)
    assert replay(copy, bundle=moved).identical
    assert replay(copy, bundle=moved).equality_expected

    manifest = json.loads((moved / "bundle.json").read_text())
    manifest["created_by"] = "somebody else"
    (moved / "bundle.json").write_text(json.dumps(manifest))
    with netCDF4.Dataset(copy, "r+") as file:
        file.bundle = str(moved)
    with pytest.raises(InputError, match="was changed since"):
        replay(copy)
    assert not replay(copy, bundle=moved).equality_expected


def test_steps_that_were_never_counted_are_left_out(copy: Path) -> None:
    """As a run leaves them that is killed between writing and counting."""
    with netCDF4.Dataset(copy, "r+") as file:
        file["month"][MONTHS] = 3
        file["steps"][MONTHS - 1] = 0
        file["steps_written"][...] = MONTHS - 1
    with Recording(copy) as recording:
        assert len(recording) == MONTHS - 1
    report = replay(copy)
    assert report.identical and report.steps == MONTHS - 1


def test_daily_steps_share_the_state_of_their_block(bundle: Path, tmp_path: Path) -> None:
    """Blocks end where they are full and where land use changes; each step has what the host got."""
    path = tmp_path / "daily.nc"
    got = []
    with start(bundle, calendar="360_day", recording=path) as coupler:
        for day in range(400):
            date = (2009 + day // 360, day % 360 // 30 + 1, day % 30 + 1)
            result = coupler.step(date, DAY, forcing(level=0.01 * day))
            got.append(result.land_use_fraction)
    with netCDF4.Dataset(path) as file:
        assert file.data_model == "NETCDF3_64BIT_DATA"
        assert file["steps"][:].tolist() == [31] * 11 + [360 - 11 * 31, 31, 9]
        assert file["steps_written"][...] == 400
        assert file["output_land_use_fraction"].dimensions == ("block", "land_use_class", "cell")
        assert file["input_air_temperature"].dimensions == ("block", "step", "cell")
    with Recording(path) as recording:
        steps = list(recording.steps())
        assert len(recording) == len(steps) == 400
    for day, (step, fraction) in enumerate(zip(steps, got, strict=True)):
        assert step.index == day and step.date[1:3] == (day % 360 // 30 + 1, day % 30 + 1)
        np.testing.assert_array_equal(step.land_use_fraction, fraction)
        expected = forcing(level=0.01 * day)["air_temperature"][0]
        np.testing.assert_array_equal(step.inputs["air_temperature"], expected)
    assert not np.array_equal(got[0], got[-1])
    assert replay(path).identical


def test_a_run_without_a_step_is_a_recording(bundle: Path, tmp_path: Path) -> None:
    with start(bundle, recording=tmp_path / "none.nc"):
        pass
    with Recording(tmp_path / "none.nc") as recording:
        assert len(recording) == 0 and list(recording.steps()) == []
        assert recording.class_names == small_bundle.LAND_USE.names


FULL_DISK = """
import resource, sys
sys.path.insert(0, {tests!r})
import forced_run as f
with f.start({bundle!r}, recording={path!r}) as coupler:
    coupler.step(f.START, 365 * f.DAY, f.forcing())
    coupler.step((2010, 1, 1), 365 * f.DAY, f.forcing())
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    try:
        coupler.step((2011, 1, 1), f.DAY, f.forcing())
    except RuntimeError as error:
        print(error)
    again = coupler.step((2011, 1, 1), f.DAY, f.forcing())
    beyond = coupler.step((2011, 1, 2), f.DAY, f.forcing())
print(again.changed, beyond.changed)
"""


def test_a_disk_that_is_full_ends_the_recording_and_not_the_run(bundle: Path, tmp_path: Path) -> None:
    """The step says so and changed nothing; repeated, the run goes on; the file keeps what it had."""
    path = tmp_path / "run.nc"
    script = FULL_DISK.format(tests=str(Path(__file__).parent), bundle=str(bundle), path=str(path))
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    told, flags = run.stdout.splitlines()
    assert re.search(r"^LANDBC_ERROR_IO: .*run.nc: cannot be written .* ends with the 2 steps", told)
    assert flags == "True False"
    assert replay(path).steps == 2


def test_files_that_are_no_recordings_are_refused(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no recording at"):
        Recording(tmp_path / "absent.nc")
    (tmp_path / "text.nc").write_text("not netCDF")
    with pytest.raises(InputError, match="cannot be read"):
        Recording(tmp_path / "text.nc")
    with netCDF4.Dataset(tmp_path / "history.nc", "w"):
        pass
    with pytest.raises(InputError, match=r"is no recording .* named as `recording`"):
        Recording(tmp_path / "history.nc")
    with netCDF4.Dataset(tmp_path / "other.nc", "w") as file:
        file.format = "something else"
    with pytest.raises(InputError, match="not a recording of format"):
        Recording(tmp_path / "other.nc")
    with netCDF4.Dataset(copy, "r+") as file:
        file.delncattr("calendar")
    with pytest.raises(InputError, match="'calendar'"):
        Recording(copy)


def test_recordings_cut_anywhere_are_refused(copy: Path, tmp_path: Path) -> None:
    """A coupler's 26 months are many blocks; what is cut off are the last ones, or the header's end."""
    content = copy.read_bytes()
    path = tmp_path / "short.nc"
    for length in (*range(0, len(content), len(content) // 60), len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"cannot be read|is cut short"):
            Recording(path)


def test_what_the_engine_refuses_is_told(copy: Path) -> None:
    with netCDF4.Dataset(copy, "r+") as file:
        file["day"][7] = 2
    with pytest.raises(InputError, match="LANDBC_ERROR_TIME"):
        replay(copy)


def test_couplers_of_replay_leave_no_recording(run: Run) -> None:
    before = sorted(run.path.parent.iterdir())
    replay(run.path)
    assert sorted(run.path.parent.iterdir()) == before


def test_recorded_bundle_is_the_one_that_ran(run: Run) -> None:
    with Recording(run.path) as recording, Coupler(run.bundle, IDS, (2009, 1, 1)) as coupler:
        assert Path(recording.settings.bundle) == run.bundle
        assert tuple(coupler.window) == (3950, 17950, 100, 150)
