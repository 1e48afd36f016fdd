"""The paper's U-Net: 16 base channels, four poolings, symmetric decoder, skips, 1x1 head.

Each level is a double 3x3 convolution with BatchNorm and ReLU; decoding doubles the resolution by a
transposed convolution. Architecture after Ronneberger et al. 2015 (arXiv 1505.04597) with the widths of
Mozaffari et al. No layer looks at the whole tile, so a pixel depends only on pixels within
``RECEPTIVE_FIELD_RADIUS`` and tiles are exact.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

RECEPTIVE_FIELD_RADIUS = 107
"""Largest distance, in pixels along an axis, over which an input reaches an output (four poolings)."""
MULTIPLE = 16
"""Extents must be multiples of this (two to the number of poolings)."""
HALO = 112
"""The radius rounded up to a multiple of 16: what a tile needs around its core."""


def cropped(x: Tensor, margin: int) -> Tensor:
    """(..., H, W) without ``margin`` pixels at each edge: a view."""
    return x[..., margin : x.shape[-2] - margin, margin : x.shape[-1] - margin]


def spared(margin: int) -> int:
    """Pixels at the edges of a level that need not be decoded, where ``margin`` of its result are not wanted.

    Two convolutions reach two pixels, and the level below has half of them.
    """
    return max(0, margin - 2) // 2 * 2


class DoubleConvolution(nn.Sequential):
    """Two times 3x3 convolution (zero padding), BatchNorm, ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels_out, channels_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels_out),
            nn.ReLU(inplace=True),
        )


class Encode(nn.Module):
    """Halve the resolution by 2x2 maximum, then a double convolution."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.convolution = DoubleConvolution(channels_in, channels_out)

    def forward(self, x: Tensor, edge: int = 0) -> Tensor:
        """(B, channels_in, H, W) -> (B, channels_out, H/2 - 2 edge, W/2 - 2 edge): ``edge`` pixels at each
        end are left out."""
        return self.convolution(cropped(self.pool(x), edge))


class Decode(nn.Module):
    """Double the resolution by a transposed 2x2 convolution, join the skip, then a double convolution."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.upsample = nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2)
        self.convolution = DoubleConvolution(2 * channels_out, channels_out)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """(B, channels_in, H, W) and (B, channels_out, 2H, 2W) -> (B, channels_out, 2H, 2W)."""
        return self.convolution(torch.cat([skip, self.upsample(x)], 1))


class UNet(nn.Module):
    """The U-Net between feature channels and logits.

    Parameters
    ----------
    channels_in, channels_out
        Channels of the features and of the result.
    base
        Channels at full resolution (16 in the paper); each pooling doubles them.
    """

    def __init__(self, channels_in: int, channels_out: int, base: int = 16) -> None:
        super().__init__()
        self.first = DoubleConvolution(channels_in, base)
        self.encode1 = Encode(base, 2 * base)
        self.encode2 = Encode(2 * base, 4 * base)
        self.encode3 = Encode(4 * base, 8 * base)
        self.encode4 = Encode(8 * base, 16 * base)
        self.decode4 = Decode(16 * base, 8 * base)
        self.decode3 = Decode(8 * base, 4 * base)
        self.decode2 = Decode(4 * base, 2 * base)
        self.decode1 = Decode(2 * base, base)
        self.head = nn.Conv2d(base, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels_in, H, W), H and W multiples of 16 -> (B, channels_out, H, W)."""
        # Weights of half the precision make the network run in it (``pylandbc.learn.export``).
        given = x.dtype
        skip1 = self.first(x.to(self.head.weight.dtype))
        skip2 = self.encode1(skip1)
        skip3 = self.encode2(skip2)
        skip4 = self.encode3(skip3)
        x = self.decode4(self.encode4(skip4), skip4)
        x = self.decode3(x, skip3)
        x = self.decode2(x, skip2)
        x = self.decode1(x, skip1)
        return self.head(x).to(given)
