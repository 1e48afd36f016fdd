"""The files that a cube is made from, each with its SHA-256.

A file is hashed again only when its size or time of change differ from what was noted, so that asking
whether anything is to be done costs nothing. Content decides, never the time: a copy is the same input.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pylandbc.cube.config import CubeConfig, resolve
from pylandbc.errors import InputError
from pylandbc.file_sha256 import file_sha256


@dataclass(frozen=True)
class InputFile:
    """A configured file: its name in the configuration and what it was when it was hashed."""

    file: str
    size: int
    modified_ns: int
    sha256: str


def collect_inputs(
    config: CubeConfig,
    root: Path,
    known: list[dict[str, Any]],
    tell: Callable[[int, int], None] | None = None,
) -> dict[str, InputFile]:
    """All configured files by name.

    Parameters
    ----------
    known
        Entries of an earlier build (:class:`InputFile` as dicts), trusted where size and time agree.
    tell
        Told how many files of how many are done.

    Raises
    ------
    InputError
        A file does not exist.
    """
    before = {entry["file"]: InputFile(**entry) for entry in known}
    files = config.files()
    out = {}
    for number, file in enumerate(files):
        path = resolve(file, root)
        if not path.is_file():
            raise InputError(
                f"{path} does not exist; set --data (or PYLANDBC_DATA) to the folder that holds the data"
            )
        stat = path.stat()
        old = before.get(file)
        same = old is not None and (old.size, old.modified_ns) == (stat.st_size, stat.st_mtime_ns)
        digest = old.sha256 if same and old is not None else file_sha256(path)
        out[file] = InputFile(file, stat.st_size, stat.st_mtime_ns, digest)
        if tell is not None:
            tell(number + 1, len(files))
    return out


def read_inputs(path: Path) -> list[dict[str, Any]]:
    """Entries kept by :func:`write_inputs`; none where there is no file or it was cut."""
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return []


def write_inputs(path: Path, inputs: dict[str, InputFile]) -> None:
    """Keep the entries for the next build."""
    path.write_text(json.dumps([asdict(i) for i in inputs.values()], indent=1) + "\n", encoding="utf-8")
