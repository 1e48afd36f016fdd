"""Export of an emulator as one TorchScript archive with its model card, and loading it back.

BatchNorm is folded into the convolutions in front of it (evaluation statistics), weights are kept as
parameters in channels_last order, in single precision. Loading checks the card, the hash of the weights and
the shape of the result before anyone relies on them.
"""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from pylandbc.errors import InputError
from pylandbc.learn.card import build_card, validate_card, weights_sha256
from pylandbc.learn.device import check_device
from pylandbc.legend import EMULATED, Legend
from pylandbc.models.inputs import InputSpec
from pylandbc.models.land_use import LandUseEmulator

CARD = "card.json"
PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass
class LoadedEmulator:
    """An exported emulator, ready to be called: the scripted module, its card and its inputs."""

    module: torch.jit.ScriptModule
    card: dict[str, Any]
    inputs: InputSpec
    path: Path

    def __call__(self, *arguments: Tensor) -> Tensor:
        """Logits (B, K, H, W); arguments as in docs/contracts.md."""
        return self.module(*arguments)


def fold_batch_norm(module: nn.Module) -> nn.Module:
    """A copy for inference in which every BatchNorm that follows a convolution in a Sequential is folded
    into it."""
    folded = copy.deepcopy(module).eval()
    for part in folded.modules():
        if not isinstance(part, nn.Sequential):
            continue
        for i in range(len(part) - 1):
            convolution, norm = part[i], part[i + 1]
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                part[i] = fuse_conv_bn_eval(convolution, norm)
                part[i + 1] = nn.Identity()
    return folded


def example_arguments(spec: InputSpec, size: int = 32, batch: int = 1, seed: int = 0) -> tuple[Tensor, ...]:
    """Plausible random arguments of ``forward`` (CPU), for checks and golden outputs."""
    random = torch.Generator().manual_seed(seed)
    coarse = size // 25 + 2
    index = torch.arange(size) // 25
    static = torch.rand(batch, len(spec.static), size, size, generator=random)
    for channel, entry in enumerate(spec.static):
        if entry.codes is not None:
            static[:, channel] = (static[:, channel] * entry.codes).floor()
    classes = len(EMULATED[spec.quantity])
    return (
        static,
        torch.rand(batch, len(spec.climate), size, size, generator=random),
        torch.rand(batch, len(spec.scenario), coarse, coarse, generator=random),
        index,
        index.clone(),
        torch.randint(0, classes, (batch, size, size), generator=random, dtype=torch.uint8),
        torch.randint(0, 2, (batch, size, size), generator=random, dtype=torch.uint8),
        torch.tensor([[1.0, 1.0]]).repeat(batch, 1),
    )


def save(
    emulator: LandUseEmulator,
    spec: InputSpec,
    path: Path,
    *,
    name: str,
    version: str,
    licence: str,
    training: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    legend: Legend | None = None,
    precision: str = "float32",
) -> dict[str, Any]:
    """Write ``emulator`` as a TorchScript archive with its card inside, and return the card.

    Parameters
    ----------
    emulator, spec
        The trained emulator and its inputs.
    path
        The ``.pt`` to write.
    name, version, licence, training, metrics, legend
        What the card says, see ``build_card``; the legend is that of the quantity by default.
    precision
        Of the U-Net: ``float32``, or ``bfloat16`` for processors that compute in it (AVX512-BF16, AMX), where
        the network runs at twice the speed and some pixels get another class (docs/performance.md).

    Raises
    ------
    InputError
        There is no such precision.
    """
    if precision not in PRECISIONS:
        raise InputError(f"precision {precision!r} is not one of {', '.join(PRECISIONS)}")
    folded = fold_batch_norm(emulator).cpu()
    if precision != "float32":
        folded.unet.to(PRECISIONS[precision])
    folded = folded.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    folded.requires_grad_(False)
    scripted = torch.jit.script(folded)
    card = build_card(
        scripted,
        spec,
        legend or EMULATED[spec.quantity],
        name=name,
        version=version,
        licence=licence,
        training=training or {},
        metrics=metrics or {},
    )
    write_archive(scripted, card, path)
    return card


def write_archive(scripted: torch.jit.ScriptModule, card: Mapping[str, Any], path: Path) -> None:
    """Write a scripted module with its card inside, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    torch.jit.save(scripted, str(partial), _extra_files={CARD: json.dumps(card, indent=2)})
    partial.replace(path)


def read_archive(path: Path, device: str | torch.device) -> tuple[torch.jit.ScriptModule, dict[str, Any]]:
    """The module and the card of an archive, the card not yet checked.

    Raises
    ------
    InputError
        No such file or device, not an archive, or no card in it.
    """
    if not path.is_file():
        raise InputError(f"no emulator at {path}; give a .pt written by `pylandbc export`")
    check_device(device)
    files = {CARD: ""}
    try:
        module = torch.jit.load(str(path), map_location=device, _extra_files=files).eval()
    except RuntimeError as error:
        raise InputError(f"{path} is not a TorchScript archive or is damaged; export it again") from error
    if not files[CARD]:
        raise InputError(f"{path} holds no {CARD}; write it with `pylandbc export`")
    try:
        return module, json.loads(files[CARD])
    except json.JSONDecodeError as error:
        raise InputError(f"{path}: {CARD} is not JSON ({error}); export the emulator again") from error


def check_weights(module: nn.Module, card: Mapping[str, Any], path: Path) -> None:
    """Refuse weights that are not those of the card."""
    found = weights_sha256(module)
    if found != card["weights_sha256"]:
        raise InputError(
            f"{path}: field 'weights_sha256' is {card['weights_sha256']}, the weights inside have {found}; "
            "the archive was changed after its export"
        )


def unchecked_card(path: Path | str) -> dict[str, Any]:
    """The card in an archive, without a look at it or at the module.

    Raises
    ------
    OSError, zipfile.BadZipFile, StopIteration, json.JSONDecodeError
        It cannot be read, is no archive, or has no card, or none in JSON.
    """
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(next(n for n in archive.namelist() if n.endswith(f"/extra/{CARD}"))))


def quantity_of_archive(path: Path | str) -> str:
    """What the emulator in an archive predicts, from its card alone; ``land_use`` where it does not say (its
    reader then complains)."""
    try:
        return str(unchecked_card(path).get("quantity", "land_use"))
    except (OSError, zipfile.BadZipFile, StopIteration, json.JSONDecodeError):
        return "land_use"


def load(path: Path | str, device: str | torch.device = "cpu") -> LoadedEmulator:
    """Load an exported emulator and check it.

    Raises
    ------
    InputError
        No such file, not an archive, no card, a card of another interface, weights that are not those of
        the card, or a module whose result does not fit the card.
    """
    path = Path(path)
    module, card = read_archive(path, device)
    spec = validate_card(card, f"{path}: {CARD}")
    check_weights(module, card, path)
    arguments = [a.to(device) for a in example_arguments(spec)]
    try:
        with torch.inference_mode():
            shape = tuple(module(*arguments).shape)
    except RuntimeError as error:
        text = str(error).strip().splitlines()[-1]
        raise InputError(f"{path}: the module does not accept the card's inputs ({text})") from error
    if shape != (1, len(card["classes"]), 32, 32):
        raise InputError(f"{path}: field 'output' does not fit the module, whose result is {shape}")
    return LoadedEmulator(module, card, spec, path)
