"""Two ranks with one thread each against one rank with two threads, in turns: is the work shared well?

    python tests/benchmarks/ranks_and_threads.py [--rounds 5] [--emulator FILE]

Each turn is a process (or two, under mpirun) that begins a run of four tiles with the shipped emulator and
makes yearly updates; medians of the clock's seconds of all of them. It means something on an idle machine of
at least two cores alone. Prints the medians, and the rate of two ranks in that of two threads (the aim is at
least 0.95).
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "couple")]

import small_bundle  # noqa: E402

from pylandbc import emulators  # noqa: E402
from pylandbc.couple.engine import Coupler  # noqa: E402
from pylandbc.grid.window import Window  # noqa: E402

MESH = (8, 8)
UPDATES = 4
PLAN = small_bundle.Plan(window=Window(4000, 18000, 800, 800), mesh=MESH)
"""Four cores of 400 pixels."""
COUNT = {"OMPI_COMM_WORLD_RANK": 0, "OMPI_COMM_WORLD_SIZE": 1}


def host(bundle: Path, threads: int) -> None:
    """A rank of a run; rank 0 prints the seconds of each update."""
    rank, ranks = (int(os.environ.get(name, alone)) for name, alone in COUNT.items())
    mpi = None
    if ranks > 1:
        mpi = ctypes.CDLL("libmpi.so.40", ctypes.RTLD_GLOBAL)
        mpi.MPI_Init(None, None)
    ids = small_bundle.FIRST_ID + small_bundle.ID_STEP * np.arange(MESH[0] * MESH[1])[rank::ranks]
    year = small_bundle.STATE_YEAR
    inputs = {
        "air_temperature": (np.full(ids.size, 283.0), "K"),
        "precipitation_flux": (np.full(ids.size, 3e-5), "kg m-2 s-1"),
    }
    seconds = []
    with Coupler(
        bundle,
        ids,
        (year, 1, 1),
        calendar="noleap",
        threads=threads,
        scenario="hold",
        communicator=0 if ranks > 1 else None,  # MPI_COMM_WORLD in Open MPI's Fortran
    ) as coupler:
        for step in range(1 + UPDATES):  # the first makes no update
            begin = time.perf_counter()
            coupler.step((year + step, 1, 1), 365 * 86400, inputs)
            seconds.append(time.perf_counter() - begin)
    if rank == 0:
        print(json.dumps(seconds[1:]))
    if mpi is not None:
        mpi.MPI_Finalize()


def turn(bundle: Path, ranks: int, threads: int) -> list[float]:
    """Seconds of a run's updates. Steps end on all ranks together: rank 0 waits for the slower one."""
    launcher = ["mpirun", "--oversubscribe", "--bind-to", "none", "-n", str(ranks)] if ranks > 1 else []
    run = subprocess.run(
        [*launcher, sys.executable, __file__, "--host", str(bundle), "--threads", str(threads)],
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(run.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--emulator", type=Path, default=emulators.path("land-use"))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--host", type=Path, help="Be a rank of a run of this bundle.")
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.host:
        return host(chosen.host, chosen.threads)
    shares: dict[tuple[int, int], list[float]] = {(1, 1): [], (1, 2): [], (2, 1): []}
    with tempfile.TemporaryDirectory() as name:
        plan = small_bundle.Plan(window=PLAN.window, mesh=MESH, emulator=chosen.emulator)
        bundle = small_bundle.write(Path(name) / "bundle", plan)
        for _ in range(chosen.rounds):
            for (ranks, threads), found in shares.items():
                found += turn(bundle, ranks, threads)
    medians = {share: statistics.median(found) for share, found in shares.items()}
    for (ranks, threads), median in medians.items():
        print(f"{ranks} ranks x {threads} threads: {median:.3f} s an update of four tiles")
    print(f"rate of 2 ranks x 1 thread in that of 1 rank x 2 threads: {medians[1, 2] / medians[2, 1]:.3f}")
    return None


if __name__ == "__main__":
    main()
