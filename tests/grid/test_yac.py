import os
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid import yac
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.window import Window

needs_yac = pytest.mark.skipif(not find_spec("yac"), reason="needs the package yac")
WINDOW = Window.from_degrees(0, 50, 1, 51)


def test_without_the_package_the_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(yac.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"'yac' is not installed; install it with: pip install 'pylandbc\[yac\]'"
    ):
        yac.version()


@needs_yac
def test_without_mpi_the_sentence_says_how_to_get_it(monkeypatch, tmp_path):
    (tmp_path / "yac").mkdir()
    (tmp_path / "yac" / "__init__.py").write_text("")
    (tmp_path / "yac" / "core.py").write_text(
        "raise ImportError('libmpi.so.40: cannot open shared object file: No such file or directory')"
    )
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(InputError, match=r"cannot start: .*libmpi\.so\.40.*apt-get install libopenmpi-dev"):
        yac.clip(icosahedral_mesh(5, WINDOW), WINDOW, np.arange(10))


@needs_yac
def test_chunks_do_not_matter_and_progress_is_told(monkeypatch):
    mesh, pixels, told = icosahedral_mesh(7, WINDOW), np.arange(0, 10000, 3), []
    whole = yac.clip(mesh, WINDOW, pixels)
    monkeypatch.setattr(yac, "CHUNK", 900)
    pieces = yac.clip(mesh, WINDOW, pixels, told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]
    order, other = np.lexsort(whole[:2]), np.lexsort(pieces[:2])
    for a, b in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(a[order], b[other])
    assert set(whole[0]) == set(pixels)


@needs_yac
def test_the_environment_of_this_process_is_left_alone():
    before = dict(os.environ)
    yac.clip(icosahedral_mesh(5, WINDOW), WINDOW, np.arange(10))
    assert dict(os.environ) == before
    assert "yac" not in sys.modules
