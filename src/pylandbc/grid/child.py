"""Running a weight engine in a child process of its own.

ESMF and YAC initialise MPI when they are imported, which a process can do only once, and abort it on errors;
so they never enter the caller's process. The child prints ``done N`` after each chunk of pixels.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pylandbc.errors import InputError
from pylandbc.progress import TellShare


def run_engine(
    name: str,
    folder: Path,
    chunks: int,
    progress: TellShare | None,
    remedy: str,
) -> None:
    """Run ``python -m pylandbc.grid.NAME_worker FOLDER``.

    Parameters
    ----------
    name
        The engine's name, ``esmf`` or ``yac``.
    folder
        Where the worker reads its polygons and writes its results; also its working directory.
    chunks
        Number of chunks, for ``progress``.
    progress
        Called with the part done, 0 ... 1.
    remedy
        How to install what the engine needs, for the message where it cannot start.

    Raises
    ------
    InputError
        If the engine cannot start or fails; the message holds the end of what it wrote.
    """
    log = folder / "log.txt"
    with log.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", f"pylandbc.grid.{name}_worker", str(folder)],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=_environment(),
            cwd=folder,
            text=True,
        )
        try:
            assert child.stdout is not None
            with child.stdout as lines:
                for line in lines:
                    if progress and line.startswith("done "):
                        progress(int(line.split()[1]) / chunks)
            status = child.wait()
        finally:
            # an interrupt of the caller must not leave the engine running in a folder that is gone
            if child.poll() is None:
                child.kill()
                child.wait()
    if status:
        tail = log.read_text(errors="replace").strip()
        for page in folder.glob("PET*.ESMF_LogFile"):
            tail += "\n" + "\n".join(line for line in page.read_text().splitlines() if "ERROR" in line)
        if "libmpi" in tail or "ImportError" in tail or "ModuleNotFoundError" in tail:
            raise InputError(f"the weight engine {name!r} cannot start: {_last(tail)}; {remedy}")
        raise InputError(f"{name.upper()} failed with status {status}: {tail[-1500:]}")


_LAUNCHER = (
    "PMIX_",
    "PMI_",
    "PRTE_",
    "SLURM_",
    "MV2_",
    "HYDRA_",
    "OMPI_MCA_ess",
    "OMPI_MCA_orte_",
    "OMPI_MCA_pmix",
    "OMPI_MCA_initial_wdir",
)
"""How the variables begin by which ``mpirun`` and ``srun`` tell a process that it is a job's rank."""


def _environment() -> dict[str, str]:
    """The child's environment: a job of its own, even where the caller is one of an MPI job's ranks."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_LAUNCHER)
        and (not name.startswith("OMPI_") or name.startswith(("OMPI_MCA_", "OMPI_ALLOW_")))
    }
    # only the child may run as root, alone, on whatever cores there are
    environment.update(
        OMPI_ALLOW_RUN_AS_ROOT="1",
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
        OMPI_MCA_btl="self",
        OMPI_MCA_rmaps_base_oversubscribe="1",
        OMP_NUM_THREADS="1",
        PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
    )
    return environment


def _last(text: str) -> str:
    """The line of a traceback that says what happened."""
    lines = [line.strip() for line in text.splitlines() if "Error" in line or "libmpi" in line]
    return lines[-1] if lines else text[-300:]
