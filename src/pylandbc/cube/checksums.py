"""Checksums of every file of a cube, taken as it is written, kept beside each array (``checksums.json``).

A record names the file, its size and SHA-256 and, for a shard, the CRC-32 of each chunk inside, so that
damage can be told to the chunk. The digest over all records identifies the cube's content: two builds from
the same inputs have the same one.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import zarr

MANIFEST = "checksums.json"
ABSENT = 2**64 - 1
"""Offset and size in a shard's index of a chunk that is not there."""


def inner_count(array: zarr.Array) -> int:
    """Chunks in one shard; 0 where there are no shards."""
    if array.shards is None:
        return 0
    return int(np.prod([s // c for s, c in zip(array.shards, array.chunks, strict=True)]))


def shard_index(tail: bytes, count: int) -> np.ndarray:
    """Offset and size of each chunk, uint64 (count, 2), from a shard that ends with ``tail``.

    The index lies at the end, followed by its CRC-32C (Zarr v3, sharding codec 1.0).
    """
    size = 16 * count + 4
    if len(tail) < size:
        return np.full((count, 2), ABSENT, dtype=np.uint64)
    return np.frombuffer(tail[-size:-4], dtype="<u8").reshape(count, 2)


def inner_sums(content: bytes, count: int) -> list[int | None]:
    """CRC-32 of each chunk of a shard, None where it is absent or reaches beyond the file."""
    sums: list[int | None] = []
    for offset, size in shard_index(content, count).tolist():
        there = offset != ABSENT and offset + size <= len(content)
        sums.append(zlib.crc32(content[offset : offset + size]) if there else None)
    return sums


def record_file(
    folder: Path, array: zarr.Array, name: str, index: tuple[int, ...], key: str
) -> dict[str, Any]:
    """Array, index, key, size, SHA-256 and (for a shard) ``chunks`` of one file."""
    content = (Path(folder) / name / key).read_bytes()
    record: dict[str, Any] = {
        "group": Path(folder).name,
        "array": name,
        "index": list(index),
        "key": key,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    count = inner_count(array)
    if count:
        record["chunks"] = inner_sums(content, count)
    return record


def intact(folder: Path, record: dict[str, Any]) -> bool:
    """Whether the file is what the record says."""
    path = Path(folder) / record["array"] / record["key"]
    if not path.is_file() or path.stat().st_size != record["size"]:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == record["sha256"]


def write_manifest(folder: Path, name: str, records: list[dict[str, Any]]) -> None:
    """Keep the records of one array; its metadata files are recorded too."""
    place = Path(folder) / name
    lines = [{k: v for k, v in r.items() if k not in ("group", "array")} for r in records]
    for key in ("zarr.json", ".zarray", ".zattrs"):
        if (place / key).is_file():
            content = (place / key).read_bytes()
            lines.append(
                {"key": key, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "index": []}
            )
    lines.sort(key=lambda record: record["key"])
    (place / MANIFEST).write_text(json.dumps(lines, separators=(",", ":")) + "\n", encoding="utf-8")


def read_manifest(folder: Path, name: str) -> list[dict[str, Any]] | None:
    """Records of one array, None where there are none."""
    path = Path(folder) / name / MANIFEST
    if not path.is_file():
        return None
    return [{"array": name, **record} for record in json.loads(path.read_text(encoding="utf-8"))]


def content_digest(folder: Path, names: list[str]) -> str:
    """SHA-256 over all records of all arrays, in order of their names."""
    digest = hashlib.sha256()
    for name in sorted(names):
        for record in read_manifest(folder, name) or []:
            digest.update(f"{name}/{record['key']} {record['sha256']}\n".encode())
    return digest.hexdigest()
