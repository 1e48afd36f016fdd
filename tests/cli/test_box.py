"""Windows as they are typed."""

from __future__ import annotations

import pytest

from pylandbc.cli.box import parse_box, parse_corner
from pylandbc.errors import InputError
from pylandbc.grid.window import Rectangle, Window


def test_boxes() -> None:
    assert parse_box("-5,51,1,56") == Window(3400, 17500, 500, 600)
    for text in ("-5,51,1", "west,51,1,56"):
        with pytest.raises(InputError, match="is not WEST,SOUTH,EAST,NORTH"):
            parse_box(text)


def test_corners() -> None:
    assert parse_corner("-14,49.5,1625,1150") == Rectangle(2900, 16600, 1150, 1625)
    for text in ("1,2,3", "1,2,3,4,5", "1,2,3,north", "1,2,3.5,4"):
        with pytest.raises(InputError, match="is not LON0,LAT0,NX,NY"):
            parse_corner(text)
