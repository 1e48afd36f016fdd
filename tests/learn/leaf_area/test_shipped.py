"""The emulators of leaf area that ship: small, loaded by name, and what their cards and examples say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml

from pylandbc import emulators
from pylandbc.learn.compare.config import load_compare
from pylandbc.learn.leaf_area.config import load_config, parse
from pylandbc.learn.leaf_area.export import example_arguments

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "07_leaf_area"


@pytest.mark.parametrize(("name", "step"), [("monthly", "month"), ("dekadal", "dekad")])
def test_the_shipped_emulator_is_that_of_the_example(name: str, step: str) -> None:
    loaded = emulators.load_vegetation(f"lai-{name}")
    assert loaded.path.stat().st_size < 1_500_000
    card = loaded.card
    assert (card["name"], card["step"], card["quantity"]) == (f"lai-{name}", step, "leaf_area_index")
    assert card["training"]["normal"] == "pixel" and card["licence"] == "CC0-1.0"
    trained = parse(card["training"]["configuration"], name).model_dump()
    example = load_config(EXAMPLE / f"{name}.yaml").model_dump()
    for key in set(trained) - {"regions"}:
        assert trained[key] == example[key], key
    assert len(trained["regions"]) == len(example["regions"])
    scores, skill = card["metrics"]["scores"], card["metrics"]["skill"]
    assert scores["emulator"]["rmse"] < scores["climatology"]["rmse"]
    assert skill["emulator, past hidden"]["skill"] > 0.1


@pytest.mark.parametrize("name", ["lai-monthly", "lai-dekadal"])
@torch.inference_mode()
def test_warmth_in_a_cold_spring_brings_leaves(name: str) -> None:
    """A crop that is known to be as usual, with a past as usual: three degrees more than usual add leaves."""
    loaded = emulators.load_vegetation(name)
    inputs = loaded.inputs
    given = list(example_arguments(inputs, (0, 1), 16))
    values = {
        "elevation": 50,
        "slope": 0,
        "land_mask": 1,
        "land_use": 2,
        "land_cover": 1,
        "koeppen_geiger": 15,
    }
    given[0] = torch.stack([torch.full((1, 16, 16), float(values[n])) for n in inputs.static], 1)
    usual = torch.tensor([282.0, 2.5e-5, 180.0, 0.33])
    given[1] = usual.repeat(2)[None, None, :, None, None].repeat(1, inputs.climate_steps, 1, 3, 3)
    given[4], given[6] = torch.full_like(given[4], 1.5), torch.full_like(given[6], 1.5)
    given[5], given[7] = torch.ones_like(given[5]), torch.full_like(given[7], 49.0)
    given[8] = torch.tensor([[120.0, 390.0]])
    as_usual = loaded.module(*given)[0][0, 3]
    given[1][:, -6:, 0] += 3.0
    warm = loaded.module(*given)[0][0, 3]
    assert (warm - as_usual).mean() > 0.1
    assert (as_usual - 1.5).abs().mean() < 0.4


@pytest.mark.parametrize("name", ["monthly", "dekadal", "cgls_monthly", "piave", "lisflood_fraser"])
def test_the_examples_configurations_are_valid(name: str) -> None:
    assert load_config(EXAMPLE / f"{name}.yaml").quantity == "leaf_area_index"
    assert yaml.safe_load((EXAMPLE / "cgls_cube.yaml").read_text())["climate"]["product"] == "era5_land"


def test_the_comparisons_configuration_is_valid() -> None:
    assert load_compare(EXAMPLE / "compare.yaml").width > 2
