"""What a cell gains and loses, in pixels: values, sign, and that one pixel in a thousandth is seen."""

from __future__ import annotations

import pytest
import torch

from pylandbc.errors import InputError
from pylandbc.learn.config import parse
from pylandbc.learn.export import example_arguments
from pylandbc.models.inputs import hilda_inputs, luh2_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator
from pylandbc.models.scenario_change import ScenarioChange, changing


def test_fractions_of_both_years_are_paired_by_name() -> None:
    spec = hilda_inputs()
    assert len(changing(spec)) == 7
    for before, after in changing(spec):
        prior, target = spec.scenario[before], spec.scenario[after]
        assert (prior.name, prior.at, target.at) == (target.name, "prior", "target")
    assert not changing(luh2_inputs()), "given for the target year alone"


def test_gains_and_losses_in_pixels() -> None:
    part = ScenarioChange([(0, 2), (1, 3)])
    scenario = torch.tensor([0.5, 0.2, 0.5 + 1 / 625, 0.2 - 10 / 625]).reshape(1, 4, 1, 1)
    found = part(scenario).flatten().tolist()
    assert found == pytest.approx([0.88137, -2.99822], abs=1e-3), "asinh(1), asinh(-10)"
    still = part(scenario[:, [0, 1, 0, 1]])
    assert torch.equal(still, torch.zeros(1, 2, 1, 1))
    assert torch.jit.script(part)(scenario).flatten().tolist() == found


def test_the_network_feels_one_pixel_where_it_is_asked_for() -> None:
    given = list(example_arguments(hilda_inputs(), 64))
    given[2][:, 7:] = given[2][:, :7]
    more = given[2].clone()
    more[:, 7] += 1 / 625
    moved = []
    for asked in (True, False):
        torch.manual_seed(0)
        network = MultiscaleLandUseEmulator(hilda_inputs(), base=2, scenario_change=asked).eval()
        with torch.no_grad():
            network.transitions.table.weight.normal_()
            before = network(*given)
            given[2], kept = more, given[2]
            moved.append((network(*given) - before).abs().max().item())
            given[2] = kept
            torch.testing.assert_close(torch.jit.script(network)(*given), before)
    assert moved[0] > 20 * moved[1] > 0


def test_only_where_both_years_are_given() -> None:
    content = {"name": "n", "licence": "l", "parts": [{"cube": "c"}], "scenario_change": True}
    for more in ({}, {"network": "multiscale", "inputs": "luh2"}):
        with pytest.raises(InputError, match="fractions of both years"):
            parse(content | more, "here")
    assert parse(content | {"network": "multiscale"}, "here").scenario_change
