"""With the real U-Nets, neither the tile core nor the number of threads changes a bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import small_bundle
import torch
from forced_run import forcing, start, years
from reference import Reference

from pylandbc.grid.window import Window
from pylandbc.learn import export
from pylandbc.legend import LAND_USE
from pylandbc.models.inputs import InputSpec, transition_inputs
from pylandbc.models.land_use import NETWORKS, LandUseEmulator, MultiscaleLandUseEmulator
from pylandbc.models.scalings import scaling_of

pytestmark = pytest.mark.engine

SCALES = {
    "elevation": (400.0, 300.0),
    "bathymetry": (50.0, 50.0),
    "air_temperature": (283.0, 5.0),
    "precipitation_flux": (2e-5, 1e-5),
}


@pytest.fixture(scope="module", params=list(NETWORKS))
def unet_bundle(
    engine: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Path:
    """A bundle around a U-Net (16 base channels) with random weights and no persistence head."""
    folder = tmp_path_factory.mktemp("unet")
    torch.manual_seed(5)
    spec = InputSpec.from_list(small_bundle.card()["inputs"])
    model = NETWORKS[request.param](spec, SCALES, base=16, residual=False)
    window = Window(3950, 17950, 100, 150)
    balance(model, spec, window.extended(125))
    export.save(model, spec, folder / "unet.pt", name="random", version="0", licence="Apache-2.0")
    plan = small_bundle.Plan(window=window, emulator=folder / "unet.pt")
    return small_bundle.write(folder / "bundle", plan)


def balance(model: LandUseEmulator, spec: InputSpec, window: Window) -> None:
    """Shifts and scales the head so that no class wins everywhere, as one does with random weights."""
    size = 320
    found: list[torch.Tensor] = []
    static = np.stack(list(small_bundle.static_fields(window).values()))[:, :size, :size]
    names = list(dict.fromkeys(e.name for e in spec.scenario))
    fields = small_bundle.scenario_fields(window, names)
    scenario = np.stack([fields[n][year] for year in (0, 1) for n in names])
    climate = np.broadcast_to(np.array([283.0, 2e-5], np.float32)[:, None, None], (2, size, size)).copy()
    prior = small_bundle.first_land_use(window)[:size, :size]
    block = torch.arange(size) // 25
    hook = model.unet.register_forward_hook(lambda _, __, logits: found.append(logits))
    fields_of_tile = [torch.from_numpy(a)[None] for a in (static, climate, scenario)]
    seen = torch.from_numpy(prior)[None]
    with torch.no_grad():
        model.eval()(*fields_of_tile, block, block, seen, (seen != 255).byte(), torch.ones(1, 2))
        hook.remove()
        spread, mean = torch.std_mean(found[0], (0, 2, 3))
        model.unet.head.bias.sub_(mean).div_(spread)
        for name, parameter in model.unet.named_parameters():
            if name in ("head.weight", "shortcut.weight"):
                parameter.div_(spread[:, None, None, None])


def run(bundle: Path, core: int, threads: int, updates: int = 1) -> tuple[np.ndarray, np.ndarray, int]:
    with start(bundle, core=core, threads=threads) as coupler:
        first = coupler.map()
        result = years(coupler, updates, forcing())
        last = coupler.map()
        assert (first != last).mean() > 0.1, (
            "the emulator must change the map for the comparison to mean anything"
        )
        assert len(np.unique(last[last < 255])) > 3
        return last, result.land_use_fraction, coupler.timings().tiles


def test_core_and_threads_do_not_change_a_bit(unet_bundle: Path) -> None:
    """Core 400 in four tiles on one thread, core 800 in two on two."""
    reference, fractions, tiles = run(unet_bundle, 400, 1)
    assert tiles == 4
    compare(unet_bundle, reference, fractions, ((800, 2, 2),))


@pytest.mark.long
def test_no_core_and_no_number_of_threads_changes_a_bit(unet_bundle: Path) -> None:
    reference, fractions, _ = run(unet_bundle, 400, 1)
    compare(unet_bundle, reference, fractions, ((800, 1, 2), (400, 2, 4), (1600, 2, 1)))


def test_transitions_are_met_alike_in_tiles_and_in_a_plain_pass(engine: Path, tmp_path: Path) -> None:
    """An emulator told transitions (2 base channels), in a step of the engine and in Python."""
    given = transition_inputs().inputs
    # The reference has all of the prior year, then all of the target year.
    scenario = sorted((e for e in given if e.source == "scenario"), key=lambda e: e.at == "target")
    others = [e for e in given if e.source != "scenario"]
    spec = InputSpec((*others[:5], *scenario, *others[5:]))
    torch.manual_seed(5)
    scaling = scaling_of(spec, LAND_USE.names, "transitions", 2)
    model = MultiscaleLandUseEmulator(spec, SCALES, base=2, neighbours=True, scaling=scaling)
    export.save(model, spec, tmp_path / "told.pt", name="told", version="0", licence="Apache-2.0")
    plan = small_bundle.Plan(window=Window(3950, 17950, 100, 150), emulator=tmp_path / "told.pt")
    bundle = small_bundle.write(tmp_path / "bundle", plan)
    reference = Reference(bundle)
    inputs = forcing()
    climate = [inputs["air_temperature"][0], inputs["precipitation_flux"][0]]
    expected = reference.window(reference.update(reference.state, small_bundle.STATE_YEAR, climate))
    last, _, tiles = run(bundle, 400, 1)
    assert tiles == 4 and np.array_equal(last, expected)


def compare(
    bundle: Path, reference: np.ndarray, fractions: np.ndarray, runs: tuple[tuple[int, int, int], ...]
) -> None:
    """Runs with a core, threads and a number of tiles beside a reference."""
    for core, threads, expected_tiles in runs:
        other, others, count = run(bundle, core, threads)
        assert count == expected_tiles
        assert np.array_equal(reference, other), f"core {core}, {threads} threads"
        assert np.array_equal(fractions, others)
