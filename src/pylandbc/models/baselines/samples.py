"""Pixels drawn from examples: what regressions and trees are fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pylandbc.models.baselines.fitting import Example
from pylandbc.models.baselines.neighbourhood import features, own_class
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell


@dataclass(frozen=True)
class Pixels:
    """Features (n, F), prior class or K where hidden (n), true class (n), weight (n)."""

    features: Tensor
    own: Tensor
    target: Tensor
    weight: Tensor


def draw_pixels(
    spec: InputSpec,
    classes: Sequence[str],
    examples: Iterable[Example],
    share: float,
    seed: int,
    tell: Tell | None = None,
    stage: str = "",
) -> Pixels:
    """Draw a share of the pixels that carry weight, each with the same chance.

    Where the prior is wholly visible in a tile all kinds of pixels are drawn; where patches are hidden only
    those hidden are, because the shares of classes are the same for visible pixels with or without gaps.
    """
    k = len(classes)
    random = torch.Generator().manual_seed(seed)
    parts: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
    known = list(examples)
    for number, example in enumerate(known):
        if tell is not None:
            tell(stage, 0.5 * number / len(known))
        own = own_class(example.arguments, k)
        used = (example.weight > 0) & (example.target < k)
        hidden = used & (own == k)
        if hidden.sum() > 0.05 * used.sum():
            used = hidden
        used &= torch.rand(used.shape, generator=random) < share
        if used.any():
            x = features(spec, classes, example.arguments, used)
            parts.append((x, own[used], example.target[used].long(), example.weight[used]))
    return Pixels(*(torch.cat(column) for column in zip(*parts, strict=True)))
