"""Overlaps clipped by ESMF, the Earth System Modeling Framework, through its Python interface esmpy.

ESMF computes first-order conservative weights, destination-area normalised, between polygons whose edges are
great circles on both sides: a pixel's parallels become chords, which moves weights by up to 1e-5. esmpy is
not on PyPI; it comes with conda or a site's ESMF. It runs in a child process (see ``esmf_worker``) on the
pixels handed to it, in chunks; meshes are built in memory, so an ESMF without PIO will do.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import sys
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
"""Pixels per call of ESMF: about 2 s and 500 MB."""

_REMEDY = (
    "esmpy is not on PyPI: install it with conda install -c conda-forge esmpy, or from your site's ESMF with "
    "pip install SOURCE/src/addon/esmpy and the environment variable ESMFMKFILE naming its esmf.mk"
)


def version() -> str:
    """The version of ESMF's interface, e.g. ``esmf 8.8.0``; ``InputError`` where it is absent."""
    if importlib.util.find_spec("esmpy") is None:
        raise InputError(f"the weight engine 'esmf' is not installed; {_REMEDY}")
    if _makefile() is None:
        named = os.environ.get("ESMFMKFILE")
        where = f"ESMFMKFILE names {named}, which is no file" if named else "ESMFMKFILE is not set"
        raise InputError(f"esmpy is installed, but not ESMF's file esmf.mk: {where}; {_REMEDY}")
    return f"esmf {importlib.metadata.version('esmpy')}"


def _makefile() -> Path | None:
    """ESMF's description of itself, where esmpy looks for it."""
    named = os.environ.get("ESMFMKFILE")
    places = [named] if named else [f"{sys.prefix}/lib/esmf.mk", f"{sys.prefix}/Library/lib/esmf.mk"]
    return next((Path(place) for place in places if Path(place).is_file()), None)


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
        If esmpy or ESMF is absent, or ESMF refuses the mesh.
    """
    version()
    found = []
    with tempfile.TemporaryDirectory(prefix="pylandbc_esmf_") as name:
        folder = Path(name)
        save_mesh(folder / "mesh.npz", mesh)
        chunks = [pixels[i : i + CHUNK] for i in range(0, len(pixels), CHUNK)]
        for number, chunk in enumerate(chunks):
            save_pixels(folder / f"pixels_{number:06d}.npz", window, chunk, triangles_at_poles=True)
        run_engine("esmf", folder, len(chunks), progress, _REMEDY)
        for number, chunk in enumerate(chunks):
            row, col, fraction = _weights(folder, number)
            found.append((chunk[row - 1], col - 1, fraction))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    pixel, cell, fraction = (np.concatenate(part) for part in zip(*found, strict=True))
    return pixel.astype(np.int64), cell.astype(np.int64), fraction


def _weights(folder: Path, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What the worker left: factors from memory, or ESMF's own weight file."""
    in_memory = folder / f"weights_{number:06d}.npz"
    if in_memory.exists():
        with np.load(in_memory) as file:
            return file["row"], file["col"], file["S"]
    with netCDF4.Dataset(folder / f"weights_{number:06d}.nc") as weights:
        weights.set_auto_mask(False)
        return weights["row"][:], weights["col"][:], weights["S"][:]
