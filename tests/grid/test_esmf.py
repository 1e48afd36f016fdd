import importlib.util
import sys

import numpy as np
import pytest
from golden_case import needs_esmf, needs_yac

from pylandbc.errors import InputError
from pylandbc.grid import esmf
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.mesh import from_corners
from pylandbc.grid.overlap import compute_overlap
from pylandbc.grid.sphere import unit_vectors
from pylandbc.grid.window import Rectangle, Window

WINDOW = Window.from_degrees(0, 50, 1, 51)


def polar_cap():
    """One square cell with the north pole inside, its corners 0.02 degree away."""
    corners = unit_vectors(np.array([10.0, 100.0, 190.0, 280.0]), np.full(4, 89.98))
    return from_corners(np.array([1]), corners[None], {"kind": "cap"})


def test_esmpy_without_esmf_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setenv("ESMFMKFILE", "/nowhere/esmf.mk")
    with pytest.raises(InputError, match=r"names /nowhere/esmf.mk, which is no file; esmpy is not on PyPI"):
        esmf.version()
    monkeypatch.delenv("ESMFMKFILE")
    monkeypatch.setattr(sys, "prefix", "/nowhere")
    with pytest.raises(InputError, match="ESMFMKFILE is not set"):
        esmf.version()


def test_an_esmpy_that_does_not_start_says_why(monkeypatch, tmp_path):
    (tmp_path / "esmpy.py").write_text("raise ImportError('libesmf.so: no such file')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(esmf, "version", lambda: "esmf 0")
    with pytest.raises(InputError, match=r"'esmf' cannot start: .*libesmf.so.*conda install"):
        esmf.clip(icosahedral_mesh(5, WINDOW), WINDOW, np.arange(10))


def test_an_esmf_that_fails_is_quoted(monkeypatch, tmp_path):
    (tmp_path / "esmpy.py").write_text("def Manager(debug):\n    raise ValueError('rc = 545')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(esmf, "version", lambda: "esmf 0")
    with pytest.raises(InputError, match=r"(?s)ESMF failed with status 1: .*rc = 545"):
        esmf.clip(icosahedral_mesh(5, WINDOW), WINDOW, np.arange(10))


@needs_esmf
@needs_yac
@pytest.mark.parametrize(
    ("name", "window"),
    [
        ("icosahedral:7", Rectangle.from_corner(179, -1, 200, 100)),
        ("healpix:64", Rectangle.from_corner(20, 89, 500, 100)),
        ("cap", Rectangle.from_corner(-180, 89.97, 36000, 3)),
        ("healpix:512", Rectangle.from_corner(20, -90, 2000, 30)),
    ],
    ids=["dateline", "arctic", "pole inside a cell", "south pole"],
)
def test_agrees_with_yac(name, window):
    mesh = polar_cap() if name == "cap" else open_mesh(name, window)
    ours, theirs = (
        compute_overlap(mesh, window, engine, partial=True, cache=False) for engine in ("esmf", "yac")
    )
    assert ours.engine.startswith("esmf ") and theirs.engine.startswith("yac ")
    np.testing.assert_array_equal(ours.pixel, theirs.pixel)
    np.testing.assert_array_equal(ours.cell, theirs.cell)
    strip = np.repeat(window.pixel_area, window.cols)[ours.pixel]
    assert np.abs((ours.area - theirs.area) / strip).max() < 1e-5
    assert np.unique(ours.area / window.pixel_area[ours.pixel // window.cols]).size > 100


@needs_esmf
def test_chunks_do_not_matter_and_progress_is_told(monkeypatch):
    mesh, pixels, told = icosahedral_mesh(7, WINDOW), np.arange(0, 10000, 3), []
    whole = esmf.clip(mesh, WINDOW, pixels)
    monkeypatch.setattr(esmf, "CHUNK", 900)
    pieces = esmf.clip(mesh, WINDOW, pixels, told.append)
    assert told == [0.25, 0.5, 0.75, 1.0]
    order, other = np.lexsort(whole[:2]), np.lexsort(pieces[:2])
    np.testing.assert_array_equal(whole[0][order], pieces[0][other])
    np.testing.assert_array_equal(whole[1][order], pieces[1][other])
    np.testing.assert_allclose(whole[2][order], pieces[2][other], atol=1e-11)
    assert set(whole[0]) == set(pixels)
    assert "esmpy" not in sys.modules


@needs_esmf
def test_pixels_without_a_cell_have_no_weights():
    far = Rectangle.from_corner(100, 0, 10, 10)
    assert len(esmf.clip(icosahedral_mesh(5, WINDOW), far, np.arange(100))[0]) == 0
