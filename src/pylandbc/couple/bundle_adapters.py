"""Compiling adapters into a bundle: cross-walks, the cells' climate zones, the upper bounds of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pylandbc.couple.adapter_file import (
    BOUNDS,
    ClassRange,
    adapter_file,
    bounds,
    given_bounds,
    of_scenario,
    possible,
    sea_class,
    write_adapter,
)
from pylandbc.couple.bundle_files import coarse_to_cells
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.crosswalk.adapters import Adapter, read_adapter
from pylandbc.crosswalk.cell_fractions import cell_fractions, zones_of_cube
from pylandbc.crosswalk.leaf_cycle import leaf_cycle
from pylandbc.crosswalk.tables import LEGENDS
from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_USE, UNKNOWN

SOURCES = ("land_use", "land_cover")
"""Quantities of a bundle that adapters start from."""


@dataclass(frozen=True)
class AdapterChoice:
    """An adapter and the quantity whose classes it cross-walks."""

    adapter: Adapter
    source: str

    @property
    def file(self) -> str:
        """Its file in the bundle."""
        return adapter_file(self.adapter.name)


def check_bounds(bound: str) -> None:
    """``InputError`` unless upper bounds are chosen by a name or by a file that is there."""
    if bound not in BOUNDS and not Path(bound).is_file():
        raise InputError(f"bounds {bound!r} are neither {' nor '.join(BOUNDS)}, nor a netCDF file")


def parse_adapters(names: Sequence[str], quantities: Sequence[str]) -> list[AdapterChoice]:
    """Adapters as the command line names them: ``ctsm``, or ``ctsm:land_cover``.

    Parameters
    ----------
    names
        Each adapter once; without a quantity, land use.
    quantities
        What the bundle's emulators make.

    Raises
    ------
    InputError
        If one is unknown or named twice, its quantity is not in the bundle, or two want outputs of one name.
    """
    out: list[AdapterChoice] = []
    taken: dict[str, str] = {}
    for name in names:
        word, _, source = name.partition(":")
        source = source or "land_use"
        if source not in SOURCES or source not in quantities:
            raise InputError(
                f"adapter {name!r}: the bundle has no {source}; its emulators make {', '.join(quantities)}"
            )
        adapter = read_adapter(word)
        for output in (o for entry in adapter.outputs for o in (entry.name, entry.maximum) if o):
            if output in taken:
                raise InputError(
                    f"adapters {taken[output]} and {word} both have an output {output}; compile two bundles"
                )
        taken |= {o: word for entry in adapter.outputs for o in (entry.name, entry.maximum) if o}
        out.append(AdapterChoice(adapter, source))
    return out


def write_adapters(
    folder: Path,
    choices: Sequence[AdapterChoice],
    fields: CubeFields,
    window: Window,
    extended: Window,
    overlap: OverlapSet,
    cell_id: NDArray[np.int64],
    state_year: int,
    quantities: Sequence[str] = (),
    bound: str = "possible",
    demand: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Write the adapters' files into a bundle's folder.

    Parameters
    ----------
    folder
        The bundle being made.
    choices
        From `parse_adapters`.
    fields
        The cube.
    window, extended
        The window whose pixels count, and with its margin.
    overlap, cell_id
        The native cells: overlaps with the extended window, and ids.
    state_year
        Year of the initial maps.
    quantities
        What the bundle's emulators make: with leaf area index among it, stem area is made too.
    bound
        ``possible``, ``scenario``, or a netCDF file (`given_bounds`) that wins over what is possible.
    demand
        Scenario variables that add up to each class of land use (the card's), for bounds of the scenario.

    Raises
    ------
    InputError
        If a file of bounds does not fit, or the scenario does not speak of classes.
    """
    if not choices:
        return
    if bound == "scenario" and not demand:
        raise InputError("the emulator's card does not say what its scenario demands; take bounds 'possible'")
    zones = zones_of_cube(fields, extended, overlap, state_year)
    initial = _initial(fields, window, extended, overlap, state_year)
    stems = "leaf_area_index" in quantities and any(
        output.kind == "stem_area" for choice in choices for output in choice.adapter.outputs
    )
    leaves = leaf_cycle(fields, extended, overlap, window) if stems else None
    for choice in choices:
        classes = _range(choice, initial, fields, extended, overlap, bound, demand or {})
        maxima = bounds(choice.adapter, choice.source, zones, classes)
        if bound not in BOUNDS:
            maxima = given_bounds(choice.adapter, Path(bound), cell_id, maxima)
        write_adapter(folder / choice.file, choice.adapter, choice.source, zones, maxima, leaves)


def _initial(
    fields: CubeFields, window: Window, extended: Window, overlap: OverlapSet, year: int
) -> NDArray[np.float64]:
    """Land-use fractions (cell, class) of the first map, of the pixels that a run counts (no margin)."""
    codes = fields.land_use(year, extended).copy()
    codes[~extended.mask_of(window)] = UNKNOWN
    return cell_fractions(codes.ravel(), overlap, len(LAND_USE))


def _range(
    choice: AdapterChoice,
    initial: NDArray[np.float64],
    fields: CubeFields,
    extended: Window,
    overlap: OverlapSet,
    bound: str,
    demand: Mapping[str, Sequence[str]],
) -> ClassRange:
    sea = sea_class("land_use")
    if choice.source == "land_use" and bound == "scenario":
        _, scenario = fields.scenario(extended)
        series = {
            LAND_USE.code(name): np.sum(
                [coarse_to_cells(scenario[variable], extended, overlap) for variable in variables], axis=0
            )
            for name, variables in demand.items()
        }
        return of_scenario(initial, sea, series)
    if choice.source == "land_use":
        return possible(initial, sea)
    # Land cover has land where land use has.
    classes = np.zeros((len(initial), len(LEGENDS[choice.source])))
    other = 1 - sea_class(choice.source)
    classes[:, other] = np.delete(initial, sea, axis=1).sum(axis=1)
    return possible(classes, sea_class(choice.source))
