"""Forcing for the example host: a cube's monthly climatology on the native cells of a bundle.

The 0.25 degree fields are averaged over each cell by the bundle's own overlap areas (first-order
conservative: the integral over the extended window is kept). A host interpolates the twelve months in time
itself; a real host brings its own atmosphere instead.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np

from pylandbc import __version__
from pylandbc.couple.bundle import Bundle
from pylandbc.couple.bundle_files import coarse_to_cells, write_cells
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.errors import InputError
from pylandbc.whole_file import whole_file

STANDARD_NAMES = ("air_temperature", "precipitation_flux")


def write_forcing(bundle: Bundle, cube: Path, output: Path) -> None:
    """Write a netCDF file of monthly climate on the bundle's native cells.

    Parameters
    ----------
    bundle
        The bundle whose cells are wanted.
    cube
        Cube whose climatology is taken, replicated beyond its window.
    output
        File to write: ``cell_id``, ``lon``, ``lat``, ``cell_area``, corners, and per climate variable
        (month, cell).

    Raises
    ------
    InputError
        If the cube has no climatology there or it has missing values.
    """
    fields = CubeFields(cube)
    mesh, overlap = bundle.mesh_and_overlap()
    output.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(output) as temporary, netCDF4.Dataset(temporary, "w") as file:
        file.Conventions = "CF-1.11"
        file.title = "Monthly climatology on native cells"
        file.source = f"pylandbc {__version__}, climatology of {cube.name}, first-order conservative"
        file.createDimension("month", 12)
        file.createDimension("cell", len(mesh))
        file.createDimension("corner", mesh.lon_vertices.shape[1])
        month = file.createVariable("month", "i4", ("month",))
        month[:] = np.arange(1, 13)
        month.long_name = "month of the year"
        write_cells(file, mesh, "lon", "lat")
        for name, values in fields.climatology(bundle.extended).items():
            if values.shape[0] != 12 or not np.isfinite(values).all():
                raise InputError(
                    f"{cube}: climatology of {name!r} has no 12 months or missing values; "
                    "build the cube again"
                )
            variable = file.createVariable(name, "f8", ("month", "cell"), fill_value=False)
            variable[:] = coarse_to_cells(values, bundle.extended, overlap)
            variable.units = fields.units.get(name, "1")
            variable.coordinates = "lon lat"
            variable.cell_methods = "area: mean time: mean within years time: mean over years"
            if name in STANDARD_NAMES:
                variable.standard_name = name
