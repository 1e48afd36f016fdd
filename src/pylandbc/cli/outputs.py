"""A place to write to, looked at before anything is computed for it."""

from __future__ import annotations

import os
from pathlib import Path

from pylandbc.errors import InputError


def writable(path: Path | None) -> Path | None:
    """A path as given; ``InputError`` where nothing can come to be there.

    Folders that are still to be made are no hindrance, and what is there already is the command's affair.
    """
    if path is None or path.exists():
        return path
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise InputError(f"{path} cannot be written: {above} is a file, not a folder; name another place")
    if not os.access(above, os.W_OK | os.X_OK):
        raise InputError(
            f"{path} cannot be written: no permission for {above}; change its permissions or name another "
            "place"
        )
    return path
