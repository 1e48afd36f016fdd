"""A cube whose window spans four tiles of the lattice, and an emulator with weights that make it change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import zarr
from small_cube import write_cube

from pylandbc.couple.bundle import MARGIN
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.grid.native import find_kernels
from pylandbc.grid.window import Window
from pylandbc.learn.export import example_arguments, load, save
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import LandUseEmulator
from pylandbc.predict.plan import Plan
from pylandbc.predict.scenario import CubeScenario
from pylandbc.predict.years import parse_years

HELD = Window(3950, 17950, 100, 100)
SCENARIO_YEARS = (2006, 2009, 2010, 2013)


def make_cube(path: Path, held: Window = HELD) -> Path:
    """Random content; fractions of the scenario sum to one, and drift by a few per cent a year."""
    write_cube(path, held, SCENARIO_YEARS)
    group = zarr.open_group(path)
    rng = np.random.default_rng(7)
    share = rng.dirichlet(np.full(7, 1.0), (len(SCENARIO_YEARS), *held.coarse_shape)).transpose(0, 3, 1, 2)
    group["scenario"][:] = (0.8 * share[:1] + 0.2 * share).astype(np.float32)
    land_use = np.asarray(group["land_use"][:])
    land_use[0] = land_use[0].repeat(5, 0).repeat(5, 1)[: held.rows, : held.cols]
    land_use[land_use == 0] = 3
    land_use[:, :10, 30:60] = 255
    ocean = (np.asarray(group["static"][2]) != 1) & (land_use != 255)
    land_use[ocean] = 0
    group["land_use"][:] = land_use
    return path


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two base channels, random weights; each class's logit is brought to mean 0 and spread 1."""
    torch.manual_seed(3)
    spec, found = hilda_inputs(), []
    model = LandUseEmulator(spec, base=2, residual=False).eval()
    hook = model.unet.register_forward_hook(lambda _, __, logits: found.append(logits))
    with torch.no_grad():
        model(*example_arguments(spec, size=128))
        hook.remove()
        spread, mean = torch.std_mean(found[0], (0, 2, 3))
        weight, bias = list(model.unet.parameters())[-2:]
        weight.div_(spread[:, None, None, None])
        bias.sub_(mean).div_(spread)
    path = tmp_path_factory.mktemp("emulator") / "tiny.pt"
    save(model, spec, path, name="tiny", version="0", licence="CC0-1.0")
    return path


@pytest.fixture(scope="session")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Maps of 2009 and 2012, a scenario from 2006 to 2013."""
    return make_cube(tmp_path_factory.mktemp("cube") / "cube.zarr")


@pytest.fixture(autouse=True)
def _compiled() -> None:
    if find_kernels() is None:
        pytest.skip("pylandbc._native is not built")


def plan_of(cube: Path, emulator: Path, years: str, window: Window | None = None, **options) -> Plan:
    """A plan over the cube's window."""
    step, hold = options.pop("step", 1), options.pop("hold", False)
    fields = CubeFields(cube)
    chosen = window or fields.window
    loaded = load(emulator)
    return Plan(
        loaded,
        fields,
        CubeScenario(fields, chosen.extended(MARGIN), hold),
        chosen,
        parse_years(years, step, None, fields.class_years(loaded.inputs.quantity)),
        **options,
    )
