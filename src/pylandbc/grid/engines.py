"""The weight engines by name, and which of them is the best at hand.

An engine says its ``version()`` and finds overlaps with ``clip(mesh, window, pixels, progress)``. ``esmf``
and ``yac`` clip polygons and are given only pixels on the boundaries of cells; the others have
``FINDS_INTERIOR`` set and are given them all.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid import esmf, exact, latlon, yac
from pylandbc.grid.formats.parallels import has_parallels
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.weight_file_engine import WeightFileEngine
from pylandbc.grid.window import Rectangle
from pylandbc.progress import TellShare


class Engine(Protocol):
    """What an engine offers."""

    def version(self) -> str:
        """Name and version; ``InputError`` that says how to get it where it is absent."""

    def clip(
        self,
        mesh: Mesh,
        window: Rectangle,
        pixels: np.ndarray,
        progress: TellShare | None = None,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Pixel, cell and part of the pixel's area, for each overlap of the given pixels."""


class EdgesWarning(UserWarning):
    """An engine that takes edges for great circles was asked for, and the mesh's are parallels."""


MODULES = {"esmf": esmf, "yac": yac, "exact": exact, "latlon": latlon}
"""Engines that are modules; ``file:PATH`` is the other."""
_GREAT_CIRCLES = ("esmf", "yac")
FILE_PREFIX = "file:"


def find_engine(name: str | None, mesh: Mesh) -> Engine:
    """The engine of a name, or the best at hand for a mesh.

    Parameters
    ----------
    name
        ``esmf``, ``yac``, ``exact``, ``latlon``, ``file:PATH`` of a weight file, or None for the best at
        hand: ``latlon`` for boxes of longitude and latitude, else ``esmf`` where it is installed, else
        ``yac``, else ``exact``, which is compiled with this package.
    mesh
        The mesh.

    Raises
    ------
    InputError
        If the name is unknown, or the engine is absent (the sentence says how to get it).

    Warns
    -----
    EdgesWarning
        ``esmf`` or ``yac`` is named for boxes of longitude and latitude, whose northern and southern edges
        they replace by great circles.
    """
    if name is None:
        return _best(mesh)
    if name.startswith(FILE_PREFIX):
        return WeightFileEngine(Path(name.removeprefix(FILE_PREFIX)))
    if name not in MODULES:
        raise InputError(
            f"weight engine {name!r} is not known (choose one of: {', '.join(MODULES)}, {FILE_PREFIX}PATH)"
        )
    engine = cast(Engine, MODULES[name])
    engine.version()
    if name in _GREAT_CIRCLES and has_parallels(mesh):
        warnings.warn(
            f"engine {name} takes the edges of mesh {mesh.name} for great circles, but they are parallels: "
            "its cells will differ from the mesh's own; leave the engine out, or choose latlon or exact",
            EdgesWarning,
            stacklevel=2,
        )
    return engine


def finds_interior(engine: Engine) -> bool:
    """Whether an engine is to be given all pixels, not only those on the boundaries of cells."""
    return bool(getattr(engine, "FINDS_INTERIOR", False))


def _best(mesh: Mesh) -> Engine:
    if has_parallels(mesh):
        return cast(Engine, latlon)
    absent = []
    for module in (esmf, yac, exact):
        try:
            module.version()
        except InputError as error:
            absent.append(str(error))
        else:
            return cast(Engine, module)
    raise InputError("no weight engine is installed. " + ". ".join(absent))
