"""An exported emulator written anew: the same weights, the code of the present version.

An archive holds the code of the version that exported it and runs as it did then. Written anew it has what
became faster since.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from pylandbc.errors import InputError
from pylandbc.learn.aot import eager
from pylandbc.learn.export import example_arguments, read_archive, write_archive

TOLERANCE = 1e-4
"""Largest difference of a probability."""


def rewrite(archive: Path, output: Path) -> dict[str, Any]:
    """Write an archive of land use or land cover anew, and return its card.

    Parameters
    ----------
    archive
        A ``.pt`` written by ``pylandbc export``.
    output
        The ``.pt`` to write; may be the same.

    Raises
    ------
    InputError
        As of ``eager``, or the present code gives other probabilities.
    """
    emulator, card, spec = eager(archive)
    laid = emulator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    scripted: torch.jit.ScriptModule = torch.jit.script(laid)
    arguments = example_arguments(spec, 64)
    with torch.inference_mode():
        before = read_archive(archive, "cpu")[0](*arguments).softmax(1)
        difference = float((scripted(*arguments).softmax(1) - before).abs().max())
    if not difference <= TOLERANCE:
        raise InputError(
            f"{archive}: the present code gives other probabilities (difference {difference:.2g}, allowed "
            f"{TOLERANCE}); keep it as it is, or train again"
        )
    write_archive(scripted, card, output)
    return card
