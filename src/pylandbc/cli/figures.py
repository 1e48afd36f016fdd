"""The option that names a figure, checked before anything is computed for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.outputs import writable
from pylandbc.errors import InputError


def drawable(path: Path | None) -> Path | None:
    """A figure's path as given; ``InputError`` where matplotlib is missing or cannot write its suffix, or
    nothing can be written there."""
    if path is None:
        return None
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError:
        raise InputError("figures need matplotlib: pip install 'pylandbc[report]'") from None
    if path.suffix.lower().removeprefix(".") not in FigureCanvasBase.get_supported_filetypes():
        raise InputError(f"figure {path}: its suffix says the format; end it in .png, .pdf or .svg")
    return writable(path)


Output = Annotated[
    Path,
    typer.Option(callback=drawable, help="Figure to write; the suffix says the format (png, pdf, svg)."),
]
