"""Land cover is scored with the land use of the target year given; here an emulator gives it.

A coupled run has no observed land use of the year to come but the land-use emulator's. Scores with the truth
say what land cover adds to a known land use, scores with the prediction what a run will see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pylandbc.cube.open import Cube
from pylandbc.errors import InputError
from pylandbc.learn.export import LoadedEmulator
from pylandbc.learn.inference import classify, scene
from pylandbc.legend import UNKNOWN
from pylandbc.models.baselines import Emulator
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell


def with_predicted_land_use(
    cube: Cube,
    spec: InputSpec,
    emulator: LoadedEmulator,
    pairs: Sequence[tuple[int, int]],
    device: str = "cpu",
    tell: Tell | None = None,
) -> Cube:
    """The cube with the land use of each target year predicted from that of its prior year.

    Parameters
    ----------
    spec
        The inputs of the land-cover emulator.
    emulator
        Of land use.
    pairs
        (prior year, target year), no target twice.

    Raises
    ------
    InputError
        The land cover is not driven by the land use of the target year, or the emulator is of something else.
    """
    if not any(entry.name == "land_use" and entry.at == "target" for entry in spec.maps):
        raise InputError("this emulator does not take the land use of the target year; leave --land-use out")
    if emulator.card["quantity"] != "land_use":
        raise InputError(f"{emulator.path} is an emulator of {emulator.card['quantity']}, not of land use")
    maps = np.array(cube.land_use)
    network = Emulator(
        emulator.inputs, [entry["name"] for entry in emulator.card["classes"]], emulator.module
    )
    land = cube.static_field("land_mask") == 1
    for number, (before, after) in enumerate(pairs):
        if tell is not None:
            tell("land use of the target year", number / len(pairs))
        fields = scene(cube, emulator.inputs, before, after)
        found = classify(network, fields, np.ones(land.shape, np.uint8), land, device=device)
        known = land & (found != UNKNOWN) & (fields.prior != UNKNOWN)
        position = cube.year_index(after)
        maps[position] = np.where(known, found, maps[position])
    return replace(cube, land_use=maps)
