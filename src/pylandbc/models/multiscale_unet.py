"""The project's U-Net: coarse fields enter at its coarse level, and class fractions where maxima cannot
count.

What changes, and into what, is decided above all by the classes nearby and by the change of the whole 0.25
degree cell. Against the paper's network (``pylandbc.models.unet``) three things therefore differ, at the
same cost. Fields on the 0.25 degree grid are not repeated at 625 pixels: each cell gives a few channels
(``pylandbc.models.transitions``) to the first convolution, and the means over blocks of 16 x 16 pixels join
the lowest level. The fractions of the prior's classes over 4, 8 and 16 pixels are given to the levels that
have these pixels. And a shortcut of one hidden layer leads from the first level and from the fractions over
windows of 6, 12 and 36 pixels to the result, so that what the neighbourhood says is learned at once. Blocks
and fractions lie on the global grid, so tiles stay exact.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.models.unet import Decode, DoubleConvolution, Encode, cropped, spared

BRIEF = 8
"""Channels that the cell's fields have at full resolution."""


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


def window_means(fractions: Tensor, side: int) -> Tensor:
    """Means over windows of ``side`` x ``side`` (odd), zero beyond the edge; (B, C, H, W) to the same."""
    if side <= 3:
        return F.avg_pool2d(fractions, side, stride=1, padding=side // 2)
    # Along one axis and then the other: twice ``side`` terms for each mean in place of its square.
    rows = F.avg_pool2d(fractions, [side, 1], stride=1, padding=[side // 2, 0])
    return F.avg_pool2d(rows, [1, side], stride=1, padding=[0, side // 2])


class Windows(nn.Module):
    """A few channels made of the prior's fractions over windows of 6, 12 and 36 pixels, on 2 and 4 pixels'
    means."""

    def __init__(self, encoding: int, channels_out: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(encoding, channels_out, 1)
        self.wide = nn.Conv2d(2 * encoding, channels_out, 1)

    def forward(self, half: Tensor, quarter: Tensor) -> Tensor:
        """(B, encoding, H/2, W/2) and (B, encoding, H/4, W/4) -> (B, channels_out, H/2, W/2)."""
        far = torch.cat([window_means(quarter, 3), window_means(quarter, 9)], 1)
        return self.narrow(window_means(half, 3)) + F.interpolate(self.wide(far), scale_factor=2.0)


class EncodeWith(nn.Module):
    """Halve the resolution by 2x2 maximum, join further channels, then a double convolution."""

    def __init__(self, channels_in: int, further: int, channels_out: int) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2)
        self.convolution = DoubleConvolution(channels_in + further, channels_out)

    def forward(self, x: Tensor, further: Tensor, edge: int) -> Tensor:
        """(B, channels_in, H, W) and (B, further, h, w) -> (B, channels_out, h, w), where h is H/2 without
        ``edge`` pixels at each end, and w likewise."""
        return self.convolution(torch.cat([cropped(self.pool(x), edge), further], 1))


def undecoded(margin: int) -> tuple[int, int, int, int]:
    """Pixels at the edges of each level, from full resolution down, that need not be decoded where ``margin``
    are not wanted."""
    out1 = spared(margin)
    out2 = spared(out1 // 2)
    out3 = spared(out2 // 2)
    return out1, out2, out3, spared(out3 // 2)


def unencoded(out4: int) -> tuple[int, int, int, int, int]:
    """Pixels at the edges of each level that need not be encoded, by the last of ``undecoded``."""
    in5 = max(0, out4 // 2 - 2)
    in4 = max(0, 2 * in5 - 2)
    in3 = max(0, 2 * in4 - 2)
    in2 = max(0, 2 * in3 - 2)
    return max(0, 2 * in2 - 2), in2, in3, in4, in5


def unseen(margin: int) -> int:
    """Pixels at the tile's edges that need not enter the network, where ``margin`` are not wanted."""
    return unencoded(undecoded(margin)[3])[0]


def joined(fine: Tensor, prior: Tensor, near: Tensor, edge: int) -> Tensor:
    """What enters the first convolution, in channels_last, each part made in that order.

    Parameters
    ----------
    fine, prior
        (B, fine, H, W) and (B, encoding, H, W).
    near
        What the pixel's cell says, (B, H, W, BRIEF).
    edge
        Pixels at each edge that are left out.
    """
    fine, prior = cropped(fine, edge).permute(0, 2, 3, 1), cropped(prior, edge).permute(0, 2, 3, 1)
    near = near[:, edge : near.shape[1] - edge, edge : near.shape[2] - edge]
    fields = fine.shape[3]
    encoded = fields + prior.shape[3]
    shape = (fine.shape[0], fine.shape[1], fine.shape[2], encoded + near.shape[3])
    x = torch.empty(shape, dtype=prior.dtype, device=prior.device)
    x[..., :fields] = fine
    x[..., fields:encoded] = prior
    x[..., encoded:] = near
    return x.permute(0, 3, 1, 2)


class MultiscaleUNet(nn.Module):
    """U-Net whose levels see class fractions and whose lowest level sees coarse fields.

    Parameters
    ----------
    fine
        Channels at full resolution, the prior's encoding and the cell's brief channels not counted.
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
    """

    def __init__(
        self,
        fine: int,
        encoding: int,
        cell: int,
        block: int,
        channels_out: int,
        base: int = 16,
    ) -> None:
        super().__init__()
        self.first = DoubleConvolution(fine + encoding + BRIEF, base)
        self.encode1 = Encode(base, 2 * base)
        self.encode2 = EncodeWith(2 * base, encoding, 4 * base)
        self.encode3 = EncodeWith(4 * base, encoding, 8 * base)
        self.encode4 = EncodeWith(8 * base, encoding + cell + block, 16 * base)
        self.decode4 = Decode(16 * base, 8 * base)
        self.decode3 = Decode(8 * base, 4 * base)
        self.decode2 = Decode(4 * base, 2 * base)
        self.decode1 = Decode(2 * base, base)
        self.head = nn.Conv2d(base, channels_out, 1)
        self.windows = Windows(encoding, base)
        self.here = nn.Conv2d(base, base, 1, bias=False)
        self.shortcut = nn.Conv2d(base, channels_out, 1, bias=False)

    def forward(
        self,
        entering: Tensor,
        prior: Tensor,
        cell: Tensor,
        row: Tensor,
        col: Tensor,
        block: Tensor,
        margin: int = 0,
    ) -> Tensor:
        """From fields to (B, channels_out, H - 2 margin, W - 2 margin); H and W multiples of 16.

        Parameters
        ----------
        entering
            What enters the first convolution (``joined``): (B, fine + encoding + BRIEF, H, W) without
            ``unseen(margin)`` pixels at each edge.
        prior
            (B, encoding, H, W).
        cell
            (B, cell, h, w) on coarse cells.
        row, col
            Coarse row (H) and column (W) of the pixels.
        block
            (B, block, H / 16, W / 16).
        margin
            Pixels at the tile's edges that are not wanted, and not decoded.
        """
        # Weights of half the precision make the network run in it (``pylandbc.learn.export``).
        given, kind = cell.dtype, self.head.weight.dtype
        prior = prior.to(kind)
        half = F.avg_pool2d(prior, 2)
        quarter = F.avg_pool2d(half, 2)
        eighth = F.avg_pool2d(quarter, 2)
        lowest = torch.cat([F.avg_pool2d(eighth, 2), block_means(cell, row, col).to(kind), block.to(kind)], 1)
        out1, out2, out3, out4 = undecoded(margin)
        in1, in2, in3, in4, in5 = unencoded(out4)
        skip1 = self.first(entering.to(kind))
        skip2 = self.encode1(skip1, in2 - in1 // 2)
        skip3 = self.encode2(skip2, cropped(quarter, in3), in3 - in2 // 2)
        skip4 = self.encode3(skip3, cropped(eighth, in4), in4 - in3 // 2)
        x = self.encode4(skip4, cropped(lowest, in5), in5 - in4 // 2)
        x = cropped(x, out4 // 2 - in5)
        x = cropped(self.decode4(x, cropped(skip4, out4 - in4)), out3 // 2 - out4)
        x = cropped(self.decode3(x, cropped(skip3, out3 - in3)), out2 // 2 - out3)
        x = cropped(self.decode2(x, cropped(skip2, out2 - in2)), out1 // 2 - out2)
        skip1 = cropped(skip1, out1 - in1)
        if margin > 0:
            # Two convolutions want it dense.
            skip1 = skip1.clone()
        x = self.decode1(x, skip1)
        # The windows reach four pixels of the quarter.
        far = max(0, margin // 4 - 4)
        around = self.windows(cropped(half, 2 * far), cropped(quarter, far))
        around = cropped(F.interpolate(around, scale_factor=2.0), out1 - 4 * far)
        x = self.head(x) + self.shortcut(self.here(skip1).add_(around).relu_())
        return cropped(x, margin - out1).to(given)
