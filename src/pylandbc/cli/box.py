"""The option ``--window`` of several commands: edges in degrees, or a corner and a number of pixels."""

from __future__ import annotations

from pylandbc.errors import InputError
from pylandbc.grid.window import Rectangle, Window


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


def parse_corner(text: str) -> Rectangle:
    """The rectangle ``LON0,LAT0,NX,NY``; ``InputError`` if it is none."""
    words = text.split(",")
    try:
        lon0, lat0 = float(words[0]), float(words[1])
        nx, ny = (int(word) for word in words[2:])
    except (ValueError, IndexError) as error:
        raise InputError(
            f"window {text!r} is not LON0,LAT0,NX,NY: the south-west corner in degrees and two whole numbers "
            "of pixels, e.g. -118,32,256,256"
        ) from error
    return Rectangle.from_corner(lon0, lat0, nx, ny)
