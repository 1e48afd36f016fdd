"""The project's U-Net: means over blocks, what each level sees, size and reach."""

from __future__ import annotations

import pytest
import torch

from pylandbc.models.multiscale_unet import BRIEF, MultiscaleUNet, Windows, block_means, joined
from pylandbc.models.unet import MULTIPLE, RECEPTIVE_FIELD_RADIUS, UNet


@pytest.mark.parametrize("shift", [0, 9, 24])
def test_block_means_are_those_of_the_repeated_field(shift: int) -> None:
    torch.manual_seed(0)
    field = torch.randn(2, 3, 6, 8, dtype=torch.float64)
    row, col = (torch.arange(96) + shift) // 25, (torch.arange(144) + 2 * shift) // 25
    repeated = field.index_select(2, row).index_select(3, col)
    plain = repeated.reshape(2, 3, 6, 16, 9, 16).mean((3, 5))
    torch.testing.assert_close(block_means(field, row, col), plain, rtol=1e-12, atol=1e-12)


def test_a_block_mean_depends_on_its_block_alone() -> None:
    """A field of one value keeps it to the bit, and so does a block seen from a tile that begins
    elsewhere."""
    row = torch.arange(160) // 25
    field = torch.rand(1, 4, 7, 7)
    assert torch.equal(block_means(torch.full_like(field, 0.3), row, row), torch.full((1, 4, 10, 10), 0.3))
    whole = block_means(field, row, row)
    part = block_means(field[..., 1:, :], row[48:] - 1, row)
    assert torch.equal(part, whole[:, :, 3:])


def test_mirrored_columns_mirror_the_means() -> None:
    row = torch.arange(96) // 25
    field = torch.rand(1, 2, 4, 4)
    mirrored = block_means(field, row, row.flip(0))
    torch.testing.assert_close(mirrored.flip(3), block_means(field, row, row))


def test_windows_are_means_of_the_fractions_around() -> None:
    """Weights that pass one window on: 3 x 3 of half, 3 x 3 and 9 x 9 of quarter, zero beyond the edge."""
    part = Windows(1, 3)
    with torch.no_grad():
        part.narrow.bias.zero_()
        part.wide.bias.zero_()
        part.narrow.weight.copy_(torch.tensor([1.0, 0.0, 0.0]).reshape(3, 1, 1, 1))
        part.wide.weight.copy_(torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).reshape(3, 2, 1, 1))
        half, quarter = torch.rand(1, 1, 24, 24), torch.rand(1, 1, 12, 12)
        found = part(half, quarter)
    torch.testing.assert_close(found[0, 0, 5, 7], half[0, 0, 4:7, 6:9].mean())
    torch.testing.assert_close(found[0, 1, 10, 11], quarter[0, 0, 4:7, 4:7].mean())
    torch.testing.assert_close(found[0, 2, 10, 11], quarter[0, 0, 1:10, 1:10].mean())
    torch.testing.assert_close(found[0, 2, 0, 0], quarter[0, 0, :5, :5].sum() / 81)


def network(base: int = 2) -> MultiscaleUNet:
    return MultiscaleUNet(fine=1, encoding=2, cell=2, block=1, channels_out=1, base=base)


@pytest.mark.parametrize("argument", ["fine", "prior"])
def test_no_input_reaches_beyond_the_halo(argument: str) -> None:
    """As for the paper's network: positive weights, a large disturbance, all 16 phases of the grid."""
    torch.manual_seed(0)
    net = network().double().eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(parameter.abs() + 1e-3)
    length, first = 16 * 20, 144
    reach = 0
    for phase in range(MULTIPLE):
        fields = {"fine": torch.zeros(1, 1, 16, length), "prior": torch.zeros(1, 2, 16, length)}
        fields = {name: field.double() for name, field in fields.items()}
        row, col = torch.arange(16) // 25, torch.arange(length) // 25
        near = torch.zeros(1, 16, length, BRIEF).double()
        rest = (torch.zeros(1, 2, 1, 13).double(), row, col, torch.zeros(1, 1, 1, 20).double())
        with torch.inference_mode():
            still = net(joined(*fields.values(), near, 0), fields["prior"], *rest)
            fields[argument][..., 8, first + phase] = 1e3
            moved = net(joined(*fields.values(), near, 0), fields["prior"], *rest)
        hit = (moved != still).any(2)[0, 0].nonzero().flatten()
        reach = max(reach, int((hit - (first + phase)).abs().max()))
    assert 0 < reach <= RECEPTIVE_FIELD_RADIUS


def test_it_costs_what_the_papers_network_costs() -> None:
    """Operations of the shipped configuration, counted by torch."""
    from torch.utils.flop_counter import FlopCounterMode

    from pylandbc.learn.export import example_arguments
    from pylandbc.models.inputs import hilda_inputs
    from pylandbc.models.land_use import NETWORKS

    spec, operations = hilda_inputs(), {}
    for name, kind in NETWORKS.items():
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            kind(spec)(*example_arguments(spec, 64))
        operations[name] = counter.get_total_flops()
    assert operations["multiscale"] < operations["paper"]
    paper = sum(p.numel() for p in UNet(31, 8).parameters())
    own = sum(p.numel() for p in NETWORKS["multiscale"](spec).unet.parameters())
    assert own < 1.05 * paper
