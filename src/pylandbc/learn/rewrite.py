"""An exported emulator written anew: the same weights, and the code of today; or in half the precision.

An archive holds the code of the version that exported it and runs as it did then. Written anew it has what
became faster since. In bfloat16 its U-Net is faster where the processor computes in that (AVX512-BF16, AMX),
and some pixels get another class.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from pylandbc.errors import InputError
from pylandbc.learn.aot import eager
from pylandbc.learn.card import weights_sha256
from pylandbc.learn.export import PRECISIONS, example_arguments, read_archive, write_archive

TOLERANCE = 1e-4
"""Largest difference of a probability."""


def rewrite(archive: Path, output: Path, precision: str | None = None) -> dict[str, Any]:
    """Write an archive of land use or land cover anew, and return its card.

    Parameters
    ----------
    archive
        A ``.pt`` written by ``pylandbc export``.
    output
        The ``.pt`` to write; may be the same.
    precision
        Of the U-Net, as of ``export.save``; that of the archive by default. The card's scores stay those of
        the archive, whose weights ``training.rounded_from`` names.

    Raises
    ------
    InputError
        As of ``eager``; there is no such precision, or it is above that of the archive; the present code
        gives other probabilities.
    """
    emulator, card, spec = eager(archive)
    scripted = _scripted(emulator)
    _check_same(scripted, archive, example_arguments(spec, 64))
    if precision is not None and precision not in PRECISIONS:
        raise InputError(f"precision {precision!r} is not one of {', '.join(PRECISIONS)}")
    has = emulator.unet.head.weight.dtype
    if precision is not None and PRECISIONS[precision] != has:
        if has != torch.float32:
            raise InputError(
                f"{archive} has its weights in half of the precision already; take the whole one"
            )
        emulator.unet.to(PRECISIONS[precision])
        training = card["training"] | {"precision": precision, "rounded_from": card["weights_sha256"]}
        card = card | {"training": training, "weights_sha256": weights_sha256(emulator)}
        scripted = _scripted(emulator)
    write_archive(scripted, card, output)
    return card


def _scripted(emulator: torch.nn.Module) -> torch.jit.ScriptModule:
    laid = emulator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return torch.jit.script(laid)


def _check_same(scripted: torch.nn.Module, archive: Path, arguments: tuple[torch.Tensor, ...]) -> None:
    with torch.inference_mode():
        before = read_archive(archive, "cpu")[0](*arguments).softmax(1)
        difference = float((scripted(*arguments).softmax(1) - before).abs().max())
    if not difference <= TOLERANCE:
        raise InputError(
            f"{archive}: the present code gives other probabilities (difference {difference:.2g}, allowed "
            f"{TOLERANCE}); keep it as it is, or train again"
        )
