"""Overlaps clipped by YAC, the coupling library of DKRZ and MPI-M (Hanke et al. 2016, GMD 9, 2755).

YAC computes first-order conservative weights, destination-area normalised, between polygons with
great-circle edges and pixels with true parallels; they agree with ESMF's to 1e-5 with the same sparsity. It
comes as the PyPI wheel ``yac`` and needs Open MPI's library on the machine. It runs in a child process (see
``yac_worker``) on the pixels handed to it, in chunks, so that memory does not grow with the window.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import tempfile
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.child import run_engine
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.polygons import save_mesh, save_pixels
from pylandbc.grid.window import Rectangle
from pylandbc.progress import TellShare

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
    mesh: Mesh, window: Rectangle, pixels: np.ndarray, progress: TellShare | None = None
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
        save_mesh(folder / "mesh.npz", mesh)
        chunks = [pixels[i : i + CHUNK] for i in range(0, len(pixels), CHUNK)]
        for number, chunk in enumerate(chunks):
            save_pixels(folder / f"pixels_{number:06d}.npz", window, chunk)
        run_engine("yac", folder, len(chunks), progress, _REMEDY)
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
