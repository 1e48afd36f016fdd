"""Finds and opens liblandbc, the compiled engine.

It lies in the installed package (``pylandbc/lib``); the environment variable ``LANDBC_LIBRARY`` names another
one, for development. The library runs on the libtorch of the Python package ``torch`` and fits only the minor
version that it was built with, which is checked before it is opened.
"""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import cffi

from pylandbc.errors import InputError

PACKAGE = Path(__file__).resolve().parent.parent
SOURCE_HEADER = PACKAGE.parent.parent / "bindings" / "include" / "landbc.h"
ABI_VERSION = 5
"""``LANDBC_ABI_VERSION`` that this package speaks."""


def library_path() -> Path:
    """Path of ``liblandbc.so``; :class:`InputError` where there is none."""
    named = os.environ.get("LANDBC_LIBRARY")
    path = Path(named) if named else PACKAGE / "lib" / "liblandbc.so"
    if not path.is_file():
        remedy = "correct LANDBC_LIBRARY" if named else "install the package with `pip install .`"
        raise InputError(f"the compiled engine is missing: {path} does not exist; {remedy}")
    return path


def header_path() -> Path:
    """Path of ``landbc.h``: the installed one, else that of the source tree."""
    installed = PACKAGE / "include" / "landbc.h"
    return installed if installed.is_file() else SOURCE_HEADER


def folder(name: str) -> Path:
    """A folder of the installed package that builds of hosts need: ``cmake`` (for ``-D landbc_DIR``),
    ``include``, ``fortran`` (the source of module ``landbc``), ``lib``.

    Raises
    ------
    InputError
        Where the package was installed without its engine.
    """
    path = PACKAGE / name
    if not path.is_dir():
        raise InputError(
            f"this pylandbc has no {name}/ folder: it was not installed with its engine; "
            "run `pip install .` in its source"
        )
    return path


def declarations(header: str) -> str:
    """The C declarations between the two cffi markers of ``landbc.h``; ``InputError`` if the header holds no
    text between them."""
    found = re.search(r"/\* cffi: begin \*/(.*)/\* cffi: end \*/", header, re.DOTALL)
    if found is None:
        raise InputError("landbc.h holds no text between the markers 'cffi: begin' and 'cffi: end'")
    return re.sub(r"/\*.*?\*/", "", found.group(1), flags=re.DOTALL)


def check_torch(built_with: str, found: str) -> None:
    """Refuses a torch of another minor version than the library was built with."""
    if built_with.split(".")[:2] != found.split(".")[:2]:
        raise InputError(
            f"liblandbc was built with torch {built_with} but torch {found} is installed beside it; "
            "reinstall pylandbc so that it is built anew, or install that torch"
        )


@cache
def load_library() -> tuple[cffi.FFI, Any]:
    """Opens the library once; returns cffi's interface object and the library.

    Raises
    ------
    InputError
        If the library is absent, was built with another torch, or speaks another version of ``landbc.h``.
    """
    path = library_path()
    # Importing torch brings its libtorch into the process: the one that liblandbc is then bound to.
    import torch

    build = path.with_name("landbc-build.json")
    if build.is_file():
        check_torch(json.loads(build.read_text())["torch"], torch.__version__)
    ffi = cffi.FFI()
    ffi.cdef(declarations(header_path().read_text()))
    try:
        library = ffi.dlopen(str(path))
    except OSError as error:
        raise InputError(f"the compiled engine cannot be opened: {error}") from None
    version = library.landbc_abi_version()
    if version != ABI_VERSION:
        raise InputError(f"{path} speaks version {version} of landbc.h, this package version {ABI_VERSION}")
    return ffi, library
