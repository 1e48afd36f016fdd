"""Export of a vegetation emulator as one TorchScript archive with its card, and loading it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pylandbc.errors import InputError
from pylandbc.learn.export import check_weights, fold_batch_norm, read_archive, write_archive
from pylandbc.learn.leaf_area.card import build_card, validate_card
from pylandbc.learn.leaf_area.emulator_forecast import EmulatorForecast
from pylandbc.models.leaf_area.bounded_quantiles import LEVELS
from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.inputs import VegetationInputs


@dataclass
class LoadedVegetationEmulator:
    """An exported emulator: the scripted module, its card and its inputs."""

    module: torch.jit.ScriptModule
    card: dict[str, Any]
    inputs: VegetationInputs
    path: Path

    def forecast(self, name: str = "emulator", device: str = "cpu", **options: Any) -> EmulatorForecast:
        """The emulator over whole regions; options as of ``EmulatorForecast``."""
        state = (self.card["state"]["channels"], self.card["state"]["pixels"])
        radius = self.card["receptive_field_radius"]
        return EmulatorForecast(self.module, self.inputs, radius, state, name=name, device=device, **options)


def example_arguments(
    inputs: VegetationInputs, state: tuple[int, int], size: int = 32, batch: int = 1, seed: int = 0
) -> tuple[Tensor, ...]:
    """Random arguments of ``forward`` in the right shapes (CPU), for checks."""
    random = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=random)

    cells = size // 25 + 2
    index = torch.arange(size) // 25
    lags, (channels, of) = len(inputs.lags), state
    return (
        uniform(batch, len(inputs.static), size, size),
        uniform(batch, inputs.climate_steps, 2 * len(inputs.climate), cells, cells),
        index,
        index.clone(),
        uniform(batch, lags, size, size),
        torch.randint(0, 2, (batch, lags, size, size), generator=random, dtype=torch.uint8),
        uniform(batch, lags + 1, size, size),
        uniform(batch, size) * 60.0,
        torch.tensor([[200.0, 400.0]]).repeat(batch, 1),
        uniform(batch, channels, size // of, size // of),
    )


def save(
    emulator: VegetationEmulator,
    units: Mapping[str, str],
    path: Path,
    *,
    name: str,
    version: str,
    licence: str,
    training: Mapping[str, Any] | None = None,
    metrics: Mapping[str, Any] | None = None,
    co2: bool = True,
) -> dict[str, Any]:
    """Write an emulator as a TorchScript archive with its card inside, and return the card."""
    folded = fold_batch_norm(emulator).cpu()
    folded.requires_grad_(False)
    scripted = torch.jit.script(folded)
    card = build_card(
        scripted,
        emulator,
        units,
        name=name,
        version=version,
        licence=licence,
        training=training or {},
        metrics=metrics or {},
        co2=co2,
    )
    write_archive(scripted, card, path)
    return card


def load(path: Path | str, device: str = "cpu") -> LoadedVegetationEmulator:
    """Load an exported emulator and check it.

    Raises
    ------
    InputError
        No archive, no card, a card that does not fit, other weights than the card's, or a module whose
        result does not fit the card.
    """
    path = Path(path)
    module, card = read_archive(path, device)
    inputs = validate_card(card, str(path))
    check_weights(module, card, path)
    state = (card["state"]["channels"], card["state"]["pixels"])
    arguments = [a.to(device) for a in example_arguments(inputs, state)]
    try:
        with torch.inference_mode():
            quantiles, after = module(*arguments)
    except RuntimeError as error:
        text = str(error).strip().splitlines()[-1]
        raise InputError(f"{path}: the module does not accept the card's inputs ({text})") from error
    if tuple(quantiles.shape) != (1, len(LEVELS), 32, 32) or after.shape != arguments[-1].shape:
        raise InputError(
            f"{path}: fields 'output' and 'state' do not fit the module, whose results are "
            f"{tuple(quantiles.shape)} and {tuple(after.shape)}"
        )
    return LoadedVegetationEmulator(module, card, inputs, path)
