"""The emulator's weights in a checkpoint, which has the state of the optimiser and of the loss too."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from pylandbc.errors import InputError

PREFIX = "emulator."
"""What Lightning puts before the emulator's names, after the attribute of the training module."""


def emulator_state(run: Path, checkpoint: Path) -> tuple[dict[str, Tensor], int]:
    """``state_dict`` of the emulator, and the number of steps behind it.

    Parameters
    ----------
    run
        Directory of the run.
    checkpoint
        The checkpoint, relative to it.

    Raises
    ------
    InputError
        There is no such checkpoint.
    """
    path = run / checkpoint
    if not path.is_file():
        raise InputError(f"run {run} has no checkpoint {checkpoint}; train it first")
    content = torch.load(path, map_location="cpu", weights_only=False)
    named = {name: value for name, value in content["state_dict"].items() if name.startswith(PREFIX)}
    return {name.removeprefix(PREFIX): value for name, value in named.items()}, int(content["global_step"])
