"""Configurations: the shipped ones are valid, faults are named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pylandbc.cube.config import load_config, resolve
from pylandbc.errors import InputError

from .conftest import EXAMPLES


@pytest.mark.parametrize("name", ["cube.yaml", "planet.yaml", "planet_fractions.yaml"])
def test_shipped_configurations(name: str) -> None:
    config = load_config(EXAMPLES / name)
    assert config.window.window().shape == (1150, 1625)
    assert set(config.training_years) <= set(config.years())
    text = (EXAMPLES / name).read_text()
    assert "/work" not in text


FAULTS = [
    ({"windows": 1}, "windows: no such key; did you mean 'window'"),
    ({"training_years": [2010]}, r"training_years \[2010\] are not among the land_use years \[2009, 2012\]"),
    ({"scenario_source": "luh2"}, "belongs to scenario_source luh2"),
    ({"scenario_source": "luh3"}, "scenario_source"),
    ({"land_use": [{"file": "a.nc"}]}, r"land_use\.0: needs years"),
    (
        {"land_use": [{"file": "a.nc", "years": [2009]}, {"file": "b.nc", "years": [2009]}]},
        "names a year twice",
    ),
    ({"elevation": [{"product": "srtm", "file": "x"}]}, r"elevation\.0\.product"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_faults_are_named(tmp_path: Path, change: dict[str, object], message: str) -> None:
    content = yaml.safe_load((EXAMPLES / "cube.yaml").read_text()) | change
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=message):
        load_config(tmp_path / "c.yaml")


def test_unreadable(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml cannot be read"):
        load_config(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("window: [")
    with pytest.raises(InputError, match="not valid YAML"):
        load_config(tmp_path / "bad.yaml")


def test_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLACE", "/data")
    assert resolve("${PLACE}/a.nc", Path("root")) == Path("/data/a.nc")
    assert resolve("uk/a.nc", Path("root")) == Path("root/uk/a.nc")
    monkeypatch.delenv("PLACE")
    with pytest.raises(InputError, match="not set"):
        resolve("${PLACE}/a.nc", Path("root"))
