"""Shares of the attainable by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pylandbc.errors import InputError
from pylandbc.learn.attainable_share import attainable_shares, read_attainable

BEST = {
    "accuracy": 0.96,
    "figure_of_merit": 0.5,
    "brier": 0.06,
    "persistence_accuracy": 0.94,
    "persistence_brier": 0.12,
}


def result(pair: tuple[int, int] = (2018, 2019)) -> dict:
    def scores(accuracy: float, brier: float, merit: float) -> dict:
        entry = {"accuracy": accuracy, "brier": brier, "figure_of_merit": merit}
        return {"0": {"visible land": entry}}

    return {
        "pairs": [list(pair)],
        "scores": {"emulator": scores(0.955, 0.09, 0.4), "persistence": scores(0.94, 0.11, 0.0)},
    }


def test_shares_by_hand() -> None:
    found = attainable_shares(result(), {"demand_known": BEST})
    assert found["shares"]["emulator"]["demand_known"] == {
        "figure_of_merit": 0.8,
        "accuracy": 0.75,
        "brier": 0.5,
    }
    assert found["shares"]["persistence"]["demand_known"]["accuracy"] == 0.0


def test_no_share_of_nothing() -> None:
    """Where the best forecast is persistence, but for rounding."""
    nothing = BEST | {"accuracy": 0.94 + 1e-15}
    found = attainable_shares(result(), {"demand_unknown": nothing})["shares"]["emulator"]
    assert found["demand_unknown"]["accuracy"] is None and found["demand_unknown"]["brier"] == 0.5


def test_only_one_year_ahead_and_only_a_planets_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--span 1"):
        attainable_shares(result((2009, 2012)), {"demand_known": BEST})
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no key land_use"):
        read_attainable(tmp_path / "a.json")
    with pytest.raises(InputError, match="cannot be read"):
        read_attainable(tmp_path / "none.json")
