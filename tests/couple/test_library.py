"""Finding and opening the compiled engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from pylandbc.couple import library
from pylandbc.errors import InputError


def test_another_torch_is_refused_in_one_sentence() -> None:
    library.check_torch("2.13.0", "2.13.1+cpu")
    with pytest.raises(InputError) as caught:
        library.check_torch("2.13.0", "2.6.0")
    message = str(caught.value)
    assert "built with torch 2.13.0 but torch 2.6.0 is installed" in message
    assert "\n" not in message


def test_missing_library_names_the_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LANDBC_LIBRARY", str(tmp_path / "liblandbc.so"))
    with pytest.raises(InputError, match="does not exist; correct LANDBC_LIBRARY"):
        library.library_path()


def test_declarations_are_those_between_the_markers() -> None:
    text = library.declarations("a /* cffi: begin */ int32_t f(void); /* words */ int x; /* cffi: end */ b")
    assert text.split() == ["int32_t", "f(void);", "int", "x;"]
    with pytest.raises(InputError, match="markers"):
        library.declarations("int32_t f(void);")


@pytest.mark.engine
def test_library_speaks_this_package_s_version(engine: Path) -> None:
    import torch

    ffi, opened = library.load_library()
    assert opened.landbc_abi_version() == library.ABI_VERSION == opened.LANDBC_ABI_VERSION
    assert ffi.string(opened.landbc_torch_version()).decode() == torch.__version__.split("+")[0]
    assert ffi.string(opened.landbc_version()).decode().count(".") == 2


@pytest.mark.engine
def test_library_shows_the_header_s_functions_and_nothing_else(engine: Path) -> None:
    import re
    import subprocess

    text = library.declarations(library.header_path().read_text())
    declared = set(re.findall(r"\b(landbc_\w+)\(", text))
    symbols = subprocess.run(
        ["nm", "-D", "--defined-only", str(engine)], capture_output=True, text=True, check=True
    )
    assert {line.split()[-1] for line in symbols.stdout.splitlines()} == declared
    assert len(declared) == 25
