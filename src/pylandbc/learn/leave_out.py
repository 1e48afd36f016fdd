"""Parts of the network left out of a training, to see what each is worth.

A part is left out by keeping at zero the weights through which it speaks to the rest: the network, its cost
and its first weights elsewhere stay what they were, so that two runs differ in the part alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import lightning
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn

from pylandbc.models.land_use import LandUseEmulator, MultiscaleLandUseEmulator
from pylandbc.models.multiscale_unet import MultiscaleUNet

PARTS = ("transitions", "coarse_level", "shortcut", "change_head")
"""The logits by cell and class; coarse fields at the lowest level; the way from windows to the result; the
one channel for any change."""


def weights_of(emulator: MultiscaleLandUseEmulator, part: str) -> list[Tensor]:
    """Views of the weights through which one of ``PARTS`` speaks."""
    unet, classes = emulator.unet, emulator.classes
    assert isinstance(unet, MultiscaleUNet)
    if part == "transitions":
        table = emulator.transitions.table
        brief = emulator.transitions.columns - classes
        shape = (emulator.transitions.rows, emulator.transitions.columns)
        return [table.weight.view(*shape, -1)[:, brief:], table.bias.view(*shape)[:, brief:]]
    if part == "coarse_level":
        # Its convolution takes the level above, the fractions of the prior, and then the cells' fields.
        joined = cast(nn.Conv2d, unet.encode4.convolution[0])
        above = cast(nn.Conv2d, unet.encode3.convolution[0])
        first = above.out_channels + emulator.encoding.shape[1]
        return [joined.weight[:, first : first + emulator.cell_channels]]
    if part == "shortcut":
        return [unet.shortcut.weight]
    assert unet.head.bias is not None
    return [unet.head.weight[classes:], unet.head.bias[classes:], unet.shortcut.weight[classes:]]


@torch.no_grad()
def silence(emulator: LandUseEmulator, parts: Sequence[str]) -> None:
    """Set the weights of some of ``PARTS`` to zero, which only the multiscale network has."""
    for part in parts:
        assert isinstance(emulator, MultiscaleLandUseEmulator)
        for weight in weights_of(emulator, part):
            weight.zero_()


class LeaveOut(Callback):
    """Silences parts of a training's emulator after each step."""

    def __init__(self, parts: Sequence[str]) -> None:
        self.parts = list(parts)

    def on_train_batch_end(
        self,
        trainer: lightning.Trainer,
        module: lightning.LightningModule,
        outputs: object,
        batch: object,
        index: int,
    ) -> None:
        """Undo what the step did to them."""
        silence(module.emulator, self.parts)  # type: ignore[arg-type]
