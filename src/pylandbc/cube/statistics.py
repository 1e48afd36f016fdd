"""Mean and standard deviation of every input, for normalisation inside the emulator.

From training years only, area-weighted, over land with a known class; bathymetry, which land does not have,
over ocean. A field that does not vary gets standard deviation 1, and the land mask is left as it is (mean
0, standard deviation 1).
"""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import COARSE, Window


def weighted(values: np.ndarray, weights: np.ndarray) -> dict[str, float]:
    """Mean and standard deviation of ``values`` with ``weights`` (broadcast); 0 and 1 where there is no
    weight."""
    weights = np.broadcast_to(weights, values.shape)
    total = weights.sum(dtype=np.float64)
    if total <= 0:
        return {"mean": 0.0, "std": 1.0}
    mean = float((values * weights).sum(dtype=np.float64) / total)
    std = float(np.sqrt((np.square(values - mean, dtype=np.float64) * weights).sum(dtype=np.float64) / total))
    return {"mean": mean, "std": std if std > 1e-12 * max(abs(mean), 1e-12) else 1.0}


def cube_statistics(
    static: dict[str, np.ndarray],
    climate: dict[str, np.ndarray],
    scenario: dict[str, np.ndarray],
    known: np.ndarray,
    window: Window,
) -> dict[str, dict[str, float]]:
    """Statistics of all variables by name.

    Parameters
    ----------
    static
        Fields (rows, cols), ``land_mask`` among them.
    climate, scenario
        Fields (year, lat, lon) of the years that count.
    known
        True on land whose class is known in a training year, bool (rows, cols).
    """
    pixel_area = window.pixel_area[:, None]
    land = known * pixel_area
    ocean = (1 - static["land_mask"]) * pixel_area
    lat, lon = window.coarse_shape
    land_area = land.reshape(lat, COARSE, lon, COARSE).sum(axis=(1, 3))
    out = {
        "elevation": weighted(static["elevation"], land),
        "bathymetry": weighted(static["bathymetry"], ocean),
        "land_mask": {"mean": 0.0, "std": 1.0},
    }
    for fields in (climate, scenario):
        out.update({name: weighted(values, land_area) for name, values in fields.items()})
    return out
