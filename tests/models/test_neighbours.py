"""The direct way from nearby classes to the logits: what it computes, and that it learns at once."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from pylandbc.errors import InputError
from pylandbc.learn.config import parse
from pylandbc.learn.export import example_arguments
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator
from pylandbc.models.neighbours import SCALE, SIDES, Neighbours


def coded(prior: torch.Tensor, visible: torch.Tensor) -> torch.Tensor:
    return (F.one_hot(prior, 4) * visible[..., None]).permute(0, 3, 1, 2).float()


def test_logits_are_shares_of_visible_pixels_times_gains() -> None:
    random = torch.Generator().manual_seed(0)
    prior = torch.randint(0, 4, (1, 12, 11), generator=random)
    visible = torch.randint(0, 2, (1, 12, 11), generator=random)
    part = Neighbours(4)
    with torch.no_grad():
        part.gain.copy_(torch.rand(len(SIDES), 4, generator=random))
        part.own.copy_(torch.rand(len(SIDES), 4, generator=random))
        found = part(coded(prior, visible), torch.ones(1))
    for row, col in ((6, 5), (0, 0), (11, 3)):
        for k in range(4):
            expected = 0.0
            for n, side in enumerate(SIDES):
                near = (
                    slice(max(row - side // 2, 0), row + side // 2 + 1),
                    slice(max(col - side // 2, 0), col + side // 2 + 1),
                )
                count = int(((prior[0][near] == k) & (visible[0][near] == 1)).sum())
                has = bool(prior[0, row, col] == k and visible[0, row, col])
                gain = part.gain[n, k].item() + (part.own[n, k].item() if has else 0.0)
                expected += count / side**2 * SCALE * gain
            assert float(found[0, k, row, col]) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_a_rule_of_neighbours_is_learned_within_a_hundred_steps() -> None:
    """Half of class 1 becomes 2 where three of nine neighbours or more are 2."""
    random = torch.Generator().manual_seed(0)
    part, bias = Neighbours(3), torch.zeros(3, requires_grad=True)
    optimiser = torch.optim.AdamW([*part.parameters(), bias], 0.02)
    for _ in range(100):
        prior = (torch.rand(4, 1, 8, 8, generator=random) > 0.5).float()
        prior = 1 + F.interpolate(prior, size=(32, 32))[:, 0].long()
        share = F.avg_pool2d((prior == 2).float()[:, None], 3, 1, 1)[:, 0]
        target = torch.where((prior == 1) & (share > 0.3), 2, prior)
        code = F.one_hot(prior, 3).permute(0, 3, 1, 2).float()
        loss = F.cross_entropy(part(code, torch.ones(4)) + bias[:, None, None], target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    wrong = (part(code, torch.ones(4)) + bias[:, None, None]).argmax(1) != target
    changed = (target != prior).float().mean()
    assert changed > 0.05 and wrong.float().mean() < 0.2 * changed


def test_the_emulator_with_it_begins_as_without_and_is_scriptable() -> None:
    networks = []
    for with_it in (True, False):
        torch.manual_seed(0)
        networks.append(MultiscaleLandUseEmulator(hilda_inputs(), base=2, neighbours=with_it).eval())
    given = example_arguments(hilda_inputs(), 64)
    with torch.no_grad():
        assert torch.equal(networks[0](*given), networks[1](*given))
        networks[0].neighbours.gain.fill_(1.0)
        changed = networks[0](*given)
        assert not torch.equal(changed, networks[1](*given))
        torch.testing.assert_close(torch.jit.script(networks[0])(*given), changed)


def test_only_the_multiscale_network_has_it() -> None:
    content = {"name": "n", "licence": "l", "parts": [{"cube": "c"}], "neighbours": True}
    with pytest.raises(InputError, match="only the network multiscale"):
        parse(content, "here")
