"""What a comparison is made of: the configuration of a leaf-area run, and what is compared."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from pylandbc.configuration import load
from pylandbc.learn.leaf_area.config import VegetationConfig

TASKS = ("land_use", "land_cover")


class CompareConfig(VegetationConfig):
    """A comparison; keys of a leaf-area run keep their meaning (``epochs`` times ``samples_per_epoch`` over
    ``batch_size`` steps for each model)."""

    width: int = Field(default=32, ge=2)
    """Channels of the joint model's encoder; the chain's three follow from the number of parameters."""
    seeds: list[int] = Field(default=[1], min_length=1)
    rollout: int = Field(default=5, ge=1)
    """Years that land use runs freely before it is given to the leaf area."""

    @model_validator(mode="after")
    def _cubes(self) -> CompareConfig:
        given = [name for name in TASKS if name in self.static]
        if given:
            raise ValueError(f"{', '.join(given)} is predicted here; take it out of `static`")
        if any(source.cube is None for source in self.regions):
            raise ValueError("a comparison needs cubes, which hold land use and land cover")
        if len(self.test_years) < 1:
            raise ValueError("name the `test_years`")
        return self


def load_compare(path: Path) -> CompareConfig:
    """Read a YAML file; ``InputError`` names every key at fault."""
    return load(CompareConfig, path)
