"""Class maps among an emulator's 1 km inputs: codes in, a few learned channels of each class out.

Maps travel in the argument ``static`` as codes cast to float; what lies outside a map's codes is unknown and
has a row of its own. A map of the prior year is seen where the prior is, and nowhere else.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pylandbc.models.inputs import Input

WIDTH = 8
"""Channels of a map."""


def known_codes(values: Tensor, codes: int) -> Tensor:
    """Codes 0 ... n-1 as they are and n for anything else, int64, from floats of any shape."""
    return torch.where((values >= 0) & (values < codes), values, float(codes)).to(torch.int64)


class ClassMaps(nn.Module):
    """Learned channels of class maps.

    Parameters
    ----------
    static
        The emulator's static inputs, of which the class maps are taken, in order.
    """

    def __init__(self, static: Sequence[Input]) -> None:
        super().__init__()
        held = [(k, entry) for k, entry in enumerate(static) if entry.codes is not None]
        self.channel = [k for k, _ in held]
        self.codes = [int(entry.codes or 0) for _, entry in held]
        self.masked = [entry.at == "prior" for _, entry in held]
        self.tables = nn.ModuleList(nn.Embedding(codes + 1, WIDTH) for codes in self.codes)
        self.channels_out = WIDTH * len(held)

    def forward(self, static: Tensor, visible: Tensor) -> Tensor:
        """(B, Cs, H, W) and the prior's visibility (B, H, W) to (B, channels_out, H, W)."""
        found: list[Tensor] = []
        for number, table in enumerate(self.tables):
            codes = self.codes[number]
            code = known_codes(static[:, self.channel[number]], codes)
            if self.masked[number]:
                code = torch.where(visible != 0, code, codes)
            found.append(table(code))
        if len(found) == 0:
            return static[:, :0]
        return torch.cat(found, 3).permute(0, 3, 1, 2)


class Pairs(nn.Module):
    """Rows by two classes of a pixel: the logits of all classes (a cross-walk, in effect) and a few channels.

    Parameters
    ----------
    first, second
        Numbers of classes; each has one more row for unknown or hidden.
    brief
        Channels of a row besides the logits.
    classes
        Number of logits.
    """

    def __init__(self, first: int, second: int, brief: int, classes: int) -> None:
        super().__init__()
        self.second = second + 1
        self.brief = brief
        self.table = nn.Embedding((first + 1) * (second + 1), brief + classes)
        with torch.no_grad():
            # The logits begin at zero, so that an untrained network is nothing but its persistence head.
            self.table.weight[:, brief:] = 0.0

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """Rows (B, H, W, brief + classes) of codes, int64 (B, H, W) each."""
        return self.table(first * self.second + second)


class Site(nn.Sequential):
    """A perceptron of one pixel's own fields: what the place allows, before its neighbours are asked."""

    def __init__(self, channels_in: int, channels_out: int, hidden: int = 32) -> None:
        super().__init__(
            nn.Conv2d(channels_in, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, channels_out, 1)
        )
        last = self[2]
        assert isinstance(last, nn.Conv2d) and last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
