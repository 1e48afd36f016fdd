"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pylandbc.whole_file import whole_file


def test_the_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    path.write_text("before")
    mask = os.umask(0o027)
    try:
        with whole_file(path) as temporary:
            temporary.write_text("after")
            assert temporary.parent == tmp_path and path.read_text() == "before"
    finally:
        os.umask(mask)
    assert path.read_text() == "after" and path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.nc"
    path.write_text("before")
    with pytest.raises(RuntimeError, match="disk"), whole_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError("disk")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]
