"""The option ``--window WEST,SOUTH,EAST,NORTH`` of several commands."""

from __future__ import annotations

from pylandbc.errors import InputError
from pylandbc.grid.window import Window


def parse_edges(text: str) -> tuple[float, float, float, float]:
    """West, south, east and north of ``WEST,SOUTH,EAST,NORTH`` in degrees; ``InputError`` if it is none."""
    try:
        west, south, east, north = (float(word) for word in text.split(","))
    except ValueError as error:
        raise InputError(
            f"window {text!r} is not WEST,SOUTH,EAST,NORTH in degrees, e.g. -5,51,1,56"
        ) from error
    return west, south, east, north


def parse_box(text: str) -> Window:
    """The smallest window of whole 0.25 degree cells that holds a box; ``InputError`` as `parse_edges`."""
    return Window.from_degrees(*parse_edges(text))
