"""Carbon dioxide in a bundle's series: one number a year for all cells, from a file or from the cube.

Which scenario it is, is the choice of the file (`pylandbc.sources.co2.read_co2`: NOAA's records, input4MIPs,
the University of Melbourne's tables); a cube brings the one that it was built with.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import zarr

from pylandbc.errors import InputError
from pylandbc.sources.co2 import annual_co2, read_co2

CO2 = "mole_fraction_of_carbon_dioxide_in_air"
CO2_UNITS = {CO2: "ppm"}


def carbon_dioxide(cube: Path, file: Path | None) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Years without gaps and annual means (ppm) by CF name; nothing where neither file nor cube has any.

    Raises
    ------
    InputError
        A file that is none, or a series with a gap.
    """
    if file is not None:
        series = annual_co2(read_co2(file))["co2"].dropna("year")
        years, values = series["year"].values, series.values
    else:
        group = zarr.open_group(cube, mode="r")
        if "co2" not in group:
            return {}
        years, values = np.asarray(group["co2_year"]), np.asarray(group["co2"])
        years, values = years[np.isfinite(values)], values[np.isfinite(values)]
    if years.size == 0:
        raise InputError(f"{file or cube} holds no complete year of CO2")
    gap = np.flatnonzero(np.diff(years) != 1)
    if gap.size:
        raise InputError(
            f"the CO2 of {file or cube} has a gap after {years[gap[0]]}; a bundle's series has every year"
        )
    return {CO2: (years.astype(np.int32), values.astype(np.float64))}
