"""LUH2 as fractions and transitions of the map's classes: what emulators that are driven by class fractions
can be told of a scenario.

LUH2 and an observed map disagree about what there is (LUH2's forest is potential forest, its grazing land
another), and agree better on what changes. So the fractions of a year are those of the map in an *anchor*
year and the change of LUH2's states since then, as downscaling models have it (Demeter: Vernon et al. 2018,
J. Open Res. Softw. 6, 15). Other land and water have no state of their own in LUH2 and keep their share.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pylandbc.legend import LAND_USE, LUH2_GROUPS, LUH2_STATES, TRANSITIONS

NAMES = LAND_USE.names[1:]
"""Classes with fractions, 1 ... 7."""
WATER = NAMES.index("water")


def land(states: Mapping[str, np.ndarray]) -> np.ndarray:
    """Fraction of each cell that LUH2's twelve states share, float64 (lat, lon)."""
    return np.stack([states[name] for name in LUH2_STATES]).sum(0, dtype=np.float64)


def class_shares(states: Mapping[str, np.ndarray]) -> np.ndarray:
    """Share of LUH2's land that the states of each class have, float64 (7, lat, lon); 0 without any."""
    total = np.maximum(land(states), 1e-9)
    shares = np.zeros((len(NAMES), *total.shape))
    for number, name in enumerate(NAMES):
        for state in LUH2_GROUPS.get(name, ()):
            shares[number] += states[state]
    return shares / total


def fractions(anchor: np.ndarray, then: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Fractions of the known land, float64 (7, lat, lon); they sum to 1.

    Parameters
    ----------
    anchor
        Fractions of the map in the anchor year.
    then, now
        Shares of LUH2's land in the anchor year and in the year wanted.
    """
    # Of the known land LUH2 counts all but inland water.
    found = np.maximum(anchor + (now - then) * (1.0 - anchor[WATER]), 0.0)
    spoken = np.array([name in LUH2_GROUPS for name in NAMES])
    left = 1.0 - anchor[~spoken].sum(0)
    total = found[spoken].sum(0)
    found[~spoken] = anchor[~spoken]
    # Where a class would have fallen below nothing the others have less than the whole.
    found[spoken] *= np.divide(left, total, out=np.ones_like(total), where=total > 0)
    return found


def class_transitions(changes: Mapping[str, np.ndarray], land: np.ndarray, anchor: np.ndarray) -> np.ndarray:
    """Fractions of the known land that go from class to class in a year, float64 (transition, lat, lon).

    Parameters
    ----------
    changes
        LUH2's transitions of the year, fractions of the cell.
    land
        As of :func:`land`.
    anchor
        Fractions of the map in the anchor year.
    """
    out = np.zeros((len(TRANSITIONS), *land.shape))
    for number, (before, after) in enumerate(TRANSITIONS.values()):
        first, second = (LUH2_GROUPS.get(LAND_USE.names[code], ()) for code in (before, after))
        for member in (f"{a}_to_{b}" for a in first for b in second):
            if member in changes:
                out[number] += changes[member]
    return out * (1.0 - anchor[WATER]) / np.maximum(land, 1e-9)
