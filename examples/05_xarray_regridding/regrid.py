"""A cube's land use on any mesh, and back on the 1 km grid: ``regrid.py CUBE.zarr MESH OUTPUT.nc``.

``import pylandbc.grid.accessor`` gives every dataset on the 1 km grid or on a mesh the methods
``landbc.to_mesh`` and ``landbc.to_grid``. Weights are made once and kept in a cache.
"""

import sys

import numpy as np
import xarray as xr

import pylandbc.grid.accessor  # noqa: F401
from pylandbc.legend import LAND_USE, UNKNOWN


def main(cube: str, mesh: str, output: str) -> None:
    """Fractions of all classes and the class of the largest area on the mesh; what the way back keeps."""
    pixels = xr.open_zarr(cube, consolidated=False)[["land_use"]].isel(year=-1, drop=True).load()
    codes = pixels["land_use"]
    known = codes != UNKNOWN
    fractions = xr.Dataset({c.name: (codes == c.code).where(known).astype(float) for c in LAND_USE.classes})

    on_mesh = fractions.landbc.to_mesh(mesh)
    total = sum(on_mesh[c.name] for c in LAND_USE.classes)
    worst = float(np.nanmax(np.abs(total - 1)))
    print(f"{on_mesh.sizes['cell']} cells by {on_mesh.attrs['weights_engine']}")
    print(f"fractions sum to 1 within {worst:.1e}")
    largest = pixels.landbc.to_mesh(mesh, method="dominant")
    on_mesh.assign(land_use=largest["land_use"]).to_netcdf(output)

    window = fractions.landbc.window
    back = on_mesh[["forest"]].landbc.to_grid(window, mesh)
    area = window.pixel_area[:, None] / 1e6
    on_cells = float((on_mesh["forest"] * on_mesh["cell_area"]).sum()) / 1e6
    print(f"forest on the grid {float((fractions['forest'].values * area).sum()):.3f} km2")
    print(f"forest on the mesh {on_cells:.3f} km2")
    print(f"forest back on the grid {float((back['forest'].values * area).sum()):.3f} km2")


if __name__ == "__main__":
    main(*sys.argv[1:])
