"""Tiles are exact, the state is carried from step to step, exported emulators are checked."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.learn.export import quantity_of_archive
from pylandbc.learn.leaf_area.card import build_card, validate_card
from pylandbc.learn.leaf_area.climatology import set_normal
from pylandbc.learn.leaf_area.emulator_forecast import EmulatorForecast
from pylandbc.learn.leaf_area.evaluate import evaluate
from pylandbc.learn.leaf_area.export import load, save
from pylandbc.learn.leaf_area.forecasts import Climatology, KnownTruth
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.leaf_area.score_tables import tables
from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.inputs import VegetationInputs
from pylandbc.models.leaf_area.networks import NETWORKS

Make = Callable[..., Region]
Hold = Callable[[Region], Split]


def network(name: str, inputs: VegetationInputs, base: int = 1) -> VegetationEmulator:
    torch.manual_seed(2)
    made = NETWORKS[name](inputs, {"leaf_area_index": (2.0, 1.0), "air_temperature": (280.0, 1.0)}, base)
    with torch.no_grad():
        made.memory.fill_(0.2)
        if not made.departures:
            # values in place of departures begin at the lower end of the range
            made.unet.head.bias.fill_(2.0)
    return made.eval()


def forecast(made: VegetationEmulator, **options: object) -> EmulatorForecast:
    state = (made.state_channels, made.state_pixels)
    return EmulatorForecast(made, made.inputs, made.radius, state, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NETWORKS)
def test_any_tiling_gives_the_same(name: str, make: Make, held_out: Hold, inputs: VegetationInputs) -> None:
    region = make(48, 64)
    set_normal(region, held_out(region), "pixel")
    made = network(name, inputs)
    whole, tiled = forecast(made), forecast(made, core=32)
    for step in (14, 15) if made.state_channels else (14,):
        one, other = whole(region, step), tiled(region, step)
        np.testing.assert_allclose(other, one, rtol=0, atol=2e-6)
    assert np.ptp(one[3]) > 0.1


@pytest.mark.parametrize("name", ["pixel", "temporal_attention"])
def test_what_is_wanted_is_as_in_the_whole(
    name: str, make: Make, held_out: Hold, inputs: VegetationInputs
) -> None:
    region = make(48, 80)
    set_normal(region, held_out(region), "pixel")
    made = network(name, inputs)
    wanted = np.zeros((48, 80), dtype=bool)
    wanted[5:20, 39:70] = wanted[40, 79] = True
    whole = forecast(made)(region, 14)
    part = forecast(made, core=64, wanted={region.name: wanted})(region, 14)
    np.testing.assert_allclose(part[:, wanted], whole[:, wanted], rtol=0, atol=2e-6)
    assert np.isnan(part[:, :, :16]).all() == (name == "pixel")


def test_spin_up_and_order(make: Make, inputs: VegetationInputs) -> None:
    region = make(32, 32)
    set_normal(region, Split(np.zeros((32, 32), np.uint8), 0), "pixel")
    made = network("conv_gru", inputs, 2)
    run = forecast(made)
    run(region, 20)
    followed = run(region, 21)
    # a forecast out of the blue spins up from twelve steps before: what went before that has faded
    np.testing.assert_allclose(forecast(made)(region, 21), followed, atol=1e-2)


def test_hidden_past_and_own_forecasts(make: Make, inputs: VegetationInputs) -> None:
    region = make(32, 32)
    set_normal(region, Split(np.zeros((32, 32), np.uint8), 0), "pixel")
    made = network("pixel_lstm", inputs, 2)
    seeing, blind, free = forecast(made), forecast(made, see_past=False), forecast(made, free_running=True)
    assert not np.array_equal(seeing(region, 20), blind(region, 20))
    np.testing.assert_array_equal(free(region, 20), seeing(region, 20))
    own = free(region, 21)
    assert not np.array_equal(own, seeing(region, 21))
    # as if the forecast of the step before had been observed
    region.series.values[20] = np.round(free._own[20] * 1000).astype(np.uint16)
    np.testing.assert_allclose(own, seeing(region, 21), atol=2e-3)


def test_evaluation_by_group(make: Make, held_out: Hold, inputs: VegetationInputs) -> None:
    region = make()
    split = held_out(region)
    set_normal(region, split, "pixel")
    made = network("pixel_lstm", inputs, 2)
    result = evaluate(
        [forecast(made), Climatology()], [region], {region.name: split}, inputs, "test",
        {region.name: [2003]}, sensor_change=2003,
    )  # fmt: skip
    scores = result["scores"]["climatology"]
    observed = np.stack([region.observed(k) for k in range(36, 48)])[:, :, -30:]
    assert scores["all"]["observations"] == np.isfinite(observed).sum()
    assert region.normal is not None
    error = (region.normal[:, :, -30:] - observed) ** 2
    weight = np.broadcast_to(region.area[:, None], error.shape) * np.isfinite(error)
    assert scores["all"]["rmse"] == pytest.approx(np.sqrt(np.nansum(weight * error) / weight.sum()), abs=1e-5)
    # the last thirty columns are all D, the year is the later sensor's
    assert scores["D cold"] == scores["all"] == scores["from 2003"] and "C temperate" not in scores
    assert (
        sum(scores[f"land cover {k}"]["observations"] for k in range(1, 5)) == scores["all"]["observations"]
    )
    assert result["seasons"]["climatology"]["seasonal_pixels"] > 100
    assert result["seasons"]["climatology"]["peak_absolute_error_days"] < 40
    assert len(tables(result)) == 3
    with pytest.raises(InputError, match="no split 'tests'"):
        evaluate([Climatology()], [region], {region.name: split}, inputs, "tests", {region.name: [2003]})


@pytest.mark.parametrize("name", ["anomaly_unet", "conv_gru"])
def test_export_and_load(
    name: str, inputs: VegetationInputs, make: Make, held_out: Hold, tmp_path: Path
) -> None:
    made = network(name, inputs)
    path = tmp_path / "lai.pt"
    card = save(made, {"elevation": "m"}, path, name="lai", version="1", licence="none")
    assert card["quantity"] == quantity_of_archive(path) == "leaf_area_index" and card["step"] == "month"
    loaded = load(path)
    assert loaded.card == json.loads(json.dumps(card)) and loaded.inputs == inputs
    region = make(32, 48)
    set_normal(region, held_out(region), "pixel")
    np.testing.assert_allclose(
        loaded.forecast()(region, 14), forecast(made)(region, 14), rtol=1e-5, atol=1e-5
    )


def test_skill_and_its_share_of_the_attainable(make: Make, held_out: Hold, inputs: VegetationInputs) -> None:
    """The truth as forecast has all of the attainable skill, half way to it three quarters."""
    region = make()
    split = held_out(region)
    set_normal(region, split, "pixel")
    packed = region.series.values.copy()
    region.truth = replace(region.series, values=packed)
    rng = np.random.default_rng(0)
    there = packed != 65535
    noisy = packed[there].astype(int) + rng.integers(-200, 201, there.sum())
    region.series.values[there] = np.clip(noisy, 0, 9999).astype(np.uint16)

    class HalfWay:
        name, levels = "half way", (0.5,)

        def __call__(self, region: Region, step: int) -> np.ndarray:
            return 0.5 * (KnownTruth()(region, step) + Climatology()(region, step))

    maps: dict[str, np.ndarray] = {}
    forecasts = [HalfWay(), Climatology(), KnownTruth()]
    result = evaluate(
        forecasts, [region], {region.name: split}, inputs, "test", {region.name: [2003]}, maps=maps
    )
    scores, skill = result["scores"], result["skill"]
    best = 1 - (scores["known truth"]["all"]["rmse"] / scores["climatology"]["all"]["rmse"]) ** 2
    assert skill["known truth"]["all"] == {"skill": pytest.approx(best, abs=1e-5), "share": 1.0}
    assert skill["climatology"]["all"]["skill"] == 0 and 0.6 < skill["half way"]["all"]["share"] < 0.9
    curve = result["curves"]["all"]["observed"]
    july = region.observed(42)[:, -30:]
    weight = np.broadcast_to(region.area[:, None], july.shape) * np.isfinite(july)
    assert curve[6] == pytest.approx(np.nansum(july * weight) / weight.sum(), abs=1e-4)
    np.testing.assert_array_equal(maps["observed"][:, -30:], july)
    region.truth = None
    with pytest.raises(InputError, match="the truth of made up is not known"):
        KnownTruth()(region, 40)


def test_what_is_refused(inputs: VegetationInputs, tmp_path: Path) -> None:
    made = network("pixel_lstm", inputs)
    path = tmp_path / "lai.pt"
    card = save(made, {}, path, name="lai", version="1", licence="none")
    for change, message in (
        ({"quantity": "land_use"}, "field 'quantity' is 'land_use'"),
        ({"step": "year"}, "say leaf_area_index by year"),
        ({"output": {"kind": "class_logits"}}, "must be quantiles"),
        ({"receptive_field_radius": 20}, "field 'halo' is 0"),
        ({"state": 4}, "field 'state' must be of type dict"),
        ({"inputs": []}, "field 'inputs': a vegetation emulator needs inputs of source state"),
        ({"interface_version": 7}, "field 'interface_version' is 7"),
    ):
        with pytest.raises(InputError, match=message):
            validate_card(card | change)
    other = tmp_path / "other.pt"
    changed = card | {"weights_sha256": "0" * 64}
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, "w") as target:
        for item in source.infolist():
            content = source.read(item)
            target.writestr(item, json.dumps(changed) if item.filename.endswith("card.json") else content)
    with pytest.raises(InputError, match="changed after its export"):
        load(other)
    shutil.copy(path, other)
    other.write_bytes(other.read_bytes()[:1000])
    with pytest.raises(InputError, match="not a TorchScript archive"):
        load(other)
    assert build_card(made, made, {}, name="a", version="1", licence="", training={}, metrics={})
