"""Scaling by what may change: two rounds meet a demand of a few pixels, and tiles stay exact."""

from __future__ import annotations

import pytest
import torch
from certain_map import nearly_certain
from torch import Tensor

from pylandbc.learn.export import example_arguments
from pylandbc.legend import LAND_USE
from pylandbc.models.change_scaling import ChangeScaling
from pylandbc.models.demand_scaling import DemandScaling
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator
from pylandbc.models.scalings import scaling_of

MEMBERS = [[], [0], [1], [2]]


def cell() -> tuple[Tensor, Tensor]:
    """Logits of a cell that hardly changes, and the counts of its three classes."""
    prior, logits = nearly_certain(3, 4)
    return logits, torch.bincount(prior.flatten(), minlength=4)[1:].float()


def missing(kind: type[DemandScaling], rounds: int, change: Tensor) -> float:
    """Pixels that the expected counts miss a demand by, after ``rounds``."""
    logits, held = cell()
    part = kind(MEMBERS, rounds).eval()
    with torch.no_grad():
        part.log_softness.fill_(-12.0)
        here = torch.zeros(25, dtype=torch.int64)
        wanted = ((held + change) / 625)[None, :, None, None]
        found = part(logits.clone(), wanted, here, here, torch.ones(1, 25, 25)).softmax(1)
    return float((found[0, 1:].sum((1, 2)) - held - change).abs().max())


@pytest.mark.parametrize("change", [[6.0, -5.0, -1.0], [-12.0, 0.0, 12.0], [0.0, 0.0, 0.0], [1.0, 1.0, -2.0]])
def test_a_few_pixels_are_met_in_two_rounds(change: list[float]) -> None:
    wanted = torch.tensor(change)
    assert missing(ChangeScaling, 2, wanted) < 0.5
    assert missing(ChangeScaling, 8, wanted) < 0.1
    if wanted.abs().max() > 2:
        assert missing(DemandScaling, 2, wanted) > 0.9 * float(wanted.abs().max())


@pytest.mark.parametrize("softness", [-8.0, -25.0])
def test_gradients_are_finite_where_a_class_is_absent_and_much_is_wanted(softness: float) -> None:
    logits, held = cell()
    logits[:, 1] = -30.0
    logits[:, 2] += 30.0
    logits.requires_grad_()
    part = ChangeScaling(MEMBERS, 2)
    with torch.no_grad():
        part.log_softness.fill_(softness)
    here = torch.zeros(25, dtype=torch.int64)
    wanted = (held / 625)[None, :, None, None]
    part(logits * 1.0, wanted, here, here, torch.ones(1, 25, 25)).softmax(1)[:, 2].sum().backward()
    assert torch.isfinite(logits.grad).all() and torch.isfinite(part.strength.grad)
    assert torch.isfinite(part.log_softness.grad)


def test_a_tile_gives_the_same_bits() -> None:
    random = torch.Generator().manual_seed(3)
    logits = 3 * torch.randn(1, 4, 125, 125, generator=random)
    scenario = torch.rand(1, 3, 5, 5, generator=random)
    weight = torch.rand(1, 125, 125, generator=random)
    part = torch.jit.script(ChangeScaling(MEMBERS, 2).eval())
    row = torch.arange(125) // 25
    whole = part(logits.clone(), scenario, row, row, weight)
    tile = logits[:, :, 40:, 25:].contiguous(memory_format=torch.channels_last)
    found = part(tile, scenario[:, :, 1:, 1:], row[40:] - 1, row[25:] - 1, weight[:, 40:, 25:])
    assert torch.equal(found[:, :, 10:], whole[:, :, 50:, 25:])


def test_favour_comes_after_the_scaling_and_touches_the_visible_prior_alone() -> None:
    spec = hilda_inputs()
    torch.manual_seed(0)
    scaling = scaling_of(spec, LAND_USE.names, "changes", 2)
    network = MultiscaleLandUseEmulator(spec, base=2, scaling=scaling).eval()
    given = example_arguments(spec, 64)
    with torch.no_grad():
        plain = network(*given)
        network.favour = 0.5
        favoured = torch.jit.script(network)(*given)
    prior, visible = given[5].long(), given[6].bool()
    less = 0.5 * (torch.nn.functional.one_hot(prior, 8) * visible[..., None]).permute(0, 3, 1, 2)
    torch.testing.assert_close(favoured, plain - less, rtol=0, atol=1e-4)
