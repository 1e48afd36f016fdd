"""The OASIS3-MCT component beside a toy host: what the host gets is what landbc_step gives, bit for bit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import cftime
import netCDF4
import numpy as np
import pytest

from pylandbc.couple.engine import Coupler, has_mpi

pytestmark = [pytest.mark.engine, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "04_oasis"
COMPONENT = ROOT / "fortran" / "oasis"
MPIRUN = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    "OMP_NUM_THREADS": "1",
}
DAYS, INTERVALS = 5, 146  # two years


@pytest.fixture(scope="module")
def build(host_tools: None, landbc_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built the way its README says."""
    if not has_mpi() or shutil.which("mpirun") is None:
        pytest.skip("the engine is built without MPI, or mpirun is missing (Debian: apt install openmpi-bin)")
    folder = tmp_path_factory.mktemp("oasis")
    done = subprocess.run(
        ["cmake", "-S", EXAMPLE, "-B", folder, f"-Dlandbc_DIR={landbc_dir}"], capture_output=True, text=True
    )
    if "LANDBC_OASIS is ON but missing" in done.stderr:
        pytest.skip("OASIS3-MCT is not installed (Debian: apt install liboasis3-dev)")
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(["cmake", "--build", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def couple(
    build: Path,
    shared_bundle: Path,
    folder: Path,
    ranks: int,
    days: int = DAYS,
    intervals: int = INTERVALS,
    **changes: str,
) -> subprocess.CompletedProcess[str]:
    """The host and ``ranks`` processes of the component, in ``folder``; changes are lines of its namelist."""
    folder.mkdir(exist_ok=True)
    if not (folder / "bundle").exists():
        (folder / "bundle").symlink_to(shared_bundle)
    settings = {"interval": str(DAYS * 86400), "intervals": str(intervals)} | changes
    for name in ("toy_esm.nml", "landbc_oasis.nml"):
        text = (EXAMPLE / name).read_text()
        for key, value in settings.items():
            text = re.sub(rf"^  {key} = [^!\n]*", f"  {key} = {value} ", text, flags=re.MULTILINE)
        (folder / name).write_text(text)
    text = (EXAMPLE / "namcouple").read_text()
    text = text.replace("63072000", str(days * 86400 * intervals)).replace(" 86400 ", f" {days * 86400} ")
    (folder / "namcouple").write_text(text)
    component = build / "landbc_oasis_component" / "landbc_oasis"
    command = ["mpirun", "--oversubscribe", "-n", "1", build / "toy_esm", ":", "-n", str(ranks), component]
    return subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | MPIRUN,
        timeout=300,
    )


def received(folder: Path) -> dict[str, np.ndarray]:
    with netCDF4.Dataset(folder / "toy_esm.nc") as file:
        return {name: np.asarray(file[name][:]) for name in file.variables}


@pytest.fixture(scope="module")
def alone(build: Path, small_bundle_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the run with one process of the component."""
    folder = tmp_path_factory.mktemp("alone")
    done = couple(build, small_bundle_folder, folder, 1)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_host_gets_what_landbc_step_gives(alone: Path, small_bundle_folder: Path) -> None:
    run = received(alone)
    with netCDF4.Dataset(small_bundle_folder / "mesh.nc") as mesh:
        ids = np.asarray(mesh["cell_id"][:])
    assert len(run["coverage"]) == INTERVALS
    changes = 0
    with Coupler(small_bundle_folder, ids, (2009, 1, 1), calendar="noleap", threads=1) as coupler:
        for step in range(INTERVALS):
            day = cftime.DatetimeNoLeap(2009, 1, 1) + step * timedelta(days=DAYS)
            result = coupler.step(
                (day.year, day.month, day.day),
                DAYS * 86400,
                {
                    "air_temperature": (run["air_temperature"][step], "K"),
                    "precipitation_flux": (run["precipitation"][step], "kg m-2 s-1"),
                },
            )
            np.testing.assert_array_equal(run["land_use_fraction"][step].T, result.land_use_fraction)
            np.testing.assert_array_equal(run["coverage"][step], result.coverage)
            changes += result.changed
    assert changes == 2
    fractions = run["land_use_fraction"]
    assert np.abs(fractions[73] - fractions[72]).max() > 0.01, "land use must change with the year"
    assert np.ptp(run["albedo"][-1]) > 0.01


def test_two_processes_of_the_component(
    alone: Path, build: Path, small_bundle_folder: Path, tmp_path: Path
) -> None:
    done = couple(build, small_bundle_folder, tmp_path, 2)
    assert done.returncode == 0, done.stdout + done.stderr
    for name, values in received(alone).items():
        np.testing.assert_array_equal(received(tmp_path)[name], values, err_msg=name)


def test_restart_and_log(alone: Path, build: Path, small_bundle_folder: Path, tmp_path: Path) -> None:
    """The second year from the checkpoint, where the host's own state (an albedo) is not needed."""
    first, second = tmp_path / "first", tmp_path / "second"
    done = couple(build, small_bundle_folder, first, 1, intervals=73, checkpoint=f"'{tmp_path}/year.nc'")
    assert done.returncode == 0, done.stdout + done.stderr
    done = couple(
        build,
        small_bundle_folder,
        second,
        1,
        intervals=1,
        start="2010, 1, 1, 0",
        recording=f"'' restart = '{tmp_path}/year.nc'",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    np.testing.assert_array_equal(
        received(second)["land_use_fraction"][0], received(alone)["land_use_fraction"][73]
    )
    assert "continued from" in (second / "landbc_oasis.log").read_text()


def test_grid_files_for_remapping(alone: Path, small_bundle_folder: Path) -> None:
    """OASIS has centres, corners, areas and mask of the cells, in degrees and square metres."""
    with (
        netCDF4.Dataset(small_bundle_folder / "mesh.nc") as mesh,
        netCDF4.Dataset(alone / "grids.nc") as grids,
    ):
        for ours, theirs in (("cell_lon", "lbc_.lon"), ("cell_lat", "lbc_.lat")):
            np.testing.assert_array_equal(np.ravel(grids[theirs][:]), mesh[ours][:])
        for ours, theirs in (("lon_vertices", "lbc_.clo"), ("lat_vertices", "lbc_.cla")):
            np.testing.assert_array_equal(np.squeeze(grids[theirs][:]).T, mesh[ours][:])
        with netCDF4.Dataset(alone / "areas.nc") as areas:
            np.testing.assert_array_equal(np.ravel(areas["lbc_.srf"][:]), mesh["cell_area"][:])
    with netCDF4.Dataset(alone / "masks.nc") as masks:
        assert not np.any(masks["lbc_.msk"][:])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"bundle": "'nowhere'"}, "nowhere/mesh.nc cannot be read"),
        ({"input_unit": "'F', 'kg m-2 s-1'"}, "LANDBC_ERROR_FIELD_UNIT: field 'air_temperature': unit 'F'"),
        ({"input_field": "'LBC_XX', 'LBC_PREC'"}, "LBC_XX is not in the namcouple"),
        ({"days": "10"}, "the namcouple's period for LBC_T2M is not 'interval'"),
    ],
)
def test_a_failure_ends_the_run_with_a_sentence(
    build: Path, small_bundle_folder: Path, tmp_path: Path, changes: dict[str, str], sentence: str
) -> None:
    days = int(changes.pop("days", DAYS))
    done = couple(build, small_bundle_folder, tmp_path, 1, days=days, intervals=4, **changes)
    assert done.returncode != 0
    assert "landbc_oasis: " in done.stderr
    assert sentence in done.stderr


def test_a_word_that_is_no_choice_is_told_the_choices(build: Path, tmp_path: Path) -> None:
    (tmp_path / "words.f90").write_text(
        """program words
  use landbc_oasis_settings, only: read_settings, settings
  type(settings) :: chosen
  character(len=:), allocatable :: problem
  call read_settings('landbc_oasis.nml', chosen, problem)
  print '(i0, 1x, a)', chosen%interpolation, problem
end program words
"""
    )
    sources = [COMPONENT / "calendar.f90", COMPONENT / "settings.f90", "words.f90"]
    modules = build / "landbc_fortran" / "modules"
    subprocess.run(["gfortran", f"-I{modules}", *sources, "-o", "words"], cwd=tmp_path, check=True)
    shipped = (EXAMPLE / "landbc_oasis.nml").read_text()
    for line, said in {
        "": "0",
        "interpolation = 'ctsm'": "2",
        "interpolation = 'linear'": "0 'interpolation' is 'linear'; choose 'mid_step', 'none', 'ctsm'",
        "record = 'all'": "0 'record' is 'all'; choose 'steps', 'updates'",
    }.items():
        (tmp_path / "landbc_oasis.nml").write_text(shipped.replace("\n/", f"\n  {line}\n/"))
        printed = subprocess.run([tmp_path / "words"], cwd=tmp_path, capture_output=True, text=True).stdout
        assert printed.strip().removesuffix(" (&landbc_oasis in 'landbc_oasis.nml')") == said


def test_dates_of_the_four_calendars(build: Path, tmp_path: Path) -> None:
    """Against cftime, over a leap year, a century, and the gap of October 1582."""
    (tmp_path / "dates.f90").write_text(
        """program dates
  use landbc, only: landbc_date
  use landbc_oasis_calendar, only: later
  character(len=19) :: calendar
  integer :: year, month, day, second, interval, count, i, status
  type(landbc_date) :: date
  do
    read (*, *, iostat=status) calendar, year, month, day, second, interval, count
    if (status /= 0) exit
    date = landbc_date(year, month, day, second)
    do i = 1, count
      print '(4(i0, 1x))', date
      date = later(calendar, date, interval)
    end do
  end do
end program dates
"""
    )
    modules = build / "landbc_fortran" / "modules"
    sources = [COMPONENT / "calendar.f90", "dates.f90"]
    subprocess.run(["gfortran", f"-I{modules}", *sources, "-o", "dates"], cwd=tmp_path, check=True)
    starts = [
        (calendar, year, month, 1, 3600, interval, count)
        for calendar in ("standard", "proleptic_gregorian", "noleap", "360_day")
        for year, month, interval, count in (
            (2011, 12, 86400, 500),
            (1899, 12, 1800, 4000),
            (1582, 9, 100000, 90),
            (1499, 12, 31 * 86400 + 7, 40),
        )
    ]
    lines = "\n".join(" ".join(map(str, start)) for start in starts)
    done = subprocess.run([tmp_path / "dates"], input=lines, capture_output=True, text=True, check=True)
    printed = iter(done.stdout.splitlines())
    for calendar, year, month, day, second, interval, count in starts:
        first = cftime.datetime(year, month, day, calendar=calendar) + timedelta(seconds=second)
        for i in range(count):
            moment = first + timedelta(seconds=i * interval)
            seconds = 3600 * moment.hour + 60 * moment.minute + moment.second
            assert next(printed).split() == [
                str(v) for v in (moment.year, moment.month, moment.day, seconds)
            ], calendar
    assert next(printed, None) is None
