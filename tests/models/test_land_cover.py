"""The land-cover emulator and the second head: class maps, masks, exact tiles, both views of two heads."""

from __future__ import annotations

import pytest
import torch
from cover_cube import lively
from torch import Tensor

from pylandbc.errors import InputError
from pylandbc.learn.export import example_arguments
from pylandbc.models.inputs import hilda_inputs, joint_inputs, land_cover_inputs
from pylandbc.models.joint import JointEmulator
from pylandbc.models.land_cover import LandCoverEmulator

SPEC = land_cover_inputs()
KOEPPEN, USE = 6, 7


def given(rows: int, cols: int, seed: int = 0) -> list[Tensor]:
    """Arguments of the land-cover emulator with a coarse index of both axes."""
    square = max(rows, cols)
    arguments = list(example_arguments(SPEC, square, seed=seed))
    for k in (0, 1, 5, 6):
        arguments[k] = arguments[k][..., :rows, :cols]
    arguments[3], arguments[4] = arguments[3][:rows], arguments[4][:cols]
    arguments[0][:, 2] = 1.0
    return arguments


def test_the_maps_of_the_contract_come_last_in_static() -> None:
    names = [entry.name for entry in SPEC.static]
    assert (names[KOEPPEN], names[USE]) == ("koeppen_geiger", "land_use")
    assert [(entry.codes, entry.at) for entry in SPEC.maps] == [(31, None), (8, "target")]
    assert SPEC.scenario == () and SPEC.quantity == "land_cover"


def test_the_land_use_of_the_target_year_is_needed() -> None:
    with pytest.raises(InputError, match="land_use at target"):
        LandCoverEmulator(hilda_inputs())


@torch.no_grad()
def test_codes_beyond_a_map_are_all_unknown() -> None:
    network, arguments = lively(), given(32, 32)
    results = []
    for code in (255.0, 8.0, -1.0):
        arguments[0][:, USE] = code
        results.append(network(*arguments))
    assert torch.equal(results[0], results[1]) and torch.equal(results[0], results[2])
    arguments[0][:, USE] = 7.0
    assert not torch.equal(results[0], network(*arguments))


@torch.no_grad()
def test_a_pixels_land_use_moves_its_own_logits_by_the_table() -> None:
    """Two land uses of one pixel, everything else alike: the table's rows differ by what the logits do, once
    the rest of the network no longer sees the map."""
    network, arguments = lively(), given(32, 32)
    for table in network.maps.tables:
        table.weight.zero_()
    network.pairs.table.weight[:, : network.pairs.brief] = 0.0
    arguments[0][:, USE] = 2.0
    before = network(*arguments)
    arguments[0][0, USE, 9, 11] = 4.0
    moved = network(*arguments) - before
    seen = int(network.seen(arguments[5], arguments[6])[0, 9, 11])
    rows = network.pairs.table.weight.reshape(24, 9, -1)[seen, :, network.pairs.brief :]
    torch.testing.assert_close(moved[0, 1:, 9, 11], (rows[4] - rows[2])[1:], rtol=1e-4, atol=1e-4)
    moved[..., 9, 11] = 0.0
    assert not moved.any()


@torch.no_grad()
def test_tiles_are_exact() -> None:
    """A core of 16 pixels with its halo equals the same pixels of a larger pass, bit for bit."""
    network, arguments = lively(), given(256, 272)
    whole = network(*arguments)
    part = [a[..., 16:] if k in (0, 1, 5, 6) else a for k, a in enumerate(arguments)]
    part[4] = arguments[4][16:]
    assert torch.equal(whole[..., 112:144, 128:160], network(*part)[..., 112:144, 112:144])


def joint(seed: int = 1) -> JointEmulator:
    torch.manual_seed(seed)
    network = JointEmulator(joint_inputs(), {"elevation": (0.5, 0.3)}, base=2).eval()
    with torch.no_grad():
        for parameter in (*network.site.parameters(), network.walk, *network.transitions.parameters()):
            parameter.copy_(0.5 * torch.randn_like(parameter))
        network.persistence_gain.fill_(0.5)
        network.cover_gain.fill_(0.5)
    return network


@torch.no_grad()
def test_two_heads_seen_from_both_sides() -> None:
    """One network: as an emulator of land use with the land cover in ``static``, and the other way round."""
    network = joint()
    use = list(example_arguments(joint_inputs("land_use"), 48, seed=3))
    cover_codes = use[0][:, -1].to(torch.uint8)
    cover = [use[0].clone(), *use[1:]]
    cover[0][:, -1], cover[5] = use[5].float(), cover_codes
    both = network.both(*use[:5], use[5], cover_codes, *use[6:])
    network.show("land_use")
    assert torch.equal(network(*use), both[0])
    network.show("land_cover")
    assert torch.equal(network(*cover), both[1])
    assert [b.shape[1] for b in both] == [8, 23]


@torch.no_grad()
def test_the_other_quantitys_hidden_prior_is_not_seen() -> None:
    network = joint()
    network.show("land_use")
    arguments = list(example_arguments(joint_inputs("land_use"), 48, seed=3))
    before = network(*arguments)
    hidden = arguments[6] == 0
    assert hidden.any()
    arguments[0][:, -1] = torch.where(hidden, 255.0, arguments[0][:, -1])
    assert torch.equal(network(*arguments), before)


def test_heads_compile_and_agree() -> None:
    network = joint()
    for quantity in ("land_use", "land_cover"):
        network.show(quantity)
        arguments = example_arguments(joint_inputs(quantity), 32)
        with torch.no_grad():
            torch.testing.assert_close(torch.jit.script(network)(*arguments), network(*arguments))
