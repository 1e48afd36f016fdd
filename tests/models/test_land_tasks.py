"""Joint model and chain: as many weights, what reads what, what is trained by what."""

from __future__ import annotations

import pytest
import torch

from pylandbc.models.land_tasks import (
    COVERS,
    USES,
    LandTasks,
    cross_entropy,
    one_hot,
    pair_of_equal_size,
    parameters,
)
from pylandbc.models.leaf_area.inputs import VegetationInputs

INPUTS = VegetationInputs(
    "leaf_area_index", "month", ("elevation", "land_mask", "koeppen_geiger"), ("t", "p"), 4, (1, 12)
)
SCENARIO = 3


def batch(size: int = 12) -> dict[str, torch.Tensor]:
    """Random arguments of two tiles that are all land."""
    random = torch.Generator().manual_seed(3)

    def uniform(*shape: int) -> torch.Tensor:
        return torch.rand(*shape, generator=random)

    cells = torch.arange(size) // 6
    codes = torch.randint(1, 7, (2, size, size), generator=random, dtype=torch.uint8)
    static = uniform(2, 3, size, size)
    static[:, 1], static[:, 2] = 1.0, 15.0
    return {
        "static": static, "climate": uniform(2, 4, 4, 2, 2), "climate_row": cells, "climate_col": cells,
        "past": 3 * uniform(2, 2, size, size), "known": torch.ones(2, 2, size, size, dtype=torch.uint8),
        "normal": 3 * uniform(2, 3, size, size), "latitude": 50 * uniform(2, size),
        "time": torch.tensor([[200.0, 400.0]] * 2), "prior": codes,
        "scenario": uniform(2, 2 * SCENARIO, 2, 2),
    }  # fmt: skip


@pytest.fixture
def models() -> dict[str, LandTasks]:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    joint, chain = pair_of_equal_size(INPUTS, {"leaf_area_index": (2.0, 1.0)}, SCENARIO, 16)
    return {"joint": joint, "chain": chain}


def test_both_are_as_large(models: dict[str, LandTasks]) -> None:
    counts = {name: parameters(model) for name, model in models.items()}
    assert abs(counts["chain"] / counts["joint"] - 1) < 0.05
    assert len(models["joint"].encoders) == 1 and len(models["chain"].encoders) == 3
    assert models["chain"].width < models["joint"].width


@pytest.mark.parametrize("name", ["joint", "chain"])
def test_leaf_area_reads_the_land_use_it_is_given(models: dict[str, LandTasks], name: str) -> None:
    model, given = models[name].eval(), batch()
    with torch.inference_mode():
        encoded, logits = model.year(
            given["static"], given["prior"], given["scenario"], given["climate_row"], given["climate_col"]
        )
        assert logits.shape == (2, USES, 12, 12)
        assert model.cover(encoded, logits.softmax(1)).shape == (2, COVERS, 12, 12)
        forest, crop, water = (
            model.leaves(given, encoded, one_hot(torch.full((2, 12, 12), code)))[0] for code in (4, 2, 7)
        )
    assert forest.shape == (2, 7, 12, 12) and (forest.diff(dim=1) >= 0).all()
    assert not torch.equal(forest, crop)
    assert (water == 0).all() and (crop[:, -1] > 0).all()


@pytest.mark.parametrize(("name", "shared"), [("joint", True), ("chain", False)])
def test_what_the_leaf_area_trains(models: dict[str, LandTasks], name: str, shared: bool) -> None:
    """In the joint model its loss reaches the weights of land use; in the chain, given a map, it does not."""
    model, given = models[name], batch()
    encoded, logits = model.year(
        given["static"], given["prior"], given["scenario"], given["climate_row"], given["climate_col"]
    )
    uses = logits.softmax(1) if model.joint else one_hot(given["prior"])
    model.leaves(given, encoded, uses)[0].sum().backward()
    gradient = model.land_use.weight.grad
    assert (gradient is not None and gradient.abs().sum() > 0) == shared
    assert model.encoders[-1][0].weight.grad.abs().sum() > 0
    if not shared:
        assert model.encoders[0][0].weight.grad is None and model.encoders[1][0].weight.grad is None


def test_cross_entropy_counts_known_classes_alone() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0]])[:, :, None, None].expand(2, 2, 1, 2)
    codes = torch.tensor([[[0, 255]], [[0, 1]]])
    weight = torch.tensor([[[2.0, 9.0]], [[1.0, 1.0]]])
    chosen = [(-logits[0, :, 0, 0].log_softmax(0)[0], 2.0)]
    chosen += [(-logits[1, :, 0, 0].log_softmax(0)[k], 1.0) for k in (0, 1)]
    expected = sum(loss * w for loss, w in chosen) / 4
    torch.testing.assert_close(cross_entropy(logits, codes, weight), expected)
