"""The state of a running prediction on disk, so that a kill at any moment costs one row of tiles.

Beside the output ``NAME`` lies ``.NAME.partial``: the class map of each year in work and its other layers as
plain files in row-major order, of which a row of tiles is one run of bytes, and a journal. A row of tiles
counts as done once its bytes are on disk and its line is in the journal; writing it twice gives the same
bytes. A year's files go when the next year is published.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from pylandbc.cube.journal import Journal
from pylandbc.errors import InputError


class Workspace:
    """The folder of an unfinished prediction.

    Parameters
    ----------
    folder
        Where it lies; made if it is not there.
    signature
        What the prediction depends on, as text: another one's work is refused.
    """

    def __init__(self, folder: Path, signature: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        noted = folder / "signature.json"
        if not noted.is_file():
            partial = noted.with_suffix(".partial")
            partial.write_text(signature + "\n", encoding="utf-8")
            partial.replace(noted)
        elif noted.read_text(encoding="utf-8") != signature + "\n":
            raise InputError(
                f"{folder} holds an unfinished prediction with other settings or inputs; repeat the command "
                "that began it, or pass --overwrite to drop it"
            )
        self._journal = Journal(folder)

    @property
    def product(self) -> Path:
        """The Zarr group that grows."""
        return self.folder / "product.zarr"

    def done(self, task: str) -> bool:
        """Whether a task is in the journal."""
        return self._journal.find(task, "") is not None

    def add(self, task: str) -> None:
        """Note that a task is done."""
        self._journal.add(task, "", {"files": []})

    def path(self, name: str) -> Path:
        """The plain file of a layer."""
        return self.folder / f"{name}.bin"

    def read(self, name: str, shape: tuple[int, ...], dtype: str = "u1") -> np.ndarray:
        """A layer as it lies on disk, read where it is looked at.

        Raises
        ------
        InputError
            It is not there, or not of this size.
        """
        path = self.path(name)
        if not path.is_file() or path.stat().st_size != int(np.prod(shape)) * np.dtype(dtype).itemsize:
            raise InputError(f"{path} is missing or cut short; pass --overwrite to begin the prediction anew")
        return np.memmap(path, dtype=dtype, mode="r", shape=shape)

    def begin(self, name: str, source: str | None, size: int) -> None:
        """Make a layer's file: a copy of another, or ``size`` bytes of zero."""
        path, partial = self.path(name), self.path(f"{name}.partial")
        if path.is_file():
            return
        if source is not None:
            shutil.copyfile(self.path(source), partial)
        else:
            with partial.open("wb") as stream:
                stream.truncate(size)
        partial.replace(path)

    def write(self, name: str, first_row: int, rows: np.ndarray) -> None:
        """Put rows, (row, ...), in their place and see them onto the disk."""
        with self.path(name).open("r+b") as stream:
            stream.seek(first_row * rows[:1].nbytes)
            stream.write(np.ascontiguousarray(rows).data)
            stream.flush()
            os.fsync(stream.fileno())

    def drop(self, name: str) -> None:
        """Remove a layer's file; None there is no fault."""
        self.path(name).unlink(missing_ok=True)
