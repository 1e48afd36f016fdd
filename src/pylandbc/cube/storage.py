"""How arrays lie on disk: Zarr v3 with 512 x 512 chunks inside larger shards, or Zarr v2 with plain chunks.

A shard is one file that holds many chunks and an index, so that a global cube has hundreds of files per
year instead of thousands, while a training crop still reads single chunks. Writing is aligned to whole
files, so that tasks never share one and every file can be checksummed as soon as it is written.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.codecs import BloscCodec

from pylandbc.cube.checksums import record_file
from pylandbc.cube.layout import CHUNK

SHARD = 2048
"""Pixels along a shard by default."""


@dataclass(frozen=True)
class Storage:
    """Format and sizes of a cube's arrays.

    Parameters
    ----------
    zarr_format
        3, or 2 for tools that read nothing newer.
    shard
        Pixels along a shard (v3), and along what one task writes; a multiple of 512.
    """

    zarr_format: int = 3
    shard: int = SHARD

    def block(self, extent: int) -> int:
        """Pixels along one block (a shard in v3) of an axis with ``extent`` pixels."""
        return extent if extent <= CHUNK else min(self.shard, -(-extent // CHUNK) * CHUNK)

    def blocks(self, extent: int) -> list[tuple[int, int]]:
        """First and last-plus-one pixel of each block of an axis."""
        step = self.block(extent)
        return [(start, min(start + step, extent)) for start in range(0, extent, step)]

    def create(
        self,
        group: zarr.Group,
        name: str,
        shape: tuple[int, ...],
        dtype: Any,
        dimensions: tuple[str, ...],
        **attributes: Any,
    ) -> zarr.Array:
        """A new array, in place of one that is there: chunks of 512 x 512 on the 1 km grid, one per first
        index for coarse fields, one in all for what has a single dimension."""
        shards, packed = None, False
        if dimensions[-2:] == ("y", "x"):
            chunks = (*(1 for _ in shape[:-2]), *(min(CHUNK, n) for n in shape[-2:]))
            outer = (*(1 for _ in shape[:-2]), *(self.block(n) for n in shape[-2:]))
            shards = outer if self.zarr_format == 3 and outer != chunks else None
            packed = np.dtype(dtype).itemsize > 1
        else:
            chunks = (1, *shape[1:]) if len(shape) > 2 else shape
        options: dict[str, Any] = {"dimension_names": dimensions, "shards": shards}
        if packed:
            # numbers of several bytes: half the time of Zarr's usual zstd to read, and no larger
            options["compressors"] = BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")
        if self.zarr_format == 2:
            # v2 has no dimension names of its own; and xarray takes its fill value for "missing"
            options = {"fill_value": "" if np.dtype(dtype).kind == "T" else None}
            attributes = {"_ARRAY_DIMENSIONS": list(dimensions), **attributes}
        with warnings.catch_warnings():
            # variable-length text has no final Zarr v3 specification yet; xarray and zarr-python read it
            warnings.filterwarnings("ignore", message=".*Zarr V3 specification.*")
            return group.create_array(
                name,
                shape=shape,
                dtype=dtype,
                chunks=chunks,
                attributes=attributes,
                overwrite=True,
                # a chunk of zeros is written too, so that a missing one is noticed
                config={"write_empty_chunks": True},
                **options,
            )

    def ensure(
        self,
        group: zarr.Group,
        name: str,
        shape: tuple[int, ...],
        dtype: Any,
        dimensions: tuple[str, ...],
        **attributes: Any,
    ) -> zarr.Array:
        """The array called ``name``: the one that is there if it is of this kind, else a new one."""
        found = group.get(name)
        if isinstance(found, zarr.Array):
            same = (found.shape, found.dtype) == (tuple(shape), np.dtype(dtype))
            held = {key: value for key, value in found.attrs.items() if key != "_ARRAY_DIMENSIONS"}
            if same and held == attributes:
                return found
        return self.create(group, name, shape, dtype, dimensions, **attributes)


def outer_shape(array: zarr.Array) -> tuple[int, ...]:
    """Extents of what one file holds: a shard, or a chunk where there are no shards."""
    return array.shards or array.chunks


def file_indices(array: zarr.Array) -> Iterator[tuple[int, ...]]:
    """Index of every file that a complete array has."""
    return product(*(range(-(-n // step)) for n, step in zip(array.shape, outer_shape(array), strict=True)))


def file_key(array: zarr.Array, index: tuple[int, ...]) -> str:
    """Name of a file relative to the array's directory."""
    return str(array.metadata.encode_chunk_key(index))


def open_array(folder: Path, name: str, mode: Any = "r") -> zarr.Array:
    """One array of a cube that is being built; writes are of whole files, also of zeros."""
    array = zarr.open_array(str(Path(folder) / name), mode=mode)
    return array.with_config({"write_empty_chunks": True})


def write_region(folder: Path, name: str, start: tuple[int, ...], values: np.ndarray) -> list[dict[str, Any]]:
    """Write a region made of whole files and return their records (:func:`record_file`).

    Raises
    ------
    ValueError
        The region cuts a file.
    """
    array = open_array(folder, name, "r+")
    outer = outer_shape(array)
    end = tuple(first + n for first, n in zip(start, values.shape, strict=True))
    for first, last, step, extent in zip(start, end, outer, array.shape, strict=True):
        if first % step or (last % step and last != extent):
            raise ValueError(f"{name}: region {start} ... {end} does not consist of whole files {outer}")
    array[tuple(slice(a, b) for a, b in zip(start, end, strict=True))] = values
    indices = product(*(range(a // s, -(-b // s)) for a, b, s in zip(start, end, outer, strict=True)))
    return [record_file(folder, array, name, index, file_key(array, index)) for index in indices]
