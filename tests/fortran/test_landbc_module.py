"""Module landbc, compiled with every check that gfortran has, against the small bundle.

The checks themselves are in fortran/tests; here they are compiled, run, and counted, so that one that did not
run is noticed. Statuses are compared with the header's text.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import small_adapters

ROOT = Path(__file__).resolve().parents[2]
FORTRAN = ROOT / "fortran"
MODULE = [FORTRAN / f"landbc{part}.f90" for part in ("_abi", "_constants", "_fields", "")]
TESTS = [
    FORTRAN / "tests" / f"{name}.f90"
    for name in ("checks", "fixture", "running_tests", "refusal_tests", "test_landbc")
]
STRICT = [
    "-std=f2008",
    "-fimplicit-none",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-g",
    "-fcheck=all",
    "-ffpe-trap=invalid,zero,overflow",
]
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def output(
    gfortran: str,
    engine_library: Path,
    small_bundle_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> subprocess.CompletedProcess[str]:
    folder = tmp_path_factory.mktemp("fortran")
    link = [str(engine_library), f"-Wl,-rpath,{engine_library.parent}", "-Wl,--allow-shlib-undefined"]
    subprocess.run([gfortran, *STRICT, *MODULE, *TESTS, "-o", "test_landbc", *link], cwd=folder, check=True)
    return subprocess.run(
        [folder / "test_landbc", small_bundle_folder, folder],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
        timeout=300,
    )


def names_in_source() -> list[str]:
    """First argument of every call of a check, from the sources."""
    text = "".join(path.read_text() for path in TESTS[2:4])
    return re.findall(r'call (?:check|check_status|refuse|step|begin_and_forget)\("([^"]+)"', text)


@pytest.mark.slow
def test_every_check_passes(output: subprocess.CompletedProcess[str]) -> None:
    failed = [line for line in output.stdout.splitlines() if line.startswith("FAILED")]
    assert not failed
    assert output.returncode == 0, output.stderr
    assert output.stdout.rstrip().endswith("done")


@pytest.mark.slow
def test_no_check_is_left_out(output: subprocess.CompletedProcess[str]) -> None:
    ran = {line.removeprefix("ok ") for line in output.stdout.splitlines() if line.startswith("ok ")}
    # "init" speaks up from the fixture only when it fails; that name runs in life_cycle as well.
    assert set(names_in_source()) - ran == set()
    assert len(ran) > 70


def test_statuses_are_those_of_the_header() -> None:
    header = (ROOT / "bindings" / "include" / "landbc.h").read_text()
    kinds = (
        r"OK|ERROR_\w+|MISSING_\w+|SCENARIO_\w+|CHANGED_\w+|RANGE_\w+|ABSENT_\w+|LOG_\w+|RECORD_\w+"
        r"|INTERPOLATION_\w+"
    )
    enums = dict(re.findall(rf"\b(LANDBC_(?:{kinds})) = (\d+)", header))
    source = "".join((FORTRAN / f"landbc{part}.f90").read_text() for part in ("_constants", ""))
    constants = dict(re.findall(r"parameter, public :: (landbc_\w+) = (\d+)\n", source))
    assert len(enums) >= 30
    assert {name.lower(): value for name, value in enums.items()} == constants


def test_library_knows_the_statuses_by_the_same_names(
    gfortran: str, engine_library: Path, tmp_path: Path
) -> None:
    header = (ROOT / "bindings" / "include" / "landbc.h").read_text()
    names = re.findall(r"\b(LANDBC_(?:OK|ERROR_\w+)) = \d+", header)
    calls = "\n".join(f"  print '(a)', landbc_status_name({name.lower()})" for name in names)
    (tmp_path / "names.f90").write_text(f"program names\n  use landbc\n{calls}\nend program names\n")
    link = [str(engine_library), f"-Wl,-rpath,{engine_library.parent}", "-Wl,--allow-shlib-undefined"]
    subprocess.run([gfortran, *MODULE, "names.f90", "-o", "names", *link], cwd=tmp_path, check=True)
    printed = subprocess.run([tmp_path / "names"], capture_output=True, text=True, check=True).stdout
    assert printed.split() == names


@pytest.mark.parametrize(
    ("array", "compiles"), [("array", True), ("array(3:7)", True), ("plain", False), ("array(::2)", False)]
)
def test_arrays_that_a_field_could_lose_do_not_compile(
    gfortran: str, tmp_path: Path, array: str, compiles: bool
) -> None:
    (tmp_path / "wrong.f90").write_text(
        "program wrong\n  use landbc\n  implicit none\n  double precision, target :: array(10)\n"
        f"  double precision :: plain(10)\n  type(landbc_field) :: field\n"
        f"  field = landbc_field('x', 'K', {array})\nend program wrong\n"
    )
    done = subprocess.run(
        [gfortran, "-c", *MODULE, "wrong.f90"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode == 0) == compiles, done.stderr
    assert compiles or "landbc_field" in done.stderr


def test_adapters_give_a_host_its_models_variables(
    gfortran: str, engine_library: Path, small_bundle_folder: Path, tmp_path: Path
) -> None:
    bundle = small_adapters.add(small_bundle_folder, tmp_path / "bundle", ("ctsm", "ecland"))
    sources = [FORTRAN / "tests" / f"{name}.f90" for name in ("checks", "fixture", "test_adapters")]
    link = [str(engine_library), f"-Wl,-rpath,{engine_library.parent}", "-Wl,--allow-shlib-undefined"]
    subprocess.run(
        [gfortran, *STRICT, *MODULE, *sources, "-o", "test_adapters", *link], cwd=tmp_path, check=True
    )
    done = subprocess.run([tmp_path / "test_adapters", bundle], capture_output=True, text=True, timeout=300)
    lines = done.stdout.splitlines()
    assert not [line for line in lines if line.startswith("FAILED")] and done.returncode == 0, done.stderr
    assert lines[-1] == "done" and sum(line.startswith("ok ") for line in lines) == 14
