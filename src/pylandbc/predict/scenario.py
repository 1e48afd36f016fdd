"""The coarse series that drives a prediction: a cube's scenario, or LUH2 files in its place.

Both give float32 fields on the 0.25 degree cells of a window, without missing values. Years between those of
a series are interpolated linearly, as in a bundle; years beyond it are refused or held at its end.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

from pylandbc.couple.cube_fields import CubeFields
from pylandbc.cube.build_coarse import BAND
from pylandbc.cube.fractions import class_fractions
from pylandbc.cube.layout import FRACTION_VARIABLES as FRACTIONS
from pylandbc.cube.luh2_classes import class_shares, class_transitions, fractions, land
from pylandbc.cube.nearest_fill import fill_nearest, filled
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import TRANSITIONS
from pylandbc.sources.luh2 import VARIABLES, read_luh2, read_luh2_transitions, transition_variables
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
        self.window = window

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
        states = read_luh2(self._file_of[year], self.window, [year])
        return {
            name: fill_nearest(states[name].values[0].astype("f8"), self.window, name).astype(np.float32)
            for name in VARIABLES
        }


class Luh2Classes(Scenario):
    """The same as fractions and transitions of the map's classes (``pylandbc.cube.luh2_classes``): for
    emulators that are driven by those.

    Parameters
    ----------
    states
        LUH2's states.
    transitions
        LUH2's transitions files; without any, no transitions.
    anchor
        Class fractions of the map of ``year``, float64 (7, lat, lon) on the window's cells, NaN where it
        knows nothing.
    """

    def __init__(self, states: Luh2Scenario, transitions: list[Path], anchor: np.ndarray, year: int) -> None:
        super().__init__(states.name, "luh2_classes", states.years, states.hold)
        self._states, self._year, window = states, year, states.window
        self._anchor = np.stack([fill_nearest(f, window, n) for f, n in zip(anchor, FRACTIONS, strict=True)])
        self._then = class_shares(states.fields(year))
        self._file_of: dict[int, Path] = {}
        for path in transitions:
            with open_netcdf(path, decode=False) as dataset:
                for held in years_of(dataset[coordinate(dataset, ("time",), path)], path):
                    self._file_of[int(held)] = path
        self._sums = {year: np.zeros((len(TRANSITIONS), *window.coarse_shape))}

    def _read(self, year: int) -> Fields:
        found = fractions(self._anchor, self._then, class_shares(self._states.fields(year)))
        fields = dict(zip(FRACTIONS, found.astype(np.float32), strict=True))
        if self._file_of:
            fields |= dict(zip(TRANSITIONS, self._since(year).astype(np.float32), strict=True))
        return fields

    def _since(self, year: int) -> np.ndarray:
        """Transitions added up from the anchor's year, less than nothing before it."""
        while year not in self._sums:
            way = 1 if year > self._year else -1
            last = max(self._sums) if way == 1 else min(self._sums)
            # Those of a year lead to the next one.
            of = last if way == 1 else last - 1
            self._sums[last + way] = self._sums[last] + way * self._changes(of)
        return self._sums[year]

    def _changes(self, year: int) -> np.ndarray:
        window = self._states.window
        if year not in self._file_of:
            if self.hold:
                return np.zeros((len(TRANSITIONS), *window.coarse_shape))
            raise InputError(
                f"LUH2's transitions of {year} are in none of the files given "
                f"({min(self._file_of)} to {max(self._file_of)}); name the file that has them, too"
            )
        dataset = read_luh2_transitions(self._file_of[year], window, [year])
        changes = filled(dataset, window)
        return class_transitions(changes, land(self._states.fields(year)), self._anchor)


def luh2_scenario(
    files: list[Path],
    fields: CubeFields,
    window: Window,
    wanted: Collection[str],
    year: int,
    hold: bool,
    name: str | None = None,
) -> Scenario:
    """LUH2 files as what an emulator wants: their states, or fractions and transitions of the map's classes.

    Parameters
    ----------
    files
        States files and, for an emulator that is told transitions, transitions files, in any order.
    fields
        The cube whose map of ``year`` the changes are added to.
    wanted
        Names of the emulator's scenario inputs.

    Raises
    ------
    InputError
        There is no states file among them.
    """
    transitions = [path for path in files if _is_transitions(path)]
    states = [path for path in files if path not in transitions]
    if not states:
        raise InputError(
            f"{transitions[0]} holds LUH2's transitions; name the states file, too (--luh2 states.nc)"
        )
    inner = Luh2Scenario(states, window, hold, name)
    if not set(wanted) & set(FRACTIONS):
        return inner
    parts = []
    for first in range(0, window.rows, BAND):
        band = Window(window.row + first, window.col, min(BAND, window.rows - first), window.cols)
        parts.append(class_fractions(fields.land_use(year, band), band))
    return Luh2Classes(inner, transitions, np.concatenate(parts, axis=1), year)


def _is_transitions(path: Path) -> bool:
    with open_netcdf(path, decode=False) as dataset:
        return "primf" not in dataset and bool(transition_variables([str(n) for n in dataset.data_vars]))


def scenario_name(texts: Iterable[str]) -> str | None:
    """The scenario that a product's attributes and file names speak of, in lower case (``ssp126``,
    ``ssp534-over``, ``rcp85``); None where they name none."""
    for text in texts:
        match = re.search(r"(?i)(ssp\d{3}|rcp\d{2})(-over)?(?!\d)", text)
        if match:
            return match[0].lower()
    return None
