"""Sentences of the report: what was found, in words that the numbers bear out."""

from __future__ import annotations

from typing import Any

from pylandbc.report.score_sentences import findings


def result(difference: float, low: float, high: float) -> dict[str, Any]:
    """Scores of an emulator that differs from persistence in the Brier score."""
    scores = {"accuracy": 0.9, "figure_of_merit": 0.1}
    entry = {"difference": difference, "interval": [low, high]}
    return {
        "scores": {"emulator": {"0": {"visible land": scores}}},
        "differences": {"0": {"visible land": {"emulator": {"persistence": {"brier": entry}}}}},
        "mask_ratios": [0.0],
    }


def said(*numbers: float) -> str:
    return findings(result(*numbers), "emulator")[1]


def test_a_difference_that_is_borne_out_is_never_shown_as_zero() -> None:
    words = said(0.00002, 0.00001, 0.00003)
    assert "worse</span> in Brier (+0.00002, 95 % interval +0.00001 to +0.00003)" in words
    assert "better</span> in Brier (−0.012, 95 % interval −0.020 to −0.004)" in said(-0.012, -0.02, -0.004)


def test_a_difference_whose_interval_holds_zero_has_no_numbers() -> None:
    assert "not distinguishable</span> in Brier." in said(0.00002, -0.00001, 0.00003)


def test_a_small_error_of_calibration_is_not_nothing() -> None:
    found = result(0.0, -1.0, 1.0)
    for error, points in ((0.0004, "0.04"), (0.0123, "1.2"), (0.0, "0.0")):
        found["scores"]["emulator"]["0"]["visible land"]["calibration_error"] = error
        assert f"is right by {points} points on average." in " ".join(findings(found, "emulator"))
