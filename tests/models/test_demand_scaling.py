"""Scaling to the demand: sums met, whole cells alone, exact in tiles, and what it leaves untouched."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pylandbc.learn.export import example_arguments
from pylandbc.legend import LAND_USE
from pylandbc.models.demand_scaling import (
    DemandScaling,
    in_whole_cells,
    known_land,
    scenario_members,
    whole_cells,
)
from pylandbc.models.inputs import hilda_inputs, luh2_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator
from pylandbc.models.scalings import scaling_of

MEMBERS = [[], [0], [1, 2], [3]]
"""An ocean, and three classes of a scenario of four channels."""


def scaling(rounds: int = 60, softness: float = -30.0) -> DemandScaling:
    part = DemandScaling(MEMBERS, rounds).eval()
    with torch.no_grad():
        part.log_softness.fill_(softness)
    return part


def index(first: int, pixels: int) -> Tensor:
    return (torch.arange(pixels) + first) // 25


def fields(rows: int, cols: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Logits without an ocean, and a scenario of 5 x 5 cells whose fractions add up to 1."""
    random = torch.Generator().manual_seed(seed)
    logits = torch.randn(1, 4, rows, cols, generator=random)
    logits[:, 0] = -1e4
    scenario = torch.rand(1, 4, 5, 5, generator=random)
    return logits, scenario / scenario.sum(1, keepdim=True)


def shares(logits: Tensor, weight: Tensor, rows: slice, cols: slice) -> Tensor:
    """Plain weighted mean of the probabilities over a block, (K)."""
    part = weight[0, rows, cols]
    return (logits.softmax(1)[0, :, rows, cols] * part).sum((1, 2)) / part.sum()


@pytest.mark.parametrize("look", [True, False])
def test_every_whole_cell_gets_its_fractions_and_no_other_pixel_changes(look: bool) -> None:
    logits, scenario = fields(90, 70)
    weight = (torch.rand(1, 90, 70, generator=torch.Generator().manual_seed(1)) > 0.4).float()
    part = scaling()
    part.look = look
    found = part(logits.clone(), scenario, index(20, 90), index(4, 70), weight)
    for row in range(3):
        for col in range(1, 2):
            rows, cols = (slice(first, first + 25) for first in (5 + 25 * row, 21 + 25 * (col - 1)))
            cell = scenario[0, :, row + 1, col]
            wanted = torch.stack([torch.tensor(0.0), cell[0], cell[1] + cell[2], cell[3]])
            torch.testing.assert_close(shares(found, weight, rows, cols), wanted, atol=2e-6, rtol=0)
    changed = (found != logits)[0, 1:].any(0)
    assert not changed[:5].any() and not changed[80:].any()
    assert not changed[:, :21].any() and not changed[:, 46:].any()
    assert changed[5:80, 21:46].all()


def test_a_class_of_which_the_scenario_is_silent_keeps_its_odds_against_nothing() -> None:
    """The others divide among themselves what it leaves."""
    part = DemandScaling([[], [0], [], [3]], 80).eval()
    with torch.no_grad():
        part.log_softness.fill_(-30.0)
    logits, scenario = fields(25, 25)
    weight = torch.ones(1, 25, 25)
    here = index(0, 25)
    with torch.no_grad():
        scaled = part(logits.clone(), scenario, here, here, weight)
    found = shares(scaled, weight, slice(None), slice(None))
    assert found[1] / found[3] == pytest.approx(float(scenario[0, 0, 0, 0] / scenario[0, 3, 0, 0]), rel=1e-4)


def test_cells_without_demand_or_without_land_are_left_alone() -> None:
    logits, scenario = fields(50, 25)
    scenario[..., 1, :] = 0.0
    here = index(0, 50), index(0, 25)
    found = scaling()(logits.clone(), scenario, *here, torch.ones(1, 50, 25))
    assert torch.equal(found[:, :, 25:], logits[:, :, 25:])
    assert not torch.equal(found[:, :, :25], logits[:, :, :25])
    assert torch.equal(scaling()(logits.clone(), scenario, *here, torch.zeros(1, 50, 25)), logits)


def test_unknown_land_counts_only_where_nothing_is_known() -> None:
    prior = torch.tensor([[[1, 255, 3]]], dtype=torch.uint8)
    land = torch.tensor([[[True, True, False]]])
    visible = torch.ones_like(prior)
    assert known_land(prior, visible, land, 4).flatten().tolist() == pytest.approx([1.0, 1e-4, 0.0])
    logits, scenario = fields(25, 25)
    here = index(0, 25)
    alike = [scaling()(logits.clone(), scenario, here, here, torch.full((1, 25, 25), w)) for w in (1.0, 1e-4)]
    torch.testing.assert_close(*alike)


def test_a_hidden_pixel_counts_alike_whether_its_prior_is_there_or_not() -> None:
    """Training samples have 255 where patches are hidden, predictions the class."""
    given = list(example_arguments(hilda_inputs(), 64))
    given[6][:, :20] = 0
    scaling = scaling_of(hilda_inputs(), LAND_USE.names, "shares", 2)
    network = MultiscaleLandUseEmulator(hilda_inputs(), base=2, scaling=scaling).eval()
    with torch.no_grad():
        found = network(*given)
        given[5] = torch.where(given[6] == 0, 255, given[5])
        assert torch.equal(network(*given), found)
        network.scaling = None
        assert not torch.equal(network(*given), found)


@pytest.mark.parametrize("first", [(0, 0), (9, 16), (48, 75)])
def test_a_tile_gives_the_same_bits(first: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(3)
    logits = 3 * torch.randn(1, 4, 125, 125, generator=random)
    scenario = torch.rand(1, 4, 5, 5, generator=random)
    weight = torch.rand(1, 125, 125, generator=random)
    part = torch.jit.script(DemandScaling(MEMBERS, 2).eval())
    whole = part(logits.clone(), scenario, index(0, 125), index(0, 125), weight)
    r, c = first
    tile = logits[:, :, r:, c:].contiguous(memory_format=torch.channels_last)
    rows, cols = index(r % 25, 125 - r), index(c % 25, 125 - c)
    found = part(tile, scenario[:, :, r // 25 :, c // 25 :], rows, cols, weight[:, r:, c:])
    inner = slice(-(-r // 25) * 25 - r, None), slice(-(-c // 25) * 25 - c, None)
    assert torch.equal(found[:, :, *inner], whole[:, :, r:, c:][:, :, *inner])


def test_an_index_that_goes_on_beyond_the_edge_keeps_the_cells_in_place() -> None:
    """As in a window's halo: the first coarse row goes on for 12 pixels more, the last for 20."""
    row = torch.cat([torch.zeros(12, dtype=torch.int64), index(0, 75), torch.full((20,), 2)])
    position, whole, cell = whole_cells(row, 25, True)
    assert int(position[0]) == 12 and whole.all() and len(whole) == 3
    assert cell[:12].tolist() == [3] * 12 and cell[12:87].tolist() == index(0, 75).tolist()
    assert cell[87:].tolist() == [3] * 20


def test_strength_and_softness_are_learned() -> None:
    """A scenario of noise teaches to ignore it, the truth to follow it."""
    for truth in (True, False):
        torch.manual_seed(0)
        part = DemandScaling(MEMBERS, 2).train()
        optimiser = torch.optim.Adam(part.parameters(), 0.05)
        for _ in range(60):
            logits, scenario = fields(50, 50, seed=int(torch.randint(10**6, ())))
            drawn = fields(50, 50, seed=int(torch.randint(10**6, ())))[1]
            source = (scenario if truth else drawn)[0, :, index(0, 50)[:, None], index(0, 50)]
            groups = torch.stack([0 * source[0], source[0], source[1] + source[2], source[3]])
            target = torch.distributions.Categorical(groups.permute(1, 2, 0)).sample()
            flat = torch.zeros_like(logits)
            flat[:, 0] = -1e4
            found = part(flat, scenario, index(0, 50), index(0, 50), torch.ones(1, 50, 50))
            loss = torch.nn.functional.cross_entropy(found, target[None])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        assert (part.strength.item() > 0.8) == truth
    assert part.strength.item() < 0.4


def test_members_are_the_channels_of_the_target_year() -> None:
    spec = hilda_inputs()
    found = scenario_members(spec, LAND_USE.names)
    assert found == [[]] + [[k] for k in range(7, 14)]
    assert [spec.scenario[k[0]].at for k in found[1:]] == ["target"] * 7
    luh2 = scenario_members(luh2_inputs(), LAND_USE.names)
    cropland = luh2[LAND_USE.code("cropland")]
    assert [luh2_inputs().scenario[k].name for k in cropland] == ["c3ann", "c4ann", "c3per", "c4per", "c3nfx"]


def test_pixels_of_whole_cells() -> None:
    """Of 96 rows whose first cell begins 7 pixels before: rows 18 to 92; of 60 columns: all but 10."""
    found = in_whole_cells((torch.arange(96) + 7) // 25, torch.arange(60) // 25)
    expected = torch.zeros(96, 60, dtype=torch.bool)
    expected[18:93, :50] = True
    assert torch.equal(found, expected)
    assert not in_whole_cells((torch.arange(32) + 13) // 25, torch.arange(32) // 25).any()
