"""Whether every chunk of an array is there, without reading the data.

Zarr reads a chunk that is absent as zeros, which mean ocean. Shards are looked into: their index at the
end of the file says which chunks they hold, and those beyond the array's ragged edge need not be there.
Where checksums were kept (:mod:`pylandbc.cube.checksums`) the sizes of the files must agree too.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import zarr

from pylandbc.cube.checksums import ABSENT, inner_count, read_manifest, shard_index
from pylandbc.cube.storage import file_indices, file_key
from pylandbc.errors import InputError


def check_complete(folder: Path, name: str, array: zarr.Array) -> None:
    """Refuse an array that lacks a chunk, or a file that is shorter than it was.

    Raises
    ------
    InputError
        Names the array and how many chunks there are, or the file that is cut short.
    """
    sizes = {record["key"]: record["size"] for record in read_manifest(folder, name) or []}
    there = wanted = 0
    for index in file_indices(array):
        key = file_key(array, index)
        path = Path(folder) / name / key
        expected = chunks_inside(array, index)
        wanted += len(expected)
        if not path.is_file():
            continue
        size = path.stat().st_size
        if size != sizes.get(key, size):
            raise InputError(
                f"{folder}: {name}/{key} has {size} bytes, {sizes[key]} were written; it was cut or changed: "
                "copy it again, or build the cube again"
            )
        count = inner_count(array)
        if not count:
            there += 1
            continue
        with path.open("rb") as stream:
            stream.seek(-min(size, 16 * count + 4), 2)
            held = shard_index(stream.read(), count)[:, 1].tolist()
        there += sum(held[position] != ABSENT for position in expected)
    if there < wanted:
        raise InputError(
            f"{folder}: {name} has {there} of {wanted} chunks; the copy is incomplete, build it again"
        )


def chunks_inside(array: zarr.Array, index: tuple[int, ...]) -> list[int]:
    """Positions within a shard of the chunks that hold a part of the array; just 0 without shards."""
    if array.shards is None:
        return [0]
    per = [s // c for s, c in zip(array.shards, array.chunks, strict=True)]
    inside = []
    for position, place in enumerate(product(*(range(n) for n in per))):
        first = [(i * n + p) * c for i, n, p, c in zip(index, per, place, array.chunks, strict=True)]
        if all(start < extent for start, extent in zip(first, array.shape, strict=True)):
            inside.append(position)
    return inside
