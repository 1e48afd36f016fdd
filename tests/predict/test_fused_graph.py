"""Fusing changes kernels, not results: the same network, the same bits where the kernel stays."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc import emulators
from pylandbc.learn.export import PRECISIONS, example_arguments, fold_batch_norm, load
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import MultiscaleLandUseEmulator
from pylandbc.predict.fused_graph import fuse_for_cpu

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="torch was built without oneDNN"
)


def frozen(module: nn.Module, *, fuse: bool) -> torch.jit.ScriptModule:
    module = module.eval().to(memory_format=torch.channels_last).requires_grad_(False)
    result = torch.jit.freeze(torch.jit.script(module))
    if fuse:
        fuse_for_cpu(result)
    return result


def kinds(module: torch.jit.ScriptModule) -> list[str]:
    return [node.kind() for node in module.graph.nodes()]


def test_a_convolution_and_its_relu_become_one_and_keep_their_bits() -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(5, 16, 3, padding=1), nn.ReLU(inplace=True))
    x = torch.randn(1, 5, 64, 48).contiguous(memory_format=torch.channels_last)
    fused = frozen(plain, fuse=True)
    assert "aten::relu_" not in kinds(fused) and "aten::conv2d" not in kinds(fused)
    with torch.inference_mode():
        assert torch.equal(fused(x), frozen(plain, fuse=False)(x))


def test_strides_groups_and_no_bias_are_kept() -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Conv2d(8, 12, 3, stride=2, padding=2, dilation=2, groups=4, bias=False))
    x = torch.randn(2, 8, 40, 32)
    with torch.inference_mode():
        torch.testing.assert_close(frozen(plain, fuse=True)(x), plain(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_emulator_is_the_same_and_tiles_stay_exact(precision: str) -> None:
    """On a part of the field, a halo away from its edges, every bit is that of the whole."""
    torch.manual_seed(1)
    spec = hilda_inputs()
    emulator = fold_batch_norm(MultiscaleLandUseEmulator(spec, base=4))
    emulator.unet.to(PRECISIONS[precision])
    arguments = example_arguments(spec, 400, seed=3)
    fused = frozen(emulator, fuse=True)
    assert "aten::conv2d" not in kinds(fused)
    below = slice(112, 400)  # begins with a block of 16 pixels, as the whole does
    part = [a[..., below, :] if a.dim() > 2 and a.shape[-1] == 400 else a for a in arguments]
    part[3] = arguments[3][below]
    with torch.inference_mode():
        whole = fused(*arguments)
        plain = frozen(emulator, fuse=False)(*arguments)
        assert whole.dtype == torch.float32
        if precision == "float32":
            torch.testing.assert_close(whole, plain, rtol=1e-5, atol=1e-5)
        assert torch.equal(fused(*part)[..., 112:, :], whole[..., 224:, :])


def test_the_shipped_emulator_keeps_its_logits() -> None:
    emulator = load(emulators.path("land-use"))
    given = example_arguments(emulator.inputs, 64)
    plain, fused = (torch.jit.freeze(load(emulators.path("land-use")).module.eval()) for _ in range(2))
    fuse_for_cpu(fused)
    # The decoders join what went past with what comes from below.
    assert kinds(fused).count("mkldnn::_convolution_pointwise_") == 4
    assert "aten::max_pool2d" not in kinds(fused)
    with torch.inference_mode():
        torch.testing.assert_close(fused(*given), plain(*given), rtol=1e-5, atol=1e-3)


class Joined(nn.Module):
    """A convolution over two fields side by side, then the maximum over squares."""

    def __init__(self, first: int, second: int, side: int) -> None:
        super().__init__()
        self.before = nn.Conv2d(3, first, 1)
        self.below = nn.ConvTranspose2d(3, second, 2, stride=2)
        self.both = nn.Conv2d(first + second, 16, 3, padding=1)
        self.side = side

    def forward(self, x: Tensor, coarse: Tensor) -> Tensor:
        joined = torch.cat([self.before(x).relu_(), self.below(coarse)], 1)
        return F.max_pool2d(self.both(joined).relu_(), self.side)


@pytest.mark.parametrize(
    ("first", "second", "side", "apart", "maxima"),
    [(16, 32, 2, 1, 3), (16, 9, 2, 0, 3), (32, 16, 4, 1, 0)],
)
def test_what_fits_is_taken_apart_and_nothing_else(
    first: int, second: int, side: int, apart: int, maxima: int
) -> None:
    torch.manual_seed(0)
    plain = Joined(first, second, side)
    given = torch.randn(2, 3, 32, 48), torch.randn(2, 3, 16, 24)
    fused = frozen(plain, fuse=True)
    assert kinds(fused).count("mkldnn::_convolution_pointwise_") == apart
    assert kinds(fused).count("aten::maximum") == maxima
    with torch.inference_mode():
        torch.testing.assert_close(fused(*given), plain(*given), rtol=1e-5, atol=1e-5)
