"""The same bits for any number of ranks and any decomposition; a fault of one rank is an error on all.

``bindings/tests/test_ranks.c`` is the host; mpirun runs it as an Earth-system model would be.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_adapters

from pylandbc.couple import library
from pylandbc.couple.engine import has_mpi
from pylandbc.couple.recording import Recording
from pylandbc.couple.replay import replay
from pylandbc.errors import InputError

pytestmark = [pytest.mark.engine, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
ALLOW = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    "OMP_NUM_THREADS": "1",
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The host program, compiled by mpicc."""
    try:
        engine = library.library_path().resolve()
    except InputError as error:
        pytest.skip(str(error))
    if not has_mpi():
        pytest.skip("liblandbc was built without MPI")
    if shutil.which("mpicc") is None or shutil.which("mpirun") is None:
        pytest.skip("mpicc or mpirun is missing (Debian: apt install libopenmpi-dev openmpi-bin)")
    program = tmp_path_factory.mktemp("host") / "test_ranks"
    source = ROOT / "bindings" / "tests" / "test_ranks.c"
    link = [str(engine), f"-Wl,-rpath,{engine.parent}", "-Wl,--allow-shlib-undefined", "-lm"]
    header = library.header_path().parent
    strict = ["-std=c11", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["mpicc", *strict, f"-I{header}", source, "-o", program, *link], check=True)
    return program


@pytest.fixture(scope="module", params=["land use alone", "leaf area, land cover, adapters"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small bundle, written by its own script: with land use alone, and with all and adapters."""
    folder = tmp_path_factory.mktemp("small") / "bundle"
    script = ROOT / "tests" / "couple" / "small_bundle.py"
    alone = request.param == "land use alone"
    subprocess.run(
        [sys.executable, script, folder, *([] if alone else ["month"])], check=True, capture_output=True
    )
    return folder if alone else small_adapters.add(folder, folder.with_name("adapted"), ("ctsm", "ecland"))


def run(host: Path, ranks: int, *arguments: str | Path) -> bytes:
    """The answers and the last class map of a run, byte by byte."""
    command = ["mpirun", "--oversubscribe", "-n", str(ranks), host, *arguments]
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, env=os.environ | ALLOW, timeout=300
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return (Path(arguments[2]) / "answers.bin").read_bytes()


@pytest.fixture(scope="module")
def alone(host: Path, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One rank has everything."""
    return run(host, 1, bundle, "blocks", tmp_path_factory.mktemp("alone"))


@pytest.mark.parametrize(
    ("ranks", "decomposition"),
    [
        (2, "blocks"),
        (3, "scattered"),
        (4, "last_empty"),
        (2, "all_on_last"),
        (4, "reversed"),
    ],
)
def test_ranks_and_decompositions_give_the_same_bits(
    host: Path, bundle: Path, alone: bytes, tmp_path: Path, ranks: int, decomposition: str
) -> None:
    assert len(set(alone[-15000:])) > 4, "the class map must hold something"
    leaf_area = b"leaf_area_index" in (bundle / "bundle.json").read_bytes()
    values = np.frombuffer(alone[-75000:-15000], np.float32)
    assert (np.nanmax(values) > 1) == leaf_area, "and so must leaf area"
    assert run(host, ranks, bundle, decomposition, tmp_path) == alone


def test_restart_on_another_number_of_ranks(host: Path, bundle: Path, alone: bytes, tmp_path: Path) -> None:
    """Three ranks go to the middle of the second year, two go on."""
    cut = 7
    per_step = 30 * 192 * 8
    before = run(host, 3, bundle, "scattered", tmp_path, "checkpoint", str(cut))
    after = run(host, 2, bundle, "reversed", tmp_path, "continue", str(cut))
    assert before[: cut * per_step] == alone[: cut * per_step]
    assert after[cut * per_step :] == alone[cut * per_step :]


def test_a_fault_of_one_rank_is_an_error_on_all(
    host: Path, bundle: Path, alone: bytes, tmp_path: Path
) -> None:
    """And the run goes on to the same bits, for a step that failed has changed nothing."""
    assert run(host, 3, bundle, "blocks", tmp_path, "fail") == alone


def test_replay_of_several_ranks_on_one_process(
    host: Path, bundle: Path, alone: bytes, tmp_path: Path
) -> None:
    assert run(host, 3, bundle, "scattered", tmp_path, "record") == alone
    with Recording(tmp_path / "recording.nc") as recording:
        assert recording.settings.ranks == 3
        assert len(recording) == 12
    assert replay(tmp_path / "recording.nc").identical


def test_updates_alone_of_several_ranks_on_one_process(
    host: Path, bundle: Path, alone: bytes, tmp_path: Path
) -> None:
    assert run(host, 3, bundle, "scattered", tmp_path, "record_updates") == alone
    with Recording(tmp_path / "recording.nc") as recording:
        steps = list(recording.steps())
        assert 1 < len(steps) <= 12 and steps[-1].accumulated
    report = replay(tmp_path / "recording.nc")
    assert report.identical, report.text()


def test_a_process_without_mpi_never_starts_it(tmp_path: Path) -> None:
    """The Python package is linked with MPI and does not touch it."""
    bundle = tmp_path / "bundle"
    subprocess.run(
        [sys.executable, ROOT / "tests" / "couple" / "small_bundle.py", bundle],
        check=True,
        capture_output=True,
    )
    script = (
        "import ctypes, os, sys\n"
        f"sys.path.insert(0, {str(ROOT / 'tests' / 'couple')!r})\n"
        "import forced_run\n"
        f"with forced_run.start({str(bundle)!r}) as coupler: forced_run.years(coupler, 1)\n"
        "flag = ctypes.c_int(-1)\n"
        "ctypes.CDLL('libmpi.so.40', os.RTLD_NOLOAD | os.RTLD_NOW).MPI_Initialized(ctypes.byref(flag))\n"
        "print(flag.value)\n"
        f"try: forced_run.start({str(bundle)!r}, communicator=0)\n"
        "except RuntimeError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[0] == "0"
    assert "MPI is not initialised; call MPI_Init first" in done.stdout
