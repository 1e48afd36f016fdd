"""Configuration of what a cube may hold besides land use, relief and climate: every part is optional.

Where files are named, ``*`` and ``?`` stand for several; they are replaced by the sorted names of what is
there before anything is read, so that the list of inputs is part of what a cube is built from.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from pylandbc.cube.vegetation import VEGETATION

NAME = re.compile(r"[a-z][a-z0-9_]*")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Strict(BaseModel):
    """A part of a configuration: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SoilFiles(Strict):
    """Soil texture: SoilGrids' sand, silt and clay of one depth or more, or HWSD's raster and table."""

    product: Literal["soilgrids", "hwsd"]
    files: list[str] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> SoilFiles:
        if self.product == "hwsd" and len(self.files) != 2:
            raise ValueError("hwsd needs two files: the raster of mapping units and table HWSD2_LAYERS")
        return self


class FieldFile(Strict):
    """A GeoTIFF in degrees that becomes one more static field; ``missing`` stands where it has no value."""

    name: str
    file: str
    method: Literal["bilinear", "area_mean"] = "bilinear"
    unit: str = "1"
    missing: float = 0.0

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        return _plain_name(name)


class ClassFile(Strict):
    """A GeoTIFF of class codes in degrees that becomes one more category, by nearest neighbour."""

    name: str
    file: str
    classes: dict[int, str] = Field(min_length=1)

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        return _plain_name(name)

    @field_validator("classes")
    @classmethod
    def _bytes(cls, classes: dict[int, str]) -> dict[int, str]:
        outside = [code for code in classes if not 0 < code < 255]
        if outside:
            raise ValueError(f"class codes {outside} must lie between 1 and 254 (0 is none)")
        return classes


class LandCoverFile(Strict):
    """ESA CCI or C3S land cover; ``years`` where the name does not say the year, or for a series."""

    file: str
    years: list[int] = Field(default_factory=list)


class LandCoverFiles(Strict):
    """Yearly land cover."""

    files: list[LandCoverFile] = Field(min_length=1)
    fractions: bool = False

    def all_years(self) -> list[int]:
        """Years of all files, ascending."""
        return sorted(year for entry in self.files for year in entry.years)


class VegetationFiles(Strict):
    """One vegetation variable; see :data:`pylandbc.cube.vegetation.VEGETATION`.

    ``first`` and ``last`` (YYYY-MM) are the ends of the time axis, by default those of the files.
    """

    variable: str = "leaf_area_index"
    product: str
    files: list[str] = Field(min_length=1)
    step: Literal["dekad", "month"] = "dekad"
    first: str | None = None
    last: str | None = None

    @model_validator(mode="after")
    def _known(self) -> VegetationFiles:
        if self.variable not in VEGETATION:
            raise ValueError(f"no vegetation variable {self.variable!r} (known: {', '.join(VEGETATION)})")
        products = VEGETATION[self.variable].products
        if self.product not in products:
            raise ValueError(
                f"{self.variable} has no product {self.product!r} (known: {', '.join(products)})"
            )
        if self.step not in products[self.product].steps:
            raise ValueError(
                f"{self.product} has no {self.step}s; use step: {products[self.product].steps[0]}"
            )
        for end in (self.first, self.last):
            if end is not None and not MONTH.fullmatch(end):
                raise ValueError(f"{end!r} is not a month, YYYY-MM")
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError("first is after last")
        return self


class PopulationFile(Strict):
    """ISIMIP population and the years to take."""

    file: str
    first_year: int
    last_year: int

    def all_years(self) -> list[int]:
        """The years, ascending."""
        return list(range(self.first_year, self.last_year + 1))


def _plain_name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"name {name!r} must be lower-case letters, digits and underscores")
    return name
