"""Mean and standard deviation of every input, for normalisation inside the emulator.

From training years only, area-weighted, over land with a known class; bathymetry, which land does not have,
over ocean; soil texture where there is soil. A field that does not vary gets standard deviation 1, and the
land mask is left as it is (mean 0, standard deviation 1). Moments of parts are joined by Chan et al.
(1983), in a fixed order, so that a field need not be in memory as a whole and the result does not depend on
who computed which part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pylandbc.cube.build_climate import AXES, DEKADAL, MONTHLY
from pylandbc.cube.build_coarse import band_window, land_area
from pylandbc.cube.build_land import STAGED_KNOWN
from pylandbc.cube.layout import SCENARIO_VARIABLES, SOIL_VARIABLES
from pylandbc.cube.storage import open_array, write_region
from pylandbc.cube.tasks import Outcome, Place

STAGED_AREA = "land_area"


@dataclass(frozen=True)
class Moments:
    """Sum of weights, weighted mean, and weighted sum of squared deviations from it."""

    weight: float = 0.0
    mean: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, values: np.ndarray, weights: np.ndarray) -> Moments:
        """Moments of the values that are finite; ``weights`` are broadcast to them."""
        weights = np.where(np.isfinite(values), weights, 0.0)
        total = float(weights.sum(dtype=np.float64))
        if total <= 0:
            return cls()
        kept = np.nan_to_num(values, nan=0.0).astype(np.float64)
        mean = float((kept * weights).sum() / total)
        return cls(total, mean, float((np.square(kept - mean) * weights).sum()))

    def joined(self, other: Moments) -> Moments:
        """Moments of both parts together."""
        total = self.weight + other.weight
        if total <= 0:
            return self
        step = other.mean - self.mean
        mean = self.mean + step * other.weight / total
        squares = self.squares + other.squares + step * step * self.weight * other.weight / total
        return Moments(total, mean, squares)

    def summary(self) -> dict[str, float]:
        """``{"mean", "std"}``; 0 and 1 where there is no weight, 1 for what does not vary."""
        if self.weight <= 0:
            return {"mean": 0.0, "std": 1.0}
        std = float(np.sqrt(self.squares / self.weight))
        return {"mean": self.mean, "std": std if std > 1e-12 * max(abs(self.mean), 1e-12) else 1.0}


def static_moments(place: Place, names: list[str], rows: tuple[int, int]) -> Outcome:
    """Moments of the static fields on one band, and its known land area on 0.25 degree cells."""
    window = band_window(place.config.window.window(), rows)
    known = np.asarray(open_array(place.staging, STAGED_KNOWN)[slice(*rows)]).astype(bool)
    static = open_array(place.cube, "static")
    area = window.pixel_area[:, None]
    ocean = (1 - np.asarray(static[names.index("land_mask"), slice(*rows)])) * area
    numbers = {}
    soil = np.zeros(known.shape)
    for name in set(names) & set(SOIL_VARIABLES):
        soil += np.asarray(static[names.index(name), slice(*rows)])
    for position, name in enumerate(names):
        if name != "land_mask":
            field = np.asarray(static[position, slice(*rows)])
            where = known & (soil > 0) if name in SOIL_VARIABLES else known
            moments = Moments.of(field, ocean if name == "bathymetry" else where * area)
            numbers[name] = [moments.weight, moments.mean, moments.squares]
    coarse = land_area(known, window)
    return Outcome(
        files=write_region(place.staging, STAGED_AREA, (rows[0] // 25, 0), coarse), numbers=numbers
    )


def coarse_moments(place: Place, scenario_years: list[int], population_years: list[int]) -> Outcome:
    """Moments of all fields on 0.25 degree cells over the training years and the known land."""
    config = place.config
    first, last = min(config.training_years), max(config.training_years)
    area = np.asarray(open_array(place.staging, STAGED_AREA)[...])
    names = config.climate.names()
    wanted = [
        ("climate", list(names), np.asarray(open_array(place.cube, "climate_year")[...])),
        ("scenario", list(SCENARIO_VARIABLES[config.scenario_source]), np.array(scenario_years)),
    ]
    for step, array, suffix in (("month", MONTHLY, "monthly"), ("dekad", DEKADAL, "dekadal")):
        if step in config.climate.steps:
            days = np.asarray(open_array(place.cube, AXES[array])[...]).astype("datetime64[D]")
            years = days.astype("datetime64[Y]").astype(np.int64) + 1970
            wanted.append((array, [f"{name}_{suffix}" for name in names], years))
    if population_years:
        wanted.append(("population_density", ["population_density"], np.array(population_years)))
    numbers = {}
    for array, labels, years in wanted:
        source = open_array(place.cube, array)
        joined = [Moments() for _ in labels]
        for position in _chosen(years, first, last):
            fields = np.asarray(source[position]).reshape(len(labels), *area.shape)
            joined = [m.joined(Moments.of(f, area)) for m, f in zip(joined, fields, strict=True)]
        numbers.update({n: [m.weight, m.mean, m.squares] for n, m in zip(labels, joined, strict=True)})
    return Outcome(numbers=numbers)


def _chosen(years: np.ndarray, first: int, last: int) -> list[int]:
    """Positions within the training years. A climatology belongs to no single year, and a series that has
    none of them stands for them as a whole."""
    inside = (years >= first) & (years <= last)
    return np.flatnonzero(inside if inside.any() else np.ones_like(inside)).tolist()
