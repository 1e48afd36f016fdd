"""USDA soil texture classes from sand, silt and clay.

Boundaries: USDA Soil Survey Manual (2017), chapter 3; codes 1 ... 13 are those of HWSD v2, which splits
clay into heavy (more than 60 % clay) and light. SoilGrids and HWSD hence deliver the same classes.
"""

from __future__ import annotations

import numpy as np

TEXTURES = (
    "clay_heavy",
    "silty_clay",
    "clay_light",
    "silty_clay_loam",
    "clay_loam",
    "silt",
    "silt_loam",
    "sandy_clay",
    "loam",
    "sandy_clay_loam",
    "sandy_loam",
    "loamy_sand",
    "sand",
)
"""Names of the codes 1 ... 13; 0 is none (water, rock, ice, no data)."""


def usda_texture(sand: np.ndarray, silt: np.ndarray, clay: np.ndarray) -> np.ndarray:
    """Texture codes of soils whose fractions (0 ... 1) sum to 1.

    Returns
    -------
    numpy.ndarray
        uint8 codes 1 ... 13, 0 where a fraction is NaN.
    """
    sand, silt, clay = (100.0 * np.asarray(part, dtype=np.float64) for part in (sand, silt, clay))
    rules = [
        (silt + 1.5 * clay < 15, "sand"),
        (silt + 2 * clay < 30, "loamy_sand"),
        ((clay >= 40) & (silt >= 40), "silty_clay"),
        ((clay >= 35) & (sand > 45), "sandy_clay"),
        (clay > 60, "clay_heavy"),
        (clay >= 40, "clay_light"),
        ((clay >= 27) & (sand <= 20), "silty_clay_loam"),
        ((clay >= 27) & (sand <= 45), "clay_loam"),
        ((silt >= 80) & (clay < 12), "silt"),
        (silt >= 50, "silt_loam"),
        ((clay >= 20) & (silt < 28), "sandy_clay_loam"),
        ((clay >= 7) & (silt >= 28) & (sand <= 52), "loam"),
    ]
    codes = np.select(
        [rule for rule, _ in rules],
        [TEXTURES.index(name) + 1 for _, name in rules],
        TEXTURES.index("sandy_loam") + 1,
    )
    return np.where(np.isfinite(sand + silt + clay), codes, 0).astype(np.uint8)
