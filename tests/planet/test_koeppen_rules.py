"""Koeppen-Geiger classes: against a plain reading of table 1 of Beck et al. 2018, and real stations."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.legend import KOEPPEN_GEIGER
from pylandbc.planet.koeppen_rules import koeppen_geiger


def plain(t: list[float], p: list[float]) -> str:
    """Table 1, row by row, for one place."""
    apr_sep, oct_mar = range(3, 9), (0, 1, 2, 9, 10, 11)
    north = sum(t[m] for m in apr_sep) > sum(t[m] for m in oct_mar)
    summer, winter = (apr_sep, oct_mar) if north else (oct_mar, apr_sep)
    ps, pw = sum(p[m] for m in summer), sum(p[m] for m in winter)
    mat, total = sum(t) / 12, sum(p)
    if pw > 0.7 * total:
        limit = 2 * mat
    elif ps > 0.7 * total:
        limit = 2 * mat + 28
    else:
        limit = 2 * mat + 14
    if total < 10 * limit:
        return ("BW" if total < 5 * limit else "BS") + ("h" if mat >= 18 else "k")
    if min(t) >= 18:
        if min(p) >= 60:
            return "Af"
        return "Am" if min(p) >= 100 - total / 25 else "Aw"
    if max(t) <= 10:
        return "ET" if max(t) > 0 else "EF"
    psdry, pswet = min(p[m] for m in summer), max(p[m] for m in summer)
    pwdry, pwwet = min(p[m] for m in winter), max(p[m] for m in winter)
    s, w = psdry < 40 and psdry < pwwet / 3, pwdry < pswet / 10
    if s and w:
        s, w = ps <= pw, ps > pw
    second = "s" if s else "w" if w else "f"
    if max(t) >= 22:
        third = "a"
    elif sum(x > 10 for x in t) >= 4:
        third = "b"
    else:
        third = "d" if min(t) < -38 else "c"
    return ("C" if min(t) > 0 else "D") + second + third


def test_against_the_table() -> None:
    generator = np.random.default_rng(11)
    count = 6000
    phase = 2 * np.pi * (np.arange(12)[:, None] - generator.choice([0, 6], count)) / 12
    mean, swing = generator.uniform(-25, 30, count), generator.uniform(0, 30, count)
    t = mean + swing * np.cos(phase) + generator.normal(0, 1, (12, count))
    wet = np.exp(generator.uniform(0, 5.5, count) + generator.uniform(-2.5, 2.5, count) * np.cos(phase))
    p = wet * generator.uniform(0.3, 1.7, (12, count))
    found = koeppen_geiger(t, p)
    names = dict(zip(KOEPPEN_GEIGER.codes, KOEPPEN_GEIGER.names, strict=True))
    expected = [plain(t[:, i].tolist(), p[:, i].tolist()) for i in range(count)]
    assert [names[code] for code in found.tolist()] == expected
    assert len(set(expected)) >= 28, "the draw reaches nearly every class"


STATIONS = {
    "Singapore": ("Af", [26.5, 27.1, 27.5, 28.0, 28.3, 28.3, 27.9, 27.9, 27.6, 27.6, 27.0, 26.4],
                  [235, 113, 170, 155, 172, 130, 155, 149, 170, 155, 259, 315]),
    "Cairo": ("BWh", [14, 15, 17.5, 21.5, 25, 27.5, 28, 28, 26.5, 24, 19.5, 15],
              [5, 4, 4, 1, 0, 0, 0, 0, 0, 1, 4, 6]),
    "Rome": ("Csa", [7.5, 8.2, 10.2, 12.6, 17.2, 21.1, 24.1, 24.5, 20.8, 16.4, 11.4, 8.4],
             [67, 73, 58, 81, 53, 34, 19, 37, 73, 113, 115, 81]),
    "London": ("Cfb", [5.2, 5.3, 7.6, 9.9, 13.3, 16.5, 18.7, 18.5, 15.7, 12.0, 8.0, 5.5],
               [55, 41, 42, 44, 49, 45, 45, 50, 49, 69, 59, 55]),
    "Moscow": ("Dfb", [-6.5, -6.7, -1, 6.7, 13.2, 17, 19.2, 17, 11.3, 5.6, -1.2, -5.2],
               [52, 41, 35, 37, 49, 80, 85, 82, 68, 71, 55, 52]),
    "Verkhoyansk": ("Dfd", [-45, -41, -28, -11.6, 3.5, 13, 15.6, 11.3, 2.7, -14, -35.4, -43.5],
                    [6, 6, 5, 6, 13, 24, 36, 31, 18, 14, 11, 8]),
    "Vostok": ("EF", [-32, -44, -58, -65, -66, -65, -67, -68, -66, -57, -43, -32],
               [1, 1, 2, 2, 3, 3, 2, 2, 2, 2, 1, 1]),
    "Cape Town": ("Csb", [20.9, 21.0, 19.7, 17.2, 14.7, 12.6, 12.0, 12.4, 13.6, 15.6, 17.9, 19.8],
                  [15, 17, 20, 41, 69, 93, 82, 77, 40, 30, 14, 17]),
}  # fmt: skip
"""Rounded climatological means of well-known stations, and the class that every atlas gives them."""


@pytest.mark.parametrize("name", STATIONS)
def test_stations(name: str) -> None:
    expected, t, p = STATIONS[name]
    code = int(koeppen_geiger(np.array(t, dtype=float), np.array(p, dtype=float)))
    assert KOEPPEN_GEIGER.names[code - 1] == expected
