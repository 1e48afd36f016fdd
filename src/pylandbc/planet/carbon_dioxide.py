"""Carbon dioxide of the planet: ever faster growth to 2015, then a path to each scenario's value in 2100.

Values are close to the observed ones (315 ppm in 1958, 400 in 2015) and to those of CMIP6 in 2100
(Meinshausen et al. 2020). Written in the layout of NOAA's ``co2_mm_mlo.txt``, with its comments, its eight
columns and its -9.99 for missing months.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pylandbc.planet.noise import white
from pylandbc.planet.transitions import HISTORICAL, SCENARIO_START, scenario_factors

IN_2100 = {"ssp126": 445.0, "ssp245": 603.0, "ssp370": 867.0, "ssp585": 1135.0}
"""ppm at the end of each scenario."""
GROWTH = 2.6
"""ppm a year at the scenarios' start."""
MISSING_SHARE = 0.004
"""Share of the months that the station missed."""


def _past(years: np.ndarray) -> np.ndarray:
    """280 ppm and an exponential to 1958, a parabola since; fitted by hand to Keeling's record."""
    since = np.asarray(years, dtype=np.float64) - 1958.0
    before = 280.0 + 35.0 * np.exp(0.8 / 35.0 * np.minimum(since, 0.0))
    return before + np.where(since > 0, 0.8 * since + 0.0125 * since**2, 0.0)


def annual_co2(years: np.ndarray, scenario: str = HISTORICAL) -> np.ndarray:
    """Concentration at the middle of each year, ppm, float64. ``historical`` goes on growing after 2015."""
    scenario_factors(scenario)
    years = np.asarray(years, dtype=np.float64)
    past = _past(years)
    if scenario == HISTORICAL:
        return past
    at_start = float(_past(np.array(SCENARIO_START)))
    since, span = years - SCENARIO_START, 2100.0 - SCENARIO_START
    bend = (IN_2100[scenario] - at_start - GROWTH * span) / span**2
    return np.where(years <= SCENARIO_START, past, at_start + GROWTH * since + bend * since**2)


def write_noaa_co2(path: Path, first_year: int, last_year: int, seed: int) -> None:
    """Monthly means in the layout of ``co2_mm_mlo.txt``: year, month, decimal date, average, deseasonalised,
    days, standard deviation, uncertainty."""
    lines = [
        f"# Synthetic planet of pylandbc, seed {seed}, {HISTORICAL}. Not an observation; the layout is "
        "that of",
        "# NOAA GML's Mauna Loa record, co2_mm_mlo.txt.",
        "#            decimal       monthly    de-season  #days  st.dev  unc. of",
        "#             date         average     alized",
    ]
    for year in range(first_year, last_year + 1):
        for month in range(1, 13):
            date = year + (month - 0.5) / 12
            trend = float(annual_co2(np.array([date - 0.5]), HISTORICAL)[0])
            season = 3.0 * np.sin(2 * np.pi * (date - 0.12))
            missing = white(np.array([year * 12 + month]), seed, 95)[0] < MISSING_SHARE
            average = -9.99 if missing else trend + season
            days, spread, error = (0, -9.99, -0.99) if missing else (27, 0.45, 0.17)
            lines.append(
                f"{year:4d}  {month:2d}  {date:10.4f}  {average:10.2f}  {trend:10.2f}  {days:4d}"
                f"  {spread:6.2f}  {error:6.2f}"
            )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
