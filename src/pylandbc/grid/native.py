"""Finds the compiled kernels that the grid's Python code shares with the engine (``pylandbc._native``).

They are part of every installation; only a source tree that was not built lacks them. As for the engine's
library, the environment variable ``LANDBC_LIBRARY`` names another build, for development: the kernels lie
beside it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
from functools import cache
from pathlib import Path
from types import ModuleType

from pylandbc.errors import InputError


@cache
def find_kernels() -> ModuleType | None:
    """The compiled module; None where there is none."""
    library = os.environ.get("LANDBC_LIBRARY")
    if library is None:
        try:
            return importlib.import_module("pylandbc._native")
        except ImportError:
            return None
    for path in sorted(Path(library).resolve().parent.glob("_native*.so")):
        spec = importlib.util.spec_from_file_location("pylandbc._native", path)
        if spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    return None


def kernels() -> ModuleType:
    """The compiled module; ``InputError`` that says how to get it where there is none."""
    module = find_kernels()
    if module is None:
        raise InputError(
            "the compiled part of pylandbc is missing; install the package with `pip install .` in its source"
        )
    return module
