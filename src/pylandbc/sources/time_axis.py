"""Years of a product's time axis, also where the standard decoders give up.

LUH2 counts "years since 850-01-01" in a noleap calendar, which no CF decoder accepts; HILDA+ files count
plain years. Both are read from the undecoded values.
"""

from __future__ import annotations

import re
from pathlib import Path

import cftime
import numpy as np
import xarray as xr

from pylandbc.errors import InputError


def years_of(time: xr.DataArray, path: Path) -> np.ndarray:
    """Calendar years (int64) of an undecoded time coordinate.

    Understood: "years since Y-...", CF units of days, hours, minutes or seconds, and bare numbers between 1
    and 9999; ``InputError`` if it is none of these.
    """
    values = np.asarray(time.values)
    units = str(time.attrs.get("units", "")).strip()
    match = re.match(r"(?i)(common_)?years?\s+since\s+(-?\d+)", units)
    if match:
        return int(match.group(2)) + np.floor(values + 1e-6).astype(np.int64)
    if "since" in units:
        try:
            dates = cftime.num2date(values, units, str(time.attrs.get("calendar", "standard")))
        except ValueError as error:
            raise InputError(f"{path}: time with units {units!r} cannot be decoded ({error})") from error
        return np.array([date.year for date in np.atleast_1d(dates)], dtype=np.int64)
    if values.dtype.kind in "iuf" and values.size and values.min() >= 1 and values.max() <= 9999:
        return np.asarray(values).astype(np.int64)
    raise InputError(f"{path}: time with units {units!r} is neither years nor a CF time axis")


def positions_of(wanted: list[int], available: np.ndarray, path: Path) -> list[int]:
    """Index of each wanted year; ``InputError`` names those that are missing."""
    missing = [year for year in wanted if year not in available]
    if missing:
        raise InputError(
            f"{path} has no data for {missing} (it covers {available.min()} ... {available.max()})"
        )
    return [int(np.flatnonzero(available == year)[0]) for year in wanted]
