"""Carbon dioxide in air: NOAA's Mauna Loa and global records, and the CMIP scenarios' concentrations.

NOAA: text with # comments, missing -9.99 (also -99.99, -999.99), monthly, weekly or yearly; the weekly CSV
of statsmodels (Keeling et al.). CMIP: input4MIPs ``mole_fraction_of_carbon_dioxide_in_air`` in 1e-6 with a
sector or latitude dimension (CMIP6, Meinshausen et al. 2017, 2020), ``co2`` in ppm (CMIP7), or the CSV of
the University of Melbourne. CMIP layouts as public users of the files read them; no genuine one was at
hand.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import cftime
import numpy as np
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.sources.opening import open_netcdf
from pylandbc.sources.provenance import describe

LOWEST, HIGHEST = 150.0, 2500.0
"""Concentrations (ppm) that records and scenarios of the years 0 ... 2500 can have."""
CMIP_VARIABLES = ("mole_fraction_of_carbon_dioxide_in_air", "co2")


def read_co2(path: Path) -> xr.Dataset:
    """CO2 of any of the formats above.

    Returns
    -------
    xarray.Dataset
        ``co2`` (ppm, float64), NaN where missing: on ``time`` (first day of the month) for monthly and weekly
        files, on ``year`` for yearly ones. Weeks are averaged by month.

    Raises
    ------
    InputError
        A format that is none of these, or concentrations that none can have (wrong column or unit).
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} does not exist; see `pylandbc sources list` for where to fetch it")
    if path.suffix.lower() in {".nc", ".nc4"}:
        months, values, product = _from_netcdf(path)
    else:
        months, values, product = _from_text(path)
    values = np.where(values <= 0, np.nan, values)
    known = values[np.isfinite(values)]
    if known.size == 0 or known.min() < LOWEST or known.max() > HIGHEST:
        found = "no value" if known.size == 0 else f"{known.min():g} to {known.max():g} ppm"
        raise InputError(f"{path} gives {found}; CO2 lies between {LOWEST:g} and {HIGHEST:g} ppm")
    if months.dtype.kind == "M":
        stamps, index = np.unique(months, return_inverse=True)
        sums = np.zeros(stamps.size), np.zeros(stamps.size)
        good = np.isfinite(values)
        np.add.at(sums[0], index[good], values[good])
        np.add.at(sums[1], index[good], 1.0)
        with np.errstate(invalid="ignore"):
            mean = np.where(sums[1] > 0, sums[0] / sums[1], np.nan)
        dataset = xr.Dataset({"co2": ("time", mean)}, coords={"time": stamps.astype("datetime64[s]")})
    else:
        dataset = xr.Dataset({"co2": ("year", values)}, coords={"year": months})
    dataset["co2"].attrs = {"units": "ppm", "standard_name": "mole_fraction_of_carbon_dioxide_in_air"}
    licence = "CC-BY-4.0" if path.suffix.lower() in {".nc", ".nc4"} else "CC0-1.0 (NOAA GML; Scripps: cite)"
    version = re.search(r"UoM-[\w-]+?(?=_)|CR-[\w-]+?(?=_)", path.name)
    return describe(
        dataset,
        path,
        product=product,
        version=version.group(0) if version else "not stated",
        licence=licence,
    )


def annual_co2(dataset: xr.Dataset, longest_gap: int = 3) -> xr.Dataset:
    """Yearly means, dimension ``year``.

    Gaps of at most ``longest_gap`` months are filled by the mean seasonal cycle about a straight line between
    their neighbours; years that still lack a month are left out; ``InputError`` if no year is complete.
    """
    if "year" in dataset.dims:
        return dataset
    stamps = dataset["time"].values.astype("datetime64[M]")
    months = np.arange(stamps[0], stamps[-1] + 1)
    values = np.full(months.size, np.nan)
    values[(stamps - stamps[0]).astype(np.int64)] = dataset["co2"].values
    filled = _fill(values, months.astype(np.int64) % 12, longest_gap)
    years = months.astype("datetime64[Y]").astype(np.int64) + 1970
    kept = [y for y in np.unique(years) if (years == y).sum() == 12 and np.isfinite(filled[years == y]).all()]
    if not kept:
        raise InputError(f"{dataset.attrs.get('file')} holds no complete year of CO2")
    length = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.float64)
    means = [np.average(filled[years == y], weights=length[years == y]) for y in kept]
    out = xr.Dataset({"co2": ("year", np.array(means))}, coords={"year": kept}, attrs=dataset.attrs)
    out["co2"].attrs = dict(dataset["co2"].attrs)
    return out


def _fill(values: np.ndarray, month: np.ndarray, longest: int) -> np.ndarray:
    good = np.isfinite(values)
    position = np.arange(values.size)
    line = np.interp(position, position[good], values[good])
    # a centred twelve-month mean removes the cycle; what is left of the known months, by month, is the cycle
    kernel = np.concatenate([[0.5], np.ones(11), [0.5]]) / 12
    trend = np.convolve(np.pad(line, 6, mode="reflect", reflect_type="odd"), kernel, mode="valid")
    rest = np.where(good, values - trend, np.nan)
    cycle = np.array([np.nanmean(rest[month == m]) if good[month == m].any() else 0.0 for m in range(12)])
    out = values.copy()
    flat = np.interp(position, position[good], (values - cycle[month])[good])
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (~good).astype(np.int8), [0]])))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        if last - first <= longest and first > 0 and last < values.size:
            out[first:last] = flat[first:last] + cycle[month[first:last]]
    return out


def _month(year: float, month: float) -> np.datetime64:
    return np.datetime64(f"{int(year):04d}-{int(month):02d}", "M")


def _from_text(path: Path) -> tuple[np.ndarray, np.ndarray, str]:
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise InputError(f"{path} holds no data lines; is the download complete?")
    header = lines[0].lower()
    try:
        if "," in lines[0]:
            return _from_csv(lines, path)
        rows = [[float(item) for item in line.split()] for line in lines]
        width = {len(row) for row in rows}
        if len(width) != 1:
            raise InputError(f"{path}: line {lines[-1]!r} has another number of columns; it may be cut short")
        table = np.array(rows)
        if table.shape[1] == 3:
            return table[:, 0].astype(np.int64), table[:, 1], "NOAA CO2, annual mean"
        # weekly files have the day before the decimal year, monthly ones do not
        value = 4 if table.shape[1] >= 9 else 3
        months = np.array([_month(y, m) for y, m in table[:, :2]])
        return months, table[:, value], "NOAA CO2, weekly" if value == 4 else "NOAA CO2, monthly mean"
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not a NOAA CO2 record ({error}; first line {header[:60]!r})") from error


def _from_csv(lines: list[str], path: Path) -> tuple[np.ndarray, np.ndarray, str]:
    rows = list(csv.DictReader(lines))
    names = [name.strip().lower() for name in rows[0]] if rows else []
    table = [{k.strip().lower(): (v or "").strip() for k, v in row.items() if k} for row in rows]

    def number(row: dict[str, str], name: str) -> float:
        return float(row[name]) if row.get(name) else np.nan

    if {"date", "co2"} <= set(names):
        months = np.array([_month(float(r["date"][:4]), float(r["date"][4:6])) for r in table])
        return months, np.array([number(r, "co2") for r in table]), "Mauna Loa CO2, weekly (Scripps)"
    value = next((n for n in ("average", "data_mean_global", "mean") if n in names), None)
    if value is None or "year" not in names:
        raise InputError(f"{path} has columns {', '.join(names)}; expected date and co2, or year and average")
    values = np.array([number(r, value) for r in table])
    product = "CMIP6 CO2 (University of Melbourne)" if value == "data_mean_global" else "NOAA CO2"
    if "month" in names:
        return np.array([_month(number(r, "year"), number(r, "month")) for r in table]), values, product
    return np.array([int(number(r, "year")) for r in table]), values, product


def _from_netcdf(path: Path) -> tuple[np.ndarray, np.ndarray, str]:
    with open_netcdf(path, decode=False) as dataset:
        name = next((n for n in CMIP_VARIABLES if n in dataset), None)
        if name is None:
            raise InputError(
                f"CO2 variable {CMIP_VARIABLES[0]!r} missing in {path} "
                f"(found: {', '.join(map(str, dataset.data_vars))})"
            )
        variable = dataset[name]
        values = _global_mean(variable, dataset, path)
        factor = _to_ppm(str(variable.attrs.get("units", "")), values, path)
        time = dataset["time"]
        units = str(time.attrs.get("units", ""))
        calendar = str(time.attrs.get("calendar", "standard"))
        try:
            base = re.search(r"since\s+(-?\d+)", units)
            if base and int(base.group(1)) <= 0:
                # the standard calendar has no year 0; the files count from it all the same
                calendar = "proleptic_gregorian" if calendar in {"standard", "gregorian"} else calendar
                when = cftime.num2date(time.values, units, calendar, has_year_zero=True)
            else:
                when = cftime.num2date(time.values, units, calendar)
        except ValueError as error:
            raise InputError(f"{path}: time with units {units!r} cannot be decoded ({error})") from error
    years = np.array([d.year for d in when], dtype=np.int64)
    product = "CMIP CO2 concentration (input4MIPs)"
    if np.unique(years).size == years.size and years.size > 1:
        return years, values * factor, product
    return np.array([_month(d.year, d.month) for d in when]), values * factor, product


def _global_mean(variable: xr.DataArray, dataset: xr.Dataset, path: Path) -> np.ndarray:
    other = [d for d in variable.dims if d != "time"]
    if "time" not in variable.dims or len(other) > 1:
        raise InputError(
            f"{path}: {variable.name} has dimensions {variable.dims}, expected (time, sector or lat)"
        )
    values = variable.transpose("time", *other).values.astype(np.float64)
    fill = variable.attrs.get("_FillValue", variable.attrs.get("missing_value"))
    values = values if fill is None else np.where(values == fill, np.nan, values)
    if not other:
        return values
    if other[0] in {"lat", "latitude"}:
        weight = np.cos(np.deg2rad(dataset[other[0]].values.astype(np.float64)))
        return values @ (weight / weight.sum())
    # sector 0 is the global mean, 1 and 2 the hemispheres
    named = re.search(r"(\d+)\s*:\s*global", " ".join(map(str, dataset[other[0]].attrs.values())).lower())
    return values[:, int(named.group(1)) if named else 0]


def _to_ppm(units: str, values: np.ndarray, path: Path) -> float:
    text = units.replace(" ", "").lower()
    if text in {"1.e-6", "1e-6", "1.0e-6", "ppm", "1.e-06", "1e-06", "ppmv"}:
        return 1.0
    if text in {"1", "molmol-1", "mol/mol"} and np.nanmax(values) < 0.01:
        return 1e6
    raise InputError(f"{path}: CO2 has units {units!r}; expected 1.e-6, ppm or mol mol-1")
