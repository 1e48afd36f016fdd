"""Koeppen-Geiger classes from monthly climate: criteria of Beck et al. 2018 (Sci. Data 5, 180214), table 1.

Arid climates (B) are decided first, then A, C, D and E. Summer is the warmer of April-September and
October-March. The seasonal shares of the dryness threshold are as the paper's words have them (70 % of the
precipitation in summer or in winter); the authors' own code had them the other way round until version 3 of
the 2023 maps.
"""

from __future__ import annotations

import numpy as np

_NORTHERN = np.array([3, 4, 5, 6, 7, 8])
_SOUTHERN = np.array([0, 1, 2, 9, 10, 11])


def koeppen_geiger(temperature: np.ndarray, precipitation: np.ndarray) -> np.ndarray:
    """Class of each place.

    Parameters
    ----------
    temperature, precipitation
        Monthly means (degC) and sums (mm) of January ... December, (12, ...).

    Returns
    -------
    numpy.ndarray
        uint8, codes 1 (Af) ... 30 (EF) of :data:`pylandbc.legend.KOEPPEN_GEIGER`.
    """
    t, p = np.asarray(temperature), np.asarray(precipitation)
    northern = t[_NORTHERN].mean(axis=0) > t[_SOUTHERN].mean(axis=0)
    halves = p[_NORTHERN], p[_SOUTHERN]
    summer = np.where(northern, halves[0], halves[1])
    winter = np.where(northern, halves[1], halves[0])
    summer_sum, winter_sum = summer.sum(axis=0), winter.sum(axis=0)
    mean, total = t.mean(axis=0), p.sum(axis=0)
    hottest, coldest = t.max(axis=0), t.min(axis=0)
    warm_months = (t > 10).sum(axis=0)

    extra = np.where(winter_sum > 0.7 * total, 0.0, np.where(summer_sum > 0.7 * total, 28.0, 14.0))
    threshold = 2.0 * mean + extra
    arid = total < 10.0 * threshold
    desert = total < 5.0 * threshold
    dry = np.where(desert, np.where(mean >= 18, 4, 5), np.where(mean >= 18, 6, 7))

    driest = p.min(axis=0)
    tropical = np.where(driest >= 60, 1, np.where(driest >= 100 - total / 25, 2, 3))

    dry_summer = (summer.min(axis=0) < 40) & (summer.min(axis=0) < winter.max(axis=0) / 3)
    dry_winter = winter.min(axis=0) < summer.max(axis=0) / 10
    # where both hold, the wetter half year decides
    dry_summer, dry_winter = (
        dry_summer & ~(dry_winter & (summer_sum > winter_sum)),
        dry_winter & ~(dry_summer & (summer_sum <= winter_sum)),
    )
    hot = np.where(hottest >= 22, 0, np.where(warm_months >= 4, 1, 2))
    temperate = np.where(dry_summer, 8, np.where(dry_winter, 11, 14)) + hot
    severe = np.where((hot == 2) & (coldest < -38), 3, hot)
    cold = np.where(dry_summer, 17, np.where(dry_winter, 21, 25)) + severe
    polar = np.where(hottest > 0, 29, 30)

    wooded = np.where(coldest >= 18, tropical, np.where(coldest > 0, temperate, cold))
    return np.where(arid, dry, np.where((hottest <= 10) & (coldest < 18), polar, wooded)).astype(np.uint8)
