"""The project's U-Net: coarse fields enter at its coarse level, and every level sees the prior map's class
fractions.

Against the paper's (``pylandbc.models.unet``) three things differ at the same cost. Fields on the 0.25
degree grid are not repeated at 625 pixels: a small perceptron turns each cell's into a few channels for the
first convolution, and their means over blocks of 16 x 16 pixels join the lowest level. Maximum pooling
cannot count, so the fractions of the prior's classes over 2, 4, 8 and 16 pixels are given to the levels
that have these pixels. A head for change raises or lowers the logit of the prior's class, whichever it is.
Blocks of 16 pixels lie on the global grid, so tiles stay exact.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.models.unet import Decode, DoubleConvolution

BLOCK = 16
"""Pixels along a block of the lowest level."""


def block_means(field: Tensor, row: Tensor, col: Tensor) -> Tensor:
    """Means over blocks of 16 x 16 pixels of a field that is constant on coarse cells.

    A block touches at most two coarse rows and two coarse columns (25 pixels each). Their weights are
    sixteenths, and each mean is a sum of two products per axis, in one order everywhere.

    Parameters
    ----------
    field
        (B, C, h, w) on coarse cells.
    row, col
        Coarse row of each of H pixel rows, coarse column of each of W pixel columns; multiples of 16.

    Returns
    -------
    Tensor
        (B, C, H / 16, W / 16).
    """
    rows, cols = row.reshape(-1, 16), col.reshape(-1, 16)
    first = (rows == rows[:, :1]).sum(1).to(field.dtype) / 16.0
    left = (cols == cols[:, :1]).sum(1).to(field.dtype) / 16.0
    field = (
        field.index_select(2, rows[:, 0]) * first[:, None]
        + field.index_select(2, rows[:, 15]) * (1.0 - first)[:, None]
    )
    return field.index_select(3, cols[:, 0]) * left + field.index_select(3, cols[:, 15]) * (1.0 - left)


class EncodeWith(nn.Module):
    """Halve the resolution by 2x2 maximum, join further channels, then a double convolution."""

    def __init__(self, channels_in: int, further: int, channels_out: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.convolution = DoubleConvolution(channels_in + further, channels_out)

    def forward(self, x: Tensor, further: Tensor) -> Tensor:
        """(B, channels_in, H, W) and (B, further, H/2, W/2) -> (B, channels_out, H/2, W/2)."""
        return self.convolution(torch.cat([self.pool(x), further], 1))


class MultiscaleUNet(nn.Module):
    """U-Net whose levels see class fractions and whose lowest level sees coarse fields.

    Parameters
    ----------
    fine
        Channels at full resolution, the prior's encoding not counted.
    encoding
        Channels of the prior's encoding.
    cell
        Channels of the coarse fields, per coarse cell.
    block
        Further channels of the lowest level (fields at full resolution, averaged over blocks).
    channels_out
        Channels of the result.
    base
        Channels at full resolution; each pooling doubles them.
    brief
        Channels that a coarse cell has at full resolution.
    """

    def __init__(
        self,
        fine: int,
        encoding: int,
        cell: int,
        block: int,
        channels_out: int,
        base: int = 16,
        brief: int = 8,
    ) -> None:
        super().__init__()
        self.brief = nn.Sequential(
            nn.Conv2d(cell, 4 * brief, 1), nn.ReLU(inplace=True), nn.Conv2d(4 * brief, brief, 1)
        )
        self.first = DoubleConvolution(fine + encoding + brief, base)
        self.encode1 = EncodeWith(base, encoding, 2 * base)
        self.encode2 = EncodeWith(2 * base, encoding, 4 * base)
        self.encode3 = EncodeWith(4 * base, encoding, 8 * base)
        self.encode4 = EncodeWith(8 * base, encoding + cell + block, 16 * base)
        self.decode4 = Decode(16 * base, 8 * base)
        self.decode3 = Decode(8 * base, 4 * base)
        self.decode2 = Decode(4 * base, 2 * base)
        self.decode1 = Decode(2 * base, base)
        self.head = nn.Conv2d(base, channels_out, 1)

    def forward(
        self, fine: Tensor, prior: Tensor, cell: Tensor, row: Tensor, col: Tensor, block: Tensor
    ) -> Tensor:
        """From fields to (B, channels_out, H, W); H and W multiples of 16.

        Parameters
        ----------
        fine, prior
            (B, fine, H, W) and (B, encoding, H, W).
        cell
            (B, cell, h, w) on coarse cells.
        row, col
            Coarse row (H) and column (W) of the pixels.
        block
            (B, block, H / 16, W / 16).
        """
        near = self.brief(cell).index_select(2, row).index_select(3, col)
        skip1 = self.first(torch.cat([fine, prior, near], 1).contiguous(memory_format=torch.channels_last))
        half = F.avg_pool2d(prior, 2)
        quarter = F.avg_pool2d(half, 2)
        eighth = F.avg_pool2d(quarter, 2)
        lowest = torch.cat([F.avg_pool2d(eighth, 2), block_means(cell, row, col), block], 1)
        skip2 = self.encode1(skip1, half)
        skip3 = self.encode2(skip2, quarter)
        skip4 = self.encode3(skip3, eighth)
        x = self.decode4(self.encode4(skip4, lowest), skip4)
        x = self.decode3(x, skip3)
        x = self.decode2(x, skip2)
        x = self.decode1(x, skip1)
        return self.head(x)
