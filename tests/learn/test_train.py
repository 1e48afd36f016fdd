"""Training: it learns, it can be interrupted, and a run directory says how it was made."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from pylandbc.errors import InputError
from pylandbc.learn.batches import Batches
from pylandbc.learn.config import TrainConfig, parse
from pylandbc.learn.data import normalisation, open_data
from pylandbc.learn.export import load
from pylandbc.learn.finish import export_run, score_run, split_of
from pylandbc.learn.module import ARGUMENTS, LandUseTraining
from pylandbc.learn.run import Run
from pylandbc.learn.train import train


def weights(run: Run) -> dict[str, torch.Tensor]:
    return run.trained()[0].state_dict()


@pytest.mark.parametrize("average", [0.0, 0.9])
def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(
    cubes: Path, tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, average: float
) -> None:
    tiny = tiny.model_copy(update={"average": average, "freeze_statistics": 0.4, "corruption": 0.5})
    whole = train(tiny, tmp_path / "whole", cubes, progress=False)
    step = LandUseTraining.training_step

    def power_cut(self: LandUseTraining, batch: dict[str, torch.Tensor], index: int) -> torch.Tensor:
        if self.global_step == 6:
            raise RuntimeError("power cut")
        return step(self, batch, index)

    with monkeypatch.context() as patch:
        patch.setattr(LandUseTraining, "training_step", power_cut)
        with pytest.raises(RuntimeError, match="power cut"):
            train(tiny, tmp_path / "parts", cubes, progress=False)
    cut = Run.read(tmp_path / "parts")
    assert cut.trained()[1]["steps"] == 4, "the checkpoint of the first epoch is there, the second was lost"
    parts = train(tiny, tmp_path / "parts", cubes, progress=False, resume=True)
    first, second = weights(whole), weights(parts)
    assert first.keys() == second.keys()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name]), name
    assert parts.trained()[1]["steps"] == 12
    with (tmp_path / "parts" / "curves.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert float(rows[-1]["learning_rate"]) < tiny.learning_rate / 10


def test_the_average_is_that_of_the_steps(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    """The kept weights against a plain sum over the weights of all steps; tables of indices stay whole."""
    steps: list[dict[str, torch.Tensor]] = []
    step = LandUseTraining.optimizer_step

    def record(self: LandUseTraining, *arguments: object, **more: object) -> None:
        if not steps:
            steps.append({k: v.clone() for k, v in self.emulator.state_dict().items()})
        step(self, *arguments, **more)
        steps.append({k: v.clone() for k, v in self.emulator.state_dict().items()})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LandUseTraining, "optimizer_step", record)
        run = train(tiny.model_copy(update={"average": 0.5}), tmp_path / "run", cubes, progress=False)
    assert len(steps) == 1 + 12
    # The model kept is w_n = sum over steps of (1 - d) d^(n - k) w_k, but the first two decays are
    # (1 + n) / (10 + n) with n updates before, and torch copies the first weights it is given.
    name = "unet.first.0.weight"
    expected = steps[1][name].double()
    for n, weights_now in enumerate(steps[2:], start=1):
        decay = min(0.5, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * weights_now[name].double()
    kept, _ = run.trained()
    torch.testing.assert_close(kept.state_dict()[name].double(), expected, rtol=1e-5, atol=1e-7)
    assert torch.equal(kept.time_column, steps[0]["time_column"])
    assert not torch.equal(kept.state_dict()[name], steps[-1][name])


def test_a_stopped_training_does_not_claim_success(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    """SIGTERM, as a batch queue sends it: status 143, and the run can be resumed."""
    config = tmp_path / "long.yaml"
    long = tiny.model_copy(update={"epochs": 500, "parts": [tiny.parts[0]]})
    config.write_text(json.dumps(long.model_dump(mode="json")), encoding="utf-8")
    command = [sys.executable, "-c", "from pylandbc.cli.main import run; run()"]
    with subprocess.Popen(
        [*command, "train", config, "--data", cubes, "--output", tmp_path / "run"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        until = time.monotonic() + 90
        while not (tmp_path / "run" / "curves.csv").is_file() and time.monotonic() < until:
            assert process.poll() is None, "ended before the first epoch was over"
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 143
    assert not (tmp_path / "run" / "scores.json").exists()
    assert Run.read(tmp_path / "run").trained()[1]["steps"] >= 4


def test_a_finished_run_is_left_as_it_is(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    before = weights(train(tiny, tmp_path / "run", cubes, progress=False))
    after = weights(train(tiny, tmp_path / "run", cubes, progress=False, resume=True))
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_a_prelude_comes_first_and_is_resumed_into(
    cubes: Path, tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One epoch of two steps with four samples of 32 pixels, then two of four steps with two of 64."""
    prelude = {"size": 32, "batch_size": 4, "samples_per_epoch": 8, "epochs": 1}
    config = parse({**tiny.model_dump(mode="json"), "size": 64, "epochs": 2, "prelude": prelude}, "here")
    shapes: list[tuple[int, ...]] = []
    step = LandUseTraining.training_step

    def watch(self: LandUseTraining, batch: dict[str, torch.Tensor], index: int) -> torch.Tensor:
        shapes.append(tuple(batch["target"].shape))
        if len(shapes) == 4 and cut:
            raise RuntimeError("power cut")
        return step(self, batch, index)

    monkeypatch.setattr(LandUseTraining, "training_step", watch)
    cut = False
    whole = train(config, tmp_path / "whole", cubes, progress=False)
    assert shapes == [(4, 32, 32)] * 2 + [(2, 64, 64)] * 8
    assert whole.trained()[1]["steps"] == config.steps == 10
    shapes.clear()
    cut = True
    with pytest.raises(RuntimeError, match="power cut"):
        train(config, tmp_path / "parts", cubes, progress=False)
    shapes.clear()
    cut = False
    parts = train(config, tmp_path / "parts", cubes, progress=False, resume=True)
    assert shapes == [(2, 64, 64)] * 8
    for name, tensor in weights(whole).items():
        assert torch.equal(tensor, weights(parts)[name]), name


def test_early_stopping_keeps_the_best_epoch(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    """A learning rate so high that the loss gets worse: training stops, and the run is its best epoch."""
    config = tiny.model_copy(update={"patience": 2, "epochs": 12, "learning_rate": 0.5, "warm_up": 0.5})
    run = train(config, tmp_path / "run", cubes, progress=False)
    with (tmp_path / "run" / "curves.csv").open(encoding="utf-8") as stream:
        losses = [float(row["validation_loss"]) for row in csv.DictReader(stream)]
    best = losses.index(min(losses))
    assert len(losses) == best + 3 < 12
    assert run.trained()[1]["steps"] == 4 * (best + 1)
    with pytest.raises(InputError, match="patience needs validation_samples"):
        parse({**config.model_dump(mode="json"), "validation_samples": 0}, "here")


def test_favouring_change_lowers_the_logit_of_the_prior_alone(
    cubes: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    run = train(tiny, tmp_path / "run", cubes, progress=False)
    plain, _ = run.trained()
    run.config = tiny.model_copy(update={"favour_change": 0.25})
    bold, _ = run.trained()
    batch = next(iter(Batches(open_data(tiny, cubes), tiny).val_dataloader()))
    arguments = [batch[name] for name in ARGUMENTS]
    with torch.no_grad():
        difference = bold(*arguments) - plain(*arguments)
    prior = batch["prior"].long()
    seen = (batch["visible"] != 0) & (prior < 8)
    expected = torch.stack([-0.25 * (seen & (prior == k)) for k in range(8)], 1)
    expected[:, 0] = 0.0  # the land mask decides there
    torch.testing.assert_close(difference, expected, rtol=1e-4, atol=1e-4)
    with pytest.raises(InputError, match="favour_change needs the residual head"):
        parse({**tiny.model_dump(mode="json"), "favour_change": 0.2, "residual": False}, "here")


def test_training_lowers_the_loss(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    """Without the residual head the network must learn to copy what it sees; it begins at chance, log 7."""
    config = tiny.model_copy(
        update={
            "residual": False,
            "parts": [tiny.parts[1]],
            "epochs": 5,
            "samples_per_epoch": 24,
            "learning_rate": 2e-2,
            "class_balance": 0.0,
            "change_weight": 1.0,
        }
    )
    train(config, tmp_path / "run", cubes, progress=False)
    with (tmp_path / "run" / "curves.csv").open(encoding="utf-8") as stream:
        losses = [float(row["train_loss"]) for row in csv.DictReader(stream)]
    assert len(losses) == 5
    assert losses[0] > 1.0
    assert losses[-1] < 0.6 * losses[0]


def test_a_run_is_not_overwritten_nor_continued_with_another_configuration(
    cubes: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    short = tiny.model_copy(update={"epochs": 1})
    train(short, tmp_path / "run", cubes, progress=False)
    with pytest.raises(InputError, match="already holds a run"):
        train(short, tmp_path / "run", cubes, progress=False)
    with pytest.raises(InputError, match="change_weight differ"):
        train(
            short.model_copy(update={"change_weight": 9.0}),
            tmp_path / "run",
            cubes,
            progress=False,
            resume=True,
        )


def test_from_run_to_scored_archive(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    run = train(tiny.model_copy(update={"epochs": 1}), tmp_path / "run", cubes, progress=False)
    with pytest.raises(InputError, match=r"no scores\.json"):
        export_run(run.path, tmp_path / "e.pt")
    result = score_run(run, cubes)
    card = export_run(run.path, tmp_path / "e.pt")
    loaded = load(tmp_path / "e.pt")
    assert loaded.card == card
    assert card["metrics"]["scores"].keys() == result["scores"].keys()
    assert "persistence" in card["metrics"]["scores"]
    cube = open_data(tiny, cubes).cubes[cubes / "planet.zarr"]
    held_out = split_of(card, cube)
    assert held_out.mask("test").any()
    record = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert record["cubes"][0]["provenance"] == cube.provenance
    assert record["versions"]["torch"] == torch.__version__


def test_the_papers_configuration_trains_on_luh2_states(
    cubes: Path, tiny: TrainConfig, tmp_path: Path
) -> None:
    config = tiny.model_copy(
        update={
            "inputs": "luh2",
            "residual": False,
            "epochs": 1,
            "parts": [tiny.parts[0].model_copy(update={"cube": "luh2.zarr", "mask_ratio": 0.75})],
        }
    )
    run = train(config, tmp_path / "run", cubes, progress=False)
    assert run.normalisation.keys() == {"elevation", "bathymetry", "secma", "secmb"}
    score_run(run, cubes)
    export_run(run.path, tmp_path / "e.pt")
    assert [i.name for i in load(tmp_path / "e.pt").inputs.static] == ["elevation", "bathymetry"]


def test_a_cube_that_lacks_an_input_is_named(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    config = tiny.model_copy(update={"parts": [tiny.parts[0].model_copy(update={"cube": "luh2.zarr"})]})
    with pytest.raises(InputError, match="urban_fraction"):
        train(config, tmp_path / "run", cubes, progress=False)


def test_normalisation_pools_means_and_variances(cubes: Path, tiny: TrainConfig) -> None:
    """Two equal cubes pool to themselves; against a shifted one the pooled moments are those of the
    mixture."""
    cube = open_data(tiny, cubes).cubes[cubes / "planet.zarr"]
    spec = tiny.spec()
    own = cube.statistics["elevation"]
    assert normalisation(spec, [(cube, 1.0), (cube, 3.0)])["elevation"] == pytest.approx(
        (own["mean"], own["std"])
    )
    shifted = type(cube)(
        **{
            **vars(cube),
            "statistics": {k: {"mean": v["mean"] + 10, "std": v["std"]} for k, v in cube.statistics.items()},
        }
    )
    mean, std = normalisation(spec, [(cube, 1.0), (shifted, 1.0)])["elevation"]
    assert mean == pytest.approx(own["mean"] + 5)
    assert std == pytest.approx((own["std"] ** 2 + 25) ** 0.5)
    assert "urban_fraction" not in normalisation(spec, [(cube, 1.0)])


def test_frozen_statistics_keep_their_values(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    """Frozen from the start they are those of an untrained network; frozen never they move."""
    for share, moves in ((0.0, False), (1.0, True)):
        config = tiny.model_copy(update={"freeze_statistics": share, "epochs": 1})
        run = train(config, tmp_path / f"run{share:g}", cubes, progress=False)
        kept, before = run.trained()[0].state_dict(), run.emulator().state_dict()
        for name in before:
            if name.endswith(("running_mean", "running_var")):
                assert torch.equal(kept[name], before[name]) != moves, name
