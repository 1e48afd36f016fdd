"""Build tasks for land cover: the class of the largest area in each pixel, and the areas of all if wanted.

Classes are those of :data:`pylandbc.legend.LAND_COVER_CLASSES`. The cube's land mask decides between ocean
and land, as it does for land use: water on land is the class "water bodies", ocean has no other class, and
a land pixel about which the product says nothing is unknown.
"""

from __future__ import annotations

import numpy as np

from pylandbc.cube.build_land import read_part
from pylandbc.cube.build_layers import Span, class_areas
from pylandbc.cube.layout import STATIC_VARIABLES
from pylandbc.cube.storage import open_array, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.legend import LAND_COVER_GLOBAL, UNKNOWN, land_cover_class
from pylandbc.sources.land_cover import read_land_cover

LAND_COVER, FRACTIONS = "land_cover", "land_cover_fraction"
YEAR, CLASS = "land_cover_year", "land_cover_class"
STEPS = 250
"""A fraction of 1 is packed as this number; 255 is missing."""
TABLE = np.array(
    [land_cover_class(code) if code in LAND_COVER_GLOBAL.codes else UNKNOWN for code in range(256)]
)


def write_land_cover(place: Place, file: str, year: int, position: int, rows: Span, cols: Span) -> Outcome:
    """One year on one block, and the area of each class on known land."""
    config, outcome = place.config, Outcome()
    wanted = config.land_cover is not None and config.land_cover.fractions
    dataset = read_part(
        lambda path, w: read_land_cover(path, w, year, "global", fractions=wanted),
        place,
        file,
        rows,
        cols,
        outcome,
    )
    mask = open_array(place.cube, "static")[STATIC_VARIABLES.index("land_mask"), slice(*rows), slice(*cols)]
    land = np.asarray(mask) == 1
    classes = np.full(land.shape, UNKNOWN, dtype=np.uint8)
    if dataset is not None:
        classes = TABLE[dataset["land_cover"].values[0]].astype(np.uint8)
    classes[~land] = 0
    outcome.files += write_region(place.cube, LAND_COVER, (position, rows[0], cols[0]), classes[None])
    if wanted:
        shape = (len(LAND_COVER_GLOBAL), *land.shape)
        share = np.full(shape, np.nan) if dataset is None else dataset[FRACTIONS].values[0]
        packed = pack_fractions(share)
        packed[:, ~land] = UNKNOWN
        outcome.files += write_region(place.cube, FRACTIONS, (position, 0, rows[0], cols[0]), packed[None])
    outcome.numbers[f"{LAND_COVER} {year}"] = class_areas(place, classes, rows, cols)
    return outcome


def pack_fractions(share: np.ndarray) -> np.ndarray:
    """Fractions (class, y, x) that sum to 1 as bytes that sum to 250 exactly; NaN becomes 255.

    Each is rounded, and the largest takes what is left over.
    """
    known = np.isfinite(share[0])
    numbers = np.round(np.nan_to_num(share, nan=0.0) * STEPS).astype(np.int16)
    largest = share.argmax(axis=0)[None]
    rest = STEPS - numbers.sum(axis=0, keepdims=True)
    np.put_along_axis(numbers, largest, np.take_along_axis(numbers, largest, 0) + rest, 0)
    return np.where(known, numbers, UNKNOWN).astype(np.uint8)
