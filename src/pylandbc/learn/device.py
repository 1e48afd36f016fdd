"""The device that a command was told to use, checked before anything is loaded onto it."""

from __future__ import annotations

import torch

from pylandbc.errors import InputError


def check_device(name: str | torch.device) -> None:
    """``InputError`` where ``name`` is no device of torch's, or a GPU that is not on this machine."""
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InputError(f"no device {str(name)!r}; there are cpu, cuda and cuda:N") from error
    if device.type == "cuda" and (device.index or 0) >= (there := torch.cuda.device_count()):
        found = f"{there} GPU(s)" if there else "no GPU"
        raise InputError(
            f"device {name}: torch finds {found} on this machine; take cpu, or a torch with CUDA"
        )
