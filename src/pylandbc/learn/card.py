"""The model card: what an exported emulator says about itself (docs/contracts.md, "Model card").

The card travels as ``card.json`` among the archive's extra files. Building it needs the module, its inputs
and the legend; checking it refuses what this version cannot use with a sentence that names the field.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, PIXEL
from pylandbc.legend import LAND_COVER_GLOBAL, UNKNOWN, Legend
from pylandbc.models.demand import demand_from_names
from pylandbc.models.inputs import QUANTITIES, InputSpec
from pylandbc.models.unet import HALO, MULTIPLE, RECEPTIVE_FIELD_RADIUS

FORMAT = "landbc-emulator"
INTERFACE_VERSION = 1
_EXPECTED = {
    "format": FORMAT,
    "interface_version": INTERFACE_VERSION,
    "unknown_class": UNKNOWN,
    "receptive_field_radius": RECEPTIVE_FIELD_RADIUS,
    "halo": HALO,
    "multiple": MULTIPLE,
}
_TYPES: dict[str, type] = {
    "name": str,
    "version": str,
    "step": str,
    "classes": list,
    "ocean_class": int,
    "inputs": list,
    "output": dict,
    "grid": dict,
    "training": dict,
    "metrics": dict,
    "licence": str,
    "weights_sha256": str,
}


def weights_sha256(module: nn.Module) -> str:
    """SHA-256 over parameters and buffers in ``state_dict`` order: each name (UTF-8), then its values.

    Values are raw little-endian bytes in row-major order of the logical shape, whatever the strides in
    memory.
    """
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        tensor = tensor.detach().cpu().contiguous()
        values = (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()
        if sys.byteorder == "big":
            values = values.byteswap()
        digest.update(name.encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def build_card(
    module: nn.Module,
    spec: InputSpec,
    legend: Legend,
    *,
    name: str,
    version: str,
    licence: str,
    training: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> dict[str, Any]:
    """The card of an exported emulator of land use or land cover.

    Parameters
    ----------
    module
        The module as exported (BatchNorm folded): its weights are hashed.
    spec, legend
        Inputs in channel order; classes in code order.
    name, version, licence
        Name and version of the emulator; licence of the weights and of the data they derive from.
    training, metrics
        What it was trained on and how it scored, ready for JSON.
    """
    esa = [None, *LAND_COVER_GLOBAL.codes]
    card = {
        "format": FORMAT,
        "interface_version": INTERFACE_VERSION,
        "name": name,
        "version": version,
        "quantity": spec.quantity,
        "step": "year",
        "classes": [
            {"code": c.code, "name": c.name, "colour": c.colour}
            | ({"esa_code": esa[c.code]} if spec.quantity == "land_cover" and c.code else {})
            for c in legend.classes
        ],
        "ocean_class": legend.code("ocean"),
        "unknown_class": UNKNOWN,
        "inputs": spec.as_list(),
        "output": {"name": spec.quantity, "kind": "class_logits", "classes": len(legend)},
        "demand": demand_from_names([entry.name for entry in spec.scenario], legend.names)
        if spec.quantity == "land_use"
        else {},
        "grid": {"pixel_degrees": PIXEL, "coarse_degrees": round(PIXEL * COARSE, 10)},
        "receptive_field_radius": RECEPTIVE_FIELD_RADIUS,
        "halo": HALO,
        "multiple": MULTIPLE,
        "training": dict(training),
        "metrics": dict(metrics),
        "licence": licence,
        "weights_sha256": weights_sha256(module),
    }
    validate_card(card)
    return card


def validate_card(card: Mapping[str, Any], where: str = "model card") -> InputSpec:
    """Check a card against interface version 1.

    Parameters
    ----------
    card
        The parsed ``card.json``.
    where
        What the sentence calls it, a path for example.

    Returns
    -------
    InputSpec
        The card's inputs.

    Raises
    ------
    InputError
        The first field that is missing or does not fit, named.
    """
    for field, expected in _EXPECTED.items():
        if field not in card:
            raise InputError(f"{where}: field {field!r} is missing; is this a pylandbc emulator?")
        if card[field] != expected:
            raise InputError(
                f"{where}: field {field!r} is {card[field]!r}, this version of pylandbc needs {expected!r}; "
                "export the emulator again with this version"
            )
    if card.get("quantity") not in QUANTITIES:
        raise InputError(
            f"{where}: field 'quantity' is {card.get('quantity')!r}, this version of pylandbc knows "
            f"{', '.join(QUANTITIES)}"
        )
    for field, kind in _TYPES.items():
        if field not in card:
            raise InputError(f"{where}: field {field!r} is missing; export the emulator again")
        if not isinstance(card[field], kind):
            raise InputError(
                f"{where}: field {field!r} must be of type {kind.__name__}, found {card[field]!r}"
            )
    codes = [entry.get("code") for entry in card["classes"]]
    if codes != list(range(len(codes))) or any("name" not in entry for entry in card["classes"]):
        raise InputError(
            f"{where}: field 'classes' must list codes 0 ... n-1 with names, found codes {codes}"
        )
    if card["ocean_class"] not in codes:
        raise InputError(
            f"{where}: field 'ocean_class' is {card['ocean_class']}, not one of the classes {codes}"
        )
    output = card["output"]
    if output.get("kind") != "class_logits" or output.get("classes") != len(codes):
        raise InputError(
            f"{where}: field 'output' must be class_logits of {len(codes)} classes as 'classes' has, "
            f"found {output}"
        )
    grid = card["grid"]
    if grid.get("pixel_degrees") != PIXEL or grid.get("coarse_degrees") != round(PIXEL * COARSE, 10):
        raise InputError(f"{where}: field 'grid' must be 0.01 and 0.25 degree, found {grid}")
    try:
        spec = InputSpec.from_list(card["inputs"])
    except InputError as error:
        raise InputError(f"{where}: field 'inputs': {error}") from error
    if spec.quantity != card["quantity"]:
        raise InputError(
            f"{where}: field 'inputs' has the state {spec.quantity!r}, 'quantity' is {card['quantity']!r}"
        )
    return spec
