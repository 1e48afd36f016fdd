"""Configuration files: YAML, checked against a model before any data are read.

Unknown keys are refused, so that a misspelt one does not pass in silence; the sentence names every key at
fault and, for a misspelt one, the key that it is closest to.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError

from pylandbc.errors import InputError

Model = TypeVar("Model", bound=BaseModel)


def load(kind: type[Model], path: Path) -> Model:
    """Read and check a YAML file; ``InputError`` where it cannot be read, or names every key at fault."""
    return checked(kind, read_yaml(path), f"configuration {path}")


def read_yaml(path: Path) -> Any:
    """What a YAML file holds, not checked; ``InputError`` where it cannot be read."""
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise InputError(f"configuration {path} cannot be read ({reason})") from error
    except yaml.YAMLError as error:
        raise InputError(f"configuration {path} is not valid YAML: {error}") from error


def checked(kind: type[Model], content: Any, where: str) -> Model:
    """A checked configuration from parsed YAML or JSON; ``InputError`` names every key at fault."""
    if not isinstance(content, dict):
        raise InputError(f"{where} holds no keys: it needs lines such as `key: value`")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        unknown = [
            fault for fault in error.errors() if fault["type"] == "extra_forbidden" and len(fault["loc"]) == 1
        ]
        if len(unknown) > max(2, len(content) / 2):
            names = ", ".join(str(fault["loc"][0]) for fault in unknown)
            raise InputError(
                f"{where}: most of its keys are not known here ({names}); is it the configuration of another "
                "command (cube build, train, compare)?"
            ) from error
        faults = "; ".join(_sentence(kind, dict(fault)) for fault in error.errors())
        raise InputError(f"{where}: {faults}") from error


def _sentence(kind: type[BaseModel], fault: dict[str, Any]) -> str:
    """One of pydantic's faults in words: the key, what is wrong with it, and what was given."""
    key = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        close = get_close_matches(str(fault["loc"][-1]), _keys(kind, fault["loc"][:-1]), n=1)
        return f"{key}: no such key" + (f"; did you mean '{close[0]}'?" if close else "")
    if fault["type"] == "missing":
        return f"{key}: missing"
    said = fault["msg"].removeprefix("Value error, ")
    if fault["type"] != "value_error" and isinstance(fault["input"], str | int | float):
        said = f"{said}, not {fault['input']!r}"
    return f"{key}: {said}" if key else said


def _keys(kind: type[BaseModel], place: Iterable[str | int]) -> list[str]:
    """The keys that may stand at a place of a configuration."""
    models = [kind]
    for part in place:
        fields = [model.model_fields[part] for model in models if part in model.model_fields]
        if fields:
            models = [model for field in fields for model in _models(field.annotation)]
    return [name for model in models for name in model.model_fields]


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The models inside a type such as ``list[Part] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
