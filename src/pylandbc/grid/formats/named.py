"""HEALPix and icosahedral meshes by name, whole or near a window.

``healpix:128:nested``, ``healpix:128:ring`` (also ``healpix:128``, nested) and ``icosahedral:7``; the cells
come from `pylandbc.grid.healpix` and `pylandbc.grid.icosahedral`.
"""

from __future__ import annotations

from pylandbc.errors import InputError
from pylandbc.grid.healpix import healpix_mesh
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import COLS, ROWS, Rectangle

_FORMS = {"healpix": "healpix:NSIDE:nested or healpix:NSIDE:ring", "icosahedral": "icosahedral:LEVEL"}


def is_name(name: str) -> bool:
    """Whether a name begins as one of these meshes does."""
    return name.lower().split(":")[0] in _FORMS


def named_mesh(name: str, window: Rectangle | None = None) -> Mesh:
    """The mesh of a name; ``InputError`` where its parameters are wrong."""
    family, *rest = name.lower().split(":")
    if not rest or not rest[0].isdigit() or len(rest) > (2 if family == "healpix" else 1):
        raise InputError(f"mesh name {name!r} is not understood; write {_FORMS[family]}")
    region = window or Rectangle(0, 0, ROWS, COLS)
    if family == "healpix":
        return healpix_mesh(int(rest[0]), rest[1] if len(rest) > 1 else "nested", region)
    return icosahedral_mesh(int(rest[0]), region)
