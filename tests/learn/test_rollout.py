"""Free-running roll-outs: the state is carried, persistence stands beside, and both directions run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.splits import Split, blocks_of
from pylandbc.errors import InputError
from pylandbc.grid.quota import count_classes
from pylandbc.learn.data import cube_split
from pylandbc.learn.region import Region
from pylandbc.learn.rollout import rollout, rollout_years
from pylandbc.legend import LAND_USE, UNKNOWN
from pylandbc.models.baselines import Predictor
from pylandbc.models.demand import demand_from_names
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.unet import HALO


@pytest.fixture(scope="module")
def cube(cubes: Path) -> Cube:
    return open_cube(cubes / "planet.zarr").loaded()


class Next(Predictor):
    """Each class becomes the next one, from forest back to urban: after n steps n classes on."""

    name = "next"

    def classify(self, *arguments: torch.Tensor) -> torch.Tensor:
        prior = arguments[5].long()
        return torch.where((prior > 0) & (prior < 8), prior % 7 + 1, prior.clamp(max=7))


def test_each_step_starts_from_the_last_and_is_scored_against_its_year(cube: Cube) -> None:
    split = cube_split(cube, 0, 0.1, 0.2)
    predictors = [Next(hilda_inputs(), LAND_USE.names)]
    found = rollout(predictors, [Region(cube, split)], hilda_inputs(), span=3, names=LAND_USE.names)
    assert found["directions"].keys() == {"forwards", "backwards"}
    area = np.broadcast_to(cube.window.pixel_area[:, None], cube.window.shape)
    for direction, years in (("forwards", [2000, 2001, 2002, 2003]), ("backwards", [2003, 2002, 2001, 2000])):
        state = start = cube.land_use_map(years[0]).astype(int)
        for entry, null, year in zip(
            found["directions"][direction]["next"],
            found["directions"][direction]["persistence"],
            years[1:],
            strict=True,
        ):
            land = cube.static_field("land_mask") == 1
            state = np.where(land & (state > 0) & (state < 8), state % 7 + 1, state)
            target = cube.land_use_map(year)
            used = split.mask("test") & (target != 0) & (target != 255) & (start != 255)
            assert entry["year"] == year
            assert entry["years"] == abs(year - years[0])
            for scores, classes in ((entry, state), (null, start)):
                right = area[used & (classes == target)].sum() / area[used].sum()
                assert scores["accuracy"] == pytest.approx(right, abs=1e-6)
            assert null["figure_of_merit"] == 0
            assert null["brier"] == pytest.approx(2 * (1 - null["accuracy"]), abs=1e-5)
            assert entry["lead"]["difference"] == pytest.approx(
                entry["accuracy"] - null["accuracy"], abs=1e-6
            )


def test_several_cubes_are_run_as_one(cube: Cube) -> None:
    """A cube beside itself, each with half of the held-out blocks: every score is that of the whole."""
    split = cube_split(cube, 0, 0.1, 0.4)
    odd = blocks_of(cube.window) % 2 == 1
    parts = [Region(cube, Split(np.where(mine, split.roles, 0), split.seed)) for mine in (odd, ~odd)]
    found, whole = (
        rollout([Next(hilda_inputs(), LAND_USE.names)], regions, hilda_inputs(), span=2, names=LAND_USE.names)
        for regions in (parts, [Region(cube, split)])
    )
    for direction, by_predictor in whole["directions"].items():
        for predictor, entries in by_predictor.items():
            for one, other in zip(entries, found["directions"][direction][predictor], strict=True):
                for score, value in one.items():
                    if not isinstance(value, dict):
                        assert other[score] == pytest.approx(value, abs=2e-6)
    earlier = replace(cube, years=cube.years[:-1], land_use=cube.land_use[:-1])
    with pytest.raises(InputError, match="maps of other years than"):
        rollout_years([Region(cube), Region(earlier)], 2)


def test_a_span_beyond_the_cube_is_refused(cube: Cube) -> None:
    assert rollout_years([Region(cube)], 2) == [2001, 2002, 2003]
    with pytest.raises(InputError, match="ask for at most 3"):
        rollout_years([Region(cube)], 4)


def test_a_conserved_roll_out_has_the_scenario_s_pixels_in_every_cell(cube: Cube) -> None:
    maps: list[np.ndarray] = []

    class Watched(Next):
        def classify(self, *arguments: torch.Tensor) -> torch.Tensor:
            inner = np.s_[HALO : HALO + cube.window.shape[0], HALO : HALO + cube.window.shape[1]]
            maps.append(arguments[5][0].numpy()[inner])
            return super().classify(*arguments)

    spec, names = hilda_inputs(), LAND_USE.names
    demand = demand_from_names((entry.name for entry in spec.scenario), names)
    found = rollout(
        [Watched(spec, names)], [Region(cube)], spec, "all",
        span=3, names=names, conservation="absolute", demand=demand,
    )  # fmt: skip
    assert found["conservation"] == "absolute"
    land = cube.static_field("land_mask") == 1
    assert len(maps) == 6
    for state, year in zip(maps, [2000, 2001, 2002, 2003, 2002, 2001], strict=True):
        truth = np.where(land, cube.land_use_map(year), UNKNOWN)
        assert np.array_equal(
            count_classes(np.where(land, state, UNKNOWN), len(names)), count_classes(truth, len(names))
        )
    # The cells' counts are the scenario's, and the pixels within a cell the predictor's.
    free = rollout([Next(spec, names)], [Region(cube)], spec, "all", span=3, names=names)
    for direction in ("forwards", "backwards"):
        held = found["directions"][direction]["next"][-1]
        assert held["accuracy"] > free["directions"][direction]["next"][-1]["accuracy"]
