"""Where a cube grows and how it takes its final name, so that nobody ever sees half of one.

Beside ``NAME`` lie, while a build runs, ``.NAME.partial`` (the unfinished cube with its journal, which a
later build continues), ``.NAME.lock`` (held by the one build that may write) and, for an instant,
``.NAME.old`` (a cube that is being replaced). Whatever a kill leaves is put right by the next build.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pylandbc.errors import InputError


def partial_path(path: Path) -> Path:
    """Folder of the unfinished build of ``path``: ``cube``, ``staging`` and the journal."""
    return path.with_name(f".{path.name}.partial")


def old_path(path: Path) -> Path:
    """The cube that a build of ``path`` was replacing."""
    return path.with_name(f".{path.name}.old")


def lock_path(path: Path) -> Path:
    """The lock of ``path``."""
    return path.with_name(f".{path.name}.lock")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of ``path``; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    InputError
        Another build holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = lock_path(path)
    with lock.open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.seek(0)
            raise InputError(
                f"another build of {path} is running (process {stream.read().strip() or 'unknown'}); "
                "wait for it or name another output"
            ) from error
        if not lock.exists() or os.fstat(stream.fileno()).st_ino != lock.stat().st_ino:
            # the holder before us removed the file between our opening and locking it
            raise InputError(f"another build of {path} has just ended; run it again")
        stream.truncate(0)
        stream.write(str(os.getpid()))
        stream.flush()
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def recover(path: Path) -> None:
    """Undo a replacement that was interrupted: the previous cube takes its name again, or is removed where
    the new one is in place."""
    old = old_path(path)
    if old.exists():
        if path.exists():
            shutil.rmtree(old)
        else:
            old.rename(path)
    partial = partial_path(path)
    if partial.exists() and not (partial / "cube").exists():
        # the cube was published, what surrounded it is left
        shutil.rmtree(partial)


def publish(path: Path) -> None:
    """Give the finished cube its name; one that is there is replaced."""
    old = old_path(path)
    if path.exists():
        path.rename(old)
    (partial_path(path) / "cube").rename(path)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(partial_path(path))


def state_of(path: Path) -> str:
    """A sentence about what lies beside a cube that is not there; empty where nothing does."""
    if old_path(path).exists():
        return (
            f"its replacement was interrupted and the previous cube lies in {old_path(path)}: "
            "run `pylandbc cube build` again to finish or restore it"
        )
    if partial_path(path).exists():
        return (
            f"an unfinished build lies in {partial_path(path)}: "
            "run the same `pylandbc cube build` again to continue"
        )
    return ""
