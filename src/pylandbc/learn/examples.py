"""Tiles of a cube's training blocks, for baselines that are fitted.

Held-out blocks are hidden and unknown in the prior and carry no weight, as in the training of a network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch

from pylandbc.cube.open import Cube
from pylandbc.cube.patches import visible_patches
from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.learn.inference import CORE, cores, scene, tile_arguments
from pylandbc.legend import UNKNOWN
from pylandbc.models.baselines import Example
from pylandbc.models.inputs import InputSpec
from pylandbc.models.unet import HALO
from pylandbc.progress import Tell

MOST_TILES = 32
"""Tiles per mask ratio at most; a random choice among more."""
MOST_PAIRS = 4
"""Pairs of years at most, half of them forwards."""


def training_pairs(cube: Cube, span: int, quantity: str = "land_use") -> list[tuple[int, int]]:
    """Pairs of training years ``span`` apart, evenly spread, in both directions; those nearest to that span
    where there are none; ``InputError`` if there are fewer than two training years."""
    years = sorted(cube.class_training_years(quantity))
    forwards = [(a, b) for a in years for b in years if a < b]
    if not forwards:
        raise InputError(f"{cube.path} has fewer than two training years: no baseline can be fitted")
    nearest = min(abs(b - a - span) for a, b in forwards)
    forwards = [(a, b) for a, b in forwards if abs(b - a - span) == nearest]
    count = min(MOST_PAIRS // 2, len(forwards))
    chosen = [forwards[i] for i in np.linspace(0, len(forwards) - 1, count).round().astype(int)]
    return [pair for pair in chosen for pair in (pair, pair[::-1])]


def training_examples(
    cube: Cube,
    spec: InputSpec,
    split: Split | None,
    *,
    span: int,
    ratios: Sequence[float],
    ocean: int = 0,
    seed: int = 0,
    tell: Tell | None = None,
) -> list[Example]:
    """Tiles that hold training land, for each pair of years and share of hidden patches.

    Parameters
    ----------
    split
        Only its training blocks count; without one all pixels do.
    span
        Years between prior and target; see ``training_pairs``.
    ratios
        Shares of hidden patches of 32 pixels.
    """
    return list(_examples(cube, spec, split, span, ratios, ocean, seed, tell))


def _examples(
    cube: Cube,
    spec: InputSpec,
    split: Split | None,
    span: int,
    ratios: Sequence[float],
    ocean: int,
    seed: int,
    tell: Tell | None,
) -> Iterator[Example]:
    shape = cube.window.shape
    used = np.ones(shape, bool) if split is None else split.mask("train")
    held_out = np.zeros(shape, bool) if split is None else split.hidden_from("train")
    area = np.broadcast_to(cube.window.pixel_area[:, None], shape)
    area = (area / area.mean()).astype(np.float32)
    pairs = training_pairs(cube, span, spec.quantity)
    random = np.random.default_rng([seed, 7])
    for number, pair in enumerate(pairs):
        fields = scene(cube, spec, *pair)
        land = used & (fields.target != UNKNOWN) & (fields.target != ocean) & (fields.prior != UNKNOWN)
        fields = replace(fields, prior=np.where(held_out, UNKNOWN, fields.prior).astype(np.uint8))
        tiles = list(cores(land))
        most = -(-MOST_TILES // len(pairs))
        if len(tiles) > most:
            tiles = [tiles[i] for i in sorted(random.permutation(len(tiles))[:most])]
        for ratio in ratios:
            side = -(-max(shape) // 32) * 32
            visible = visible_patches(random, side, 32, ratio)[: shape[0], : shape[1]].copy()
            visible[held_out] = 0
            for place, (row, col) in enumerate(tiles):
                if tell is not None:
                    tell("training blocks", (number + place / len(tiles)) / len(pairs))
                yield _example(fields, visible, land, area, row, col)


def _example(fields, visible: np.ndarray, land: np.ndarray, area: np.ndarray, row: int, col: int) -> Example:
    size = CORE + 2 * HALO
    arguments = tile_arguments(fields, visible, row - HALO, col - HALO, size, size)
    here = np.s_[row : row + CORE, col : col + CORE]
    rows, cols = land[here].shape
    inner = np.s_[:, HALO : HALO + rows, HALO : HALO + cols]
    weight = torch.zeros(1, size, size)
    target = torch.full((1, size, size), UNKNOWN, dtype=torch.uint8)
    weight[inner] = torch.from_numpy(np.where(land[here], area[here], 0.0))
    target[inner] = torch.from_numpy(fields.target[here])
    return Example(arguments, target, weight)
