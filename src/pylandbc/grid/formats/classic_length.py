"""How long a classic netCDF file must be, from its header (netCDF User's Guide, "File Format "
"Specifications").

A classic file that was cut short still opens, and the netCDF library reads zeros beyond its end; netCDF-4
files need no such check, since HDF5 refuses them. Versions 1 (classic), 2 (64-bit offset) and 5 (64-bit data)
are known.
"""

from __future__ import annotations

import math
from pathlib import Path

_SIZE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8, 7: 1, 8: 2, 9: 4, 10: 8, 11: 8}
"""Bytes of each external type: byte, char, short, int, float, double, and the unsigned and 64-bit ones."""


class _Header:
    """Numbers and names of a header, read one after the other."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 4
        self.version = data[3]

    def take(self, length: int) -> bytes:
        """The next bytes; EOFError where the header itself is cut short."""
        part = self.data[self.at : self.at + length]
        if len(part) < length:
            raise EOFError
        self.at += length
        return part

    def word(self) -> int:
        """A 4-byte tag or type."""
        return int.from_bytes(self.take(4), "big")

    def count(self) -> int:
        """A count, which is longer in version 5."""
        return int.from_bytes(self.take(8 if self.version == 5 else 4), "big")

    def offset(self) -> int:
        """A place in the file."""
        return int.from_bytes(self.take(4 if self.version == 1 else 8), "big")

    def skip_name(self) -> None:
        """A name, padded to 4 bytes."""
        self.take(_padded(self.count()))

    def skip_attributes(self) -> None:
        """A list of attributes."""
        self.word()
        for _ in range(self.count()):
            self.skip_name()
            size = _SIZE[self.word()]
            self.take(_padded(self.count() * size))


def _padded(length: int) -> int:
    return (length + 3) // 4 * 4


def required_length(path: Path) -> int:
    """Bytes that a complete file has at least; EOFError where the header ends early.

    Parameters
    ----------
    path
        A file that begins with ``CDF`` and 1, 2 or 5.
    """
    # headers are small, but may be longer than any guess: read on until they fit
    size = path.stat().st_size
    limit = 1 << 16
    while True:
        with path.open("rb") as file:
            data = file.read(limit)
        try:
            return _length(_Header(data))
        except EOFError:
            if limit >= size:
                raise
            limit *= 16


def _length(header: _Header) -> int:
    records = header.count()
    streaming = records == 2 ** (64 if header.version == 5 else 32) - 1
    header.word()
    dimensions = []
    for _ in range(header.count()):
        header.skip_name()
        dimensions.append(header.count())
    header.skip_attributes()
    header.word()
    fixed_end, per_record = header.at, []
    for _ in range(header.count()):
        header.skip_name()
        shape = [dimensions[header.count()] for _ in range(header.count())]
        header.skip_attributes()
        size = _SIZE[header.word()]
        header.count()
        begin = header.offset()
        # the record dimension has length 0 in the header and always comes first
        if shape and shape[0] == 0:
            per_record.append((begin, math.prod(shape[1:]) * size))
        else:
            fixed_end = max(fixed_end, begin + math.prod(shape) * size)
    if not per_record or streaming or records == 0:
        return fixed_end
    step = per_record[0][1] if len(per_record) == 1 else sum(_padded(size) for _, size in per_record)
    return max(fixed_end, *(begin + (records - 1) * step + size for begin, size in per_record))
