"""A land-use emulator as an ONNX file for ONNX Runtime and OpenVINO: the same network, written without writes
in place, which ONNX does not have."""

from __future__ import annotations

import types
from pathlib import Path

import torch
from torch import Tensor

from pylandbc.models.land_use import LandUseEmulator

NAMES = ("static", "climate", "scenario", "scenario_row", "scenario_col", "prior", "visible", "time")


def entering(emulator: LandUseEmulator, fine: Tensor, number: Tensor, brief: Tensor) -> Tensor:
    encoding = emulator.encoding.repeat(brief.shape[0] // emulator.encoding.shape[0], 1)
    found = torch.nn.functional.embedding(number, torch.cat([encoding, brief], 1))
    return torch.cat([fine, found.permute(0, 3, 1, 2)], 1)


def with_ocean(emulator: LandUseEmulator, logits: Tensor, static: Tensor) -> Tensor:
    land = static[:, emulator.land_mask_channel] >= 0.5
    ocean = torch.where(land, -emulator.certain, emulator.certain)
    return torch.cat([ocean[:, None], logits[:, 1:]], 1)


def write(emulator: LandUseEmulator, arguments: tuple[Tensor, ...], path: Path) -> None:
    """``emulator`` (multiscale, folded) for arguments of these extents, at its own precision."""
    emulator.entering = types.MethodType(entering, emulator)
    emulator.with_ocean = types.MethodType(with_ocean, emulator)
    if emulator.scaling is not None:
        emulator.scaling.look = False
    with torch.inference_mode():
        program = torch.onnx.export(
            emulator,
            tuple(a.contiguous() for a in arguments),
            None,
            dynamo=True,
            input_names=list(NAMES),
            output_names=["logits"],
            verbose=False,
        )
    program.save(str(path))
