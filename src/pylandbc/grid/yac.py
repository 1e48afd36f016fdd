"""Overlaps clipped by YAC, the coupling library of DKRZ and MPI-M (Hanke et al. 2016, GMD 9, 2755).

YAC computes first-order conservative weights, destination-area normalised, between polygons with
great-circle edges and pixels with true parallels; they agree with ESMF's to 1e-5 with the same sparsity. It
comes as the PyPI wheel ``yac`` and needs Open MPI's library on the machine. It runs in a child process (see
``yac_worker``) on the pixels handed to it, in chunks, so that memory does not grow with the window.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import Rectangle

CHUNK = 200_000
"""Pixels per call of YAC: about 1 s and 300 MB."""

_REMEDY = (
    "install it with: pip install 'pylandbc[yac]', and Open MPI with: apt-get install "
    "libopenmpi-dev openmpi-bin"
)


def version() -> str:
    """The version of YAC, e.g. ``yac 3.21.0``; ``InputError`` where the package is absent."""
    if importlib.util.find_spec("yac") is None:
        raise InputError(f"the weight engine 'yac' is not installed; {_REMEDY}")
    return f"yac {importlib.metadata.version('yac')}"


def clip(
    mesh: Mesh, window: Rectangle, pixels: np.ndarray, progress: Callable[[float], None] | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Overlaps of the given pixels with the cells of a mesh.

    Parameters
    ----------
    mesh
        Native mesh.
    window
        Window of the 1 km grid.
    pixels
        Indices in the window (n,).
    progress
        Called with the part done, 0 ... 1.

    Returns
    -------
    pixel, cell, fraction
        Index in the window, position in the mesh, and the part of the pixel's area that the cell covers, for
        each overlap, in no particular order.

    Raises
    ------
    InputError
        If YAC or MPI is absent, or YAC refuses the mesh.
    """
    version()
    found = []
    with tempfile.TemporaryDirectory(prefix="pylandbc_yac_") as name:
        folder = Path(name)
        _save_mesh(folder / "mesh.npz", mesh)
        chunks = [pixels[i : i + CHUNK] for i in range(0, len(pixels), CHUNK)]
        for number, chunk in enumerate(chunks):
            _save_pixels(folder / f"pixels_{number:06d}.npz", window, chunk)
        _run_worker(folder, len(chunks), progress)
        for number, chunk in enumerate(chunks):
            with netCDF4.Dataset(folder / f"pixels_{number:06d}.nc") as weights:
                if "src_address" not in weights.variables:
                    continue
                pixel = chunk[np.asarray(weights["dst_address"][:]) - 1]
                cell = np.asarray(weights["src_address"][:]) - 1
                found.append((pixel, cell, np.asarray(weights["remap_matrix"][:, 0])))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    pixel, cell, fraction = (np.concatenate(part) for part in zip(*found, strict=True))
    return pixel.astype(np.int64), cell.astype(np.int64), fraction


def _save_mesh(path: Path, mesh: Mesh) -> None:
    real = np.arange(mesh.lon_vertices.shape[1]) < mesh.corner_count[:, None]
    lon, lat = mesh.lon_vertices[real], mesh.lat_vertices[real]
    # corners shared by neighbours become one vertex where their directions agree to a micrometre
    key = np.round(mesh.corners[real] * 1e13).astype(np.int64)
    _, first, connection = np.unique(key, axis=0, return_index=True, return_inverse=True)
    np.savez(
        path,
        count=mesh.corner_count.astype(np.intc),
        x=np.deg2rad(lon[first]),
        y=np.deg2rad(lat[first]),
        connection=connection.ravel().astype(np.intc),
    )


def _save_pixels(path: Path, window: Rectangle, pixels: np.ndarray) -> None:
    row, col = np.divmod(pixels, window.cols)
    # counter-clockwise from the south-west corner; columns of vertices run one beyond those of pixels
    vertex = np.stack([row + 1, row + 1, row, row]) * (window.cols + 1) + np.stack(
        [col, col + 1, col + 1, col]
    )
    unique, connection = np.unique(vertex.T.ravel(), return_inverse=True)
    vertex_row, vertex_col = np.divmod(unique, window.cols + 1)
    np.savez(
        path,
        count=np.full(len(pixels), 4, dtype=np.intc),
        x=np.deg2rad((window.col + vertex_col) / 100 - 180.0),
        y=np.deg2rad(90.0 - (window.row + vertex_row) / 100),
        connection=connection.astype(np.intc),
    )


def _run_worker(folder: Path, chunks: int, progress: Callable[[float], None] | None) -> None:
    environment = dict(os.environ)
    # only the child may run as root, alone, on whatever cores there are
    environment.update(
        OMPI_ALLOW_RUN_AS_ROOT="1",
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
        OMPI_MCA_btl="self",
        OMPI_MCA_rmaps_base_oversubscribe="1",
        OMP_NUM_THREADS="1",
        PYTHONPATH=os.pathsep.join(path for path in sys.path if path),
    )
    log = folder / "log.txt"
    with log.open("wb") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "pylandbc.grid.yac_worker", str(folder)],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            cwd=folder,
            text=True,
        )
        assert child.stdout is not None
        with child.stdout as lines:
            for line in lines:
                if progress and line.startswith("done "):
                    progress(int(line.split()[1]) / chunks)
        status = child.wait()
    if status:
        tail = log.read_text(errors="replace").strip()
        if "libmpi" in tail or "ImportError" in tail or "ModuleNotFoundError" in tail:
            raise InputError(f"the weight engine 'yac' cannot start: {_last(tail)}; {_REMEDY}")
        raise InputError(f"YAC failed with status {status}: {tail[-1500:]}")


def _last(text: str) -> str:
    """The line of a traceback that says what happened."""
    lines = [line.strip() for line in text.splitlines() if "Error" in line or "libmpi" in line]
    return lines[-1] if lines else text[-300:]
