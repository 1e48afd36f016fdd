"""Land cover from the cube to the card: samples of one and of two heads, training, scores, archives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cover_cube import write_cover_cube, write_cover_emulator

from pylandbc.cube.samples import Samples
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.learn.config import TrainConfig, parse
from pylandbc.learn.data import opened
from pylandbc.learn.evaluate import evaluate
from pylandbc.learn.export import load, quantity_of_archive
from pylandbc.learn.finish import export_run, scores_file
from pylandbc.learn.given_land_use import with_predicted_land_use
from pylandbc.learn.inference import scene
from pylandbc.learn.region import Region
from pylandbc.learn.score_tables import tables
from pylandbc.learn.train import train
from pylandbc.legend import LAND_COVER_FLAGS
from pylandbc.models.baselines import CrossWalk, Persistence
from pylandbc.models.inputs import joint_inputs, land_cover_inputs

HELD = Window(3950, 17950, 100, 200)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cover")
    write_cover_cube(folder / "cube.zarr", HELD)
    return folder


@pytest.fixture(scope="module")
def scores(root: Path) -> dict[str, Any]:
    """Scores of persistence and of a cross-walk that knows nothing."""
    spec, names = land_cover_inputs(), LAND_COVER_FLAGS.names
    walk = CrossWalk(spec, names)
    walk.table = torch.full((24 * 9 * 32, 23), 1 / 23)
    cube = opened(root / "cube.zarr", spec)
    return evaluate([Persistence(spec, names), walk], [Region(cube)], spec, "all", names=names, ratios=(0.0,))


def config(**more) -> TrainConfig:
    content = {
        "name": "tiny",
        "licence": "CC0-1.0",
        "network": "multiscale",
        "base": 2,
        "parts": [{"cube": "cube.zarr", "mask_ratio": 0.5}],
        "split": {"seed": 1, "validation": 0.0, "test": 0.0},
        "size": 32,
        "batch_size": 2,
        "samples_per_epoch": 4,
        "epochs": 1,
        "validation_samples": 0,
        "change_weight": 2.0,
        "threads": 1,
        "device": "cpu",
    }
    return parse({**content, **more}, "tiny")


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(InputError, match="needs network: multiscale"):
        config(quantity="land_cover", network="paper")
    with pytest.raises(InputError, match="inputs luh2 do not belong to quantity land_cover"):
        config(quantity="land_cover", inputs="luh2")
    with pytest.raises(InputError, match="second_head belongs to quantity land_use"):
        config(quantity="land_cover", second_head="land_cover")
    with pytest.raises(InputError, match="demand_rounds scales land use alone"):
        config(second_head="land_cover", demand_rounds=2)


def test_a_sample_of_two_heads_has_both_targets_and_the_other_prior(root: Path) -> None:
    spec = joint_inputs()
    cube = opened(root / "cube.zarr", spec)
    samples = Samples(
        cube, spec.as_list(), size=32, count=4, mask_ratio=0.0, mirror=False, second="land_cover"
    )
    own = Samples(
        cube,
        joint_inputs("land_cover").as_list(),
        size=32,
        count=4,
        mask_ratio=0.0,
        mirror=False,
        quantity="land_cover",
    )
    for n in range(4):
        one, other = samples.sample(n), own.sample(n)
        assert torch.equal(one["second_target"], other["target"])
        assert torch.equal(one["static"][-1].to(torch.uint8), other["prior"])
        assert torch.equal(other["static"][-1].to(torch.uint8), one["prior"])


def test_a_scene_has_the_land_use_of_the_target_year(root: Path) -> None:
    spec = land_cover_inputs()
    cube = opened(root / "cube.zarr", spec)
    fields = scene(cube, spec, 2012, 2009)
    assert np.array_equal(fields.static[7], cube.land_use_map(2009))
    assert np.array_equal(fields.prior, cube.class_map("land_cover", 2012))
    assert fields.scenario.shape[0] == 0


def test_training_one_head_scores_and_exports(root: Path, scores: dict[str, Any]) -> None:
    run = train(config(quantity="land_cover"), root / "run", root, progress=False)
    emulator, progress = run.trained()
    assert progress["steps"] == 2
    untrained = run.emulator().persistence_gain
    assert not torch.equal(emulator.persistence_gain, untrained)
    scores_file(run, "land_cover").write_text(json.dumps(scores), encoding="utf-8")
    card = export_run(root / "run", root / "cover.pt")
    assert card["quantity"] == "land_cover" == quantity_of_archive(root / "cover.pt")
    assert card["demand"] == {} and card["output"] == {
        "name": "land_cover",
        "kind": "class_logits",
        "classes": 23,
    }
    codes = {entry["name"]: entry.get("esa_code") for entry in card["classes"]}
    assert (codes["ocean"], codes["cropland_rainfed"], codes["snow_and_ice"]) == (None, 10, 220)
    assert card["inputs"][7] == {
        "name": "land_use",
        "unit": "1",
        "source": "static",
        "kind": "class",
        "codes": 8,
        "at": "target",
    }
    assert load(root / "cover.pt").inputs == land_cover_inputs()
    with pytest.raises(InputError, match="has no head 'land_use'"):
        export_run(root / "run", root / "other.pt", "land_use")


def test_training_two_heads_moves_both_and_exports_either(root: Path, scores: dict[str, Any]) -> None:
    run = train(config(second_head="land_cover"), root / "joint", root, progress=False)
    before, (after, _) = run.emulator(), run.trained("land_cover")
    for name in ("walk", "cover_bias", "persistence_bias"):
        assert not torch.equal(getattr(before, name), getattr(after, name)), name
    for quantity in ("land_use", "land_cover"):
        scores_file(run, quantity).write_text(json.dumps(scores), encoding="utf-8")
        card = export_run(root / "joint", root / f"{quantity}.pt", quantity)
        assert (card["quantity"], card["training"]["second_head"]) == (quantity, "land_cover")
        assert load(root / f"{quantity}.pt").inputs == joint_inputs(quantity)


def test_scores_of_persistence_are_those_of_the_maps(root: Path, scores: dict[str, Any]) -> None:
    cube = opened(root / "cube.zarr", land_cover_inputs())
    before, after = (cube.class_map("land_cover", year) for year in (2009, 2012))
    area = np.broadcast_to(cube.window.pixel_area[:, None], before.shape)
    land = (cube.static_field("land_mask") == 1) & (before != 255) & (after != 255)
    right = (area * (before == after))[land].sum() / area[land].sum()
    assert scores["quantity"] == "land_cover"
    found = scores["scores"]["persistence"]["0"]["visible land"]["accuracy"]
    assert found == pytest.approx(right, abs=1e-6)
    # Many classes are rows of their table, so that it still fits a terminal.
    by_class = tables(scores)[1]
    assert [column.header for column in by_class.columns] == ["IoU by class", "persistence", "cross-walk"]


def test_a_predicted_land_use_takes_the_place_of_the_true_one(root: Path) -> None:
    cube = opened(root / "cube.zarr", land_cover_inputs())

    class Given:
        """An emulator of land use that says pasture everywhere."""

        def __init__(self) -> None:
            self.card = {"quantity": "land_use", "classes": [{"name": str(k)} for k in range(8)]}
            self.inputs, self.path = joint_inputs("land_use"), Path("given.pt")

        @staticmethod
        def module(*arguments: torch.Tensor) -> torch.Tensor:
            logits = torch.zeros(1, 8, *arguments[5].shape[1:])
            logits[:, 3] = 1.0
            return logits

    other = with_predicted_land_use(cube, land_cover_inputs(), Given(), [(2009, 2012)])  # type: ignore[arg-type]
    land = cube.static_field("land_mask") == 1
    assert (other.land_use_map(2012)[land] == 3).all()
    assert np.array_equal(other.land_use_map(2012)[~land], cube.land_use_map(2012)[~land])
    assert np.array_equal(other.land_use_map(2009), cube.land_use_map(2009))
    cover = load(write_cover_emulator(root / "tiny.pt"))
    with pytest.raises(InputError, match="is an emulator of land_cover"):
        with_predicted_land_use(cube, cover.inputs, cover, [(2009, 2012)])
    with pytest.raises(InputError, match="leave --land-use out"):
        with_predicted_land_use(cube, joint_inputs("land_cover"), cover, [(2009, 2012)])
