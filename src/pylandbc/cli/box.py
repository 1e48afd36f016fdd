"""The option ``--window WEST,SOUTH,EAST,NORTH`` of several commands."""

from __future__ import annotations

from pylandbc.errors import InputError
from pylandbc.grid.window import Window


def parse_box(text: str) -> Window:
    """The window that holds a box ``WEST,SOUTH,EAST,NORTH`` in degrees; ``InputError`` if it is none."""
    try:
        west, south, east, north = (float(word) for word in text.split(","))
    except ValueError as error:
        raise InputError(
            f"window {text!r} is not WEST,SOUTH,EAST,NORTH in degrees, e.g. -5,51,1,56"
        ) from error
    return Window.from_degrees(west, south, east, north)
