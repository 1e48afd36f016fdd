"""The emulator's interface: encoding, ocean rule, residual head, TorchScript, exact tiles."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pylandbc.legend import LAND_USE
from pylandbc.models.inputs import hilda_inputs, luh2_inputs
from pylandbc.models.land_use import NETWORKS, LandUseEmulator
from pylandbc.models.scalings import scaling_of

NORMALISATION = {"elevation": (100.0, 200.0), "air_temperature": (280.0, 10.0), "elapsed_years": (0.0, 10.0)}


def arguments(rows: int, cols: int, batch: int = 1, seed: int = 0, shift: int = 0) -> list[Tensor]:
    """Physical-looking arguments of the shipped configuration; the land mask holds both values."""
    random = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=random)

    static = torch.stack(
        [
            uniform(batch, rows, cols) * 800,
            uniform(batch, rows, cols) * 300,
            (uniform(batch, rows, cols) > 0.3).float(),
        ],
        1,
    )
    climate = torch.stack([270 + 20 * uniform(batch, rows, cols), 3e-5 * uniform(batch, rows, cols)], 1)
    prior = torch.randint(0, 8, (batch, rows, cols), generator=random, dtype=torch.uint8)
    prior[:, :3, :5] = 255
    visible = (uniform(batch, rows, cols) > 0.5).to(torch.uint8)
    coarse = uniform(batch, 14, rows // 25 + 2, cols // 25 + 2)
    row, col = (torch.arange(rows) + shift) // 25, (torch.arange(cols) + shift) // 25
    return [static, climate, coarse, row, col, prior, visible, torch.tensor([[1.0, 3.0]]).repeat(batch, 1)]


both = pytest.mark.parametrize("kind", list(NETWORKS))


def emulator(
    kind: str = "paper", base: int = 4, residual: bool = True, seed: int = 0, rounds: int = 0
) -> LandUseEmulator:
    """A random emulator whose BatchNorm has seen something."""
    torch.manual_seed(seed)
    spec = hilda_inputs()
    network = NETWORKS[kind](
        spec,
        NORMALISATION,
        base=base,
        residual=residual,
        scaling=scaling_of(spec, LAND_USE.names, "shares", rounds),
    )
    network.train()
    with torch.no_grad():
        network(*arguments(32, 32, batch=2, seed=7))
    return network.eval()


def plain_features(network: LandUseEmulator, given: list[Tensor]) -> Tensor:
    """The network's input written as plainly as possible: loops, no lookups."""
    static, climate, coarse, row, col, prior, visible, time = given
    batch, _, rows, cols = static.shape
    spec = hilda_inputs()
    out = torch.zeros(batch, spec.channels(8), rows, cols)

    def scaled(name: str, x: Tensor) -> Tensor:
        offset, scale = NORMALISATION.get(name, (0.0, 1.0))
        return ((x - offset) / scale).clamp(-5, 5)

    channel = 0
    for k, entry in enumerate(spec.static):
        out[:, channel] = scaled(entry.name, static[:, k])
        channel += 1
    for k, entry in enumerate(spec.climate):
        out[:, channel] = scaled(entry.name, climate[:, k])
        channel += 1
    for k, entry in enumerate(spec.scenario):
        for i in range(rows):
            for j in range(cols):
                out[:, channel, i, j] = scaled(entry.name, coarse[:, k, row[i], col[j]])
        channel += 1
    for k, entry in enumerate(spec.time):
        out[:, channel] = scaled(entry.name, time[:, k])[:, None, None]
        channel += 1
    seen = (visible == 1) & (prior != 255)
    for k in range(8):
        out[:, channel] = ((prior == k) & seen).float()
        channel += 1
    out[:, channel] = seen.float()
    return out


def test_features_are_those_of_a_plain_loop() -> None:
    network = emulator()
    given = arguments(32, 48, batch=2)
    given[7] = torch.tensor([[1.0, 3.0], [-1.0, 60.0]])
    found = network.features(*given[:5], network.seen(given[5], given[6]), given[7])
    assert found.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(found, plain_features(network, given), rtol=1e-6, atol=1e-6)


@both
def test_ocean_exactly_where_the_land_mask_says(kind: str) -> None:
    given = arguments(64, 64)
    classes = emulator(kind)(*given).argmax(1)
    assert torch.equal(classes == 0, given[0][:, 2] == 0)


@both
def test_without_a_land_mask_the_network_decides_on_the_ocean(kind: str) -> None:
    torch.manual_seed(0)
    spec = luh2_inputs()
    network = NETWORKS[kind](spec, base=2, residual=False).eval()
    assert network.land_mask_channel == -1
    given = arguments(32, 32)
    given[0] = given[0][:, :2]
    given[1] = given[1][:, :0]
    logits = network(*given)
    assert logits.shape == (1, 8, 32, 32)
    assert logits[:, 0].std() > 0


@both
def test_the_residual_head_adds_gain_and_bias_to_visible_known_pixels_only(kind: str) -> None:
    network = emulator(kind)
    gain, bias = torch.arange(8) + 1.0, torch.arange(8) * 0.1
    given = arguments(32, 32)
    with torch.no_grad():
        network.persistence_gain.zero_()
        network.persistence_bias.zero_()
        without = network(*given)
        network.persistence_gain.copy_(gain)
        network.persistence_bias.copy_(bias)
        added = network(*given) - without
    prior, seen = given[5].long(), (given[6] == 1) & (given[5] != 255)
    expected = torch.zeros_like(added)
    for k in range(8):
        expected[:, k] = seen * (bias[k] + gain[k] * (prior == k))
    expected[:, 0] = 0.0  # the land mask decides there
    torch.testing.assert_close(added, expected, rtol=1e-5, atol=2e-5)


@both
def test_what_is_hidden_does_not_matter(kind: str) -> None:
    network = emulator(kind)
    given = arguments(32, 32)
    other = list(given)
    other[5] = torch.where(given[6] == 1, given[5], (given[5] + 3) % 8)
    assert not torch.equal(other[5], given[5])
    assert torch.equal(network(*given), network(*other))


@both
@pytest.mark.parametrize("batch", [1, 3])
def test_scripted_equals_eager(batch: int, kind: str) -> None:
    network = emulator(kind, rounds=2)
    given = arguments(48, 64, batch=batch)
    with torch.inference_mode():
        scripted = torch.jit.script(network)
        for _ in range(3):  # the profiling executor specialises after the first calls
            assert torch.equal(scripted(*given), network(*given))


@both
def test_a_batch_is_its_parts(kind: str) -> None:
    network = emulator(kind)
    given = arguments(32, 32, batch=3)
    with torch.inference_mode():
        together = network(*given)
        for b in range(3):
            alone = network(*(a if a.ndim == 1 else a[b : b + 1] for a in given))
            torch.testing.assert_close(alone, together[b : b + 1], rtol=1e-5, atol=1e-5)


@both
def test_the_time_tells_forward_from_backward(kind: str) -> None:
    network = emulator(kind)
    given = arguments(32, 32)
    backward = [*given[:7], given[7] * torch.tensor([-1.0, 1.0])]
    assert not torch.allclose(network(*given), network(*backward))


def test_the_change_head_moves_only_the_visible_class() -> None:
    network = emulator("multiscale")
    given = arguments(32, 32)
    with torch.no_grad():
        before = network(*given)
        network.unet.head.bias[8] += 2.5
        added = network(*given) - before
    prior, seen = given[5].long(), (given[6] == 1) & (given[5] != 255)
    expected = torch.stack([2.5 * (seen & (prior == k)) for k in range(8)], 1)
    expected[:, 0] = 0.0  # the land mask decides there
    torch.testing.assert_close(added, expected, rtol=1e-5, atol=2e-5)


@both
def test_tiles_equal_one_big_pass_bit_for_bit(kind: str) -> None:
    """Core 400, halo 112: two tiles of 624 against one pass over both, in the real architecture; each tile
    with the coarse cells that it touches."""
    network = emulator(kind, base=16, rounds=2)
    core, halo = 400, 112
    given = arguments(core + 2 * halo, 2 * core + 2 * halo)
    with torch.inference_mode():
        whole = network(*given)[:, :, halo:-halo, halo:-halo]
        for first in (0, core):
            cut = slice(first, first + core + 2 * halo)
            tile = [a[..., cut] if a.ndim > 2 and a.shape[-1] == given[5].shape[-1] else a for a in given]
            tile[2] = given[2][..., first // 25 : (first + core + 2 * halo - 1) // 25 + 1]
            tile[4] = given[4][cut] - first // 25
            result = network(*tile)[:, :, halo:-halo, halo:-halo]
            assert torch.equal(result, whole[..., first : first + core])
