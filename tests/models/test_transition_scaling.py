"""Scaling to the transitions told: each is met by itself, hidden pixels get the rest, tiles stay exact."""

from __future__ import annotations

import pytest
import torch
from certain_map import nearly_certain
from torch import Tensor

from pylandbc.errors import InputError
from pylandbc.learn.config import parse
from pylandbc.learn.export import example_arguments
from pylandbc.legend import LAND_USE, TRANSITIONS
from pylandbc.models.inputs import InputSpec, hilda_inputs, transition_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator
from pylandbc.models.scalings import scaling_of
from pylandbc.models.told_transitions import ToldTransitions, transition_channels
from pylandbc.models.transition_scaling import TransitionScaling

SPEC = transition_inputs()
HERE = torch.zeros(25, dtype=torch.int64)
TOLD = {"cropland_to_urban": 5.0, "forest_to_pasture": 12.0, "grass_shrub_to_forest": 3.0}


def part(rounds: int = 4) -> TransitionScaling:
    made = scaling_of(SPEC, LAND_USE.names, "transitions", rounds)
    assert isinstance(made, TransitionScaling)
    return made.eval()


def channel(name: str, at: str) -> int:
    return [(entry.name, entry.at) for entry in SPEC.scenario].index((name, at))


def cell(prior: Tensor, told: dict[str, float], backwards: bool = False) -> Tensor:
    """A scenario of one cell (1, C, 1, 1): its fractions are those of ``prior``, and what is told follows."""
    scenario = torch.zeros(1, len(SPEC.scenario), 1, 1)
    counts = torch.bincount(prior.flatten(), minlength=8).float()
    after = counts.clone()
    for name, pixels in told.items():
        source, target = TRANSITIONS[name]
        after[source] -= pixels
        after[target] += pixels
        forward = LAND_USE.names[target] + "_to_" + LAND_USE.names[source] if backwards else name
        both = torch.tensor([2.0, 2.0 + pixels / 625])
        first, last = both.flip(0) if backwards else both
        scenario[0, channel(forward, "prior")] = first
        scenario[0, channel(forward, "target")] = last
    for code in range(1, 8):
        name = LAND_USE.names[code] + "_fraction"
        scenario[0, channel(name, "prior")] = counts[code] / 625
        scenario[0, channel(name, "target")] = after[code] / 625
    return scenario


def expected(logits: Tensor, rows: Tensor) -> Tensor:
    """Expected pixels by row of ``rows`` and class."""
    chance = logits.softmax(1)
    return torch.stack([(chance * (rows == row)[:, None]).sum((0, 2, 3)) for row in range(9)])


@pytest.mark.parametrize("backwards", [False, True])
def test_each_transition_is_met_and_no_other_happens(backwards: bool) -> None:
    prior, logits = nearly_certain(6, 8)
    scenario = cell(prior, TOLD, backwards)
    with torch.no_grad():
        found = expected(part()(logits, scenario, HERE, HERE, torch.ones(1, 25, 25), prior), prior)
        before = expected(logits, prior)
    for name, (source, target) in TRANSITIONS.items():
        assert float(found[source, target]) == pytest.approx(TOLD.get(name, 0.0), abs=0.08), name
    assert all(abs(float(before[TRANSITIONS[name]]) - pixels) > 2 for name, pixels in TOLD.items())


def test_the_opposite_way_is_the_transpose() -> None:
    random = torch.Generator().manual_seed(2)
    told = ToldTransitions(transition_channels(SPEC, LAND_USE.names))
    scenario = torch.rand(1, len(SPEC.scenario), 2, 3, generator=random)
    for name in TRANSITIONS:
        scenario[:, channel(name, "target")] += scenario[:, channel(name, "prior")]
    other = scenario.clone()
    for name in TRANSITIONS:
        ends = channel(name, "prior"), channel(name, "target")
        other[:, ends] = scenario[:, ends[::-1]]
    forwards, backwards = told(scenario), told(other)
    for number, pair in enumerate(TRANSITIONS.values()):
        name = list(TRANSITIONS)[number]
        more = scenario[:, channel(name, "target")] - scenario[:, channel(name, "prior")]
        assert torch.equal(forwards[:, number], more)
        assert torch.equal(backwards[:, list(TRANSITIONS.values()).index(pair[::-1])], more)


def test_hidden_pixels_get_what_the_fractions_leave() -> None:
    """Half of the cell hidden: of each transition the visible part, and the target's fractions over all."""
    prior, logits = nearly_certain(6, 8)
    seen = torch.where(torch.arange(25)[:, None] < 12, prior, torch.full_like(prior, 8))
    logits = torch.where(seen[:, None] == 8, torch.randn(1, 8, 25, 25), logits)
    logits[:, 0] = -1e4
    scenario = cell(prior, TOLD)
    scaling = part(12)
    with torch.no_grad():
        found = expected(scaling(logits, scenario, HERE, HERE, torch.ones(1, 25, 25), seen), seen)
    visible = torch.bincount(prior[:, :12].flatten(), minlength=8)
    whole = torch.bincount(prior.flatten(), minlength=8)
    for name, pixels in TOLD.items():
        source, target = TRANSITIONS[name]
        part_seen = pixels * float(visible[source] / whole[source])
        assert float(found[source, target]) == pytest.approx(part_seen, abs=0.1)
    wanted = torch.tensor(
        [float(scenario[0, channel(f"{n}_fraction", "target")]) for n in LAND_USE.names[1:]]
    )
    torch.testing.assert_close(found.sum(0)[1:] / 625, wanted, rtol=0, atol=1e-3)


def test_a_map_that_strayed_from_the_scenario_is_led_back() -> None:
    """Twenty pixels of forest too many and of pasture too few; less than a pixel is left as it is."""
    prior, logits = nearly_certain(6, 8)
    weight = torch.ones(1, 25, 25)
    for pixels, expect in ((20.0, 19.0), (0.9, 0.0)):
        scenario = cell(prior, {})
        for at in ("prior", "target"):
            scenario[0, channel("forest_fraction", at)] -= pixels / 625
            scenario[0, channel("pasture_fraction", at)] += pixels / 625
        with torch.no_grad():
            found = expected(part(8)(logits, scenario, HERE, HERE, weight, prior), prior)
        assert float(found[TRANSITIONS["forest_to_pasture"]]) == pytest.approx(expect, abs=0.1)
        assert float(found[TRANSITIONS["pasture_to_forest"]]) < 0.1


def test_pixels_of_no_known_class_and_cells_without_a_scenario_are_left_alone() -> None:
    prior, logits = nearly_certain(6, 8)
    scenario = torch.zeros(1, len(SPEC.scenario), 1, 1)
    found = part()(logits, scenario, HERE, HERE, torch.ones(1, 25, 25), prior)
    assert torch.equal(found, logits)
    weight = torch.full((1, 25, 25), 1e-4)
    weight[:, :20] = 1.0
    seen = torch.where(weight == 1, prior, torch.full_like(prior, 8))
    with torch.no_grad():
        found = part()(logits, cell(prior[:, :20], {}), HERE, HERE, weight, seen)
    assert torch.equal(found[:, :, 20:], logits[:, :, 20:]), "they do not count, hence get no factor"


@pytest.mark.parametrize("first", [(0, 0), (9, 16), (48, 75)])
def test_a_tile_gives_the_same_bits(first: tuple[int, int]) -> None:
    random = torch.Generator().manual_seed(3)
    logits = 3 * torch.randn(1, 8, 175, 175, generator=random)
    scenario = torch.rand(1, len(SPEC.scenario), 7, 7, generator=random)
    seen = torch.randint(0, 9, (1, 175, 175), generator=random)
    weight = (torch.rand(1, 175, 175, generator=random) > 0.1).float()
    row = torch.arange(175) // 25
    scaling = torch.jit.script(part(2))
    with torch.no_grad():
        whole = scaling(logits, scenario, row, row, weight, seen)
        assert (whole - logits).abs().max() > 1
        top, left = first
        h, w = top // 25, left // 25
        tile = logits[:, :, top:, left:].contiguous(memory_format=torch.channels_last)
        scaled = scaling(
            tile,
            scenario[:, :, h:, w:],
            row[top:] - h,
            row[left:] - w,
            weight[:, top:, left:],
            seen[:, top:, left:],
        )
        begin = (-top % 25, -left % 25)
        assert torch.equal(
            scaled[:, :, begin[0] :, begin[1] :], whole[:, :, top + begin[0] :, left + begin[1] :]
        )
        plain = part(2)
        plain.look = False
        torch.testing.assert_close(plain(logits, scenario, row, row, weight, seen), whole, rtol=0, atol=1e-5)


def test_gradients_are_finite_and_reach_the_strength() -> None:
    prior, logits = nearly_certain(6, 8)
    logits[:, 1] = -30.0
    logits.requires_grad_()
    scaling = part(2).train()
    found = scaling(logits * 1.0, cell(prior, TOLD), HERE, HERE, torch.ones(1, 25, 25), prior)
    found.softmax(1)[:, 3].sum().backward()
    assert torch.isfinite(logits.grad).all() and logits.grad.abs().max() > 0
    assert torch.isfinite(scaling.strength.grad).all() and scaling.strength.grad[0] != 0
    assert torch.isfinite(scaling.log_softness.grad).all()


@pytest.mark.parametrize("strength", [1.0, 2.0, 4.0])
@pytest.mark.parametrize("softness", [-6.0, -12.0, -20.0])
def test_gradients_stay_finite_whatever_was_learned(strength: float, softness: float) -> None:
    """Certain logits, hidden pixels, cells without land, and a scenario that cannot be met."""
    for seed in range(4):
        random = torch.Generator().manual_seed(seed)
        seen = torch.randint(0, 9, (1, 50, 50), generator=random)
        logits = 10.0 * (seed + 1) * torch.randn(1, 8, 50, 50, generator=random)
        logits[:, 0] = -1e4
        logits.requires_grad_()
        scenario = torch.rand(1, len(SPEC.scenario), 2, 2, generator=random)
        weight = (torch.rand(1, 50, 50, generator=random) > 0.2).float()
        weight[:, :25, :25] = 0.0
        scaling = part(3).train()
        with torch.no_grad():
            scaling.strength.fill_(strength)
            scaling.log_softness.fill_(softness)
        index = torch.arange(50) // 25
        target = torch.randint(1, 8, (1, 50, 50), generator=random)
        found = scaling(logits * 1.0, scenario, index, index, weight, seen)
        torch.nn.functional.cross_entropy(found, target).backward()
        for gradient in (logits.grad, scaling.strength.grad, scaling.log_softness.grad):
            assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("rounds", [2, 3, 8])
def test_what_is_impossible_is_told(rounds: int) -> None:
    """A class that the network excludes is to take nearly all of a cell, visible or hidden: every round
    multiplies its odds further."""
    for seen in (torch.full((1, 25, 25), 2), torch.full((1, 25, 25), 8)):
        logits = torch.full((1, 8, 25, 25), -150.0)
        logits[:, 2] = 0.0
        logits.requires_grad_()
        scaling = part(rounds).train()
        with torch.no_grad():
            scaling.strength.fill_(1.9)
            scaling.log_softness.fill_(-12.0)
        scenario = cell(torch.full((1, 25, 25), 2), {"cropland_to_urban": 600.0})
        found = scaling(logits * 1.0, scenario, HERE, HERE, torch.ones(1, 25, 25), seen)
        torch.nn.functional.cross_entropy(found, torch.full((1, 25, 25), 1), reduction="sum").backward()
        for tensor in (found, logits.grad, scaling.strength.grad, scaling.log_softness.grad):
            assert torch.isfinite(tensor).all()


def test_in_use_it_gives_what_it_gave_in_training() -> None:
    """Sums in steps of 2^-14 against sums in double precision."""
    prior, logits = nearly_certain(6, 8)
    given = (cell(prior, TOLD), HERE, HERE, torch.ones(1, 25, 25), prior)
    with torch.no_grad():
        used, trained = part(2)(logits, *given), part(2).train()(logits, *given)
    torch.testing.assert_close(used.softmax(1), trained.softmax(1), rtol=0, atol=2e-3)


def test_the_network_takes_them_and_is_scriptable() -> None:
    torch.manual_seed(0)
    network = MultiscaleLandUseEmulator(
        SPEC, base=2, scaling=scaling_of(SPEC, LAND_USE.names, "transitions", 2), scenario_change=True
    ).eval()
    given = list(example_arguments(SPEC, 64))
    with torch.no_grad():
        network.transitions.table.weight.normal_()
        before = network(*given)
        torch.testing.assert_close(torch.jit.script(network)(*given), before)
        network.scaling = None
        plain = network(*given)
        assert not torch.equal(plain, before)
        more = given[2].clone()
        more[:, channel("forest_to_urban", "target")] += 1.0
        given[2] = more
        assert not torch.equal(network(*given), plain), "the perceptron has them, too"
        # A constant in both sums means nothing.
        given[2] = given[2].clone()
        for at in ("prior", "target"):
            given[2][:, channel("urban_to_forest", at)] += 1.0
        torch.testing.assert_close(network(*given), network(*given[:2], more, *given[3:]), rtol=0, atol=1e-3)


def test_only_where_the_inputs_tell_them() -> None:
    content = {"name": "n", "licence": "l", "parts": [{"cube": "c"}], "demand_by": "transitions"}
    with pytest.raises(InputError, match="hilda_transitions"):
        parse(content | {"network": "multiscale"}, "here")
    with pytest.raises(InputError, match="only the network multiscale"):
        parse(content | {"inputs": "hilda_transitions"}, "here")
    assert parse(content | {"network": "multiscale", "inputs": "hilda_transitions"}, "here").spec() == SPEC
    assert not transition_channels(hilda_inputs(), LAND_USE.names)
    names = [entry for entry in SPEC.inputs if entry.name != "urban_to_forest"]
    assert (1, 4) not in transition_channels(InputSpec(tuple(names)), LAND_USE.names)
    assert (4, 1) not in transition_channels(InputSpec(tuple(names)), LAND_USE.names)
