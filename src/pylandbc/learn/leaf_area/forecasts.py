"""Forecasts of a region's steps behind one interface, and the simple ones that others must beat."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.climatology import land_cover_climatology
from pylandbc.learn.leaf_area.region import Region


class Forecast(Protocol):
    """A forecast of any step of a region, from what is known before it and the step's climate."""

    @property
    def name(self) -> str:
        """For the table."""
        ...

    @property
    def levels(self) -> tuple[float, ...]:
        """Probabilities of the quantiles."""
        ...

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """Quantiles at ``levels``, float32 (Q, H, W); NaN where the forecast has none."""
        ...


class Climatology:
    """Each pixel's mean of the season step over the training years."""

    name, levels = "climatology", (0.5,)

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        assert region.normal is not None, "set_normal goes first"
        return region.normal[region.season[step]][None]


class KnownTruth:
    """What the product would show without noise: the best that a forecast of the observation can be."""

    name, levels = "known truth", (0.5,)

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        if region.truth is None:
            raise InputError(f"the truth of {region.name} is not known")
        return region.truth.unpack(np.asarray(region.truth.values[step]))[None]


class _Earlier:
    """The last known value some steps before; the climatology where there is none."""

    name, levels = "", (0.5,)

    def lag(self, region: Region) -> int:
        """How many steps before."""
        raise NotImplementedError

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        before = region.values(step - self.lag(region))
        return np.where(np.isfinite(before), before, Climatology()(region, step)[0])[None]


class PreviousYear(_Earlier):
    """The value of the same step a year before."""

    name = "previous year"

    def lag(self, region: Region) -> int:
        """A year."""
        return region.steps_per_year


class Persistence(_Earlier):
    """The value of the step before."""

    name = "persistence"

    def lag(self, region: Region) -> int:
        """One step."""
        return 1


class LandCoverClimatology:
    """Mean by land cover and season step over the training pixels and years."""

    name, levels = "land cover x season", (0.5,)

    def __init__(self, splits: dict[str, Split]) -> None:
        self._splits = splits
        self._means: dict[str, np.ndarray] = {}

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        if region.name not in self._means:
            self._means[region.name] = land_cover_climatology(region, self._splits[region.name])
        return self._means[region.name][region.season[step]][None]
