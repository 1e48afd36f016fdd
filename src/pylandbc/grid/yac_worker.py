"""The child process that runs YAC: reads polygons and pixels, writes YAC weight files.

Run as ``python -m pylandbc.grid.yac_worker FOLDER``; ``pylandbc.grid.yac`` is the only caller and says what
lies in the folder. It is a process of its own because YAC initialises MPI when it is imported, which a
process can do only once, and aborts it on errors.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np


def main(folder: Path) -> None:
    """Compute one weight file per chunk of pixels; prints ``done N`` after each."""
    import yac.core as yac

    cell = yac.yac_location.YAC_LOC_CELL
    mesh = np.load(folder / "mesh.npz")
    source = yac.BasicGrid.unstruct_new(
        "mesh",
        mesh["count"],
        np.deg2rad(mesh["lon"]),
        np.deg2rad(mesh["lat"]),
        mesh["connection"],
        lonlat_edges=False,
    )
    # without an index of its own for every grid, YAC's addresses come back permuted
    source.set_global_index(cell, np.arange(len(mesh["count"]), dtype=np.intc))
    source_field = yac.InterpField(source.add_coordinates(cell))
    for number, path in enumerate(sorted(folder.glob("pixels_*.npz"))):
        pixels = np.load(path)
        name = f"pixels_{number}"
        target = yac.BasicGrid.unstruct_new(
            name,
            pixels["count"],
            np.deg2rad(pixels["lon"]),
            np.deg2rad(pixels["lat"]),
            pixels["connection"],
            lonlat_edges=True,
        )
        target.set_global_index(cell, np.arange(len(pixels["count"]), dtype=np.intc))
        stack = yac.InterpolationStack()
        stack.add_conservative(
            order=1,
            partial_coverage=True,
            normalisation=yac.yac_interp_method_conserv_normalisation.YAC_INTERP_CONSERV_DESTAREA,
        )
        weights = yac.compute_weights(stack, source_field, yac.InterpField(target.add_coordinates(cell)))
        weights.write_to_file(str(path.with_suffix(".nc")))
        print(f"done {number + 1}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
