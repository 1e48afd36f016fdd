"""What the commands that draw share: the option of the figure, and a sentence where matplotlib is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.errors import InputError

Output = Annotated[Path, typer.Option(help="Figure to write; the suffix says the format (png, pdf, svg).")]


def need_matplotlib() -> None:
    """``InputError`` where matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError("figures need matplotlib: pip install 'pylandbc[report]'") from None
