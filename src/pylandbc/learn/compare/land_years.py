"""Land use, land cover and scenario of a cube by year."""

from __future__ import annotations

import numpy as np

from pylandbc.cube.open import Cube
from pylandbc.cube.samples import IN_MEMORY
from pylandbc.errors import InputError

UNKNOWN = 255


class LandYears:
    """The maps of a cube's years, in memory.

    Raises
    ------
    InputError
        The cube holds no land cover.
    """

    def __init__(self, cube: Cube) -> None:
        if cube.layers.land_cover is None:
            raise InputError(f"{cube.path} has no land cover; build it with land_cover in the configuration")
        cube = cube.loaded({"land_cover"}, IN_MEMORY)
        self.cube = cube
        self._uses = np.asarray(cube.land_use)
        assert cube.layers.land_cover is not None
        self._covers = np.asarray(cube.layers.land_cover)
        self._scenario = np.asarray(cube.scenario, dtype=np.float32)
        self.fields = self._scenario.shape[1]

    def use(self, year: int) -> np.ndarray:
        """Land use of a year, uint8 (H, W)."""
        return self._uses[self.cube.year_index(year)]

    def cover(self, year: int) -> np.ndarray:
        """Land cover of a year, uint8 (H, W); unknown everywhere where there is no map of the year."""
        at = np.flatnonzero(self.cube.layers.land_cover_years == year)
        return self._covers[at[0]] if at.size else np.full(self._covers.shape[1:], UNKNOWN, np.uint8)

    def scenario(self, year: int) -> np.ndarray:
        """Coarse fields of the year, then of the year before, float32 (2 Z, lat, lon)."""
        return np.concatenate([self._scenario[self.cube.scenario_index(y)] for y in (year, year - 1)])
