"""Writing meshes for other tools: ESMF mesh, SCRIP grid, UGRID.

Files are written under a temporary name in the target's folder and renamed when complete, so that no half
file is ever seen. All three formats take edges as great circles.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4

from pylandbc import __version__
from pylandbc.errors import InputError
from pylandbc.grid.formats import esmf_mesh, scrip, ugrid
from pylandbc.grid.mesh import Mesh
from pylandbc.whole_file import whole_file

FORMATS = {"esmf": esmf_mesh, "scrip": scrip, "ugrid": ugrid}


def write_mesh(mesh: Mesh, path: Path, layout: str, overwrite: bool = False) -> Path:
    """Write a mesh.

    Parameters
    ----------
    mesh
        Mesh.
    path
        File to write.
    layout
        ``"esmf"``, ``"scrip"`` or ``"ugrid"``.
    overwrite
        Replace an existing file.

    Raises
    ------
    InputError
        The format is unknown, the folder is absent, or the file exists already.
    """
    path = Path(path)
    if layout not in FORMATS:
        raise InputError(f"mesh format {layout!r} cannot be written (choose {', '.join(FORMATS)})")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} is not a folder; create it first")
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; choose another name, or --overwrite")
    with whole_file(path) as temporary, netCDF4.Dataset(temporary, "w", clobber=True) as dataset:
        FORMATS[layout].write(mesh, dataset)
        dataset.history = (
            f"written by pylandbc {__version__} from mesh {mesh.kind.get('kind', 'without name')}"
        )
    return path
