"""What a cube is made of: a YAML file, checked before anything is read.

Paths of data are relative to a data root, which the caller gives (``--data``, or the environment variable
PYLANDBC_DATA); ``${NAME}`` in a path is replaced from the environment. Unknown keys are refused, so that a
misspelt one does not pass in silence.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from pylandbc.configuration import load
from pylandbc.cube.layer_config import (
    ClassFile,
    FieldFile,
    LandCoverFiles,
    PopulationFile,
    SoilFiles,
    Strict,
    VegetationFiles,
)
from pylandbc.cube.layout import CLIMATE_VARIABLES, SLOPE_VARIABLES, SOIL_VARIABLES, STATIC_VARIABLES
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.era5_variables import ERA5_VARIABLES


class Box(Strict):
    """A window in degrees; ``east`` < ``west`` crosses the dateline."""

    west: float
    south: float
    east: float
    north: float

    def window(self) -> Window:
        """The smallest aligned window that holds the box."""
        return Window.from_degrees(self.west, self.south, self.east, self.north)


class LandUseFile(Strict):
    """A HILDA+ file and the years to take from it: a list, or ``first_year`` and ``last_year``."""

    file: str
    years: list[int] = Field(default_factory=list)
    first_year: int | None = None
    last_year: int | None = None

    @model_validator(mode="after")
    def _one_way(self) -> LandUseFile:
        if self.years and (self.first_year is not None or self.last_year is not None):
            raise ValueError("give either years or first_year and last_year")
        if not self.years and (self.first_year is None or self.last_year is None):
            raise ValueError("needs years, or first_year and last_year")
        if self.first_year is not None and self.last_year is not None and self.first_year > self.last_year:
            raise ValueError("first_year is after last_year")
        return self

    def all_years(self) -> list[int]:
        """The years, ascending."""
        if self.first_year is not None and self.last_year is not None:
            return list(range(self.first_year, self.last_year + 1))
        return sorted(self.years)


class ReliefFile(Strict):
    """An elevation or bathymetry product."""

    product: Literal["gebco", "etopo", "eurodem"]
    file: str


class ClimateFiles(Strict):
    """ERA5 or ERA5-Land files (one per step type or year) and, for a climatology, the years it stands for.

    ``variables`` are those besides temperature and precipitation; ``steps`` keeps monthly and dekadal means
    besides the yearly ones.
    """

    files: list[str] = Field(min_length=1)
    period: tuple[int, int] | None = None
    product: Literal["era5", "era5_land"] = "era5"
    variables: list[str] = Field(default_factory=list)
    steps: list[Literal["month", "dekad"]] = Field(default_factory=list)

    @field_validator("variables")
    @classmethod
    def _known(cls, variables: list[str]) -> list[str]:
        unknown = [name for name in variables if name not in ERA5_VARIABLES]
        if unknown:
            raise ValueError(f"unknown variables {unknown} (known: {', '.join(ERA5_VARIABLES)})")
        return variables

    def names(self) -> tuple[str, ...]:
        """All variables, in the order in which the cube stores them."""
        return tuple(dict.fromkeys((*CLIMATE_VARIABLES, *self.variables)))


class ScenarioFile(Strict):
    """LUH2 ``states.nc`` and the years to take; its ``transitions`` file, and the year of the map whose
    fractions LUH2's changes are added to (by default the last of the training years), where they are wanted
    as classes."""

    file: str
    first_year: int
    last_year: int
    transitions: str | None = None
    anchor: int | None = None

    def files(self) -> list[str]:
        """The files that there are."""
        return [self.file, *([self.transitions] if self.transitions is not None else [])]


class CubeConfig(Strict):
    """Everything that ``build_cube`` needs; see docs/cube.md and examples/06_train_land_use/cube.yaml."""

    window: Box
    training_years: list[int] = Field(min_length=1)
    scenario_source: Literal[
        "hilda_fractions", "hilda_transitions", "luh2", "luh2_classes", "luh2_transitions"
    ] = "hilda_fractions"
    output: str
    format: Literal[2, 3] = 3
    shard: int = Field(default=2048, ge=512, multiple_of=512)
    land_use: list[LandUseFile] = Field(min_length=1)
    remove_flicker: int = Field(default=0, ge=0)
    """Longest excursion A-B-A, in years, that is taken out of the land-use maps; 0 leaves them alone."""
    land_mask: str | None = None
    elevation: list[ReliefFile] = Field(min_length=1)
    bathymetry: list[ReliefFile] = Field(default_factory=list)
    climate: ClimateFiles
    scenario: ScenarioFile | None = None
    slope: str | None = None
    soil: SoilFiles | None = None
    fields: list[FieldFile] = Field(default_factory=list)
    koeppen: list[str] = Field(default_factory=list)
    classes: list[ClassFile] = Field(default_factory=list)
    land_cover: LandCoverFiles | None = None
    vegetation: list[VegetationFiles] = Field(default_factory=list)
    co2: list[str] = Field(default_factory=list)
    population: PopulationFile | None = None

    @model_validator(mode="after")
    def _consistent(self) -> CubeConfig:
        years = self.years()
        if len(set(years)) != len(years):
            raise ValueError(f"land_use names a year twice: {years}")
        missing = sorted(set(self.training_years) - set(years))
        if missing:
            raise ValueError(f"training_years {missing} are not among the land_use years {years}")
        source, scenario = self.scenario_source, self.scenario
        if source.startswith("luh2") != (scenario is not None):
            raise ValueError(
                "scenario (a LUH2 file) belongs to scenario_source luh2, luh2_classes or luh2_transitions, "
                "and only to these"
            )
        if scenario is not None:
            if (source == "luh2_transitions") != (scenario.transitions is not None):
                raise ValueError(
                    "scenario.transitions belongs to scenario_source luh2_transitions, and only to it"
                )
            if source != "luh2" and self.anchor not in years:
                raise ValueError(f"scenario.anchor {self.anchor} is not among the land_use years {years}")
            if source != "luh2" and not scenario.first_year <= self.anchor <= scenario.last_year:
                raise ValueError(
                    f"scenario.anchor {self.anchor} is not within first_year and last_year of the scenario"
                )
        if any(entry.product == "eurodem" for entry in self.bathymetry):
            raise ValueError("eurodem has no bathymetry")
        for names in (self.static_names(), [entry.variable for entry in self.vegetation]):
            twice = sorted({name for name in names if list(names).count(name) > 1})
            if twice:
                raise ValueError(f"{', '.join(twice)} named twice")
        return self

    def static_names(self) -> tuple[str, ...]:
        """Static fields, in the order in which the cube stores them."""
        return (
            *STATIC_VARIABLES,
            *(SLOPE_VARIABLES if self.slope is not None else ()),
            *(SOIL_VARIABLES if self.soil is not None else ()),
            *(entry.name for entry in self.fields),
        )

    @property
    def anchor(self) -> int:
        """Year of the map that LUH2's changes are added to."""
        given = self.scenario.anchor if self.scenario is not None else None
        return max(self.training_years) if given is None else given

    def years(self) -> list[int]:
        """Years of all land-use maps, ascending."""
        return sorted(year for entry in self.land_use for year in entry.all_years())

    def scenario_years(self) -> list[int]:
        """Years of the scenario, without gaps."""
        if self.scenario is not None:
            return list(range(self.scenario.first_year, self.scenario.last_year + 1))
        years = self.years()
        return list(range(years[0], years[-1] + 1))

    def files(self) -> list[str]:
        """All files, each once, in the order in which they are named."""
        files = [entry.file for entry in self.land_use]
        files += [self.land_mask] if self.land_mask is not None else []
        files += [entry.file for entry in (*self.elevation, *self.bathymetry)]
        files += self.climate.files
        files += self.scenario.files() if self.scenario is not None else []
        files += [self.slope] if self.slope is not None else []
        files += self.soil.files if self.soil is not None else []
        files += [entry.file for entry in self.fields] + [entry.file for entry in self.classes]
        files += self.koeppen
        files += [entry.file for entry in self.land_cover.files] if self.land_cover is not None else []
        files += [file for entry in self.vegetation for file in entry.files]
        files += self.co2
        files += [self.population.file] if self.population is not None else []
        return list(dict.fromkeys(files))

    def identity(self) -> dict[str, Any]:
        """What a cube depends on, as plain data; optional parts that are not used leave no trace, so that a
        later version with more of them knows its older cubes."""
        content = self.model_dump(mode="json", exclude={"output"})
        for name in ("product", "variables", "steps"):
            if content["climate"][name] == ClimateFiles.model_fields[name].get_default(
                call_default_factory=True
            ):
                del content["climate"][name]
        if content["scenario"] is not None:
            content["scenario"] = {k: v for k, v in content["scenario"].items() if v is not None}
        optional = (
            "remove_flicker",
            "slope",
            "soil",
            "fields",
            "koeppen",
            "classes",
            "land_cover",
            "vegetation",
            "co2",
            "population",
        )
        return {key: value for key, value in content.items() if key not in optional or value}


def load_config(path: Path) -> CubeConfig:
    """Read and check a YAML configuration; ``InputError`` names every key at fault."""
    return load(CubeConfig, path)


def data_root(option: Path | None = None) -> Path:
    """The folder of the data: ``option``, else PYLANDBC_DATA, else ``../shared/data``."""
    return Path(option) if option is not None else Path(os.environ.get("PYLANDBC_DATA", "../shared/data"))


def resolve(file: str, root: Path) -> Path:
    """A configured file as a path: ``${NAME}`` and ``~`` expanded, relative ones below ``root``;
    ``InputError`` if it names a variable that is not set."""
    expanded = Path(os.path.expandvars(file)).expanduser()
    if "$" in str(expanded):
        raise InputError(f"file {file!r} names an environment variable that is not set")
    return expanded if expanded.is_absolute() else Path(root) / expanded
