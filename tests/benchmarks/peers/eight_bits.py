"""What eight bits would gain and cost the land-use emulator: a row of docs/performance.md.

Convolutions of the levels of its U-Net in single precision and in int8, in turns, on one thread; and with
``--cube`` the scores of the shipped emulator as it is and with weights (by channel) and inputs (by tensor) of
those convolutions rounded to eight bits, ranges taken from the validation blocks.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
import torch.ao.nn.intrinsic.quantized as quantized
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from pylandbc import emulators
from pylandbc.cube.open import open_cube
from pylandbc.learn.aot import eager
from pylandbc.learn.evaluate import evaluate
from pylandbc.learn.finish import predictors, split_of
from pylandbc.learn.region import Region, year_pairs
from pylandbc.legend import EMULATED

ROUNDS = 20
LEVELS = ((16, 624), (32, 312), (64, 156), (128, 78), (256, 39))
"""Channels and pixels along a side of each level, of a tile of 624."""
METRICS = ("accuracy", "mean_iou", "figure_of_merit", "log_loss", "brier")


def in_turns(*actions: Callable[[], object]) -> list[float]:
    """Median milliseconds of the processor of each."""
    taken: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS + 5):
        for action, times in zip(actions, taken, strict=True):
            begin = time.process_time()
            action()
            times.append(1e3 * (time.process_time() - begin))
    return [statistics.median(times[5:]) for times in taken]


def level(channels: int, size: int) -> list[float]:
    """Milliseconds of a 3 x 3 convolution with ReLU: single precision, int8, and rounding its input."""
    field = torch.rand(1, channels, size, size).contiguous(memory_format=torch.channels_last)
    plain = nn.Conv2d(channels, channels, 3, padding=1).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    weight = plain.weight.detach()
    scale = weight.abs().amax((1, 2, 3)) / 127
    small = torch.quantize_per_channel(weight, scale, torch.zeros(channels, dtype=torch.long), 0, torch.qint8)
    inner = quantized.ConvReLU2d(channels, channels, 3, padding=1)
    inner.set_weight_bias(small, plain.bias.detach())
    inner.scale, inner.zero_point = 0.02, 0

    def rounded() -> Tensor:
        return torch.quantize_per_tensor(field, 1 / 255, 0, torch.quint8)

    given = rounded()
    return in_turns(lambda: plain(field).relu_(), lambda: inner(given), rounded)


class EightBits:
    """Rounds a network's convolutions in place: weights now, inputs once their ranges are known."""

    def __init__(self, network: nn.Module) -> None:
        self.ranges: dict[nn.Module, tuple[float, float]] = {}
        self.known = False
        for part in network.modules():
            if isinstance(part, nn.Conv2d):
                scale = part.weight.data.abs().amax((1, 2, 3), keepdim=True).clamp_min(1e-12) / 127
                part.weight.data = (part.weight.data / scale).round() * scale
                part.register_forward_pre_hook(self._enter)

    def _enter(self, part: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        (field,) = arguments
        low, high = self.ranges.get(part, (0.0, 0.0))
        if not self.known:
            self.ranges[part] = min(low, float(field.min())), max(high, float(field.max()))
            return arguments
        scale = max((high - low) / 255, 1e-12)
        zero = min(max(round(-low / scale), 0), 255)
        return (torch.fake_quantize_per_tensor_affine(field.contiguous(), scale, zero, 0, 255),)


def scores(cube_path: Path) -> dict[str, dict[str, float]]:
    """Of visible land in the test blocks: the emulator, the same in eight bits, persistence."""
    network, card, spec = eager(emulators.path("land-use"))
    cube, names = open_cube(cube_path), EMULATED[spec.quantity].names
    regions = [Region(cube, split_of(card, cube))]
    pairs = year_pairs(regions, quantity=spec.quantity)

    def forward(*arguments: Tensor) -> Tensor:
        with torch.inference_mode():
            return network(*arguments)

    def found(role: str) -> dict[str, dict[str, float]]:
        all_scores = evaluate(
            predictors(spec, names, forward), regions, spec, role, names=names, pairs=pairs
        )["scores"]
        return {name: of["0"]["visible land"] for name, of in all_scores.items()}

    plain = found("test")
    bits = EightBits(network.unet)
    found("validation")
    bits.known = True
    return {
        "persistence": plain["persistence"],
        "emulator": plain["emulator"],
        "eight bits": found("test")["emulator"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cube", type=Path, help="the UK's cube, as `make train-demo` builds it")
    cube = parser.parse_args().cube
    warnings.filterwarnings("ignore", "torch.quantize_per")
    torch.set_num_threads(1)
    torch.backends.quantized.engine = "x86"
    table = Table(title="3 x 3 convolution and ReLU")
    for column in ("channels", "pixels", "single, ms", "int8, ms", "times", "rounding the input, ms"):
        table.add_column(column, justify="right")
    with torch.inference_mode():
        for channels, size in LEVELS:
            single, small, rounding = level(channels, size)
            table.add_row(
                str(channels),
                f"{size} x {size}",
                f"{single:.2f}",
                f"{small:.2f}",
                f"{single / small:.1f}",
                f"{rounding:.2f}",
            )
    Console().print(table)
    if cube is None:
        return
    table = Table(title="visible land, test blocks")
    for column in ("", *METRICS):
        table.add_column(column, justify="right" if column else "left")
    for name, of in scores(cube).items():
        table.add_row(name, *(f"{of[metric]:.4f}" for metric in METRICS))
    Console().print(table)


if __name__ == "__main__":
    main()
