"""What a pixel's history says for keeping its class: the logits, their place in the network, and learning."""

from __future__ import annotations

import pytest
import torch

from pylandbc.errors import InputError
from pylandbc.learn.config import parse
from pylandbc.learn.export import example_arguments
from pylandbc.learn.unroll import next_step
from pylandbc.legend import HISTORY, HISTORY_CODES
from pylandbc.models.history import SCALE, History
from pylandbc.models.inputs import InputSpec, hilda_inputs, with_history
from pylandbc.models.land_use import MultiscaleLandUseEmulator

SPEC = with_history(hilda_inputs())
CONFIG = {"name": "n", "licence": "l", "parts": [{"cube": "c"}], "history": True}


def test_logits_stand_in_a_table_of_direction_and_code() -> None:
    random = torch.Generator().manual_seed(0)
    part = History()
    with torch.no_grad():
        part.gain.copy_(torch.rand(part.gain.shape, generator=random))
    code = torch.randint(0, HISTORY_CODES, (2, 6, 5), generator=random).float()
    code[0, 0, 0], code[0, 0, 1] = -3.0, 99.0
    found = part(code, torch.tensor([1.0, -1.0]))
    assert found.shape == (2, 1, 6, 5)
    for b, way in ((0, 0), (1, 1)):
        for row in range(6):
            for col in range(5):
                c = int(code[b, row, col])
                c = c if 0 <= c < HISTORY_CODES else 0
                wanted = SCALE * float(part.gain.detach()[way, c])
                assert float(found[b, 0, row, col]) == pytest.approx(wanted)


def test_the_emulator_begins_as_without_and_then_listens() -> None:
    torch.manual_seed(0)
    networks = [MultiscaleLandUseEmulator(spec, base=2).eval() for spec in (SPEC, hilda_inputs())]
    weights = networks[1].state_dict()
    kept = networks[0].load_state_dict({k: v for k, v in weights.items() if "static_" not in k}, strict=False)
    assert kept.missing_keys == ["static_offset", "static_scale", "history.gain"]
    given = example_arguments(SPEC, 64)
    assert networks[0].history is not None
    without = (given[0][:, :-1], *given[1:])
    with torch.no_grad():
        assert torch.equal(networks[0](*given), networks[1](*without))
        networks[0].history.gain[0, 11:] = 2.0
        moved = networks[0](*given) - networks[1](*without)
        torch.testing.assert_close(torch.jit.script(networks[0])(*given), networks[0](*given))
    prior, visible = given[5], given[6]
    young = (given[0][:, -1] >= 11) & (visible != 0)
    assert young.any() and not young.all()
    own = moved.gather(1, prior[:, None].long())[:, 0]
    land = given[0][:, 2] >= 0.5
    # On land the ocean's own logit is fixed.
    assert torch.allclose(own[young & land & (prior != 0)], torch.tensor(2.0 * SCALE))
    assert (moved.abs().amax(1)[~young] == 0).all()


def test_land_that_rests_is_told_from_land_that_may_change() -> None:
    """Class 1 becomes 2 with even odds, unless it changed within eight years."""
    random = torch.Generator().manual_seed(0)
    part, change = History(), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.AdamW([*part.parameters(), change], 0.05)
    for _ in range(150):
        code = torch.randint(0, HISTORY_CODES, (4, 32, 32), generator=random)
        rests = (code > 10) & (code <= 18)
        moved = (torch.rand(code.shape, generator=random) < 0.5) & ~rests
        kept = part(code.float(), torch.ones(4))[:, 0] - change
        loss = torch.nn.functional.binary_cross_entropy_with_logits(kept, (~moved).float())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    table = SCALE * part.gain[0].detach() - change.detach()
    assert (table[11:19] > 3.0).all()
    assert table[:11].abs().max() < 1.0 and table[19:].abs().max() < 1.0


def test_an_unrolled_step_carries_it_on() -> None:
    given = example_arguments(SPEC, 32)
    names = ("static", "climate", "scenario", "scenario_row", "scenario_col", "prior", "visible", "time")
    batch = dict(zip(names, given, strict=True))
    batch["static"][:, -1] = 3.0
    batch |= {"prior": torch.full_like(given[5], 4), "visible": torch.ones_like(given[6])}
    batch |= {"target": batch["prior"].clone(), "weight": torch.ones(1, 32, 32)}
    batch["target"][:, 20:] = 255
    for name in ("climate", "scenario", "target", "weight"):
        batch[f"later_{name}"] = batch[name][:, None]
    logits = torch.zeros(1, 8, 32, 32)
    logits[:, 4], logits[:, 5, :, :10] = 1.0, 2.0
    later = next_step(batch, logits, 0, history=len(SPEC.static) - 1)
    code = later["static"][0, -1]
    assert (code[:20, :10] == 11).all() and (code[:20, 10:] == 4).all() and (code[20:] == 0).all()
    assert (batch["static"][:, -1] == 3.0).all()


def test_who_can_take_it() -> None:
    assert parse(CONFIG | {"network": "multiscale"}, "c").spec().static[-1].name == HISTORY
    with pytest.raises(InputError, match="history: only the network multiscale can take it"):
        parse(CONFIG, "c")
    with pytest.raises(InputError, match="history belongs to land use alone"):
        parse(CONFIG | {"network": "multiscale", "quantity": "land_cover"}, "c")
    static = SPEC.static
    turned = InputSpec((static[-1], *static[:-1], *(e for e in SPEC.inputs if e.source != "static")))
    with pytest.raises(InputError, match="land_use_history must be the last of the static inputs"):
        MultiscaleLandUseEmulator(turned, base=2)
