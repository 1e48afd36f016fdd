"""LUH2 v2h, LUH2 v2f and LUH3 (Hurtt et al. 2020): land-use states, management, transitions, static fields.

The files defeat the usual decoders, hence everything is read undecoded: time counts "years since 850-01-01"
(2015 in scenarios) without leap years; the fill attribute is misspelt ``_Fillvalue``, so that only
``missing_value`` (1e20) marks missing cells; latitude may run either way. LUH3 (CMIP7, UofMD-landState-3)
has the same variables under input4MIPs names, its time in days; version 3.0 had plantations ``pltns`` as a
13th state. Layout of LUH3 as public readers of it describe; no genuine file was at hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LUH2_STATES
from pylandbc.sources.opening import coordinate, open_netcdf
from pylandbc.sources.provenance import describe
from pylandbc.sources.regular_grid import cut
from pylandbc.sources.resample import nearest
from pylandbc.sources.time_axis import positions_of, years_of

SECONDARY = ("secma", "secmb")
"""Mean age (years) and mean biomass carbon density (kg C m-2) of secondary land."""
VARIABLES = LUH2_STATES + SECONDARY
PLANTATIONS = "pltns"
"""State that LUH3 3.0 has besides the 12; later versions count plantations as ``secdf``."""
CROPS = ("c3ann", "c4ann", "c3per", "c4per", "c3nfx")
STATIC = {"icwtr": "1", "carea": "m2", "ptbio": "kg m-2", "fstnf": "1", "ccode": "1"}
"""Static fields and their units here: ice and water fraction, cell area, potential biomass carbon, forest (1)
or not (0), country code. The file states km2 for ``carea``."""
MISSING = 1e20
"""``missing_value`` of the product; anything beyond a tenth of it is missing."""


def read_luh2(path: Path, window: Window, years: list[int] | None = None) -> xr.Dataset:
    """The 14 variables of a states file on the window's 0.25 degree cells.

    Parameters
    ----------
    path
        ``states.nc``, a scenario's ``multiple-states_...nc``, or a spatial part of one.
    years
        Calendar years wanted; all of the file's by default.

    Returns
    -------
    xarray.Dataset
        float32 (year, lat, lon), north first, NaN where missing; a state holds at the beginning of its year.
        From LUH3 3.0 also ``pltns``.

    Raises
    ------
    InputError
        A variable is missing, years are not covered, fractions outside 0 ... 1, or the grid is not 0.25
        degree.
    """
    path = Path(path)
    with open_netcdf(path, decode=False) as dataset:
        for name in VARIABLES:
            if name not in dataset:
                raise InputError(
                    f"LUH2 variable {name!r} missing in {path} "
                    f"(found: {', '.join(map(str, dataset.data_vars))}); "
                    "is this the transitions or management file?"
                )
        names = VARIABLES + ((PLANTATIONS,) if PLANTATIONS in dataset else ())
        result = _yearly(dataset, names, window, years, path)
        for name in names:
            if name not in SECONDARY:
                _check_fraction(result[name].values, name, path, "state", "states")
        note = "plantations are a state of their own (pltns)" if PLANTATIONS in names else ""
        return _described(result, dataset, path, "states", note)


def management_variables(names: list[str]) -> list[str]:
    """Those of a file's variables that describe management: fertiliser, irrigation, biofuel, wood."""
    crop = rf"(fertl|irrig|crpbf|cpbf1|cpbf2|fharv)_({'|'.join(CROPS)})"
    return [n for n in names if re.fullmatch(rf"{crop}|flood|combf|rndwd|fulwd|fharv_\w+|prtct_\w+|addtc", n)]


def transition_variables(names: list[str]) -> list[str]:
    """Those of a file's variables that are transitions: ``a_to_b``, wood harvest area and biomass."""
    return [n for n in names if re.fullmatch(r"\w+_to_\w+|(primf|primn|secmf|secyf|secnf)_(harv|bioh)", n)]


def read_luh2_management(
    path: Path, window: Window, years: list[int] | None = None, variables: list[str] | None = None
) -> xr.Dataset:
    """Management: ``fertl_*`` (kg N ha-1 of the crop and year), ``irrig_*``, ``crpbf_*``, ``flood``
    (fractions of the crop), ``rndwd``, ``fulwd``, ``combf`` (shares of the wood) and what else the file has.

    Parameters and result as :func:`read_luh2`; ``variables`` narrows what is read, units are the file's.
    """
    return _others(path, window, years, variables, management_variables, "management")


def read_luh2_transitions(
    path: Path, window: Window, years: list[int] | None = None, variables: list[str] | None = None
) -> xr.Dataset:
    """Transitions: ``a_to_b`` and ``*_harv`` (fractions of the cell and year), ``*_bioh`` (kg C a year).

    Those of year t lead from the states of t to the states of t + 1. Parameters and result as
    :func:`read_luh2`; ``variables`` narrows what is read (the files are large), units are the file's.
    """
    return _others(path, window, years, variables, transition_variables, "transitions")


def read_luh2_static(path: Path, window: Window) -> xr.Dataset:
    """``staticData_quarterdeg.nc`` (LUH3: ``multiple-static_...nc``) on the window's 0.25 degree cells.

    Returns
    -------
    xarray.Dataset
        float32 (lat, lon): ``icwtr`` and, where the file has them, ``carea`` (m2), ``ptbio``, ``fstnf``,
        ``ccode``.

    Raises
    ------
    InputError
        ``icwtr`` is missing, or a variable has other dimensions.
    """
    path = Path(path)
    with open_netcdf(path, decode=False) as dataset:
        names = [name for name in STATIC if name in dataset]
        if "icwtr" not in names:
            raise InputError(
                f"LUH2 variable 'icwtr' missing in {path} "
                f"(found: {', '.join(map(str, dataset.data_vars))}); is this staticData_quarterdeg.nc?"
            )
        lat, lon = _axes(dataset, path)
        fields = {}
        for name in names:
            variable = dataset[name]
            if variable.dims[-2:] != (lat, lon):
                raise InputError(f"{path}: {name} has dimensions {variable.dims}, expected ({lat}, {lon})")
            values = _on_cells(variable.isel(dict.fromkeys(variable.dims[:-2], 0)), dataset, window, path)
            if name == "carea" and "km" in str(variable.attrs.get("units", "km2")):
                values = values * np.float32(1e6)
            fields[name] = (("lat", "lon"), values, {"units": STATIC[name]})
        coords = {"lat": window.coarse_latitude, "lon": window.coarse_longitude}
        result = xr.Dataset(fields, coords=coords)
        _check_fraction(result["icwtr"].values, "icwtr", path, "fraction", "ice and water")
        return _described(result, dataset, path, "static data", "")


def _others(
    path: Path,
    window: Window,
    years: list[int] | None,
    variables: list[str] | None,
    choose: Callable[[list[str]], list[str]],
    kind: str,
) -> xr.Dataset:
    path = Path(path)
    with open_netcdf(path, decode=False) as dataset:
        found = choose([str(name) for name in dataset.data_vars])
        missing = [name for name in variables or [] if name not in found]
        if missing or not found:
            raise InputError(
                f"LUH2 {kind} {', '.join(missing) or 'variables'} missing in {path} "
                f"(found: {', '.join(map(str, dataset.data_vars))})"
            )
        wanted = tuple(variables or found)
        return _described(_yearly(dataset, wanted, window, years, path), dataset, path, kind, "")


def _axes(dataset: xr.Dataset, path: Path) -> tuple[str, str]:
    return (
        coordinate(dataset, ("lat", "latitude"), path),
        coordinate(dataset, ("lon", "longitude"), path),
    )


def _on_cells(variable: xr.DataArray, dataset: xr.Dataset, window: Window, path: Path) -> np.ndarray:
    """One map on the window's cells, float32, NaN where missing."""
    lat, lon = _axes(dataset, path)

    def read(rows: slice, cols: slice) -> np.ndarray:
        values = variable[rows, cols].values.astype(np.float32)
        return np.where(np.abs(values) > MISSING / 10, np.nan, values)

    grid = cut(read, dataset[lat].values, dataset[lon].values, window, path, margin=1)
    if not np.allclose(grid.step, 0.25, rtol=1e-3):
        raise InputError(f"{path}: grid spacing {grid.step} degrees; LUH2 has 0.25")
    return nearest(grid, window.coarse_latitude, window.coarse_longitude, np.nan).astype(np.float32)


def _yearly(
    dataset: xr.Dataset, names: tuple[str, ...], window: Window, years: list[int] | None, path: Path
) -> xr.Dataset:
    lat, lon = _axes(dataset, path)
    available = years_of(dataset[coordinate(dataset, ("time",), path)], path)
    wanted = available.tolist() if years is None else list(years)
    index = positions_of(wanted, available, path)
    fields = {}
    for name in names:
        variable = dataset[name]
        if variable.ndim != 3 or variable.dims[1:] != (lat, lon):
            raise InputError(f"{path}: {name} has dimensions {variable.dims}, expected (time, {lat}, {lon})")
        stack = np.stack([_on_cells(variable[i], dataset, window, path) for i in index])
        units = str(variable.attrs.get("units", "1"))
        fields[name] = (("year", "lat", "lon"), stack, {"units": units})
    coords = {"year": wanted, "lat": window.coarse_latitude, "lon": window.coarse_longitude}
    return xr.Dataset(fields, coords=coords)


def _check_fraction(values: np.ndarray, name: str, path: Path, kind: str, kinds: str) -> None:
    if np.nanmin(values, initial=0) < -1e-5 or np.nanmax(values, initial=0) > 1 + 1e-5:
        raise InputError(
            f"{path}: {kind} {name} runs from {np.nanmin(values)} to {np.nanmax(values)}; "
            f"{kinds} are fractions between 0 and 1"
        )


def _described(result: xr.Dataset, dataset: xr.Dataset, path: Path, kind: str, note: str) -> xr.Dataset:
    stated = {name: str(text) for name, text in dataset.attrs.items()}
    text = stated.get("title", stated.get("source_id", stated.get("source", "not stated")))
    return describe(
        result,
        path,
        product=stated.get("product", f"LUH2 {kind}"),
        version=text,
        licence=stated.get("license", "CC-BY-4.0"),
        note=note,
    )
