"""Intervals by resampling whole blocks, because pixels of a block resemble each other.

Blocks of one degree are drawn with replacement (Kuensch 1989, Ann. Stat. 17, 1217; Roberts et al. 2017,
Ecography 40, 913), the same draws for all predictors, so that differences are paired; intervals are the
2.5 and 97.5 percentiles (Efron 1979).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from pylandbc.learn.metrics import Array

DRAWS = 1000
LEVELS = (2.5, 97.5)


def draws(blocks: int, count: int = DRAWS, seed: int = 0) -> Array:
    """How often each block occurs in each draw, (count, blocks)."""
    chance = np.full(blocks, 1.0 / blocks)
    return np.random.default_rng(seed).multinomial(blocks, chance, size=count).astype(np.float64)


def resampled(
    sums: Mapping[str, Array], scores: Callable[[Mapping[str, Array]], dict[str, Array]], drawn: Array
) -> dict[str, Array]:
    """Scores of each draw, {name: (count,)}, from sums by block {name: (blocks, ...)}."""
    return scores({name: np.tensordot(drawn, value, axes=(1, 0)) for name, value in sums.items()})


def interval(values: Array) -> tuple[float, float] | None:
    """The 95 % interval of the draws in which the score is defined; None where it hardly ever is."""
    known = values[~np.isnan(values)]
    if known.size < 0.9 * values.size or known.size < 2:
        return None
    low, high = np.percentile(known, LEVELS)
    return float(low), float(high)
