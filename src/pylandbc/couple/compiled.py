"""Machine code of a bundle's land-use emulator, for the bundle's tiles: a ``.pt2`` beside its ``.pt``.

The engine takes it where ``bundle.json`` lists it. The archive stays: Python reads it, and another machine
may need it.
"""

from __future__ import annotations

import json
from pathlib import Path

from pylandbc.couple.bundle import verify_bundle
from pylandbc.file_sha256 import file_sha256
from pylandbc.learn.aot import package
from pylandbc.learn.device import check_device
from pylandbc.whole_file import whole_file


def compile_emulator(path: Path, device: str = "cpu") -> Path:
    """Compile a bundle's land-use emulator by AOTInductor for its tile core and put it into the bundle.

    Parameters
    ----------
    path
        Bundle directory.
    device
        ``cpu`` or ``cuda``: what the coupled runs will name.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the device is not there, the bundle is damaged, the emulator is not one that can be compiled, or
        there is no compiler.
    """
    check_device(device)
    document = dict(verify_bundle(path).document)
    archive = path / _archive(document)
    code = archive.with_suffix(".pt2")
    partial = path / ".partial.pt2"
    package(archive, partial, document["core"] + 2 * document["halo"], device, document["halo"])
    _write(path, document, code, listed=False)
    partial.replace(code)
    _write(path, document, code, listed=True)
    return code


def remove_compiled(path: Path) -> None:
    """Take machine code out of a bundle, so that the archive runs again."""
    document = dict(verify_bundle(path).document)
    code = (path / _archive(document)).with_suffix(".pt2")
    _write(path, document, code, listed=False)
    code.unlink(missing_ok=True)


def _archive(document: dict) -> str:
    """File of the land-use emulator."""
    return next(one["file"] for one in document["emulators"] if one["quantity"] == "land_use")


def _write(path: Path, document: dict, code: Path, *, listed: bool) -> None:
    """Write ``bundle.json`` anew, whole or not at all, with or without the machine code."""
    files = {name: sha for name, sha in document["files"].items() if name != code.name}
    if listed:
        files[code.name] = file_sha256(code)
    with whole_file(path / "bundle.json") as temporary:
        temporary.write_text(json.dumps({**document, "files": files}, indent=2) + "\n", encoding="utf-8")
