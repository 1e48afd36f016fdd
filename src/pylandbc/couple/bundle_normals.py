"""What a bundle holds for an emulator of a vegetation series (docs/contracts.md, "Bundle (format 2)"): the
climatology of the series and of its climate by step of the year, and the maps of the steps before the run.

The climatology is that of the cube's training years, as in training; beyond the cube its edge is repeated,
and the past is not known.
"""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.couple.bundle_files import new_variable
from pylandbc.cube.open import open_cube
from pylandbc.grid.window import COARSE, Window
from pylandbc.grid.window_edge import nearest_pixels
from pylandbc.learn.leaf_area.climatology import Kind, set_normal
from pylandbc.learn.leaf_area.cube_region import cube_region
from pylandbc.learn.leaf_area.region import all_of
from pylandbc.models.leaf_area.inputs import STEPS_PER_YEAR, VegetationInputs

SHOWN = 2
"""Steps before the run that the engine's interpolation wants, whatever the emulator sees."""


def write_normals(
    path: Path, cube: Path, inputs: VegetationInputs, kind: Kind, extended: Window, state_year: int
) -> None:
    """Write the file of a series.

    Parameters
    ----------
    path
        File to write.
    cube
        Cube that holds the series and the climate in its steps.
    inputs
        The emulator's inputs.
    kind
        Which climatology the emulator was trained with.
    extended
        The extended window.
    state_year
        The run begins in this year; maps are those of the steps before it.

    Raises
    ------
    InputError
        The cube lacks the series or the climate, or has no observations in its training years.
    """
    region = cube_region(open_cube(cube), inputs)
    set_normal(region, all_of(region), kind)
    assert region.window is not None and region.normal is not None
    rows, cols, outside = nearest_pixels(extended, region.window, 1)
    coarse_rows, coarse_cols, _ = nearest_pixels(extended, region.window, COARSE)
    steps = STEPS_PER_YEAR[inputs.step]
    first = steps * state_year
    numbers = steps * region.years.astype(np.int64) + region.season
    before = np.flatnonzero((numbers < first) & (numbers >= first - max(SHOWN, *inputs.lags)))
    with netCDF4.Dataset(path, "w") as file:
        file.Conventions = "CF-1.11"
        file.createDimension("step_of_year", steps)
        for name, size in (("y", extended.rows), ("x", extended.cols)):
            file.createDimension(name, size)
        for name, size in zip(("lat", "lon"), extended.coarse_shape, strict=True):
            file.createDimension(name, size)
        normal = new_variable(file, "normal", "f4", ("step_of_year", "y", "x"))
        normal.long_name = f"climatology of {inputs.variable}"
        for step in range(steps):
            normal[step] = region.normal[step][rows[:, None], cols]
        for name in inputs.climate:
            values = region.climate_normal[:, region.climate_names.index(name)]
            variable = new_variable(file, f"climate_{name}", "f4", ("step_of_year", "lat", "lon"))
            variable.units = region.units.get(name, "1")
            variable[:] = values[:, coarse_rows[:, None], coarse_cols]
        if not before.size:
            return
        file.createDimension("first_step", before.size)
        variable = file.createVariable("first_step", "i8", ("first_step",))
        variable[:] = numbers[before]
        variable.long_name = f"{inputs.step}s since year 0"
        maps = new_variable(file, "first", "f4", ("first_step", "y", "x"))
        maps.long_name = "maps before the run; NaN is unknown"
        for i, number in enumerate(before.tolist()):
            maps[i] = np.where(outside, np.float32(np.nan), region.values(number)[rows[:, None], cols])
