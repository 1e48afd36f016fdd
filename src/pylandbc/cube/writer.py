"""Writes a cube so that nobody ever sees half of one.

The group grows under a temporary name beside its final place and is renamed when it is complete. A build
that is killed leaves at most the temporary directory, which the next build removes.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import zarr

from pylandbc.cube.layout import CHUNK
from pylandbc.errors import InputError


def _partial(path: Path) -> Path:
    return path.with_name(f".{path.name}.partial")


@contextmanager
def atomic_group(path: Path, *, overwrite: bool = False) -> Iterator[zarr.Group]:
    """A new Zarr v3 group that appears at ``path`` only when the block ends without an error.

    Raises
    ------
    InputError
        ``path`` exists and ``overwrite`` is false.
    """
    path = Path(path)
    if path.exists() and not overwrite:
        raise InputError(f"{path} exists; remove it, name another output, or pass --overwrite")
    partial = _partial(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(partial, ignore_errors=True)
    try:
        yield zarr.create_group(partial, zarr_format=3)
        with warnings.catch_warnings():
            # consolidated metadata is an extension that every Zarr v3 reader may ignore
            warnings.filterwarnings("ignore", message=".*[Cc]onsolidated metadata.*")
            zarr.consolidate_metadata(str(partial))
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    if path.exists():
        old = path.with_name(f".{path.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        path.rename(old)
        partial.rename(path)
        shutil.rmtree(old)
    else:
        partial.rename(path)


def write_array(
    group: zarr.Group, name: str, values: np.ndarray, dimensions: tuple[str, ...], **attributes: Any
) -> None:
    """One array with dimension names and attributes; 1 km arrays in chunks (1, 512, 512), others in one
    piece."""
    chunks = (
        (1, min(CHUNK, values.shape[1]), min(CHUNK, values.shape[2]))
        if dimensions[-2:] == ("y", "x")
        else values.shape
    )
    array = group.create_array(
        name,
        shape=values.shape,
        dtype=values.dtype,
        chunks=chunks,
        dimension_names=dimensions,
        attributes=attributes,
        # a chunk of zeros is written too, so that a missing one is noticed
        config={"write_empty_chunks": True},
    )
    array[...] = values


def write_names(group: zarr.Group, name: str, names: tuple[str, ...]) -> None:
    """A coordinate of variable names, which is also its own dimension."""
    with warnings.catch_warnings():
        # fixed-width text has no final Zarr v3 specification yet; xarray and zarr-python both read it
        warnings.filterwarnings("ignore", message=".*Zarr V3 specification.*")
        write_array(group, name, np.array(names, dtype=np.dtypes.StringDType()), (name,))
