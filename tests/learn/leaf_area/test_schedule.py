"""Trainings of any length have a schedule."""

from __future__ import annotations

import pytest

from pylandbc.learn.leaf_area.config import parse
from pylandbc.learn.leaf_area.module import VegetationTraining
from pylandbc.models.leaf_area.networks import NETWORKS

pytest.importorskip("lightning")


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 20, 40])
def test_the_rate_rises_and_falls(steps: int) -> None:
    """Twenty steps have a rise of exactly one, by whose length less that step the rate was divided."""
    settings = {"quantity": "leaf_area_index", "name": "x", "licence": "CC0-1.0", "network": "pixel"}
    budget = {"samples_per_epoch": steps, "batch_size": 1, "epochs": 1, "learning_rate": 0.01}
    config = parse(settings | budget | {"regions": [{"cube": "a.zarr"}]}, "x")
    module = VegetationTraining(NETWORKS["pixel"](config.inputs(), {}, 1), config, 1.0)
    made = module.configure_optimizers()
    rates = []
    for _ in range(steps):
        rates.append(made["optimizer"].param_groups[0]["lr"])
        made["optimizer"].step()
        made["lr_scheduler"]["scheduler"].step()
    assert all(0 < rate <= 0.01 for rate in rates)
    assert steps < 20 or (rates[0] < max(rates) / 5 and rates[-1] < max(rates) / 5)
