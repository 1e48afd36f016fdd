"""Parts of the example's land model, called from a Fortran program and compared with independent numbers."""

from __future__ import annotations

import calendar
import shutil
import subprocess
from pathlib import Path

import pytest

HOST = Path(__file__).resolve().parents[2] / "examples" / "01_fortran_time_loop"
PROGRAM = """
program parts
  use, intrinsic :: iso_fortran_env, only: real64
  use calendar, only: month_length, year_length
  use land_bucket
  implicit none
  integer, parameter :: cells = 40
  real(real64), parameter :: pi = acos(-1.0_real64)
  type(land_state) :: state
  real(real64) :: fraction(cells, land_classes), shed(cells), before(cells), evaporation(cells), runoff(cells)
  real(real64) :: temperature(cells), precipitation(cells), latitude(cells)
  real(real64) :: gone(cells), worst_move, worst_step
  integer :: day, month, trial, year

  do year = 1896, 1904
    print '(a, 12i3)', 'standard', (month_length('standard', year, month), month=1, 12)
  end do
  print '(a, 3i4)', 'years', year_length('noleap', 2012), year_length('360_day', 2012), &
    year_length('standard', 2000)
  print '(a, f12.6)', 'radiation', radiation(-20.0_real64, 2*pi*246/365)

  call new_land(cells, state)
  worst_move = 0
  worst_step = 0
  call random_number(latitude)
  latitude = 180*latitude - 90
  do trial = 1, 50
    call random_fractions()
    if (trial > 1) before = storage(state)
    call set_fractions(state, fraction, shed)
    if (trial > 1) worst_move = max(worst_move, maxval(abs(storage(state) + shed - before)))
    do day = 1, 30
      call random_number(temperature)
      call random_number(precipitation)
      temperature = 253.15_real64 + 40*temperature
      precipitation = precipitation*1e-4_real64
      before = storage(state)
      call land_step(state, temperature, precipitation, latitude, 2*pi*day/365, evaporation, runoff)
      gone = evaporation + runoff - state%land*precipitation*86400
      worst_step = max(worst_step, maxval(abs(storage(state) - before + gone)))
      if (any(state%soil < 0) .or. any(state%snow < 0)) print *, 'negative'
      if (any(evaporation < 0) .or. any(runoff < 0)) print *, 'negative'
    end do
  end do
  print '(a, 2es12.3, f10.3)', 'water', worst_move, worst_step, maxval(storage(state))

contains

  !> Fractions that sum to one; every fifth cell is ocean alone, and classes come and go.
  subroutine random_fractions()
    real(real64) :: keep(cells, land_classes)

    call random_number(fraction)
    call random_number(keep)
    where (keep < 0.4_real64) fraction = 0
    fraction(:, 1) = 0.3_real64
    fraction(::5, 2:) = 0
    if (trial == 30) fraction(2, 2:) = 0
    fraction = fraction/spread(sum(fraction, 2), 2, land_classes)
  end subroutine random_fractions

end program parts
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    compiler = shutil.which("gfortran")
    if compiler is None:
        pytest.skip("gfortran is not installed (Debian: apt install gfortran)")
    folder = tmp_path_factory.mktemp("parts")
    (folder / "parts.f90").write_text(PROGRAM)
    sources = [HOST / "calendar.f90", HOST / "land_bucket.f90", "parts.f90"]
    checks = ["-std=f2008", "-Wall", "-Wextra", "-fcheck=all", "-ffpe-trap=invalid,zero,overflow"]
    subprocess.run([compiler, *checks, *sources, "-o", "parts"], cwd=folder, check=True)
    done = subprocess.run([folder / "parts"], capture_output=True, text=True, check=True)
    lines: dict[str, list[list[str]]] = {}
    for line in done.stdout.splitlines():
        name, *values = line.split()
        lines.setdefault(name, []).append(values)
    return lines


def test_months_are_those_of_the_gregorian_calendar(printed: dict[str, list[list[str]]]) -> None:
    expected = [[calendar.monthrange(year, month)[1] for month in range(1, 13)] for year in range(1896, 1905)]
    assert [[int(v) for v in line] for line in printed["standard"]] == expected
    assert [int(v) for v in printed["years"][0]] == [365, 360, 366]


def test_radiation_is_that_of_the_manual(printed: dict[str, list[list[str]]]) -> None:
    """FAO-56, example 8: 3 September at 20 S, 32.2 MJ m-2 day-1."""
    assert round(float(printed["radiation"][0][0]), 1) == 32.2


def test_no_water_is_made_or_lost(printed: dict[str, list[list[str]]]) -> None:
    worst_move, worst_step, stored = (float(v) for v in printed["water"][0])
    assert worst_move < 1e-11
    assert worst_step < 1e-11
    assert stored > 10
    assert "negative" not in printed
