"""The coarse series that drives a prediction: a cube's scenario, or LUH2 files in its place.

Both give float32 fields on the 0.25 degree cells of a window, without missing values. Years between those of
a series are interpolated linearly, as in a bundle; years beyond it are refused or held at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from pylandbc.couple.cube_fields import CubeFields
from pylandbc.cube.nearest_fill import fill_nearest
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.luh2 import VARIABLES, read_luh2
from pylandbc.sources.opening import coordinate, open_netcdf
from pylandbc.sources.time_axis import years_of

Fields = dict[str, np.ndarray]


class Scenario:
    """A yearly series of coarse fields.

    Parameters
    ----------
    name, source
        Its name (``ssp126``, ``historical`` ...), and the product.
    years
        Years that the series holds, ascending.
    hold
        Beyond its ends, take the nearest year instead of refusing.
    """

    def __init__(self, name: str, source: str, years: Iterable[int], hold: bool) -> None:
        self.name, self.source, self.hold = name, source, hold
        self.years = sorted({int(year) for year in years})
        self.fields = lru_cache(maxsize=4)(self._fields)

    def _fields(self, year: int) -> Fields:
        first, last = self.years[0], self.years[-1]
        if not first <= year <= last and not self.hold:
            raise InputError(
                f"the scenario {self.name} covers {first} to {last}, not {year}; give a longer one, or pass "
                "--hold-scenario to keep its nearest year"
            )
        return self._read(min(max(year, first), last))

    def _read(self, year: int) -> Fields:
        raise NotImplementedError

    def check(self, years: Iterable[int], names: Iterable[str]) -> None:
        """``InputError`` for the first year or input that the series cannot give."""
        held = self.fields(self.years[0])
        missing = sorted(set(names) - set(held))
        if missing:
            raise InputError(
                f"the emulator needs the scenario input(s) {', '.join(missing)}, {self.source} has "
                f"{', '.join(held)}; use a scenario like the one it was trained on"
            )
        for year in years:
            if not self.hold and not self.years[0] <= year <= self.years[-1]:
                self._fields(year)


class CubeScenario(Scenario):
    """The scenario of a cube on a window."""

    def __init__(self, fields: CubeFields, window: Window, hold: bool, name: str | None = None) -> None:
        identity = fields.identity
        texts = [str(value) for entry in fields.provenance for value in entry.values()]
        found = scenario_name(texts) or ("historical" if identity["scenario_source"] == "luh2" else "")
        super().__init__(
            name or found or identity["scenario_source"],
            identity["scenario_source"],
            fields.scenario_years,
            hold,
        )
        self._held, self._window = fields, window

    def _read(self, year: int) -> Fields:
        return self._held.scenario_of(year, self._window)


class Luh2Scenario(Scenario):
    """States files of LUH2 or LUH3 on a window, the historical one and a scenario's for example.

    Where two files hold a year the later one in the list counts. Missing cells take the nearest that has a
    value, as in a cube.
    """

    def __init__(self, files: list[Path], window: Window, hold: bool, name: str | None = None) -> None:
        self._file_of: dict[int, Path] = {}
        texts: list[str] = []
        for path in files:
            with open_netcdf(path, decode=False) as dataset:
                for year in years_of(dataset[coordinate(dataset, ("time",), path)], path):
                    self._file_of[int(year)] = path
                texts += [path.name, *(str(value) for value in dataset.attrs.values())]
        super().__init__(name or scenario_name(texts) or "historical", "luh2", self._file_of, hold)
        self._window = window

    def _read(self, year: int) -> Fields:
        known = np.array(self.years)
        after = int(np.searchsorted(known, year))
        if known[after] == year:
            return self._file(year)
        low, high = int(known[after - 1]), int(known[after])
        share = (year - low) / (high - low)
        before, behind = self._file(low), self._file(high)
        return {
            name: ((1 - share) * before[name].astype(np.float64) + share * behind[name]).astype(np.float32)
            for name in before
        }

    def _file(self, year: int) -> Fields:
        states = read_luh2(self._file_of[year], self._window, [year])
        return {
            name: fill_nearest(states[name].values[0].astype("f8"), self._window, name).astype(np.float32)
            for name in VARIABLES
        }


def scenario_name(texts: Iterable[str]) -> str | None:
    """The scenario that a product's attributes and file names speak of, in lower case (``ssp126``,
    ``ssp534-over``, ``rcp85``); None where they name none."""
    for text in texts:
        match = re.search(r"(?i)(ssp\d{3}|rcp\d{2})(-over)?(?!\d)", text)
        if match:
            return match[0].lower()
    return None
