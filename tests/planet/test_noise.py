"""Noise: the same at a place for every window, no seam, no pinch, uniform and independent draws."""

from __future__ import annotations

import numpy as np

from pylandbc.grid.window import Window
from pylandbc.planet.noise import fractal, sphere_points, value_noise, white


def field(window: Window, seed: int = 3) -> np.ndarray:
    return fractal(sphere_points(window.latitude, window.longitude), 40.0, 4, seed)


def test_windows_agree_where_they_overlap() -> None:
    large = field(Window(3000, 17000, 300, 400))
    small = field(Window(3100, 17150, 100, 125))
    np.testing.assert_array_equal(small, large[100:200, 150:275])


def test_the_dateline_is_no_place() -> None:
    across = field(Window(8000, 35900, 100, 200))
    east = field(Window(8000, 0, 100, 100))
    np.testing.assert_array_equal(across[:, 100:], east)
    steps = np.abs(np.diff(across, axis=1))
    assert steps[:, 99].max() <= steps.max()
    assert steps[:, 99].mean() < 2 * steps.mean()


def test_the_pole_is_one_place() -> None:
    points = sphere_points(np.array([89.999999]), np.arange(0.0, 360.0, 15.0))
    assert np.ptp(value_noise(points, 50.0, 1)) < 1e-3


def test_noise_is_continuous_centred_and_seeded() -> None:
    window = Window(3000, 17000, 500, 500)
    a, b = field(window, 3), field(window, 4)
    assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 0.3
    wide = value_noise(sphere_points(np.linspace(-60, 60, 300), np.linspace(-180, 179, 400)), 100.0, 5)
    assert abs(wide.mean()) < 0.02
    assert 0.2 < wide.std() < 0.5
    assert wide.min() >= -1 and wide.max() <= 1
    # lattice spacing 1/40 rad is 1.4 degrees: neighbours 0.01 degree apart cannot differ much
    assert np.abs(np.diff(a, axis=0)).max() < 0.2


def test_white_is_uniform_and_independent_between_keys() -> None:
    index = np.arange(200_000) + 5_000_000_000
    a, b, c = white(index, 1, 2), white(index, 1, 3), white(index + 1, 1, 2)
    for draw in (a, b):
        assert draw.min() >= 0 and draw.max() < 1
        counts = np.histogram(draw, bins=20, range=(0, 1))[0]
        # chi-squared with 19 degrees of freedom: 43.8 at one in a thousand
        assert ((counts - 10_000) ** 2 / 10_000).sum() < 43.8
    for other in (b, c):
        assert abs(np.corrcoef(a, other)[0, 1]) < 0.01
    np.testing.assert_array_equal(c[:-1], a[1:])
