"""A native mesh from the word that names it on the command line.

``healpix:NSIDE[:nested|ring]``, ``icosahedral:LEVEL`` or the path of an ESMF unstructured mesh file. Only
the cells near the window are made.
"""

from __future__ import annotations

from pathlib import Path

from pylandbc.errors import InputError
from pylandbc.grid.esmf_mesh import read_esmf_mesh
from pylandbc.grid.healpix import healpix_mesh
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import Window

FORMS = "healpix:NSIDE[:nested|ring], icosahedral:LEVEL, or the path of an ESMF mesh file"


def choose_mesh(choice: str, window: Window) -> Mesh:
    """The cells of a named mesh that may overlap a window.

    Parameters
    ----------
    choice
        ``healpix:128:nested``, ``icosahedral:7`` or a path.
    window
        Window of the 1 km grid.

    Raises
    ------
    InputError
        If the choice is none of the forms, or the mesh has no cell near the window.
    """
    name, *words = choice.split(":")
    if name == "healpix" and 1 <= len(words) <= 2:
        return healpix_mesh(_number(words[0], choice), words[1] if len(words) == 2 else "nested", window)
    if name == "icosahedral" and len(words) == 1:
        return icosahedral_mesh(_number(words[0], choice), window)
    path = Path(choice)
    if path.is_file():
        return read_esmf_mesh(path).near(window)
    raise InputError(f"mesh {choice!r} is neither a known name nor a file; give {FORMS}")


def _number(word: str, choice: str) -> int:
    if not word.isdecimal():
        raise InputError(f"mesh {choice!r}: {word!r} is not a whole number; give {FORMS}")
    return int(word)
