"""A prelude in which the U-Net is silent: only the heads learn, then all do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pylandbc.errors import InputError
from pylandbc.learn.config import Prelude, TrainConfig, parse
from pylandbc.learn.export import example_arguments
from pylandbc.learn.loss import LandUseLoss
from pylandbc.learn.module import LandUseTraining
from pylandbc.learn.train import train
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator

SILENT = Prelude(size=64, batch_size=1, samples_per_epoch=3, epochs=1, heads_only=True)
SMALL = Prelude(size=32, batch_size=1, samples_per_epoch=2, epochs=1)


def test_the_unet_rests_in_the_prelude_and_learns_after_it(
    cubes: Path, tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny.model_copy(
        update={
            "network": "multiscale",
            "neighbours": True,
            "prelude": [SILENT, SMALL],
            "validation_samples": 0,
        }
    )
    steps = []
    step = LandUseTraining.training_step

    def watched(self: LandUseTraining, batch: dict[str, torch.Tensor], index: int) -> torch.Tensor:
        steps.append((self.emulator.heads_only, self.emulator.unet.first[0].weight.detach().clone()))
        return step(self, batch, index)

    monkeypatch.setattr(LandUseTraining, "training_step", watched)
    run = train(config, tmp_path / "run", cubes, progress=False)
    assert [silent for silent, _ in steps] == 3 * [True] + 14 * [False]
    assert all(torch.equal(steps[0][1], weight) for _, weight in steps[:4]), "not even decayed"
    assert not torch.equal(steps[0][1], steps[-1][1])
    assert [config.stage(epoch) for epoch in range(6)] == [0, 1, 2, 2, 2, 2]
    trained, about = run.trained()
    assert about == {"steps": 17} and not trained.heads_only
    assert trained.unet.head.weight.abs().max() > 0


def test_which_weights_get_gradients_in_which_stage(tiny: TrainConfig) -> None:
    config = tiny.model_copy(update={"network": "multiscale", "prelude": SILENT})
    emulator = MultiscaleLandUseEmulator(hilda_inputs(), base=2, neighbours=True)
    module = LandUseTraining(emulator, torch.nn.Identity(), config)  # type: ignore[arg-type]
    given = example_arguments(hilda_inputs(), 64)
    for silent in (True, False):
        emulator.heads_only = silent
        module.zero_grad(set_to_none=True)
        emulator(*given).square().mean().backward()
        assert (emulator.unet.head.weight.grad is None) == silent
        assert emulator.neighbours is not None and emulator.neighbours.own.grad is not None


def test_untrained_it_says_what_its_heads_say() -> None:
    emulator = MultiscaleLandUseEmulator(hilda_inputs(), base=2).eval()
    emulator.begin_with_heads()
    given = example_arguments(hilda_inputs(), 64)
    with torch.no_grad():
        together = emulator(*given)
        emulator.heads_only = True
        assert torch.equal(emulator(*given), together)


def test_nothing_is_learned_from_cut_cells_where_asked(tiny: TrainConfig) -> None:
    """Another truth in a cut cell changes the loss, unless these are left out; in a whole cell always."""
    emulator = MultiscaleLandUseEmulator(hilda_inputs(), base=2)
    given = example_arguments(hilda_inputs(), 64)
    names = ("static", "climate", "scenario", "scenario_row", "scenario_col", "prior", "visible", "time")
    batch = dict(zip(names, given, strict=True))
    batch["static"][:, [entry.name for entry in hilda_inputs().static].index("land_mask")] = 1.0
    batch["target"], batch["weight"] = 1 + batch["prior"] % 6, torch.ones(1, 64, 64)
    for cut in (True, False):
        config = tiny.model_copy(update={"network": "multiscale", "cut_cells": cut})
        module = LandUseTraining(emulator, LandUseLoss(torch.ones(8)), config)
        with torch.no_grad():
            before = module._loss(batch)[0]
            for place, felt in (((0, 10, 10), True), ((0, 60, 60), cut)):
                other = batch["target"].clone()
                other[place] += 1
                assert (module._loss({**batch, "target": other})[0] != before) == felt
    content = {"name": "n", "licence": "l", "network": "multiscale", "parts": [{"cube": "c"}], "size": 32}
    with pytest.raises(InputError, match="64 pixels or more"):
        parse({**content, "cut_cells": False}, "here")


def test_heads_have_a_rate_of_their_own(tiny: TrainConfig) -> None:
    config = tiny.model_copy(update={"network": "multiscale", "heads_rate": 8.0})
    emulator = MultiscaleLandUseEmulator(hilda_inputs(), base=2, neighbours=True)
    module = LandUseTraining(emulator, torch.nn.Identity(), config)  # type: ignore[arg-type]
    optimiser = module.configure_optimizers()["optimizer"]
    rate = {id(p): g["initial_lr"] for g in optimiser.param_groups for p in g["params"]}
    assert len(rate) == len(list(emulator.parameters()))
    assert rate[id(emulator.unet.head.weight)] == config.learning_rate
    assert rate[id(emulator.neighbours.gain)] == 8 * config.learning_rate


def test_only_the_multiscale_network_has_heads() -> None:
    content = {"name": "n", "licence": "l", "parts": [{"cube": "c"}], "prelude": {"heads_only": True}}
    with pytest.raises(InputError, match="only the network multiscale"):
        parse(content, "here")
