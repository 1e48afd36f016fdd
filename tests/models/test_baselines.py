"""Predictors without training, each against a slow plain reference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pylandbc.errors import InputError
from pylandbc.legend import LAND_USE
from pylandbc.models.baselines import (
    GAUSSIAN_REACH,
    GAUSSIAN_SIGMA,
    CoarseMajority,
    Emulator,
    GaussianFill,
    NearestFill,
    Persistence,
    baselines,
)
from pylandbc.models.inputs import Input, InputSpec, hilda_inputs, luh2_inputs

SIZE = 48


@pytest.fixture
def given() -> list[torch.Tensor]:
    random = np.random.default_rng(3)
    land = np.ones((1, SIZE, SIZE), np.float32)
    land[0, :4] = 0.0
    static = np.stack([np.zeros_like(land), np.zeros_like(land), land], 1)
    prior = random.integers(1, 8, (1, SIZE, SIZE)).astype(np.uint8)
    prior[0, :4] = 0
    prior[0, 10, 10:14] = 255
    visible = (random.random((1, SIZE, SIZE)) < 0.1).astype(np.uint8)
    coarse = random.random((1, 14, 3, 3)).astype(np.float32)
    index = np.arange(SIZE) // 25
    fields = (static, np.zeros((1, 2, SIZE, SIZE), np.float32), coarse, index, index, prior, visible)
    return [*(torch.from_numpy(f) for f in fields), torch.tensor([[1.0, 3.0]])]


def plain_majority(given: list[torch.Tensor]) -> np.ndarray:
    """Largest target fraction (channels 7 to 13 are classes 1 to 7), ocean off the land mask."""
    coarse = given[2].numpy()[0, 7:]
    out = np.zeros((SIZE, SIZE), np.uint8)
    for i in range(4, SIZE):
        for j in range(SIZE):
            out[i, j] = 1 + int(np.argmax(coarse[:, i // 25, j // 25]))
    return out


def test_coarse_majority(given: list[torch.Tensor]) -> None:
    found = CoarseMajority(hilda_inputs(), LAND_USE.names)(*given)
    assert found.dtype == torch.uint8
    assert np.array_equal(found[0].numpy(), plain_majority(given))


def test_persistence_ignores_the_mask_and_falls_back_where_the_prior_is_unknown(
    given: list[torch.Tensor],
) -> None:
    found = Persistence(hilda_inputs(), LAND_USE.names)(*given)[0].numpy()
    prior = given[5][0].numpy()
    assert np.array_equal(found, np.where(prior == 255, plain_majority(given), prior))


def test_nearest_fill_takes_a_nearest_visible_land_pixel(given: list[torch.Tensor]) -> None:
    found = NearestFill(hilda_inputs(), LAND_USE.names)(*given)[0].numpy()
    prior, visible = given[5][0].numpy(), given[6][0].numpy()
    rows, cols = np.nonzero((visible == 1) & (prior > 0) & (prior < 8))
    assert rows.size > 50
    for i in range(4, SIZE):
        for j in range(SIZE):
            distance = (rows - i) ** 2 + (cols - j) ** 2
            nearest = {
                int(prior[r, c])
                for r, c in zip(
                    rows[distance == distance.min()], cols[distance == distance.min()], strict=True
                )
            }
            assert int(found[i, j]) in nearest
    assert (found[:4] == 0).all()


def test_gaussian_fill_takes_the_largest_weighted_area(given: list[torch.Tensor]) -> None:
    assert SIZE <= GAUSSIAN_REACH, "the reference does not cut the Gaussian"
    found = GaussianFill(hilda_inputs(), LAND_USE.names)(*given)[0].numpy()
    prior, visible = given[5][0].numpy(), given[6][0].numpy()
    seen = (visible == 1) & (prior > 0) & (prior < 8)
    rows, cols = np.nonzero(seen)
    for i, j in [(5, 0), (10, 12), (20, 20), (33, 47), (47, 3)]:
        weight = np.exp(-((rows - i) ** 2 + (cols - j) ** 2) / (2 * GAUSSIAN_SIGMA**2))
        expected = int(np.argmax(np.bincount(prior[rows, cols], weight, minlength=8)))
        assert found[i, j] == (prior[i, j] if seen[i, j] else expected)


@pytest.mark.parametrize("kind", [NearestFill, GaussianFill])
def test_fills_take_the_coarse_majority_where_nothing_is_visible(
    kind: type[NearestFill] | type[GaussianFill], given: list[torch.Tensor]
) -> None:
    given[6] = torch.zeros_like(given[6])
    assert np.array_equal(kind(hilda_inputs(), LAND_USE.names)(*given)[0].numpy(), plain_majority(given))


def test_the_coarse_majority_of_luh2_groups_its_states() -> None:
    spec = luh2_inputs()
    coarse = torch.zeros(1, 14, 1, 2)
    names = [entry.name for entry in spec.scenario]
    for state in ("c3ann", "c4ann", "c3per"):
        coarse[0, names.index(state), 0, 0] = 0.2
    coarse[0, names.index("pastr"), 0, 0] = 0.4
    coarse[0, names.index("primf"), 0, 1] = 0.35
    coarse[0, names.index("secdf"), 0, 1] = 0.25
    coarse[0, names.index("urban"), 0, 1] = 0.4
    row, col = torch.zeros(16, dtype=torch.int64), torch.arange(32) // 16
    empty = torch.zeros(1, 16, 32, dtype=torch.uint8)
    given = (torch.zeros(1, 2, 16, 32), torch.zeros(1, 0, 16, 32), coarse, row, col, empty, empty)
    found = CoarseMajority(spec, LAND_USE.names)(*given, torch.zeros(1, 2))[0, 0]
    assert LAND_USE.names[found[0]] == "cropland"
    assert LAND_USE.names[found[16]] == "forest"


def test_no_fractions_no_majority(given: list[torch.Tensor]) -> None:
    spec = InputSpec((Input("gdp", "1", "scenario", at="target"), Input("land_use", "1", "state")))
    with pytest.raises(InputError, match="no coarse majority"):
        CoarseMajority(spec, LAND_USE.names)(*given)


def test_an_emulator_is_the_argmax_with_the_lowest_code_on_a_tie(given: list[torch.Tensor]) -> None:
    logits = torch.zeros(1, 8, SIZE, SIZE)
    logits[:, 5:7] = 1.0
    found = Emulator(hilda_inputs(), LAND_USE.names, lambda *_: logits)(*given)[0]
    assert (found[4:] == 5).all()
    assert (found[:4] == 0).all()


def test_the_table_has_the_four_null_models() -> None:
    names = [p.name for p in baselines(hilda_inputs(), LAND_USE.names)]
    assert names == ["persistence", "nearest fill", "Gaussian fill", "coarse majority"]
