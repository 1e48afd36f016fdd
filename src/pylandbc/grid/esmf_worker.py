"""The child process that runs ESMF: reads polygons and pixels, writes weights.

Run as ``python -m pylandbc.grid.esmf_worker FOLDER``; ``pylandbc.grid.esmf`` is the only caller and says what
lies in the folder. It must not import netCDF4: the HDF5 of its wheel and the one that ESMF is linked to do
not live together in one process.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np


def main(folder: Path) -> None:
    """Compute weights for each chunk of pixels; prints ``done N`` after each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import esmpy

    esmpy.Manager(debug=False)
    source = _mesh(esmpy, folder / "mesh.npz")
    source_field = esmpy.Field(source, meshloc=esmpy.MeshLoc.ELEMENT)
    for number, path in enumerate(sorted(folder.glob("pixels_*.npz"))):
        target = _mesh(esmpy, path)
        target_field = esmpy.Field(target, meshloc=esmpy.MeshLoc.ELEMENT)
        result = folder / f"weights_{number:06d}.npz"
        _regrid(esmpy, source_field, target_field, result)
        target_field.destroy()
        target.destroy()
        print(f"done {number + 1}", flush=True)


def _mesh(esmpy: Any, path: Path) -> Any:
    with np.load(path) as file:
        count, lon, lat, connection = (file[name] for name in ("count", "lon", "lat", "connection"))
    mesh = esmpy.Mesh(parametric_dim=2, spatial_dim=2, coord_sys=esmpy.CoordSys.SPH_DEG)
    nodes, elements = len(lon), len(count)
    mesh.add_nodes(
        nodes,
        np.arange(1, nodes + 1, dtype=np.int32),
        np.stack([lon, lat], axis=1).ravel(),
        np.zeros(nodes, dtype=np.int32),
    )
    mesh.add_elements(
        elements,
        np.arange(1, elements + 1, dtype=np.int32),
        count.astype(np.int32),
        connection.astype(np.int32),
    )
    return mesh


def _regrid(esmpy: Any, source: Any, target: Any, result: Path) -> None:
    """Weights in memory where ESMF can hand them over, else a file that it writes itself."""
    options = {
        "regrid_method": esmpy.RegridMethod.CONSERVE,
        "norm_type": esmpy.NormType.DSTAREA,
        "unmapped_action": esmpy.UnmappedAction.IGNORE,
        "line_type": esmpy.LineType.GREAT_CIRCLE,
    }
    try:
        regrid = esmpy.Regrid(source, target, factors=True, **options)
    except RuntimeError as error:
        # esmpy hands factors over only where gfortran built ESMF
        if "in-memory factors" not in str(error):
            raise
        esmpy.Regrid(source, target, filename=str(result.with_suffix(".nc")), **options).destroy()
        return
    weights = regrid.get_weights_dict(deep_copy=True)
    np.savez(result, row=weights["row_dst"], col=weights["col_src"], S=weights["weights"])
    regrid.destroy()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
