"""Looking through a folder of downloads: what is there, which years, what is missing, what is damaged.

A file counts as damaged when it cannot be opened, ends before its own header says, or when its product's
reader refuses a sample of it: missing variables, wrong units, values that the product cannot have. Samples
are three small windows inside the file; ``thorough`` reads every byte besides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.errors

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources import modis_lai, modis_vegetation
from pylandbc.sources.catalogue import CATALOGUE
from pylandbc.sources.dekad import dekads_between
from pylandbc.sources.era5_fields import probe_names
from pylandbc.sources.opening import open_netcdf
from pylandbc.sources.recognise import NETCDF, RASTER, TEXT, Recognised, recognise

TellFile = Callable[[Path, int, int], None]
"""Told the file and how many of how many are done."""

UNUSABLE = ("is HDF4", "is an archive", "is GRIB", "Microsoft Access", "Beck's")
"""Sound files in a form that is not read: another export or edition is needed, not another download."""


@dataclass(frozen=True)
class Finding:
    """What was found in one file. ``status``: good, damaged, unusable or unknown."""

    path: str
    status: str
    product: str = ""
    years: tuple[int, ...] = ()
    dates: tuple[str, ...] = ()
    problem: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Report:
    """What was found in a folder."""

    folder: str
    findings: list[Finding] = field(default_factory=list)

    @property
    def damaged(self) -> list[Finding]:
        """Files that have to be fetched again."""
        return [f for f in self.findings if f.status == "damaged"]

    @property
    def products(self) -> dict[str, list[Finding]]:
        """Good files by product key."""
        out: dict[str, list[Finding]] = {}
        for finding in self.findings:
            if finding.status == "good":
                out.setdefault(finding.product, []).append(finding)
        return out

    @property
    def missing(self) -> list[str]:
        """Keys of products of which there is no good file; alternatives and optional ones are left out."""
        return [
            key
            for key, product in CATALOGUE.items()
            if key not in self.products
            and product.purpose != "alternative"
            and not product.note.startswith("optional")
        ]

    def gaps(self, key: str) -> list[str]:
        """Years (dekads) between the first and the last found of a product that no file has."""
        found = self.products.get(key, [])
        dates = sorted({date for f in found for date in f.dates})
        if dates:
            wanted = dekads_between(np.datetime64(dates[0]), np.datetime64(dates[-1]))
            return [str(date) for date in wanted if str(date) not in set(dates)]
        years = sorted({year for f in found for year in f.years})
        if not years or CATALOGUE[key].step not in {"year", "month", "month or hour", "8 days"}:
            return []
        return [str(y) for y in range(years[0], years[-1] + 1) if y not in set(years)]

    def as_json(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "folder": self.folder,
            "findings": [asdict(finding) for finding in self.findings],
            "missing": self.missing,
            "gaps": {key: self.gaps(key) for key in self.products if self.gaps(key)},
            "damaged": len(self.damaged),
        }


def check_folder(folder: Path, tell: TellFile | None = None, thorough: bool = False) -> Report:
    """Look at every data file below ``folder``.

    Raises
    ------
    InputError
        The folder does not exist.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder; name the one that holds the downloads")
    kinds = NETCDF | RASTER | TEXT
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix.lower() in kinds)
    report = Report(str(folder))
    for done, path in enumerate(paths):
        if tell is not None:
            tell(path, done, len(paths))
        report.findings.append(check_file(path, thorough))
    if tell is not None and paths:
        tell(paths[-1], len(paths), len(paths))
    return report


def check_file(path: Path, thorough: bool = False) -> Finding:
    """Recognise one file, and read samples of it as its product."""
    recognised = None
    try:
        _check_length(path)
        recognised = recognise(path)
        if recognised is None:
            return Finding(str(path), "unknown")
        remark = _probe(path, recognised)
        if thorough:
            _read_all(path)
    except InputError as error:
        status = "unusable" if any(text in str(error) for text in UNUSABLE) else "damaged"
        key = recognised.key if recognised else ""
        return Finding(str(path), status, key, problem=str(error))
    except (OSError, RuntimeError, ValueError, KeyError, IndexError) as error:
        # a file of arbitrary origin must not end the search; its own error is the best description there is
        key = recognised.key if recognised else ""
        problem = f"{path} cannot be read ({type(error).__name__}: {error}); is it the original?"
        return Finding(str(path), "damaged", key, problem=problem)
    years, dates = recognised.years, recognised.dates
    return Finding(str(path), "good", recognised.key, years, dates, remark=remark)


def _check_length(path: Path) -> None:
    """Refuse a GeoTIFF whose blocks lie beyond the end of the file."""
    if path.suffix.lower() not in {".tif", ".tiff"} or path.stat().st_size == 0:
        return
    size = path.stat().st_size
    try:
        with rasterio.open(path) as raster:
            if raster.driver != "GTiff":
                return
            for (row, col), _ in raster.block_windows(1):
                start = raster.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=1)
                length = raster.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=1)
                if start and length and int(start) + int(length) > size:
                    raise InputError(
                        f"{path} is shorter than its header says; it is cut short, fetch it again"
                    )
    except rasterio.errors.RasterioError as error:
        raise InputError(f"{path} cannot be read as GeoTIFF ({error}); is it complete?") from error


def _windows(extent: tuple[float, float, float, float]) -> list[Window]:
    """Three small windows inside an extent."""
    west, south, east, north = extent
    out = []
    for share in (0.25, 0.5, 0.75):
        lat = min(max(south + share * (north - south), -89.5), 89.5)
        lon = (west + share * (east - west) + 180.0) % 360.0 - 180.0
        out.append(Window.from_degrees(lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1))
    return list(dict.fromkeys(out))


def _probe(path: Path, recognised: Recognised) -> str:
    """Read samples of the file by its product's reader; what is worth knowing about it."""
    key = recognised.key
    notes: dict[str, None] = {}

    def read(*arguments: Any, **options: Any) -> None:
        stated = CATALOGUE[key].read()(*arguments, **options).attrs
        noted = str(stated.get("note", ""))
        if "synthetic" in str(stated.get("product", "")):
            notes[f"not an observation: {stated['product']}"] = None
        notes.update(dict.fromkeys(text for text in noted.split("; ") if " says " in text))

    if key in {"noaa_co2", "cmip_co2"}:
        read(path)
    if recognised.extent is None or key in {"noaa_co2", "cmip_co2", "hwsd", "soilgrids"}:
        # a single part of HWSD or SoilGrids cannot be read by itself
        return ""
    if key == "modis_lai" and recognised.variables == (modis_lai.QC_LAYER,):
        return ""
    options: dict[str, str] = {}
    if key == "modis_vegetation":
        index = modis_vegetation.index_of(recognised.variables[0])
        if index is None:
            return ""
        options = {"index": index}
    years = list(dict.fromkeys((*recognised.years[:1], *recognised.years[-1:])))
    for window in _windows(recognised.extent):
        if key == "hilda":
            wanted = years if path.suffix.lower() in NETCDF else (years[:1] or [0])
            read(path, window, wanted)
        elif (key.startswith("luh") and key != "luh2_static") or key == "population":
            read(path, window, years)
        elif key == "land_cover":
            read(path, window, years[0] if years else 0, fractions=False)
        elif key in {"era5", "era5_land"}:
            read(path, window, variables=probe_names(path))
        else:
            read(path, window, **options)
    return "; ".join(notes)


def _read_all(path: Path) -> None:
    """Read every value once, a slab at a time."""
    if path.suffix.lower() in NETCDF:
        with open_netcdf(path, decode=False) as dataset:
            for variable in dataset.data_vars.values():
                rows = variable.shape[0] if variable.ndim else 1
                for i in range(rows):
                    _ = variable[i].values if variable.ndim else variable.values
    elif path.suffix.lower() in RASTER:
        try:
            with rasterio.open(path) as raster:
                for band in range(1, raster.count + 1):
                    for _, window in raster.block_windows(band):
                        raster.read(band, window=window)
        except rasterio.errors.RasterioError as error:
            raise InputError(f"{path} cannot be read as GeoTIFF ({error}); is it complete?") from error
