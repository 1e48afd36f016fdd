"""The climatology of a region: each pixel's mean by season step, or that of its land cover.

What an emulator learns from must not be in what it is told: while it trains, the climatology of a pixel and
that of the climate are those of other years than the target's, half of them, drawn anew for every sample
(``samples.other_years``).

From training years alone, and, for the land cover's, from training pixels alone. The climatology of a pixel
in a held-out block is that of its own training years: it is known before the years to be forecast, and no
weights are fitted there.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.region import LEAST, Region

Kind = Literal["pixel", "land_cover"]


def land_cover_climatology(region: Region, split: Split) -> np.ndarray:
    """Mean by land-cover class and season step over the training pixels, as maps (S, H, W).

    A class without training pixels takes the mean over all.
    """
    codes = region.groups["land_cover"][0].astype(np.int64)
    used = split.mask("train") & region.land
    sums, counts = (np.zeros((region.steps_per_year, 256)) for _ in range(2))
    weight = np.broadcast_to(region.area[:, None], region.shape)
    for step in np.flatnonzero(np.isin(region.years, region.training_years)):
        observed = region.observed(int(step))
        chosen = used & np.isfinite(observed)
        number = region.season[step]
        w = weight[chosen]
        sums[number] += np.bincount(codes[chosen], w * observed[chosen], minlength=256)
        counts[number] += np.bincount(codes[chosen], w, minlength=256)
    total = sums.sum(axis=1, keepdims=True) / np.maximum(counts.sum(axis=1, keepdims=True), 1e-30)
    means = np.where(counts > 0, sums / np.maximum(counts, 1e-30), total)
    return means[:, codes].astype(np.float32)


def pixel_climatology(region: Region, split: Split) -> np.ndarray:
    """Each pixel's mean by season step over the training years, float32 (S, H, W).

    Where a pixel has fewer than two observations of a step, that step is interpolated along the ring of the
    year; a pixel without any takes its land cover's climatology; ``InputError`` if no pixel has any.
    """
    sums, counts = _sums(region)
    if not counts.any():
        raise InputError(f"{region.name} has no observations in its training years {region.training_years}")
    out = np.where(counts >= LEAST, sums / np.maximum(counts, 1), np.float32(np.nan))
    rest = land_cover_climatology(region, split)
    for row, col in np.argwhere(np.isnan(out).any(axis=0) & region.land):
        curve = out[:, row, col]
        have = np.flatnonzero(np.isfinite(curve))
        if have.size:
            curve[:] = np.interp(np.arange(len(curve)), have, curve[have], period=len(curve))
    return np.where(np.isfinite(out), out, rest)


def _sums(region: Region) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of each pixel's observations by season step over the training years, float32
    (S, H, W)."""
    sums, counts = (np.zeros((region.steps_per_year, *region.shape), dtype=np.float32) for _ in range(2))
    for step in np.flatnonzero(np.isin(region.years, region.training_years)):
        observed = region.observed(int(step))
        there = np.isfinite(observed)
        sums[region.season[step]] += np.where(there, observed, 0)
        counts[region.season[step]] += there
    return sums, counts


def set_normal(region: Region, split: Split, kind: Kind) -> None:
    """Give a region its climatology."""
    region.own_normal = kind == "pixel"
    region.normal = (pixel_climatology if region.own_normal else land_cover_climatology)(region, split)


def spread(region: Region, split: Split) -> tuple[float, float]:
    """Mean and standard deviation of the observations of the training years and pixels; ``InputError`` if
    there are none."""
    moments = np.zeros(3)
    used = split.mask("train")
    for step in np.flatnonzero(np.isin(region.years, region.training_years)):
        observed = region.observed(int(step))
        values = observed[used & np.isfinite(observed)].astype(np.float64)
        moments += values.size, values.sum(), (values**2).sum()
    if moments[0] < 2:
        raise InputError(f"{region.name} has no observations to learn from")
    mean = moments[1] / moments[0]
    return float(mean), float(np.sqrt(max(moments[2] / moments[0] - mean**2, 1e-12)))
