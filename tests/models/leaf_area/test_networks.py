"""All architectures: range, order, no leaves over water, exact tiles, the state, TorchScript."""

from __future__ import annotations

import pytest
import torch

from pylandbc.learn.leaf_area.export import example_arguments
from pylandbc.models.leaf_area.conv_gru import ConvGRUCell
from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.inputs import VegetationInputs
from pylandbc.models.leaf_area.networks import NETWORKS
from pylandbc.models.leaf_area.variables import VARIABLES

INPUTS = VegetationInputs(
    "leaf_area_index",
    "month",
    ("elevation", "land_mask", "land_use", "land_cover"),
    ("t", "p"),
    4,
    (1, 2, 12),
)


def network(name: str, inputs: VegetationInputs = INPUTS, base: int = 2) -> VegetationEmulator:
    torch.manual_seed(0)
    made = NETWORKS[name](inputs, {inputs.variable: (2.0, 1.5)}, base).eval()
    with torch.no_grad():
        made.memory.uniform_(0.1, 0.4)
        # begins at zero, which nothing could be seen through
        for name_of, weight in made.named_parameters():
            if name_of.startswith("join.2"):
                weight.uniform_(-0.4, 0.4)
        for part in made.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                part.running_mean.uniform_(-0.2, 0.2)
                part.running_var.uniform_(0.5, 1.5)
    return made


def arguments(made: VegetationEmulator, size: int = 32, batch: int = 1) -> list[torch.Tensor]:
    given = list(example_arguments(made.inputs, (made.state_channels, made.state_pixels), size, batch))
    given[0][:, 1] = 1.0
    given[0][:, 2] = torch.randint(1, 7, given[0][:, 2].shape).float()
    given[0][:, 3] = torch.randint(1, 20, given[0][:, 3].shape).float()
    return given


@pytest.mark.parametrize("name", NETWORKS)
@torch.inference_mode()
def test_quantiles_ascend_within_the_range_and_vanish_without_leaves(name: str) -> None:
    made = network(name)
    given = arguments(made, batch=2)
    given[6] = given[6] * 3 - 1.5
    bare = torch.zeros(32, 32, dtype=torch.bool)
    for k, (channel, code) in enumerate(((1, 0), (2, 0), (2, 7), (3, 21), (3, 22))):
        given[0][:, channel, k, :5] = code
        bare[k, :5] = True
    quantiles, state = made(*given)
    assert quantiles.shape == (2, 7, 32, 32) and state.shape == given[-1].shape
    assert (quantiles.diff(dim=1) >= 0).all() and (quantiles >= 0).all() and (quantiles <= 10).all()
    assert (quantiles[:, :, bare] == 0).all()
    assert (quantiles[:, -1][:, ~bare] > 0).all()


@pytest.mark.parametrize("name", NETWORKS)
@torch.inference_mode()
def test_batch_and_script_change_nothing(name: str) -> None:
    made = network(name)
    given = arguments(made, batch=2)
    together, state = made(*given)
    scripted = torch.jit.script(made)
    for one, other in zip(scripted(*given), (together, state), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6)
    alone = [a if a.ndim == 1 else a[1:] for a in given]
    torch.testing.assert_close(made(*alone)[0], together[1:], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_pixel_sees_its_radius_and_no_farther(name: str) -> None:
    made = network(name)
    size = 2 * (-(-made.radius // 16) * 16) + 32
    given = arguments(made, size)
    past = given[4].requires_grad_(True)
    # a maximum passes one gradient only; the mean sees all that a pixel may depend on
    for part in made.modules():
        for child, kind in list(part.named_children()):
            if isinstance(kind, torch.nn.MaxPool2d):
                setattr(part, child, torch.nn.AvgPool2d(2))
            if isinstance(kind, torch.nn.ReLU):
                setattr(part, child, torch.nn.Softplus())
    farthest = 0
    for row in range(size // 2, size // 2 + made.multiple):
        (gradient,) = torch.autograd.grad(made(*given)[0][0, :, row, size // 2].sum(), past)
        reached = torch.nonzero(gradient[0].abs().sum(0).sum(1)).flatten()
        farthest = max(farthest, int((reached - row).abs().max()))
    assert farthest == made.radius


@torch.inference_mode()
def test_the_hidden_state_is_carried() -> None:
    made = network("conv_gru")
    given = arguments(made)
    given[-1] = made.first_state(1, 32, 32)
    first, state = made(*given)
    assert state.shape == (1, 8, 8, 8) and state.abs().max() > 0
    second, _ = made(*given[:-1], state)
    assert not torch.equal(first, second)


@torch.inference_mode()
def test_gru_cell_against_its_equations() -> None:
    """One cell of one pixel: convolutions with a zero rim are products with their centres."""
    torch.manual_seed(1)
    cell = ConvGRUCell(3, 2)
    x, state = torch.randn(1, 3, 1, 1), torch.randn(1, 2, 1, 1)
    v, bv = cell.gates.weight[:, :, 1, 1], cell.gates.bias
    w, bw = cell.candidate.weight[:, :, 1, 1], cell.candidate.bias
    flat_x, h = x.flatten(), state.flatten()
    gates = torch.sigmoid(v @ torch.cat([flat_x, h]) + bv)
    z, r = gates[:2], gates[2:]
    expected = (1 - z) * h + z * torch.tanh(w @ torch.cat([flat_x, r * h]) + bw)
    torch.testing.assert_close(cell(x, state).flatten(), expected)


@pytest.mark.parametrize("name", VARIABLES)
@torch.inference_mode()
def test_every_variable_keeps_its_range(name: str) -> None:
    inputs = VegetationInputs(name, "dekad", ("land_mask",), (), 0, (1,))
    made = NETWORKS["anomaly_unet"](inputs, {name: (0.3, 0.2)}, 2).eval()
    given = list(example_arguments(inputs, (0, 1)))
    given[0][:] = 1.0
    given[6] = 8 * given[6] - 4
    quantiles, _ = made(*given)
    limits = VARIABLES[name]
    assert (quantiles >= limits.lower).all() and (quantiles <= limits.upper).all() and quantiles.std() > 0


def test_the_mean_of_the_past_departures_is_kept() -> None:
    """With a network that says nothing the median is climatology plus memory times departure."""
    made = network("anomaly_unet")
    with torch.no_grad():
        for p in (*made.unet.head.parameters(), *made.response.response[-1].parameters()):
            p.zero_()
    given = arguments(made)
    given[4], given[6] = given[4] + 6.0, given[6] + 6.0
    past, known, normal = given[4:7]
    expected = normal[:, -1] + ((past - normal[:, :-1]) * known * made.memory[:, None, None]).sum(1)
    torch.testing.assert_close(made(*given)[0][:, 3].detach(), expected.detach())
