"""Weights are computed, not taken from the user's cache."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PYLANDBC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"
