"""A file that is there whole or not at all: written under a temporary name beside its own, then renamed.

Several processes may write one at the same time: each has a temporary file of its own, and the last counts.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The temporary path to write to, which takes the name ``path`` when the block ends well and is removed
    when it does not. Its folder must be there; the file gets the rights that an ordinary one has."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
