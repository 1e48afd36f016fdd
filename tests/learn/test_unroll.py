"""Unrolled training: what a later step sees, and that it teaches."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pylandbc.cube.collate import collate
from pylandbc.cube.open import open_cube
from pylandbc.cube.samples import Samples
from pylandbc.errors import InputError
from pylandbc.learn.config import TrainConfig, parse
from pylandbc.learn.data import cube_split
from pylandbc.learn.module import LandUseTraining
from pylandbc.learn.train import train
from pylandbc.learn.unroll import later_steps, next_step
from pylandbc.models.inputs import hilda_inputs


@pytest.fixture(scope="module")
def batch(cubes: Path) -> dict[str, torch.Tensor]:
    cube = open_cube(cubes / "planet.zarr").loaded()
    samples = Samples(
        cube,
        hilda_inputs().as_list(),
        split=cube_split(cube, 0, 0.1, 0.2),
        size=64,
        count=4,
        mask_ratio=0.5,
        max_elapsed=1,
        unroll=3,
        phase_group=4,
    )
    return collate([samples[i] for i in range(4)])


def test_the_next_step_sees_the_emulators_map_where_the_block_is_not_held_out(
    batch: dict[str, torch.Tensor],
) -> None:
    assert later_steps(batch) == 2
    assert later_steps({"target": batch["target"]}) == 0
    held_out = batch["target"] == 255
    assert held_out.any() and not held_out.all()
    logits = torch.randn(4, 8, 64, 64, generator=torch.Generator().manual_seed(0))
    second = next_step(batch, logits, 0)
    assert torch.equal(second["prior"][~held_out], logits.argmax(1).to(torch.uint8)[~held_out])
    assert (second["prior"][held_out] == 255).all()
    assert torch.equal(second["visible"] == 1, ~held_out)
    for name in ("target", "weight", "climate", "scenario"):
        assert torch.equal(second[name], batch[f"later_{name}"][:, 0])
        assert torch.equal(next_step(second, logits, 1)[name], batch[f"later_{name}"][:, 1])
    # The scenario before a step is that after the one before.
    assert torch.equal(second["scenario"][:, :7], batch["scenario"][:, 7:])
    assert not torch.equal(second["scenario"], batch["scenario"])
    assert torch.equal(batch["time"], second["time"])


def test_the_loss_is_the_mean_over_the_steps(batch: dict[str, torch.Tensor], tiny: TrainConfig) -> None:
    from pylandbc.learn.loss import LandUseLoss
    from pylandbc.models.land_use import LandUseEmulator

    torch.manual_seed(0)
    module = LandUseTraining(LandUseEmulator(hilda_inputs(), base=2), LandUseLoss(torch.ones(8)), tiny)
    module.eval()
    module.log = lambda *_, **__: None  # type: ignore[method-assign]
    found = module.training_step(batch, 0)
    here, losses = batch, []
    for number in range(3):
        loss, logits = module._loss(here)
        losses.append(float(loss))
        if number < 2:
            here = next_step(here, logits, number)
    assert len(set(losses)) == 3
    assert float(found) == pytest.approx(sum(losses) / 3, rel=1e-6)


def test_a_second_head_has_no_unrolls(tiny: TrainConfig) -> None:
    content = tiny.model_dump(mode="json") | {"network": "multiscale", "second_head": "land_cover"}
    content |= {"class_balance": 0.0, "unroll": 2}
    with pytest.raises(InputError, match="unroll belongs to land use alone"):
        parse(content, "joint")


def test_a_training_with_unrolled_samples_ends_elsewhere(
    cubes: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    parts = [part.model_copy(update={"max_elapsed": 1}) for part in tiny.parts]
    unrolled = tiny.model_copy(update={"unroll": 2, "parts": parts, "area_term": 0.5, "tversky_term": 0.1})
    plain = unrolled.model_copy(update={"unroll": 1})
    first, second = (
        train(config, tmp_path / str(config.unroll), cubes, progress=False).trained()[0].state_dict()
        for config in (unrolled, plain)
    )
    assert all(torch.isfinite(tensor).all() for tensor in first.values() if tensor.is_floating_point())
    assert not torch.equal(first["unet.head.weight"], second["unet.head.weight"])
