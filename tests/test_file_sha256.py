"""SHA-256 against FIPS 180-2, appendix B.1."""

from __future__ import annotations

from pathlib import Path

from pylandbc.file_sha256 import file_sha256


def test_the_standards_example(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_sha256(tmp_path / "abc") == expected
