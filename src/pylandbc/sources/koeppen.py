"""Koeppen-Geiger climate of Beck et al. 2018 (GeoTIFF) and 2023 (GeoTIFF, netCDF), present and future.

Codes 1 (Af) ... 30 (EF), 0 none; :data:`pylandbc.legend.KOEPPEN_GEIGER`. Maps with other codes are in
circulation (five main groups, alphabetical order of 31 classes) and would pass as these; they are refused
where a tropical class lies beyond the subtropics or a code exceeds 30. Layouts: Beck et al. 2018 (Sci. Data
5, 180214), 2023 (Sci. Data 10, 724). The 2023 netCDF files hold ``kg_class`` and ``kg_confidence``, as the
authors' code writes them (github.com/hylken/Koppen-Geiger_maps); no genuine file was at hand.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.opening import coordinate, open_netcdf, read_geotiff
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import RegularGrid, cut
from pylandbc.sources.resample import nearest

TROPICAL = (1, 2, 3)
TROPICS_END = 38.0
"""Latitude beyond which no month-long freeze-free climate of group A exists, degrees (with a wide margin)."""
VARIABLES = ("kg_class", "koppen_geiger", "climate_class", "Band1")


def period_of(path: Path) -> tuple[str, str]:
    """Years and scenario that a file stands for, from its name and folders: ("2071-2099", "ssp585").

    Beck et al. 2018: present is 1980-2016, future 2071-2100 under RCP8.5. Present has scenario "historical".
    """
    text = str(path)
    name = Path(path).name
    years = re.findall(r"((?:19|20)\d{2})[_-]((?:19|20)\d{2})", text)
    scenario = re.findall(r"ssp\d{3}|rcp\d{2}", text.lower())
    if years:
        return "-".join(years[-1]), scenario[-1] if scenario else "historical"
    if "present" in name:
        return "1980-2016", "historical"
    if "future" in name:
        return "2071-2100", "rcp85"
    return "not stated", scenario[-1] if scenario else "not stated"


def read_koeppen(path: Path, window: Window) -> xr.Dataset:
    """``koeppen_geiger`` uint8 (y, x) by nearest neighbour: codes 1 ... 30, 0 none or beyond the file.

    Raises
    ------
    InputError
        Codes beyond 30, a confidence map, or a class map with codes of another legend.
    """
    path = Path(path)
    if "_conf" in path.name or "confidence" in path.name:
        raise InputError(
            f"{path} is the confidence map (percent); the classes are in the file without 'conf'"
        )
    stated: dict[str, str] = {}
    if path.suffix.lower() in {".tif", ".tiff"}:
        grid, no_data = read_geotiff(path, window)
        values = grid.values
        if no_data is not None and np.isfinite(no_data):
            values = np.where(values == no_data, 0, values)
    else:
        grid, stated = _from_netcdf(path, window)
        values = grid.values
    values = np.where(np.isfinite(values), values, 0) if values.dtype.kind == "f" else values
    _check(values, grid.latitude, path)
    codes = RegularGrid(values.astype(np.uint8), grid.latitude, grid.longitude)
    dataset = xr.Dataset(
        {"koeppen_geiger": (("y", "x"), nearest(codes, window.latitude, window.longitude, 0))},
        coords={"y": window.latitude, "x": window.longitude},
    )
    years, scenario = period_of(path)
    dataset.attrs.update(period=years, scenario=scenario)
    return describe(
        dataset,
        path,
        product=stated.get("product", "Koeppen-Geiger (Beck et al.)"),
        version=f"{stated.get('version', '2018' if 'Beck_KG' in path.name else '2023')} {years} {scenario}",
        licence=stated.get("license", "CC-BY-4.0"),
        note="nearest neighbour",
    )


def _check(values: np.ndarray, latitude: np.ndarray, path: Path) -> None:
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 30 or np.any(values != np.floor(values)):
        raise InputError(
            f"{path} holds values from {low} to {high}; Beck's classes are 1 ... 30 and 0 "
            "(other products number the classes alphabetically)"
        )
    beyond = values[np.abs(latitude) > TROPICS_END]
    if beyond.size and np.isin(beyond, TROPICAL).mean() > 1e-3:
        raise InputError(
            f"{path} has tropical classes (1 ... 3) beyond {TROPICS_END:g} degrees of latitude; its codes "
            "are not Beck's 1 ... 30 (is it a map of the five main groups?)"
        )


def _from_netcdf(path: Path, window: Window) -> tuple[RegularGrid, dict[str, str]]:
    with open_netcdf(path, decode=False) as dataset:
        lat = coordinate(dataset, ("lat", "latitude"), path)
        lon = coordinate(dataset, ("lon", "longitude"), path)
        name = next((n for n in VARIABLES if n in dataset), None)
        if name is None:
            found = ", ".join(map(str, dataset.data_vars))
            raise InputError(f"climate classes 'kg_class' missing in {path} (found: {found})")
        variable = dataset[name]
        if variable.dims[-2:] != (lat, lon):
            raise InputError(f"{path}: {name} has dimensions {variable.dims}, expected ({lat}, {lon})")
        fill = variable.attrs.get("_FillValue", variable.attrs.get("missing_value"))
        plane = variable.isel(dict.fromkeys(variable.dims[:-2], 0))

        def read(rows: slice, cols: slice) -> np.ndarray:
            values = plane[rows, cols].values
            return values if fill is None else np.where(values == fill, 0, values)

        grid = cut(read, dataset[lat].values, dataset[lon].values, window, path)
        return grid, {key: str(text) for key, text in dataset.attrs.items()}
