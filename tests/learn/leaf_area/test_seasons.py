"""Amplitude and phase of curves whose season is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.learn.leaf_area.seasons import compare_seasons, days_apart, filled, season

YEAR = 365.2425


def cosine(peak: float, steps: int = 36, amplitude: float = 2.0) -> np.ndarray:
    day = (np.arange(steps) + 0.5) * YEAR / steps
    return 1 + amplitude / 2 * (1 + np.cos(2 * np.pi * (day - peak) / YEAR))


@pytest.mark.parametrize("peak", [3.0, 100.0, 182.0, 300.0, 363.0])
@pytest.mark.parametrize("steps", [12, 36])
def test_a_cosine_crosses_half_a_quarter_before_and_after(peak: float, steps: int) -> None:
    found = season(cosine(peak, steps)[:, None])
    # linear between steps and a parabola at the top: within a fraction of a step
    assert abs(days_apart(found.peak, np.array(peak))[0]) < 0.06 * YEAR / steps
    assert abs(days_apart(found.start, np.array(peak - YEAR / 4))[0]) < 0.1 * YEAR / steps
    assert abs(days_apart(found.end, np.array(peak + YEAR / 4))[0]) < 0.1 * YEAR / steps
    assert found.amplitude[0] == pytest.approx(2.0, rel=0.04)


def test_a_triangle_by_hand() -> None:
    """Monthly 0 0 0 1 2 3 4 3 2 1 0 0: the level is 2, met at the middles of months 4 and 8."""
    curve = np.array([0, 0, 0, 1, 2, 3, 4, 3, 2, 1, 0, 0.0])
    found = season(curve[:, None])
    month = YEAR / 12
    assert found.start[0] == pytest.approx(4.5 * month)
    assert found.end[0] == pytest.approx(8.5 * month)
    assert found.peak[0] == pytest.approx(6.5 * month)


def test_gaps_and_evergreens_have_no_phase() -> None:
    curves = np.stack([cosine(180.0, 12), cosine(180.0, 12, 0.2), cosine(180.0, 12)], axis=1)
    curves[3, 2] = np.nan
    found = season(curves)
    assert np.isfinite(found.start).tolist() == [True, False, False]
    assert np.isfinite(found.amplitude).tolist() == [True, True, False]
    # a single gap is filled from its neighbours, two in a row are not
    assert np.isfinite(season(filled(curves)).start).tolist() == [True, False, True]
    curves[4, 2] = np.nan
    assert np.isnan(filled(curves)[3:5, 2]).all()


def test_comparison_is_weighted_and_goes_round_the_year() -> None:
    observed = np.stack([cosine(2.0), cosine(180.0)], axis=1)
    forecast = np.stack([cosine(360.0), cosine(190.0)], axis=1)
    result = compare_seasons(forecast, observed, np.array([3.0, 1.0]))
    assert result["seasonal_pixels"] == 2
    # 7.2425 days too early across New Year with weight 3, 10 too late with weight 1
    assert result["peak_bias_days"] == pytest.approx((3 * -7.2425 + 10) / 4, abs=0.3)
    assert result["peak_absolute_error_days"] == pytest.approx((3 * 7.2425 + 10) / 4, abs=0.3)
    assert result["amplitude_absolute_error"] == pytest.approx(0, abs=0.02)
