"""Opening mesh files and reading their variables, so that a damaged one is named in a sentence.

NetCDF-4 files carry their own structure; a classic file that was cut short still opens, and the netCDF
library fills what is missing with zeros, so its length is checked against its header.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import netCDF4
import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.formats.angles import to_degrees
from pylandbc.grid.formats.classic_length import required_length

_MASKS = ("mask", "cell_mask")


@contextmanager
def open_file(path: Path) -> Iterator[netCDF4.Dataset]:
    """The netCDF file; ``InputError`` where it is absent, no netCDF, or cut short."""
    if not path.is_file():
        raise InputError(
            f"mesh {path} is neither a file nor a name; names are healpix:NSIDE:nested|ring, "
            "icosahedral:LEVEL, "
            "O32 ... (octahedral Gaussian), N32 ... (classical reduced Gaussian)"
        )
    with path.open("rb") as file:
        start = file.read(4)
    if start[:3] == b"CDF":
        _refuse_short_classic(path)
    try:
        dataset = netCDF4.Dataset(path)
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{path} cannot be read as netCDF ({error}); is it complete? Compare its size with the original"
        ) from error
    try:
        with dataset:
            dataset.set_auto_maskandscale(True)
            yield dataset
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: reading failed ({error}); is it complete?") from error


def _refuse_short_classic(path: Path) -> None:
    """Compare a classic file's length with what its header promises."""
    size = path.stat().st_size
    try:
        needed = required_length(path)
    except (EOFError, KeyError, IndexError) as error:
        raise InputError(
            f"{path} ends within its header ({size} bytes); was the copy interrupted?"
        ) from error
    if size < needed:
        raise InputError(
            f"{path} has {size} bytes, but its header promises {needed}; was the copy interrupted? "
            "Fetch it again"
        )


def attribute(variable: netCDF4.Variable, name: str) -> str | None:
    """A text attribute, None where it is absent."""
    value = getattr(variable, name, None)
    return None if value is None else str(value)


def numbers(dataset: netCDF4.Dataset, name: str) -> np.ndarray:
    """A variable as float64, NaN where missing."""
    return np.ma.filled(np.ma.asarray(dataset[name][...]).astype(np.float64), np.nan)


def angles(dataset: netCDF4.Dataset, name: str, source: str, units_of: str | None = None) -> np.ndarray:
    """A variable in degrees, NaN where missing; ``units_of`` names the variable whose units serve "
    "if it has none."""
    values = numbers(dataset, name)
    # ICON and others leave 9.97e36 without declaring it
    values[np.abs(values) > 1e30] = np.nan
    units = attribute(dataset[name], "units")
    if units is None and units_of is not None and units_of in dataset.variables:
        units = attribute(dataset[units_of], "units")
    return to_degrees(values, units, name, source)


def cell_ids(dataset: netCDF4.Dataset, size: int, first: int, names: tuple[str, ...] = ()) -> np.ndarray:
    """Global ids: ``cell_id`` (as this package writes) or one of ``names`` where the file has it, "
    "else counted."""
    for name in (*names, "cell_id"):
        if name in dataset.variables and dataset[name].size == size:
            return np.ma.filled(dataset[name][...], 0).astype(np.int64).ravel()
    return np.arange(first, first + size, dtype=np.int64)


def mask(
    dataset: netCDF4.Dataset, size: int, chosen: str | None, own: tuple[str, ...], source: str
) -> np.ndarray | None:
    """True where cells are masked (value 0 or missing), None where the file has no mask.

    Parameters
    ----------
    size
        Number of cells.
    chosen
        The variable that the caller names, if any.
    own
        The format's own mask variables; ``mask`` and its like are looked for too.
    """
    if chosen is not None and chosen not in dataset.variables:
        raise InputError(
            f"{source} has no variable {chosen} to mask with (found: {', '.join(dataset.variables)})"
        )
    for name in (chosen,) if chosen is not None else (*own, *_MASKS):
        if name in dataset.variables:
            if dataset[name].size != size:
                if chosen is None and name not in own:
                    continue
                raise InputError(f"{source}: mask {name} has {dataset[name].size} values for {size} cells")
            values = numbers(dataset, name).ravel()
            return ~(np.nan_to_num(values) != 0)
    return None
