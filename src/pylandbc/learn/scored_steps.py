"""The steps of an evaluation: pairs of years, and which of their pixels are scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pylandbc.cube.open import Cube
from pylandbc.errors import InputError
from pylandbc.learn.blocks import block_numbers
from pylandbc.learn.inference import Scene, scene
from pylandbc.learn.objects import object_sizes
from pylandbc.learn.tally import Scored
from pylandbc.legend import UNKNOWN
from pylandbc.models.inputs import InputSpec


@dataclass(frozen=True)
class Step:
    """One pair of years with the pixels that are scored.

    Parameters
    ----------
    fields
        What the predictors take.
    known
        Pixels with a class in both years in the blocks to be scored, bool (rows, cols).
    land, validation
        Land among them; land of the validation blocks.
    area
        Of each pixel, m2 (rows, cols).
    scored
        The known pixels in row-major order.
    """

    fields: Scene
    known: np.ndarray
    land: np.ndarray
    validation: np.ndarray
    area: np.ndarray
    scored: Scored


def steps_of(
    cube: Cube,
    spec: InputSpec,
    pairs: Sequence[tuple[int, int]],
    used: np.ndarray,
    validation: np.ndarray,
    ocean: int,
    classes: int,
) -> tuple[list[Step], int]:
    """The steps to be scored and the number of blocks with land.

    Parameters
    ----------
    pairs
        (prior year, target year).
    used, validation
        Pixels to be scored, and those for the temperature, bool (rows, cols).
    ocean, classes
        Code of the ocean, and number of classes.

    Raises
    ------
    InputError
        There is no known land to score.
    """
    area = np.broadcast_to(cube.window.pixel_area[:, None], cube.window.shape)
    scenes = [scene(cube, spec, *pair) for pair in pairs]
    knowns = [(s.prior != UNKNOWN) & (s.target != UNKNOWN) for s in scenes]
    landed = np.logical_or.reduce(
        [k & used & (s.target != ocean) for s, k in zip(scenes, knowns, strict=True)]
    )
    if not landed.any():
        raise InputError(f"{cube.path} has no known land in the blocks to be scored")
    block, count = block_numbers(cube.window, landed)
    steps = []
    for fields, has_class in zip(scenes, knowns, strict=True):
        known = has_class & used & (block >= 0)
        rows, cols = np.nonzero(known)
        pixels = Scored(
            fields.prior[known],
            fields.target[known],
            rows,
            cols,
            area[known],
            block[known],
            object_sizes(fields.target, classes)[known],
        )
        over_land = fields.target != ocean
        steps.append(Step(fields, known, known & over_land, has_class & validation & over_land, area, pixels))
    return steps, count
