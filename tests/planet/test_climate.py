"""Climate: the trend follows carbon dioxide, years differ, scenarios part in 2015."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.planet.carbon_dioxide import IN_2100, annual_co2
from pylandbc.planet.climate import REFERENCE_YEAR, climatology_of, monthly_climate, months_of, warming
from pylandbc.planet.noise import sphere_points


def points() -> np.ndarray:
    return sphere_points(np.linspace(-85, 85, 35), np.linspace(-180, 170, 36))


def test_scenarios_reach_their_concentration_and_join_the_past() -> None:
    for name, final in IN_2100.items():
        assert annual_co2(np.array([2100]), name)[0] == pytest.approx(final)
        path = annual_co2(np.arange(1900, 2101), name)
        past = annual_co2(np.arange(1900, 2016))
        np.testing.assert_array_equal(path[:116], past)
        assert np.abs(np.diff(path)).max() < 16
    order = [annual_co2(np.array([2080]), name)[0] for name in IN_2100]
    assert order == sorted(order)


def test_warming_is_logarithmic_and_stronger_at_the_poles() -> None:
    at = points()
    years = np.array([2080])
    ratio = annual_co2(years, "ssp585")[0] / annual_co2(np.array([REFERENCE_YEAR]))[0]
    change = warming(at, years, "ssp585")
    np.testing.assert_allclose(change, 2.2 * np.log2(ratio) * (0.8 + 1.2 * at[2] ** 2), rtol=1e-5)
    assert not warming(at, np.array([REFERENCE_YEAR])).any()
    temperature, _ = climatology_of(at, np.zeros(at.shape[1:]), years, 1, "ssp585")
    base, _ = monthly_climate(at, np.zeros(at.shape[1:]), 1)
    np.testing.assert_allclose(temperature - base, np.broadcast_to(change, base.shape), atol=1e-3)


def test_years_vary_about_the_climatology() -> None:
    at = points()
    flat = np.zeros(at.shape[1:], dtype=np.float32)
    base = monthly_climate(at, flat, 1)
    years = [months_of(at, flat, year, 1) for year in range(1995, 2006)]
    temperature = np.stack([t for t, _ in years]) - base[0]
    wet = np.stack([p for _, p in years]) / base[1]
    assert 0.2 < temperature.std() < 2
    assert abs(temperature.mean()) < 0.2
    assert 0.9 < wet.mean() < 1.15 and wet.min() > 0.2
    again = months_of(at[:, 10:20], flat[10:20], 2001, 1)
    np.testing.assert_allclose(again[0], years[6][0][:, 10:20], atol=1e-5)
