"""The four tables, from results of a known shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pylandbc.learn.compare.score import UNDER, WRONG, Tally, as_map, summary
from pylandbc.learn.compare.tables import facts, sheets
from pylandbc.models.leaf_area.bounded_quantiles import LEVELS


def scored(rmse_offset: float) -> dict[str, Any]:
    """Scores of a made-up model whose leaf area is off by a constant, and whose land use is half right."""
    tally, area = Tally(), np.ones(400)
    rng = np.random.default_rng(0)
    observed = rng.uniform(1, 3, 400)
    spread = np.linspace(-0.3, 0.3, len(LEVELS))[:, None]
    tally.leaf("climatology", (0.5,)).update(observed[None] + 0.4, observed, observed, area)
    for name in UNDER:
        for group in (name, f"{name}, {WRONG}"):
            tally.leaf(group).update(observed + rmse_offset + spread, observed, observed, area)
    before = np.repeat([1, 2], 200)
    after = np.where(np.arange(400) % 4 == 0, 3, before)
    for scores in (tally.uses, tally.rolled):
        scores.update(before, after, before, area)
    tally.covers.update(before, before, before, area)
    chances = np.full((400, 8), 0.0)
    chances[np.arange(400), before] = 1.0
    tally.probabilities.append((chances, after, area))
    tally.seconds, tally.pixels = 2.0, 400
    return summary(tally) | {"training_seconds": 10.0}


def test_scores_and_tables() -> None:
    one = scored(0.2)
    assert one["land_use"]["accuracy"] == one["land_use"]["persistence_accuracy"] == 0.75
    assert one["land_use"]["calibration_error"] == pytest.approx(0.25)
    assert one["skill"]["predicted"] == pytest.approx(1 - (0.2 / 0.4) ** 2, abs=1e-6)
    assert one["seconds_per_million_pixels"] == pytest.approx(5000)
    cost = {
        "parameters": 1234, "encoder_width": 8, "operations_per_pixel_year": 10.0,
        "operations_per_pixel_step": 20.0,
    }  # fmt: skip
    result = {
        "models": {
            "joint": {"scores": {"1": one, "2": scored(0.1)}, "cost": cost},
            "chain": {"scores": {"1": one, "2": one}, "cost": cost},
        },
        "regions": ["a.zarr"], "test_years": [2013], "rollout": 5, "seeds": [1, 2], "steps": 100,
    }  # fmt: skip
    found = sheets(result)
    assert [len(sheet.head) for sheet in found] == [4, 3, 3, 3]
    rows = {row[0]: row[1:] for sheet in found for row in sheet.rows}
    assert rows["leaf area: RMSE"] == ("0.150 (0.100 ... 0.200)", "0.200 (0.200 ... 0.200)", "0.400")
    assert rows["parameters"] == ("1,234", "1,234")
    assert rows["training, ms per step"][0].startswith("100.0")
    assert "2013" in facts(result) and "seeds 1, 2" in facts(result)


def test_ocean_and_the_unknown_stay() -> None:
    import torch

    chances = torch.zeros(1, 8, 4, 4)
    chances[:, 3] = 1.0
    prior = np.array([[0, 255, 2], [7, 4, 3]], dtype=np.uint8)
    np.testing.assert_array_equal(as_map(chances, prior), [[0, 255, 3], [3, 3, 3]])
