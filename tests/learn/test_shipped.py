"""The emulator that ships: it loads, its card is honest, and it keeps what the card promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from pylandbc import emulators
from pylandbc.cube.build import build_cube
from pylandbc.cube.config import load_config
from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.learn.config import parse
from pylandbc.learn.evaluate import evaluate
from pylandbc.learn.export import LoadedEmulator
from pylandbc.learn.finish import predictors, split_of
from pylandbc.learn.region import Region
from pylandbc.legend import LAND_USE
from pylandbc.models.inputs import hilda_inputs

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "06_train_land_use"
FILLS = ("nearest fill", "Gaussian fill", "coarse majority")


@pytest.fixture(scope="module")
def shipped() -> LoadedEmulator:
    return emulators.load("land-use")


def test_the_shipped_emulator_loads_and_is_small(shipped: LoadedEmulator) -> None:
    assert shipped.inputs == hilda_inputs()
    assert shipped.path == emulators.path("land-use")
    assert shipped.path.stat().st_size < 9_000_000
    assert "CC-BY-4.0" in shipped.card["licence"]


def test_the_card_is_that_of_the_configuration(shipped: LoadedEmulator) -> None:
    config = yaml.safe_load((EXAMPLES / "train.yaml").read_text(encoding="utf-8"))
    training = shipped.card["training"]
    assert shipped.card["name"] == config["name"]
    assert [part["cube"] for part in training["parts"]] == [part["cube"] for part in config["parts"]]
    assert training["steps"] == parse(config, "train.yaml").steps
    held = parse(config, "train.yaml").model_dump(mode="json")
    for key in ("favour_change", "average", "seed", "split"):
        assert training[key] == held[key]
    assert parse({**config, "prelude": training["prelude"]}, "card").stages == parse(config, "file").stages


def test_by_its_card_it_beats_its_null_models(shipped: LoadedEmulator) -> None:
    scores = shipped.card["metrics"]["scores"]
    seen = {name: by_ratio["0"]["visible land"] for name, by_ratio in scores.items()}
    assert seen["emulator"]["accuracy"] >= seen["persistence"]["accuracy"]
    assert seen["emulator"]["figure_of_merit"] > 0
    hidden = {name: by_ratio["0.75"]["hidden land"]["accuracy"] for name, by_ratio in scores.items()}
    assert hidden["emulator"] > max(hidden[name] for name in FILLS)


def patchwork(shipped: LoadedEmulator, climate: tuple[float, float]) -> tuple[np.ndarray, torch.Tensor]:
    """A visible map of patches (96, 96) whose cell fractions do not change, and the emulator's logits for it
    under one climate: temperature (K), precipitation (kg m-2 s-1)."""
    random = np.random.default_rng(0)
    prior = np.repeat(np.repeat(random.integers(1, 6, (8, 8)), 12, 0), 12, 1).astype(np.uint8)
    prior[:10] = 0
    coarse = np.zeros((14, 4, 4), np.float32)
    for row, col in np.ndindex(4, 4):
        part = prior[25 * row : 25 * (row + 1), 25 * col : 25 * (col + 1)]
        coarse[:, row, col] = [(part[part > 0] == k).mean() for k in (*range(1, 8), *range(1, 8))]
    static = np.stack([np.full(prior.shape, 100.0), np.zeros(prior.shape), prior != 0]).astype(np.float32)
    weather = np.stack([np.full(prior.shape, value) for value in climate]).astype(np.float32)
    index = torch.arange(96) // 25
    given = (static, weather, coarse, index, index, prior, np.ones_like(prior))
    arguments = [a if isinstance(a, torch.Tensor) else torch.from_numpy(a)[None] for a in given]
    with torch.inference_mode():
        return prior, shipped(*arguments, torch.tensor([[1.0, 1.0]]))[0]


def test_a_visible_map_is_nearly_kept_and_the_ocean_exactly(shipped: LoadedEmulator) -> None:
    """Without any change in the fractions, most of a visible map must stay what it is."""
    prior, logits = patchwork(shipped, (283.0, 3e-5))
    found = logits.argmax(0).numpy()
    assert np.array_equal(found == 0, prior == 0)
    assert (found == prior)[10:].mean() > 0.9


def test_climate_hardly_matters_as_docs_limits_says(shipped: LoadedEmulator) -> None:
    """If a better one ships, docs/limits.md and the developer's tutorial are to be mended with this test."""
    cool, warm = (patchwork(shipped, climate)[1] for climate in ((278.0, 2e-5), (288.0, 6e-5)))
    assert float((cool - warm)[1:].abs().max()) < 0.01


def test_an_unknown_name_lists_the_known() -> None:
    assert {"land-use", "land-cover", "lai-monthly", "lai-dekadal"} <= set(emulators.names())
    with pytest.raises(InputError, match="there are: " + ", ".join(emulators.names())):
        emulators.path("land-ues")


@pytest.mark.long
def test_it_scores_what_its_card_says(shipped: LoadedEmulator, real_data: Path, tmp_path: Path) -> None:
    cube = open_cube(
        build_cube(load_config(EXAMPLES / "cube.yaml"), real_data, tmp_path / "uk.zarr")
    ).loaded()
    both = predictors(shipped.inputs, LAND_USE.names, shipped.module)[:2]
    torch.set_num_threads(2)
    result = evaluate(
        both,
        [Region(cube, split_of(shipped.card, cube))],
        shipped.inputs,
        names=LAND_USE.names,
        ratios=(0.0, 0.75),
    )
    for predictor in ("emulator", "persistence"):
        for ratio, groups in shipped.card["metrics"]["scores"][predictor].items():
            for group, promised in groups.items():
                found = result["scores"][predictor][ratio][group]["accuracy"]
                assert found == pytest.approx(promised["accuracy"], abs=2e-4)
