import importlib.util
import warnings

import pytest

from pylandbc.errors import InputError
from pylandbc.grid import engines, esmf, exact, latlon, yac
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.latlon import window_mesh
from pylandbc.grid.window import Window

WINDOW = Window.from_degrees(0, 50, 1, 51)


def absent(monkeypatch, *names):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in names else found(name))


def present(monkeypatch, module, version):
    monkeypatch.setattr(module, "version", lambda: version)


def not_built():
    raise InputError("the compiled part of pylandbc is missing")


def test_the_best_engine_at_hand(monkeypatch):
    triangles, boxes = icosahedral_mesh(5, WINDOW), window_mesh(WINDOW, 25)
    present(monkeypatch, esmf, "esmf 8")
    present(monkeypatch, yac, "yac 3")
    assert engines.find_engine(None, triangles) is esmf
    assert engines.find_engine(None, boxes) is latlon
    with pytest.warns(engines.EdgesWarning, match="engine yac takes the edges .* leave the engine out"):
        assert engines.find_engine("yac", boxes) is yac
    with pytest.warns(engines.EdgesWarning, match="engine esmf takes the edges"):
        assert engines.find_engine("esmf", boxes) is esmf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert engines.find_engine("exact", boxes) is exact
        assert engines.find_engine("yac", triangles) is yac


def test_yac_serves_where_esmf_is_absent(monkeypatch):
    absent(monkeypatch, "esmpy")
    present(monkeypatch, yac, "yac 3")
    assert engines.find_engine(None, icosahedral_mesh(5, WINDOW)) is yac


def test_the_compiled_engine_serves_where_both_are_absent(monkeypatch):
    absent(monkeypatch, "esmpy", "yac")
    present(monkeypatch, exact, "exact 1")
    assert engines.find_engine(None, icosahedral_mesh(5, WINDOW)) is exact


def test_without_any_engine_the_sentence_says_how_to_get_each(monkeypatch):
    absent(monkeypatch, "esmpy", "yac")
    monkeypatch.setattr(exact, "kernels", not_built)
    mesh = icosahedral_mesh(5, WINDOW)
    with pytest.raises(
        InputError, match=r"conda install -c conda-forge esmpy.*pip install 'pylandbc\[yac\]'.*compiled part"
    ):
        engines.find_engine(None, mesh)
    with pytest.raises(InputError, match="'esmf' is not installed; esmpy is not on PyPI"):
        engines.find_engine("esmf", mesh)


def test_unknown_engine():
    with pytest.raises(InputError, match=r"'scissors' is not known .*esmf, yac, exact, latlon, .*file:PATH"):
        engines.find_engine("scissors", icosahedral_mesh(5, WINDOW))
