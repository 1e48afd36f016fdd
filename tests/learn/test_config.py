"""A configuration is checked before anything is read; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pylandbc.errors import InputError
from pylandbc.learn.config import TrainConfig, load_config

SHIPPED = Path(__file__).resolve().parents[2] / "examples" / "06_train_land_use" / "train.yaml"


def test_the_shipped_configuration_is_valid_and_trains_on_both_cubes() -> None:
    config = load_config(SHIPPED)
    assert config.base == 16
    assert config.residual
    assert {part.cube for part in config.parts} == {"uk.zarr", "planet.zarr"}
    assert sum(part.share for part in config.parts) == pytest.approx(1.0)
    assert config.split.test > 0


def test_defaults_are_the_papers() -> None:
    fields = TrainConfig.model_fields
    assert fields["size"].default == 512
    assert fields["patch"].default == 32
    assert fields["base"].default == 16


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nlicence: y\nparts: [{cube: a}]\nlearning_rat: 1", "learning_rat"),
        ("name: x\nlicence: y\nparts: []", "parts"),
        ("name: x\nlicence: y\nparts: [{cube: a}]\nsize: 100", "size: must be a multiple of 16"),
        ("name: x\nlicence: y\nparts: [{cube: a, share: 0}]", "parts.0.share"),
        ("name: [", "not valid YAML"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "train.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=said) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_config(tmp_path / "none.yaml")
