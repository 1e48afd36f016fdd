"""The land-cover emulator that ships: it loads, its card is honest, it follows the land use it is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from pylandbc import emulators
from pylandbc.learn.config import parse
from pylandbc.learn.export import LoadedEmulator
from pylandbc.legend import LAND_COVER_FLAGS, LAND_USE
from pylandbc.models.inputs import land_cover_inputs

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "08_land_cover" / "train.yaml"


@pytest.fixture(scope="module")
def shipped() -> LoadedEmulator:
    return emulators.load("land-cover")


def test_it_is_small_and_says_what_it_was_trained_on(shipped: LoadedEmulator) -> None:
    assert shipped.inputs == land_cover_inputs()
    assert shipped.path.stat().st_size < 3_000_000
    training = shipped.card["training"]
    assert "never on observed land cover" in training["description"]
    config = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    assert [part["cube"] for part in training["parts"]] == [part["cube"] for part in config["parts"]]
    held = parse(config, "train.yaml")
    assert training["steps"] == held.steps
    for key in ("average", "seed", "split"):
        assert training[key] == config[key]
    assert parse({**config, "prelude": training["prelude"]}, "card").stages == held.stages


def test_by_its_card_it_beats_persistence_on_change_and_in_probability(shipped: LoadedEmulator) -> None:
    """Where docs/land-cover.md has intervals without zero; accuracy and mean IoU are not among them."""
    scores = shipped.card["metrics"]["scores"]
    seen = {name: by_ratio["0"]["visible land"] for name, by_ratio in scores.items()}
    assert seen["emulator"]["figure_of_merit"] > 0.3
    for key in ("log_loss", "brier"):
        assert seen["emulator"][key] < seen["persistence"][key]
    hidden = {name: by_ratio["0.75"]["hidden land"]["accuracy"] for name, by_ratio in scores.items()}
    assert hidden["emulator"] > max(hidden[name] for name in ("nearest fill", "Gaussian fill"))


def scene(land_use: np.ndarray, cover: np.ndarray) -> list[torch.Tensor]:
    """A mild, wet plain of silt, one year forwards, everything visible."""
    shape = land_use.shape
    values = {"elevation": 100, "slope": 1, "land_mask": 1, "koeppen_geiger": 15, "land_use": land_use}
    values |= {"sand_fraction": 0.3, "silt_fraction": 0.4, "clay_fraction": 0.3}
    static = [np.broadcast_to(values[entry.name], shape) for entry in land_cover_inputs().static]
    climate = [np.full(shape, 282.0), np.full(shape, 2.6e-5)]
    index = torch.arange(shape[0]) // 25
    return [
        torch.from_numpy(np.stack(static).astype(np.float32))[None],
        torch.from_numpy(np.stack(climate).astype(np.float32))[None],
        torch.zeros(1, 0, 4, 4),
        index,
        index,
        torch.from_numpy(cover)[None],
        torch.ones(1, *shape, dtype=torch.uint8),
        torch.tensor([[1.0, 1.0]]),
    ]


def test_a_map_is_kept_where_its_land_use_is(shipped: LoadedEmulator) -> None:
    """Crops and urban stay; where crops become urban land the cover follows, and nowhere else."""
    crops, urban = (LAND_COVER_FLAGS.code(name) for name in ("cropland_rainfed", "urban"))
    land_use = np.full((96, 96), LAND_USE.code("cropland"), np.uint8)
    land_use[30:50, 30:50] = LAND_USE.code("urban")
    cover = np.where(land_use == LAND_USE.code("urban"), urban, crops).astype(np.uint8)
    with torch.inference_mode():
        kept = shipped(*scene(land_use, cover)).argmax(1)[0].numpy()
        grown = land_use.copy()
        grown[30:50, 50:55] = LAND_USE.code("urban")
        followed = shipped(*scene(grown, cover)).argmax(1)[0].numpy()
    assert (kept == cover).mean() > 0.99
    assert (followed[30:50, 50:55] == urban).mean() > 0.9
    assert (followed == cover)[grown == land_use].mean() > 0.99
