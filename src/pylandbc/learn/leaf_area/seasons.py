"""Amplitude and phase of a seasonal curve.

Start and end of season are where the curve crosses half of the amplitude, before and after the peak (the
midpoint method: White et al. 1997, Global Biogeochem. Cycles 11, 217; White et al. 2009, Glob. Change Biol.
15, 2335), linear between the steps. The peak is the vertex of the parabola through the largest value and its
neighbours. The year is a ring, so that southern and winter seasons need no case of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pylandbc.learn.leaf_area.calendar import YEAR_LENGTH

Floats = NDArray[np.float64]
THRESHOLD = 0.5
"""Share of the amplitude that is crossed at start and end."""


@dataclass(frozen=True)
class Season:
    """Of each curve; NaN where the curve has gaps or an amplitude below the least.

    Parameters
    ----------
    amplitude
        Largest less smallest value.
    start, peak, end
        Days since the start of the year, 0 ... 365.2425.
    """

    amplitude: Floats
    start: Floats
    peak: Floats
    end: Floats


def season(curves: np.ndarray, least: float = 0.5) -> Season:
    """Amplitude and phase of curves of one year.

    Parameters
    ----------
    curves
        (steps, ...) in equal steps of the year; values stand for the middle of their step.
    least
        Amplitude below which a curve has no season.
    """
    steps = curves.shape[0]
    shape = curves.shape[1:]
    y = curves.reshape(steps, -1).astype(np.float64)
    whole = np.isfinite(y).all(axis=0)
    y = np.where(whole, y, 0.0)
    amplitude = y.max(axis=0) - y.min(axis=0)
    level = y.min(axis=0) + THRESHOLD * amplitude
    top = y.argmax(axis=0)
    across = np.arange(y.shape[1])
    before, after = y[(top - 1) % steps, across], y[(top + 1) % steps, across]
    curvature = before - 2 * y[top, across] + after
    flat = curvature >= 0
    vertex = np.where(flat, 0.0, 0.5 * (before - after) / np.where(flat, 1.0, curvature))
    days = YEAR_LENGTH / steps
    peak = (top + 0.5 + vertex) * days

    def crossing(direction: int) -> Floats:
        """Where the curve first falls below the level when it is followed from the peak."""
        out = np.full(y.shape[1], np.nan)
        for back in range(1, steps):
            inner = y[(top + direction * (back - 1)) % steps, across]
            outer = y[(top + direction * back) % steps, across]
            here = np.isnan(out) & (inner >= level) & (outer < level)
            share = np.divide(inner - level, inner - outer, out=np.zeros_like(level), where=inner > outer)
            out = np.where(here, (top + 0.5 + direction * (back - 1 + share)) * days, out)
        return out

    seasonal = whole & (amplitude >= least)

    def shaped(values: Floats, ring: bool = True) -> Floats:
        values = values % YEAR_LENGTH if ring else values
        return np.where(seasonal, values, np.nan).reshape(shape)

    return Season(
        np.where(whole, amplitude, np.nan).reshape(shape),
        shaped(crossing(-1)),
        shaped(peak),
        shaped(crossing(1)),
    )


def days_apart(a: Floats, b: Floats) -> Floats:
    """Signed distance a - b on the ring of the year, days."""
    return (a - b + YEAR_LENGTH / 2) % YEAR_LENGTH - YEAR_LENGTH / 2


def compare_seasons(
    forecast: np.ndarray, observed: np.ndarray, weight: np.ndarray, least: float = 0.5
) -> dict[str, float | int | None]:
    """Area-weighted mean error and mean absolute error of amplitude and phase.

    Parameters
    ----------
    forecast, observed
        Curves of one year, (steps, ...).
    weight
        (...).
    """
    f, o = season(forecast, least), season(observed, least)
    out: dict[str, float | int | None] = {}
    for name in ("amplitude", "start", "peak", "end"):
        a, b = getattr(f, name), getattr(o, name)
        error = a - b if name == "amplitude" else days_apart(a, b)
        used = np.isfinite(error) & (weight > 0)
        unit = "" if name == "amplitude" else "_days"
        if name == "start":
            out["seasonal_pixels"] = int(used.sum())
        if used.any():
            w = weight[used] / weight[used].sum()
            out[f"{name}_bias{unit}"] = round(float((w * error[used]).sum()), 4)
            out[f"{name}_absolute_error{unit}"] = round(float((w * np.abs(error[used])).sum()), 4)
        else:
            out[f"{name}_bias{unit}"] = out[f"{name}_absolute_error{unit}"] = None
    return out


def filled(curves: np.ndarray) -> np.ndarray:
    """Curves (steps, ...) with gaps of one step filled linearly along the ring of the year."""
    out = curves.copy()
    before, after = np.roll(curves, 1, axis=0), np.roll(curves, -1, axis=0)
    gap = ~np.isfinite(curves)
    out[gap] = (0.5 * (before + after))[gap]
    return out
