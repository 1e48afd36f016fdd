"""Emulators that ship with the package: exported archives with their model cards, by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pylandbc.errors import InputError

if TYPE_CHECKING:
    from pylandbc.learn.export import LoadedEmulator
    from pylandbc.learn.leaf_area.export import LoadedVegetationEmulator

_FOLDER = Path(__file__).resolve().parent


def names() -> list[str]:
    """Names of the emulators that ship."""
    return sorted(file.stem for file in _FOLDER.glob("*.pt"))


def path(name: str) -> Path:
    """The archive of a shipped emulator; ``InputError`` names those there are."""
    file = _FOLDER / f"{name}.pt"
    if not file.is_file():
        raise InputError(
            f"no emulator {name!r} ships with pylandbc (there are: {', '.join(names()) or 'none'})"
        )
    return file


def find(text: str) -> Path:
    """What a user means by an emulator: a file (``.pt``), or the name of a shipped one."""
    return Path(text) if text.endswith(".pt") or Path(text).is_file() else path(text)


def load(name: str, device: str = "cpu") -> LoadedEmulator:
    """A shipped emulator of land use or cover, loaded and checked."""
    from pylandbc.learn.export import load as load_archive

    return load_archive(path(name), device)


def load_vegetation(name: str, device: str = "cpu") -> LoadedVegetationEmulator:
    """A shipped emulator of a vegetation series, loaded and checked."""
    from pylandbc.learn.leaf_area.export import load as load_archive

    return load_archive(path(name), device)
