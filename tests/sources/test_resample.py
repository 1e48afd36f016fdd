"""Resampling against closed forms and a slow reference written plainly."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.sources.regular_grid import RegularGrid
from pylandbc.sources.resample import area_fraction, area_mean, bilinear, class_fractions, nearest


def grid(
    rows: int, cols: int, step: float, north: float = 60.0, west: float = -3.0, seed: int = 0
) -> RegularGrid:
    values = np.random.default_rng(seed).normal(size=(rows, cols))
    return RegularGrid(values, north - (np.arange(rows) + 0.5) * step, west + (np.arange(cols) + 0.5) * step)


def slow_area_mean(source: RegularGrid, lat: float, lon: float, half: float) -> float:
    """Mean over one target cell by looping over all source cells."""
    dlat, dlon = source.step
    total = weight = 0.0
    for i, y in enumerate(source.latitude):
        south, north = max(y - dlat / 2, lat - half), min(y + dlat / 2, lat + half)
        if north <= south:
            continue
        height = np.sin(np.deg2rad(north)) - np.sin(np.deg2rad(south))
        for j, x in enumerate(source.longitude):
            width = min(x + dlon / 2, lon + half) - max(x - dlon / 2, lon - half)
            if width > 0 and np.isfinite(source.values[i, j]):
                total += height * width * source.values[i, j]
                weight += height * width
    return total / weight if weight else np.nan


def test_area_mean_is_the_slow_reference() -> None:
    source = grid(60, 72, 1 / 240)
    source.values[10:30, 5:9] = np.nan
    source.values[0:12, 40:52] = np.nan
    lat = 60.0 - (np.arange(25) + 0.5) / 100
    lon = -3.0 + (np.arange(30) + 0.5) / 100
    got = area_mean(source, lat, lon)
    expected = np.array([[slow_area_mean(source, y, x, 0.005) for x in lon] for y in lat])
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)
    assert np.isnan(got).any()


def test_area_mean_conserves_the_integral() -> None:
    source = grid(240, 480, 1 / 240)
    lat, lon = 60.0 - (np.arange(100) + 0.5) / 100, -3.0 + (np.arange(200) + 0.5) / 100
    got = area_mean(source, lat, lon)

    def integral(values: np.ndarray, latitude: np.ndarray, step: float) -> float:
        strips = np.sin(np.deg2rad(latitude + step / 2)) - np.sin(np.deg2rad(latitude - step / 2))
        return float((values * strips[:, None]).sum() * np.deg2rad(step))

    reference = integral(np.abs(source.values), source.latitude, 1 / 240)
    difference = integral(got, lat, 0.01) - integral(source.values, source.latitude, 1 / 240)
    assert abs(difference) < 1e-12 * reference


def test_bilinear_is_exact_for_a_plane_and_stops_beyond_the_data() -> None:
    source = grid(12, 15, 0.25)
    plane = 2.0 * source.latitude[:, None] - 3.0 * source.longitude[None, :]
    source = RegularGrid(plane, source.latitude, source.longitude)
    lat, lon = np.linspace(59.8, 57.2, 40), np.linspace(-2.8, 0.6, 50)
    np.testing.assert_allclose(
        bilinear(source, lat, lon), 2.0 * lat[:, None] - 3.0 * lon[None, :], rtol=0, atol=1e-9
    )
    assert np.isnan(bilinear(source, np.array([60.2]), np.array([-2.0])))
    assert bilinear(source, np.array([59.95]), np.array([-2.875]))[0, 0] == pytest.approx(plane[0, 0])


def test_nearest_takes_the_cell_that_holds_the_point() -> None:
    source = grid(7, 9, 0.1)
    lat, lon = np.array([59.999, 59.901, 59.899, 60.01]), np.array([-2.999, -2.899, -2.101, -2.09])
    got = nearest(source, lat, lon, -9.0)
    v = source.values
    expected = [[v[0, 0], v[0, 1], v[0, 8], -9.0], [v[0, 0], v[0, 1], v[0, 8], -9.0]]
    np.testing.assert_array_equal(got[:2], expected)
    np.testing.assert_array_equal(got[2], [v[1, 0], v[1, 1], v[1, 8], -9.0])
    np.testing.assert_array_equal(got[3], [-9.0] * 4)


def test_class_fractions_are_means_of_indicators() -> None:
    """Also where strips of target rows meet, and where a target row lies beyond the source."""
    rng = np.random.default_rng(7)
    latitude, longitude = 50 - 0.003 * np.arange(1100), 10 + 0.003 * np.arange(40)
    grid = RegularGrid(rng.choice([0, 10, 20, 60], size=(1100, 40)).astype(np.uint8), latitude, longitude)
    target = 50.105 - 0.01 * np.arange(330), 10.01 + 0.01 * np.arange(8)
    fractions = class_fractions(grid, [10, 20, 60, 99], *target)
    known = np.where(grid.values == 0, np.nan, 1.0)
    for position, code in enumerate([10, 20, 60, 99]):
        indicator = RegularGrid(np.where(grid.values == code, 1.0, 0.0) * known, latitude, longitude)
        np.testing.assert_allclose(fractions[position], area_mean(indicator, *target), atol=1e-6)
    assert np.isnan(fractions[:, 0]).all()
    share = area_fraction(RegularGrid(known, latitude, longitude), *target)
    assert (share[0] == 0).all()
    assert share[50:300].mean() == pytest.approx((grid.values > 0).mean(), abs=0.01)
