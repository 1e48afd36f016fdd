"""Build tasks for optional layers that do not change: slope, soil, further fields, class maps.

Static fields are finite everywhere: 0 where there is no soil and beyond the land, the configured value
where a further field has none. Class maps have 0 for "none".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.cube.build_land import STAGED_KNOWN, read_part
from pylandbc.cube.categories import categories_of
from pylandbc.cube.config import resolve
from pylandbc.cube.layer_config import SoilFiles
from pylandbc.cube.layout import SLOPE_VARIABLES, SOIL_VARIABLES
from pylandbc.cube.storage import open_array, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.grid.window import Window
from pylandbc.sources.hwsd import read_hwsd
from pylandbc.sources.koeppen import read_koeppen
from pylandbc.sources.raster_layer import read_classes, read_field
from pylandbc.sources.slope import read_slope
from pylandbc.sources.soilgrids import read_soilgrids

CATEGORIES = "categories"
Span = tuple[int, int]


def _soil_reader(soil: SoilFiles, root: Path) -> Callable[[Path, Window], xr.Dataset]:
    paths = [resolve(file, root) for file in soil.files]
    if soil.product == "hwsd":
        raster, table = sorted(paths, key=lambda path: path.suffix.lower() not in {".bil", ".tif", ".tiff"})
        return lambda _, window: read_hwsd(raster, table, window)
    return lambda _, window: read_soilgrids(paths, window)


def write_layers(place: Place, rows: Span, cols: Span) -> Outcome:
    """Optional static fields and class maps on one block, and the area of each class on known land."""
    config, outcome = place.config, Outcome()
    shape = (rows[1] - rows[0], cols[1] - cols[0])
    fields: dict[str, np.ndarray] = {}
    classes: dict[str, np.ndarray] = {}

    def read(reader: Callable[[Path, Window], xr.Dataset], file: str) -> xr.Dataset | None:
        return read_part(reader, place, file, rows, cols, outcome)

    if config.slope is not None:
        dataset = read(read_slope, config.slope)
        for name in SLOPE_VARIABLES:
            fields[name] = _field(dataset, name, shape, 0.0)
    if config.soil is not None:
        dataset = read(_soil_reader(config.soil, place.root), config.soil.files[0])
        for file in config.soil.files[1:]:
            _as_first(outcome, config.soil.files[0], file, place.root)
        for name in SOIL_VARIABLES:
            fields[name] = _field(dataset, name, shape, 0.0)
        classes["soil_texture_class"] = _codes(dataset, "soil_texture_class", shape)
    for entry in config.fields:
        dataset = read(partial(read_field, method=entry.method), entry.file)
        fields[entry.name] = _field(dataset, "field", shape, entry.missing)
    categories = categories_of(config)
    for category, file in zip(categories, config.koeppen, strict=False):
        classes[category.name] = _codes(read(read_koeppen, file), "koeppen_geiger", shape)
    for item in config.classes:
        dataset = read(partial(read_classes, known=tuple(sorted(item.classes))), item.file)
        classes[item.name] = _codes(dataset, "classes", shape)

    corner, names = (rows[0], cols[0]), config.static_names()
    for name, values in fields.items():
        outcome.files += write_region(place.cube, "static", (names.index(name), *corner), values[None])
    for position, category in enumerate(categories):
        values = classes[category.name]
        outcome.files += write_region(place.cube, CATEGORIES, (position, *corner), values[None])
        outcome.numbers[category.name] = class_areas(place, values, rows, cols)
    return outcome


def _field(dataset: xr.Dataset | None, name: str, shape: tuple[int, int], missing: float) -> np.ndarray:
    if dataset is None:
        return np.full(shape, missing, dtype=np.float32)
    values = dataset[name].values
    return np.where(np.isfinite(values), values, missing).astype(np.float32)


def _codes(dataset: xr.Dataset | None, name: str, shape: tuple[int, int]) -> np.ndarray:
    return np.zeros(shape, dtype=np.uint8) if dataset is None else dataset[name].values.astype(np.uint8)


def _as_first(outcome: Outcome, first: str, file: str, root: Path) -> None:
    """Give a further file of a product the provenance, or the absence, of the first."""
    if first in outcome.provenance:
        outcome.provenance[file] = outcome.provenance[first] | {"file": str(resolve(file, root))}
    else:
        outcome.empty[file] = outcome.empty[first]


def known_area(place: Place, rows: Span, cols: Span) -> np.ndarray:
    """Area of each pixel of a block that is land with a class in a training year, 0 elsewhere, m2."""
    known = np.asarray(open_array(place.staging, STAGED_KNOWN)[slice(*rows), slice(*cols)])
    return known * place.config.window.window().pixel_area[slice(*rows), None]


def class_areas(place: Place, codes: np.ndarray, rows: Span, cols: Span) -> list[float]:
    """Known land area of each code 0 ... 255 among those of a block, uint8 (rows, cols), in m2; up to the
    last that occurs."""
    areas = np.bincount(codes.ravel(), known_area(place, rows, cols).ravel(), minlength=256)
    last = int(np.flatnonzero(areas).max(initial=-1))
    return [float(area) for area in areas[: last + 1]]
