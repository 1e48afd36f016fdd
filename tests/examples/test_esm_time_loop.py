"""The example host end to end on the small bundle: its output, its replay, its way with errors."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.couple.recording import RecordedStep, Recording
from pylandbc.couple.replay import replay
from pylandbc.report.areas import fraction_areas
from pylandbc.report.history import read_land_use

pytestmark = [pytest.mark.engine, pytest.mark.slow]
FIRST, YEARS = 2009, 4
SECONDS = 86400.0
CARBON_DIOXIDE = "mole_fraction_of_carbon_dioxide_in_air"


@dataclass
class HostRun:
    """A finished run of the host."""

    printed: str
    output: Path
    recording: Path


def start(host: Path, folder: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    """Runs the host in ``folder`` with a namelist of ``settings``."""

    def text(value: object) -> str:
        if isinstance(value, bool):
            return ".true." if value else ".false."
        return str(value) if isinstance(value, int) else f"'{value}'"

    settings = {"threads": 1} | settings
    lines = "".join(f"  {name} = {text(value)}\n" for name, value in settings.items())
    (folder / "run.nml").write_text(f"&run\n{lines}/\n")
    return subprocess.run([host, "run.nml"], cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def run(
    host: Path, small_bundle_folder: Path, forcing_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> HostRun:
    folder = tmp_path_factory.mktemp("run")
    done = start(
        host,
        folder,
        bundle=small_bundle_folder,
        forcing=forcing_file,
        output="run.nc",
        recording="recording.nc",
        start_year=FIRST,
        years=YEARS,
    )
    assert done.returncode == 0, done.stderr
    return HostRun(done.stdout, folder / "run.nc", folder / "recording.nc")


@pytest.fixture(scope="module")
def steps(run: HostRun) -> list[RecordedStep]:
    with Recording(run.recording) as recording:
        return list(recording.steps())


def test_a_line_for_every_year(run: HostRun) -> None:
    lines = run.printed.splitlines()
    assert [int(line[:4]) for line in lines] == list(range(FIRST, FIRST + YEARS))
    assert all("water balance closes to" in line for line in lines)


def test_replay_agrees_bit_for_bit(run: HostRun) -> None:
    report = replay(run.recording)
    assert report.identical and report.equality_expected
    assert report.steps == 3 * 365 + 366
    assert (report.first_map != report.last_map).any()


def test_days_are_those_of_the_calendar(steps: list[RecordedStep]) -> None:
    dates = np.array([np.datetime64(f"{s.date[0]}-{s.date[1]:02d}-{s.date[2]:02d}") for s in steps])
    expected = np.arange(np.datetime64("2009-01-01"), np.datetime64("2013-01-01"))
    np.testing.assert_array_equal(dates, expected)
    assert {s.interval_seconds for s in steps} == {86400}


def anomaly(year: int, month: int, stream: int) -> float:
    """The fourth draw of Park and Miller's generator for a month, in -1 ... 1."""
    state = (2 * (12 * year + month) + stream) % 2147483646 + 1
    for _ in range(4):
        state = 16807 * state % 2147483647
    return 2 * state / 2147483647 - 1


def test_forcing_is_interpolated_between_the_middles_of_months(
    steps: list[RecordedStep], forcing_file: Path
) -> None:
    """Against a plain reference that works with dates, for days of every season and both ends of a year."""
    with netCDF4.Dataset(forcing_file) as file:
        temperature, precipitation = file["air_temperature"][:], file["precipitation_flux"][:]

    def middle(month: int) -> float:
        """Days from 1 January 2009 to the middle of a month, counted from January 2009 as 0."""
        first = np.datetime64("2009-01") + np.arange(month, month + 2)
        begin, end = (first.astype("datetime64[D]") - np.datetime64("2009-01-01")).astype(float)
        return 0.5 * (begin + end)

    for day in (0, 14, 15, 16, 100, 364, 365, 800, 1154, 1460):
        before = max(m for m in range(-1, 48) if middle(m) <= day + 0.5)
        later = (day + 0.5 - middle(before)) / (middle(before + 1) - middle(before))
        kelvin, factor = 0.0, 1.0
        rain = np.zeros(precipitation.shape[1])
        for month, weight in ((before, 1 - later), (before + 1, later)):
            year, index = 2009 + month // 12, month % 12
            kelvin += weight * (temperature[index] + 1.5 * anomaly(year, index + 1, 1))
            rain += weight * precipitation[index]
            factor += weight * 0.3 * anomaly(year, index + 1, 2)
        np.testing.assert_allclose(steps[day].inputs["air_temperature"], kelvin, rtol=1e-12)
        np.testing.assert_allclose(steps[day].inputs["precipitation_flux"], rain * factor, rtol=1e-12)


def test_history_holds_the_recorded_fractions(run: HostRun, steps: list[RecordedStep]) -> None:
    history = read_land_use(run.output)
    firsts = [s for s in steps if s.date[1:3] == (1, 1)]
    np.testing.assert_array_equal(history.years, [s.date[0] for s in firsts])
    for t, step in enumerate(firsts):
        np.testing.assert_array_equal(history.fraction[t].T, step.land_use_fraction)
        np.testing.assert_array_equal(history.coverage[t], step.coverage)
    sums = history.fraction.sum(1)[history.coverage > 0]
    assert np.abs(sums - 1).max() <= 1e-13
    assert [s.date[:3] for s in steps if s.changed] == [(y, 1, 1) for y in history.years]


def test_history_is_cf(run: HostRun, forcing_file: Path) -> None:
    with netCDF4.Dataset(run.output) as file, netCDF4.Dataset(forcing_file) as forcing:
        assert file.Conventions == "CF-1.10"
        for coordinate in ("lon", "lat", "time", "land_use_time"):
            assert file[coordinate].bounds in file.variables
        np.testing.assert_array_equal(file["cell_id"][:], forcing["cell_id"][:])
        np.testing.assert_array_equal(file["lon_bnds"][:], forcing["lon_vertices"][:])
        for name in ("mrso", "snw", "evspsbl", "mrro"):
            assert file[name].dimensions == ("time", "cell")
            assert {"standard_name", "units", "cell_methods", "coordinates"} <= set(file[name].ncattrs())
        months = netCDF4.num2date(file["time_bnds"][:, 0], file["time"].units, file["time"].calendar)
        assert [(d.year, d.month, d.day) for d in months] == [
            (FIRST + n // 12, n % 12 + 1, 1) for n in range(12 * YEARS)
        ]


def test_water_balance_from_the_files_alone(run: HostRun, steps: list[RecordedStep]) -> None:
    """What fell and did not leave is in soil and snow, which is little beside what passed through."""
    history = read_land_use(run.output)
    with netCDF4.Dataset(run.output) as file:
        days = np.diff(file["time_bnds"][:])[:, 0]
        gone = ((file["evspsbl"][:] + file["mrro"][:]) * days[:, None] * SECONDS).sum(0)
        evaporated = (file["evspsbl"][:] * days[:, None] * SECONDS).sum(0)
        held = file["mrso"][:] + file["snw"][:]
    fallen = sum(s.inputs["precipitation_flux"] for s in steps) * SECONDS
    land = ~np.ma.getmaskarray(gone)
    assert land.sum() >= 12
    np.testing.assert_array_equal(land, history.coverage[0] > 0)
    assert (fallen[land] > 3000).all()
    assert (evaporated[land] > 500).all() and (gone[land] > evaporated[land]).all()
    # Buckets hold 250 kg m-2 at most, open water 1000.
    water = history.fraction[:, 7].max(0)[land]
    assert (np.abs(fallen - gone)[land] < 300 + 1000 * water).all()
    assert held.min() >= 0 and held.max() > 50


def test_areas_are_those_of_the_fractions(run: HostRun) -> None:
    history = read_land_use(run.output)
    areas = fraction_areas(history.fraction, history.coverage, history.cell_area)
    known = (history.coverage * history.cell_area).sum(1)
    np.testing.assert_allclose(areas.sum(1), known, rtol=1e-12)


def test_other_calendars(host: Path, small_bundle_folder: Path, forcing_file: Path, tmp_path: Path) -> None:
    for calendar, days in (("noleap", 365), ("360_day", 360)):
        done = start(
            host,
            tmp_path,
            bundle=small_bundle_folder,
            forcing=forcing_file,
            recording=f"{calendar}.nc",
            start_year=FIRST,
            years=2,
            calendar=calendar,
        )
        assert done.returncode == 0, done.stderr
        with Recording(tmp_path / f"{calendar}.nc") as recording:
            assert len(recording) == 2 * days
            assert recording.settings.calendar == calendar


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bundle": "nowhere"}, "landbc_init: LANDBC_ERROR_BUNDLE: nowhere"),
        ({"forcing": "nowhere.nc"}, "nowhere.nc"),
        ({"calendar": "julian"}, "calendar 'julian'"),
        ({"years": 0}, "'years'"),
        ({"start_year": 2007}, "LANDBC_ERROR_TIME"),
        ({"device": "cuda:99"}, "LANDBC_ERROR_DEVICE"),
        ({"output": "no/such/folder/run.nc"}, "cannot create 'no/such/folder/run.nc'"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_bad_settings_end_with_a_sentence_and_status_1(
    host: Path, small_bundle_folder: Path, forcing_file: Path, tmp_path: Path, settings: dict, words: str
) -> None:
    chosen = {"bundle": small_bundle_folder, "forcing": forcing_file, "start_year": FIRST, "years": 1}
    done = start(host, tmp_path, **(chosen | settings))
    assert done.returncode == 1
    assert "esm_time_loop: " in done.stderr and words in done.stderr


def test_the_host_decides_what_a_failure_means(
    host: Path, small_bundle_folder: Path, forcing_file: Path, tmp_path: Path
) -> None:
    """The scenario ends with 2013: stop there, hold the scenario, or go on without the emulator."""
    common = {
        "bundle": small_bundle_folder,
        "forcing": forcing_file,
        "output": "run.nc",
        "recording": "run_recording.nc",
        "start_year": FIRST,
        "years": 6,
    }
    done = start(host, tmp_path, **common)
    assert done.returncode == 1
    assert "landbc_step on 2014-01-01: LANDBC_ERROR_TIME" in done.stderr
    with Recording(tmp_path / "run_recording.nc") as recording:
        assert len(recording) == 5 * 365 + 1

    done = start(host, tmp_path, **common, freeze_on_failure=True)
    assert done.returncode == 0 and "land use stays as it is" in done.stderr
    frozen = read_land_use(tmp_path / "run.nc")
    np.testing.assert_array_equal(frozen.fraction[5], frozen.fraction[4])
    assert (frozen.fraction[4] != frozen.fraction[3]).any()

    done = start(host, tmp_path, **common, hold_scenario=True)
    assert done.returncode == 0 and not done.stderr
    held = read_land_use(tmp_path / "run.nc")
    np.testing.assert_array_equal(held.fraction[:5], frozen.fraction[:5])


def test_missing_values_in_the_forcing(
    host: Path, small_bundle_folder: Path, forcing_file: Path, tmp_path: Path
) -> None:
    spoilt = Path(shutil.copy(forcing_file, tmp_path / "spoilt.nc"))
    with netCDF4.Dataset(spoilt, "r+") as file:
        file["air_temperature"][6, 0] = np.nan
    common = {"bundle": small_bundle_folder, "forcing": spoilt, "start_year": FIRST, "years": 1}
    done = start(host, tmp_path, **common)
    assert done.returncode == 1
    assert "landbc_step on 2009-06-16: LANDBC_ERROR_FIELD_VALUE" in done.stderr


def test_a_run_that_is_continued_gives_the_bits_of_one_that_is_not(
    host: Path, small_bundle_folder: Path, forcing_file: Path, run: HostRun, tmp_path: Path
) -> None:
    """Two years, a restart of both models, two years: the last two years of the four."""
    common = {"bundle": small_bundle_folder, "forcing": forcing_file, "years": 2}
    first = start(host, tmp_path, output="a.nc", start_year=FIRST, checkpoint="end", **common)
    assert first.returncode == 0, first.stderr
    second = start(host, tmp_path, output="b.nc", start_year=FIRST + 2, restart="end", **common)
    assert second.returncode == 0, second.stderr
    with netCDF4.Dataset(run.output) as whole, netCDF4.Dataset(tmp_path / "b.nc") as part:
        for name in ("mrso", "snw", "evspsbl", "mrro", "land_use_fraction", "coverage"):
            expected = whole[name][:][len(whole[name]) // 2 :]
            assert expected.tobytes() == part[name][:].tobytes(), name
    wrong = start(host, tmp_path, output="c.nc", start_year=FIRST + 1, restart="end", **common)
    assert wrong.returncode == 1
    assert "LANDBC_ERROR_TIME" in wrong.stderr and "goes on at 2011-01-01" in wrong.stderr


def test_leaf_area_follows_the_seasons_and_the_replay_agrees(
    host: Path, forcing_file: Path, tmp_path: Path
) -> None:
    """Both phases, over the seasons of two years."""
    script = Path(__file__).resolve().parents[1] / "couple" / "small_bundle.py"
    subprocess.run([sys.executable, script, tmp_path / "bundle", "month"], check=True, capture_output=True)
    done = start(
        host,
        tmp_path,
        bundle=tmp_path / "bundle",
        forcing=forcing_file,
        output="run.nc",
        recording="recording.nc",
        from_bundle=CARBON_DIOXIDE,
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
