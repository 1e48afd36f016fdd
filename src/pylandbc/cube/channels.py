"""The 1 km input channels of a sample by their names: static fields, class maps, and the land use or cover of
a year, as raw codes (the emulator makes of them what it needs). ``land_use_history`` is that of the prior
year, from the maps before it on the way to the target.

``koeppen_geiger`` is the map whose period is nearest to the year. An east-west mirror image turns the sign
of components that point east.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from pylandbc.cube.history import earlier_years, history_of
from pylandbc.cube.open import Cube
from pylandbc.errors import InputError
from pylandbc.legend import HISTORY, HISTORY_YEARS

EASTWARD = ("eastness",)
"""Static fields that change their sign in a mirror image."""
MAPS = ("land_use", "land_cover")
"""Channels that are the class map of a year."""


class Channels:
    """Channels of a cube, read together.

    Parameters
    ----------
    names
        Static fields, class maps (``koeppen_geiger``, ``soil_texture_class`` ...) and those of :data:`MAPS`.

    nearest
        Whether the map of the nearest year stands for a year without one.
    prior
        Those of :data:`MAPS` that are of the prior year.

    Raises
    ------
    InputError
        A name that the cube lacks.
    """

    def __init__(
        self, cube: Cube, names: list[str], nearest: bool = False, prior: Collection[str] = ()
    ) -> None:
        self.names, self.nearest, self.prior = tuple(names), nearest, frozenset(prior)
        kinds = {kind.quantity for kind in cube.layers.kinds} | {kind.name for kind in cube.layers.kinds}
        maps = {"land_use"} | ({"land_cover"} if cube.layers.land_cover is not None else set())
        known = {*cube.static_variables, *kinds, *maps, HISTORY}
        for name in names:
            if name not in known:
                raise InputError(
                    f"the emulator needs static input {name!r}, which {cube.path} lacks "
                    f"(found: {', '.join(sorted(known))})"
                )
        self._static = [
            (k, cube.static_variables.index(n)) for k, n in enumerate(names) if n in cube.static_variables
        ]
        self._maps = [(k, name) for k, name in enumerate(names) if name in maps]
        self._kinds = [(k, name) for k, name in enumerate(names) if name in kinds]
        self.history = names.index(HISTORY) if HISTORY in names else None
        """Which channel is the land use's history."""

    def arrays(self) -> list[str]:
        """Names of the optional arrays that are read."""
        return [
            *(["categories"] if self._kinds else []),
            *(name for _, name in self._maps if name != "land_use"),
        ]

    def read(
        self,
        cube: Cube,
        rows: slice,
        cols: slice,
        year: int,
        prior_year: int | None = None,
        *,
        years: Collection[int] | None = None,
        longest: int = HISTORY_YEARS,
    ) -> np.ndarray:
        """The channels on a crop, float32 (channel, H, W); maps are those of ``year``, or of ``prior_year``
        where they were so declared. The history is that of maps of ``years`` (all of the cube), at most
        ``longest`` years back.

        Raises
        ------
        InputError
            The cube has no map of the year.
        """
        shape = (len(self.names), rows.stop - rows.start, cols.stop - cols.start)
        out = np.empty(shape, dtype=np.float32)
        _pick(out, cube.static, self._static, rows, cols)
        layers = cube.layers
        places = [(k, layers.category_index(name, year)) for k, name in self._kinds]
        _pick(out, layers.categories, [(k, p) for k, p in places if p is not None], rows, cols)
        for k, name in self._maps:
            wanted = prior_year if name in self.prior and prior_year is not None else year
            if self.nearest:
                wanted = min(cube.class_years(name), key=lambda held: abs(held - wanted))
            position = cube.class_index(name, wanted)
            out[k] = (cube.land_use if name == "land_use" else layers.land_cover)[position, rows, cols]
        if self.history is not None:
            prior = year if prior_year is None else prior_year
            way = earlier_years(
                cube.years if years is None else years, prior, 1 if year > prior else -1, longest
            )
            out[self.history] = history_of(
                lambda y: np.asarray(cube.land_use[cube.year_index(y), rows, cols]), way
            )
        return out

    def mirrored(self, fields: np.ndarray) -> np.ndarray:
        """The mirror image of what :meth:`read` gave."""
        out = fields[..., ::-1].copy()
        for k, name in enumerate(self.names):
            if name in EASTWARD:
                out[k] *= -1
        return out


def _pick(out: np.ndarray, array: Any, places: list[tuple[int, int]], rows: slice, cols: slice) -> None:
    """Put planes of ``array`` into ``out``; neighbouring planes are read in one go."""
    if not places:
        return
    first, last = min(p for _, p in places), max(p for _, p in places)
    planes = array[first : last + 1, rows, cols]
    for k, place in places:
        out[k] = planes[place - first]
