"""Warnings of the library as one-line notes on standard error, without the place in the source."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pylandbc.cli.manner import MANNER


@contextmanager
def notes() -> Iterator[None]:
    """Show the library's own warnings as notes once the block has ended well; others as Python does."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for sentence in dict.fromkeys(str(w.message) for w in caught if _is_own(w)):
        note(sentence)
    for warning in caught:
        if not _is_own(warning):
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)


def note(sentence: str) -> None:
    """One note on standard error; none with ``--quiet``."""
    if not MANNER.quiet:
        typer.secho(f"note: {sentence}", fg=typer.colors.YELLOW, err=True)


def _is_own(warning: warnings.WarningMessage) -> bool:
    return warning.category.__module__.split(".")[0] == "pylandbc"
