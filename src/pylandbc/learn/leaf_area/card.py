"""The model card of a vegetation emulator (docs/leaf-area.md, "Card")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, PIXEL
from pylandbc.learn.card import FORMAT, INTERFACE_VERSION, weights_sha256
from pylandbc.learn.leaf_area.emulator_forecast import LATTICE
from pylandbc.models.leaf_area.bounded_quantiles import LEVELS
from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.inputs import VegetationInputs
from pylandbc.models.leaf_area.variables import VARIABLES, variable

_TYPES: dict[str, type] = {
    "name": str,
    "version": str,
    "step": str,
    "inputs": list,
    "output": dict,
    "state": dict,
    "grid": dict,
    "receptive_field_radius": int,
    "halo": int,
    "multiple": int,
    "training": dict,
    "metrics": dict,
    "licence": str,
    "weights_sha256": str,
}


def build_card(
    module: nn.Module,
    emulator: VegetationEmulator,
    units: Mapping[str, str],
    *,
    name: str,
    version: str,
    licence: str,
    training: Mapping[str, Any],
    metrics: Mapping[str, Any],
    co2: bool = True,
) -> dict[str, Any]:
    """The card of an exported emulator.

    Parameters
    ----------
    module
        The module as exported: its weights are hashed.
    emulator
        What it was made from.
    units
        Of the inputs, by name.
    name, version, licence, training, metrics
        As of :func:`pylandbc.learn.card.build_card`.
    co2
        Whether the carbon dioxide was known in training.
    """
    inputs = emulator.inputs
    limits = variable(inputs.variable)
    card = {
        "format": FORMAT,
        "interface_version": INTERFACE_VERSION,
        "name": name,
        "version": version,
        "quantity": inputs.variable,
        "step": inputs.step,
        "inputs": inputs.as_list(units, co2),
        "output": {
            "name": inputs.variable,
            "kind": "quantiles",
            "levels": list(LEVELS),
            "unit": limits.units,
            "lower": limits.lower,
            "upper": limits.upper,
            "bare": limits.bare,
        },
        "state": {"channels": emulator.state_channels, "pixels": emulator.state_pixels},
        "grid": {"pixel_degrees": PIXEL, "coarse_degrees": round(PIXEL * COARSE, 10)},
        "receptive_field_radius": emulator.radius,
        "halo": -(-emulator.radius // LATTICE) * LATTICE,
        "multiple": emulator.multiple,
        "training": dict(training),
        "metrics": dict(metrics),
        "licence": licence,
        "weights_sha256": weights_sha256(module),
    }
    validate_card(card)
    return card


def validate_card(card: Mapping[str, Any], where: str = "model card") -> VegetationInputs:
    """Check a card; its inputs. ``InputError`` names the first field that is missing or does not fit."""
    for field, expected in (("format", FORMAT), ("interface_version", INTERFACE_VERSION)):
        if card.get(field) != expected:
            raise InputError(
                f"{where}: field {field!r} is {card.get(field)!r}, this version of pylandbc needs "
                f"{expected!r}; export the emulator again with this version"
            )
    if card.get("quantity") not in VARIABLES:
        raise InputError(
            f"{where}: field 'quantity' is {card.get('quantity')!r}, not one of {', '.join(VARIABLES)}"
        )
    for field, kind in _TYPES.items():
        if not isinstance(card.get(field), kind):
            raise InputError(
                f"{where}: field {field!r} must be of type {kind.__name__}, found {card.get(field)!r}"
            )
    output = card["output"]
    if output.get("kind") != "quantiles" or output.get("levels") != list(LEVELS):
        raise InputError(f"{where}: field 'output' must be quantiles at {list(LEVELS)}, found {output}")
    if card["halo"] < card["receptive_field_radius"] or card["halo"] % card["multiple"]:
        raise InputError(
            f"{where}: field 'halo' is {card['halo']}, which must be a multiple of {card['multiple']} and at "
            f"least {card['receptive_field_radius']}"
        )
    try:
        inputs = VegetationInputs.from_list(card["inputs"])
    except InputError as error:
        raise InputError(f"{where}: field 'inputs': {error}") from error
    if (inputs.variable, inputs.step) != (card["quantity"], card["step"]):
        raise InputError(
            f"{where}: fields 'quantity' and 'step' say {card['quantity']} by {card['step']}, the inputs "
            f"{inputs.variable} by {inputs.step}"
        )
    return inputs
