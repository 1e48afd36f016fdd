"""Training: it learns, it can be interrupted, and a run directory says how it was made."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch

from pylandbc.errors import InputError
from pylandbc.learn.config import TrainConfig
from pylandbc.learn.data import normalisation, open_data
from pylandbc.learn.export import load
from pylandbc.learn.finish import export_run, score_run, split_of
from pylandbc.learn.module import LandUseTraining
from pylandbc.learn.run import Run
from pylandbc.learn.train import train


def weights(run: Run) -> dict[str, torch.Tensor]:
    return run.trained()[0].state_dict()


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(
    cubes: Path, tiny: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_finished_run_is_left_as_it_is(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    before = weights(train(tiny, tmp_path / "run", cubes, progress=False))
    after = weights(train(tiny, tmp_path / "run", cubes, progress=False, resume=True))
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_training_lowers_the_loss(cubes: Path, tiny: TrainConfig, tmp_path: Path) -> None:
    """Without the residual head the network must learn to copy what it sees; it begins at chance, log 7."""
    config = tiny.model_copy(
        update={
            "residual": False,
            "parts": [tiny.parts[1]],
            "epochs": 6,
            "samples_per_epoch": 24,
            "learning_rate": 2e-2,
            "class_balance": 0.0,
            "change_weight": 1.0,
        }
    )
    train(config, tmp_path / "run", cubes, progress=False)
    with (tmp_path / "run" / "curves.csv").open(encoding="utf-8") as stream:
        losses = [float(row["train_loss"]) for row in csv.DictReader(stream)]
    assert len(losses) == 6
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
