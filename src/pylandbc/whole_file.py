"""A file that is there whole or not at all: written under a temporary name beside its own, then renamed.

Several processes may write one at the same time: each has a temporary file of its own, and the last counts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The temporary path to write to, where nothing is yet; it takes the name ``path`` when the block ends
    well and is removed when it does not. Its folder must be there."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
