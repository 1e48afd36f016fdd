"""Emulators as machine code: AOTInductor packages (``.pt2``) beside the portable TorchScript archive.

A package is compiled for one size of tile, one kind of device and the processor at hand. Its metadata hold
the card and the types, extents and strides of the arguments, which the engine checks before each call. It is
made from an exported archive: the card and the names of the weights say which network that is.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from pylandbc.errors import InputError
from pylandbc.learn.card import validate_card
from pylandbc.learn.export import check_weights, example_arguments, fold_batch_norm, read_archive
from pylandbc.models.inputs import InputSpec
from pylandbc.models.land_cover import LandCoverEmulator
from pylandbc.models.land_use import NETWORKS, LandUseEmulator
from pylandbc.models.scalings import KINDS, scaling_of

TOLERANCE = 1e-4
"""Largest difference of a logit from the archive's: sums are taken in another order."""


def compiler() -> str:
    """The C++ compiler that AOTInductor will call; ``InputError`` where there is none."""
    name = os.environ.get("CXX", "g++")
    if shutil.which(name) is None:
        raise InputError(f"no C++ compiler {name!r}: install g++, or name another in CXX")
    return name


def eager(path: Path) -> tuple[LandUseEmulator, dict[str, Any], InputSpec]:
    """The network of an exported archive of classes as a plain module, BatchNorm folded, and its card.

    Raises
    ------
    InputError
        Not an archive, its card or weights do not fit, or no network of ``models.land_use`` or
        ``models.land_cover``.
    """
    module, card = read_archive(path, "cpu")
    spec = validate_card(card, f"{path}: card.json")
    check_weights(module, card, path)
    weights = module.state_dict()
    first = weights.get("unet.first.0.weight")
    if first is None:
        raise InputError(f"{path} holds no U-Net of pylandbc, so that it cannot be compiled; run it as it is")
    common = {
        "classes": len(card["classes"]),
        "ocean_class": card["ocean_class"],
        "base": first.shape[0],
        "residual": "persistence_gain" in dict(module.named_parameters()),
    }
    network = (_land_cover if spec.quantity == "land_cover" else _land_use)(module, card, spec, common)
    network.favour = module.favour
    folded = cast(LandUseEmulator, fold_batch_norm(network))
    folded.unet.to(first.dtype)
    try:
        folded.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"{path}: weights do not fit {type(network).__name__} ({error})") from error
    folded.requires_grad_(False)
    return folded, card, spec


def _land_cover(
    module: torch.jit.ScriptModule, card: Mapping[str, Any], spec: InputSpec, common: Mapping[str, Any]
) -> LandUseEmulator:
    return LandCoverEmulator(spec, **common)


def _land_use(
    module: torch.jit.ScriptModule, card: Mapping[str, Any], spec: InputSpec, common: Mapping[str, Any]
) -> LandUseEmulator:
    weights = module.state_dict()
    kind = "multiscale" if "transitions.table.weight" in weights else "paper"
    scaling = getattr(module, "scaling", None)
    name = "" if scaling is None else scaling.original_name
    by = next((by for by, kind in KINDS.items() if kind.__name__ == name), "shares")
    more: dict[str, Any] = {}
    for name, weight in (("neighbours", "neighbours.gain"), ("scenario_change", "change.before")):
        if weight in weights:
            more[name] = True
    if "neighbours" in more and weights["neighbours.gain"].dim() == 3:
        more["neighbours_by_direction"] = True
    classes = [entry["name"] for entry in card["classes"]]
    rounds = 0 if scaling is None else scaling.rounds
    return NETWORKS[kind](spec, scaling=scaling_of(spec, classes, by, rounds), **common, **more)


def package(archive: Path, output: Path, tile: int, device: str = "cpu", margin: int = 0) -> dict[str, Any]:
    """Compile an exported emulator for one size of tile; its logits are the archive's to ``TOLERANCE``.

    Parameters
    ----------
    archive
        A ``.pt`` written by ``pylandbc export``.
    output
        The ``.pt2`` to write.
    tile
        Pixels along a tile: the core and twice the halo, a multiple of 16.
    device
        ``cpu`` or ``cuda``.
    margin
        Pixels at the tile's edges that are not wanted: its halo, or 0.

    Returns
    -------
    dict
        The card.

    Raises
    ------
    InputError
        As ``eager``, no compiler, a tile that is no multiple of 16, or results that differ.
    """
    if output.suffix != ".pt2":
        raise InputError(f"{output}: a package's name ends in .pt2")
    emulator, card, spec = eager(archive)
    if emulator.scaling is not None:
        emulator.scaling.look = False
    emulator.margin = margin
    if tile <= 0 or tile % card["multiple"]:
        raise InputError(f"a tile of {tile} pixels is no multiple of {card['multiple']}")
    compiler()
    arguments = laid_out(example_arguments(spec, tile), device)
    emulator = emulator.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    output.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad():
        wanted = emulator(*arguments)
        exported = torch.export.export(emulator, arguments)
        torch._inductor.aoti_compile_and_package(
            exported,
            package_path=str(output),
            inductor_configs={
                "freezing": device == "cpu",
                "cpp.dynamic_threads": True,
                "aot_inductor.metadata": metadata(card, arguments, device),
            },
        )
        found = torch._inductor.aoti_load_package(str(output))(*arguments)
    difference = float((found - wanted).abs().max())
    if not difference <= TOLERANCE:
        output.unlink()
        raise InputError(
            f"{archive} compiled for {device} gives other logits (difference {difference:.2g}, allowed "
            f"{TOLERANCE}); run it as it is"
        )
    return card


def laid_out(arguments: tuple[Tensor, ...], device: str) -> tuple[Tensor, ...]:
    """Arguments on the device, fields of pixels in channels_last order, as the engine's are."""
    return tuple(
        a.to(device).contiguous(memory_format=torch.channels_last) if a.dim() == 4 and i < 2 else a.to(device)
        for i, a in enumerate(arguments)
    )


def metadata(card: Mapping[str, Any], arguments: tuple[Tensor, ...], device: str) -> dict[str, str]:
    """What the engine reads from a package."""
    kinds = {torch.float32: "Float", torch.int64: "Long", torch.uint8: "Byte"}
    described = [
        {"type": kinds[a.dtype], "extents": list(a.shape), "strides": list(a.stride())} for a in arguments
    ]
    return {
        "card.json": json.dumps(card),
        "arguments": json.dumps(described),
        "device": device,
        "torch": str(torch.__version__),
    }
