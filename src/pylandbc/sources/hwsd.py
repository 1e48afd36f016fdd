"""Harmonized World Soil Database v2 (FAO and IIASA, 30 arc-seconds): soil texture.

``HWSD2.bil`` holds the mapping unit of each cell, table HWSD2_LAYERS its soils with their shares. The table
is distributed as a Microsoft Access file, which is not read; export it (``mdb-export HWSD2.mdb
HWSD2_LAYERS``) or take the distributed SQLite version. Columns: HWSD2_SMU_ID, SEQUENCE, SHARE, LAYER (D1
... D7), SAND, SILT, CLAY (%), TEXTURE_USDA; negative values stand for rock, water and the like. Layout:
HWSD v2.0 technical report (cc3823en); no genuine file was at hand.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import area_mean, nearest

COLUMNS = ("HWSD2_SMU_ID", "SHARE", "LAYER", "SAND", "SILT", "CLAY", "TEXTURE_USDA")
PARTS = ("sand", "silt", "clay")


def read_hwsd(raster: Path, layers: Path, window: Window, layer: str = "D1") -> xr.Dataset:
    """Soil texture on the window's pixels.

    Parameters
    ----------
    raster
        ``HWSD2.bil`` (with its .hdr) or a GeoTIFF made of it.
    layers
        HWSD2_LAYERS as CSV, or the SQLite database.
    layer
        D1 (0-20 cm) ... D7 (150-200 cm).

    Returns
    -------
    xarray.Dataset
        ``sand_fraction``, ``silt_fraction``, ``clay_fraction`` float32 (y, x), means over a unit's soils by
        their shares; ``soil_texture_class`` uint8 of the soil with the largest share, codes of
        :data:`pylandbc.sources.soil_texture.TEXTURES`, 0 none.

    Raises
    ------
    InputError
        A column or the layer is missing, or the raster's units are not in the table.
    """
    raster, layers = Path(raster), Path(layers)
    grid, no_data = read_geotiff(raster, window)
    units = grid.values.astype(np.int64)
    if no_data is not None:
        units[units == int(no_data)] = 0
    present = set(np.unique(units).tolist()) - {0, 65535, -1}
    table = _texture_of(layers, layer, present)
    if present and not table:
        raise InputError(f"{layers} has none of the mapping units of {raster}; is it HWSD version 2 as well?")
    largest = max([*present, 0])
    lookup = np.full((4, largest + 1), np.nan)
    for unit, entry in table.items():
        lookup[:, unit] = entry
    index = np.clip(np.where((units > 0) & (units <= largest), units, 0), 0, largest)
    fields = {}
    for i, part in enumerate(PARTS):
        values = RegularGrid(lookup[i][index], grid.latitude, grid.longitude)
        mean = area_mean(values, window.latitude, window.longitude)
        fields[f"{part}_fraction"] = (("y", "x"), mean.astype(np.float32), {"units": "1"})
    codes = np.nan_to_num(lookup[3], nan=0.0).astype(np.uint8)[index]
    classes = nearest(RegularGrid(codes, grid.latitude, grid.longitude), window.latitude, window.longitude, 0)
    dataset = xr.Dataset(fields, coords={"y": window.latitude, "x": window.longitude})
    dataset["soil_texture_class"] = (("y", "x"), classes)
    return describe(
        dataset,
        raster,
        product="HWSD",
        version=f"2.0, layer {layer}",
        licence="CC-BY-NC-SA-3.0-IGO (FAO and IIASA)",
        note=f"texture from {layers.name}; fractions by share and area, class of the dominant soil",
    )


def _texture_of(path: Path, layer: str, wanted: set[int]) -> dict[int, tuple[float, float, float, float]]:
    """Sand, silt, clay (fractions by share) and texture code of the dominant soil of each unit."""
    sums: dict[int, np.ndarray] = {}
    dominant: dict[int, tuple[float, float]] = {}
    layers_seen = set()
    for row in _rows(path):
        layers_seen.add(row["LAYER"])
        if row["LAYER"] != layer:
            continue
        unit = int(float(row["HWSD2_SMU_ID"]))
        if unit not in wanted:
            continue
        share = float(row["SHARE"] or 0)
        parts = [float(row[name] or -9) for name in ("SAND", "SILT", "CLAY")]
        if min(parts) >= 0 and sum(parts) > 0:
            weight = share / sum(parts)
            sums[unit] = sums.get(unit, np.zeros(3)) + weight * np.array(parts)
        code = float(row["TEXTURE_USDA"] or 0)
        if share > dominant.get(unit, (0.0, 0.0))[0]:
            dominant[unit] = (share, code if 1 <= code <= 13 else 0.0)
    if layer not in layers_seen:
        raise InputError(f"{path} has no layer {layer!r} (found: {', '.join(sorted(layers_seen)[:8])})")
    out = {}
    for unit, (_, code) in dominant.items():
        total = sums.get(unit, np.full(3, np.nan))
        out[unit] = (*(total / total.sum()), code)
    return out


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.is_file():
        raise InputError(f"{path} does not exist; export table HWSD2_LAYERS of the HWSD v2 database as CSV")
    with path.open("rb") as stream:
        start = stream.read(20)
    if start.startswith(b"SQLite format 3"):
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            found = [row[1] for row in connection.execute("PRAGMA table_info(HWSD2_LAYERS)")]
            _check_columns(found, path)
            query = f"SELECT {', '.join(COLUMNS)} FROM HWSD2_LAYERS"
            for values in connection.execute(query):
                yield dict(zip(COLUMNS, ("" if v is None else str(v) for v in values), strict=True))
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path} cannot be read as SQLite ({error}); is it complete?") from error
        finally:
            connection.close()
        return
    if b"Jet DB" in start or start[:4] == b"\x00\x01\x00\x00":
        raise InputError(f"{path} is a Microsoft Access file; export table HWSD2_LAYERS as CSV (mdb-export)")
    with path.open(newline="", encoding="utf-8-sig") as text:
        reader = csv.DictReader(text)
        _check_columns(list(reader.fieldnames or []), path)
        yield from reader


def _check_columns(found: list[str], path: Path) -> None:
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        raise InputError(
            f"{path} lacks columns {', '.join(missing)} of HWSD2_LAYERS (found: {', '.join(found[:9])})"
        )
