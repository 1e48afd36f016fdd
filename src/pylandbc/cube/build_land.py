"""Build tasks on the 1 km grid: land-use maps as read, land and ocean settled over all years, relief.

HILDA+ wins where it has a class. Where it has none in any year, the land mask decides: ocean becomes class
0, land stays unknown. Settling looks at all years of a pixel together, hence maps are staged first, one
year and strip at a time, and settled block by block.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.cube.config import resolve
from pylandbc.cube.layout import STATIC_VARIABLES
from pylandbc.cube.storage import open_array, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.errors import NoOverlapError
from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.legend import UNKNOWN
from pylandbc.sources.etopo import read_etopo
from pylandbc.sources.eurodem import read_eurodem
from pylandbc.sources.flicker import consecutive, remove_flicker
from pylandbc.sources.gebco import read_gebco
from pylandbc.sources.hilda import read_hilda
from pylandbc.sources.landmask import read_landmask
from pylandbc.sources.provenance import FIELDS

RELIEF_READERS = {"gebco": read_gebco, "etopo": read_etopo, "eurodem": read_eurodem}
STAGED_LAND_USE = "land_use"
STAGED_KNOWN = "known"


def read_part(
    read: Callable[[Path, Window], xr.Dataset],
    place: Place,
    file: str,
    rows: tuple[int, int],
    cols: tuple[int, int],
    outcome: Outcome,
) -> xr.Dataset | None:
    """What a reader gives for a part of the cube's window, None where the file does not reach.

    Readers take windows of whole 0.25 degree cells: the smallest that holds the part is read and cut.
    Provenance, or the reason for its absence, goes into ``outcome``.
    """
    window = place.config.window.window()
    top, left = rows[0] // COARSE * COARSE, cols[0] // COARSE * COARSE
    part = Window(
        window.row + top,
        (window.col + left) % COLS,
        -(-rows[1] // COARSE) * COARSE - top,
        -(-cols[1] // COARSE) * COARSE - left,
    )
    try:
        dataset = read(resolve(file, place.root), part)
    except NoOverlapError as error:
        outcome.empty[file] = str(error)
        return None
    outcome.provenance[file] = {name: str(dataset.attrs[name]) for name in FIELDS if name in dataset.attrs}
    return dataset.isel(y=slice(rows[0] - top, rows[1] - top), x=slice(cols[0] - left, cols[1] - left))


def stage_land_use(place: Place, file: str, year: int, position: int, rows: tuple[int, int]) -> Outcome:
    """One strip of one year's map, as the file has it."""
    window, outcome = place.config.window.window(), Outcome()
    cols = (0, window.cols)
    dataset = read_part(lambda path, w: read_hilda(path, w, [year]), place, file, rows, cols, outcome)
    shape = (1, rows[1] - rows[0], window.cols)
    values = np.full(shape, UNKNOWN, np.uint8) if dataset is None else dataset["land_use"].values
    outcome.files = write_region(place.staging, STAGED_LAND_USE, (position, rows[0], 0), values)
    return outcome


def settle_land(place: Place, rows: tuple[int, int], cols: tuple[int, int]) -> Outcome:
    """Final land use of all years, the land mask, and where a training year has a class, on one block."""
    config, outcome = place.config, Outcome()
    part = (slice(None), slice(*rows), slice(*cols))
    land_use = np.asarray(open_array(place.staging, STAGED_LAND_USE)[part])
    other = np.ones(land_use.shape[1:], dtype=bool)
    if config.land_mask is not None:
        dataset = read_part(read_landmask, place, config.land_mask, rows, cols, outcome)
        other = np.zeros_like(other) if dataset is None else dataset["land_mask"].values.astype(bool)
    known_land = np.zeros_like(other)
    known_ocean = np.zeros_like(other)
    for single in land_use:
        known_land |= (single > 0) & (single != UNKNOWN)
        known_ocean |= single == 0
    land = known_land | (other & ~known_ocean)
    known = np.zeros_like(other)
    for year, single in zip(config.years(), land_use, strict=True):
        single[~land] = 0
        # the coast does not move: a pixel that is land in another year is unknown in this one
        single[land & (single == 0)] = UNKNOWN
        if year in config.training_years:
            known |= land & (single != UNKNOWN)
    flicker = 0
    if config.remove_flicker:
        for run in consecutive(config.years()):
            land_use[run], changed = remove_flicker(land_use[run], config.remove_flicker)
            flicker += changed
    corner = (rows[0], cols[0])
    outcome.files = [
        *write_region(place.cube, "land_use", (0, *corner), land_use),
        *write_region(
            place.cube, "static", (STATIC_VARIABLES.index("land_mask"), *corner), land[None].astype("f4")
        ),
        *write_region(place.staging, STAGED_KNOWN, corner, known.astype(np.uint8)),
    ]
    outcome.numbers = {
        "known_land": int(known_land.sum()),
        "unknown_land": int((land & ~known_land).sum()),
        "flicker": flicker,
    }
    return outcome


def write_relief(place: Place, rows: tuple[int, int], cols: tuple[int, int]) -> Outcome:
    """Elevation on land, depth on ocean, on one block. What no product covers is 0."""
    config, outcome = place.config, Outcome()
    land = open_array(place.cube, "static")[STATIC_VARIABLES.index("land_mask"), slice(*rows), slice(*cols)]
    inside = np.asarray(land) == 1
    read: dict[str, xr.Dataset | None] = {}
    for name, entries in (("elevation", config.elevation), ("bathymetry", config.bathymetry)):
        field = np.full(inside.shape, np.nan, dtype=np.float32)
        for entry in entries:
            if entry.file not in read:
                reader = RELIEF_READERS[entry.product]
                read[entry.file] = read_part(reader, place, entry.file, rows, cols, outcome)
            dataset = read[entry.file]
            if dataset is not None:
                field = np.where(np.isnan(field), dataset[name].values, field)
        where = inside if name == "elevation" else ~inside
        values = np.where(where, np.nan_to_num(field, nan=0.0), 0.0).astype(np.float32)
        start = (STATIC_VARIABLES.index(name), rows[0], cols[0])
        outcome.files += write_region(place.cube, "static", start, values[None])
    return outcome
