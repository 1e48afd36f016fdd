"""The classes of categorical maps: code, name, colour.

Land use has the paper's eight classes (HILDA+ consolidated); its colours are from Paul Tol's qualitative
schemes, which colour-blind readers can tell apart (https://personal.sron.nl/~pault/). Land cover has the 38
codes of ESA CCI and C3S with ESA's names and colours (ESACCI-LC-Legend); climate has the 30 Koeppen-Geiger
classes with the codes and colours of Beck et al. (2018, 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

OCEAN = 0
"""Code of the ocean among the classes that emulators make (:data:`EMULATED`)."""
UNKNOWN = 255
"""Code of a pixel whose class is not known."""
HISTORY = "land_use_history"
"""The map that says how long each pixel has kept its land use (``pylandbc.cube.history``)."""
HISTORY_YEARS = 10
"""Years after which it forgets a change."""
HISTORY_CODES = 2 * HISTORY_YEARS + 1
"""Number of its codes."""


@dataclass(frozen=True)
class LandClass:
    """One class of a categorical map."""

    code: int
    name: str
    colour: str


@dataclass(frozen=True)
class Legend:
    """Classes in ascending order of their codes (land use: 0 ... n-1; products keep their own codes)."""

    name: str
    classes: tuple[LandClass, ...]

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def codes(self) -> list[int]:
        """Codes, ascending."""
        return [c.code for c in self.classes]

    @property
    def names(self) -> list[str]:
        """Names in code order."""
        return [c.name for c in self.classes]

    @property
    def colours(self) -> list[str]:
        """Hexadecimal colours in code order."""
        return [c.colour for c in self.classes]

    def code(self, name: str) -> int:
        """Code of the class called ``name``; ``KeyError`` names the known ones."""
        for c in self.classes:
            if c.name == name:
                return c.code
        raise KeyError(f"no class {name!r} in legend {self.name!r} (known: {', '.join(self.names)})")


LAND_USE = Legend(
    "land_use",
    (
        LandClass(0, "ocean", "#DDEEF8"),
        LandClass(1, "urban", "#EE6677"),
        LandClass(2, "cropland", "#EECC66"),
        LandClass(3, "pasture", "#CCBB44"),
        LandClass(4, "forest", "#228833"),
        LandClass(5, "grass_shrub", "#AADD99"),
        LandClass(6, "other_land", "#BBBBBB"),
        LandClass(7, "water", "#4477AA"),
    ),
)
"""The eight land-use classes of the paper (HILDA+ consolidated)."""

CHANGING = tuple(LAND_USE.names[1:7])
"""Classes of land that may become another: all but water."""
TRANSITIONS = {
    f"{a}_to_{b}": (LAND_USE.code(a), LAND_USE.code(b)) for a in CHANGING for b in CHANGING if a != b
}
"""Every ordered pair of them by its name as a scenario variable: codes before and after."""

LUH2_STATES = (
    "primf",
    "primn",
    "secdf",
    "secdn",
    "urban",
    "c3ann",
    "c4ann",
    "c3per",
    "c4per",
    "c3nfx",
    "pastr",
    "range",
)
"""LUH2's twelve land-use states (Hurtt et al. 2020, GMD 13, 5425), fractions of the 0.25 degree cell; with
the ice and water fraction they sum to 1."""

LUH2_GROUPS = {
    "urban": ("urban",),
    "cropland": ("c3ann", "c4ann", "c3per", "c4per", "c3nfx"),
    "pasture": ("pastr", "range"),
    "forest": ("primf", "secdf"),
    "grass_shrub": ("primn", "secdn"),
}
"""LUH2 states that stand for each class: HILDA+'s class 33 is pasture and rangeland; forest and non-forest
vegetation are potential ones (Hurtt et al. 2020)."""

LAND_COVER = Legend(
    "land_cover",
    (
        LandClass(0, "No data", "#000000"),
        LandClass(10, "Cropland, rainfed", "#FFFF64"),
        LandClass(11, "Herbaceous cover", "#FFFF64"),
        LandClass(12, "Tree or shrub cover", "#FFFF00"),
        LandClass(20, "Cropland, irrigated or post-flooding", "#AAF0F0"),
        LandClass(
            30,
            "Mosaic cropland (>50%) / natural vegetation (tree, shrub, herbaceous cover) (<50%)",
            "#DCF064",
        ),
        LandClass(
            40,
            "Mosaic natural vegetation (tree, shrub, herbaceous cover) (>50%) / cropland (<50%)",
            "#C8C864",
        ),
        LandClass(50, "Tree cover, broadleaved, evergreen, closed to open (>15%)", "#006400"),
        LandClass(60, "Tree cover, broadleaved, deciduous, closed to open (>15%)", "#00A000"),
        LandClass(61, "Tree cover, broadleaved, deciduous, closed (>40%)", "#00A000"),
        LandClass(62, "Tree cover, broadleaved, deciduous, open (15-40%)", "#AAC800"),
        LandClass(70, "Tree cover, needleleaved, evergreen, closed to open (>15%)", "#003C00"),
        LandClass(71, "Tree cover, needleleaved, evergreen, closed (>40%)", "#003C00"),
        LandClass(72, "Tree cover, needleleaved, evergreen, open (15-40%)", "#005000"),
        LandClass(80, "Tree cover, needleleaved, deciduous, closed to open (>15%)", "#285000"),
        LandClass(81, "Tree cover, needleleaved, deciduous, closed (>40%)", "#285000"),
        LandClass(82, "Tree cover, needleleaved, deciduous, open (15-40%)", "#286400"),
        LandClass(90, "Tree cover, mixed leaf type (broadleaved and needleleaved)", "#788200"),
        LandClass(100, "Mosaic tree and shrub (>50%) / herbaceous cover (<50%)", "#8CA000"),
        LandClass(110, "Mosaic herbaceous cover (>50%) / tree and shrub (<50%)", "#BE9600"),
        LandClass(120, "Shrubland", "#966400"),
        LandClass(121, "Shrubland evergreen", "#784B00"),
        LandClass(122, "Shrubland deciduous", "#966400"),
        LandClass(130, "Grassland", "#FFB432"),
        LandClass(140, "Lichens and mosses", "#FFDCD2"),
        LandClass(150, "Sparse vegetation (tree, shrub, herbaceous cover) (<15%)", "#FFEBAF"),
        LandClass(151, "Sparse tree (<15%)", "#FFC864"),
        LandClass(152, "Sparse shrub (<15%)", "#FFD278"),
        LandClass(153, "Sparse herbaceous cover (<15%)", "#FFEBAF"),
        LandClass(160, "Tree cover, flooded, fresh or brackish water", "#00785A"),
        LandClass(170, "Tree cover, flooded, saline water", "#009678"),
        LandClass(180, "Shrub or herbaceous cover, flooded, fresh/saline/brackish water", "#00DC82"),
        LandClass(190, "Urban areas", "#C31400"),
        LandClass(200, "Bare areas", "#FFF5D7"),
        LandClass(201, "Consolidated bare areas", "#DCDCDC"),
        LandClass(202, "Unconsolidated bare areas", "#FFF5D7"),
        LandClass(210, "Water bodies", "#0046C8"),
        LandClass(220, "Permanent snow and ice", "#FFFFFF"),
    ),
)
"""ESA's land-cover classes: all 38 codes, "No data" included."""

LAND_COVER_GLOBAL = Legend(
    "land_cover_global", tuple(c for c in LAND_COVER.classes if c.code and c.code % 10 == 0)
)
"""ESA's 22 global (first-level) classes: a regional code belongs to the next lower multiple of ten."""

LAND_COVER_CLASSES = Legend(
    "land_cover",
    (
        LandClass(0, "Ocean", "#DDEEF8"),
        *(LandClass(n, c.name, c.colour) for n, c in enumerate(LAND_COVER_GLOBAL.classes, 1)),
    ),
)
"""Land cover in a cube and in emulators: ocean, then ESA's 22 global classes numbered 1 ... 22."""


LAND_COVER_FLAGS = Legend(
    "land_cover",
    tuple(
        LandClass(c.code, flag, c.colour)
        for c, flag in zip(
            LAND_COVER_CLASSES.classes,
            (
                "ocean",
                "cropland_rainfed",
                "cropland_irrigated",
                "mosaic_cropland",
                "mosaic_natural_vegetation",
                "tree_broadleaved_evergreen_closed_to_open",
                "tree_broadleaved_deciduous_closed_to_open",
                "tree_needleleaved_evergreen_closed_to_open",
                "tree_needleleaved_deciduous_closed_to_open",
                "tree_mixed",
                "mosaic_tree_and_shrub",
                "mosaic_herbaceous",
                "shrubland",
                "grassland",
                "lichens_and_mosses",
                "sparse_vegetation",
                "tree_cover_flooded_fresh_or_brakish_water",
                "tree_cover_flooded_saline_water",
                "shrub_or_herbaceous_cover_flooded",
                "urban",
                "bare_areas",
                "water",
                "snow_and_ice",
            ),
            strict=True,
        )
    ),
)
"""The same under the names of the product's ``flag_meanings`` (ESA CCI and C3S netCDF), which are what model
cards and predictions call them."""

EMULATED = {"land_use": LAND_USE, "land_cover": LAND_COVER_FLAGS}
"""The classes of an emulator by its quantity."""


def land_cover_class(code: int) -> int:
    """Class of :data:`LAND_COVER_CLASSES` of an ESA code; 255 for "No data" and unknown."""
    if code in (0, UNKNOWN):
        return UNKNOWN
    return LAND_COVER_GLOBAL.codes.index(code // 10 * 10) + 1


KOEPPEN_GEIGER = Legend(
    "koeppen_geiger",
    (
        LandClass(1, "Af", "#0000FF"),
        LandClass(2, "Am", "#0078FF"),
        LandClass(3, "Aw", "#46AAFA"),
        LandClass(4, "BWh", "#FF0000"),
        LandClass(5, "BWk", "#FF9696"),
        LandClass(6, "BSh", "#F5A500"),
        LandClass(7, "BSk", "#FFDC64"),
        LandClass(8, "Csa", "#FFFF00"),
        LandClass(9, "Csb", "#C8C800"),
        LandClass(10, "Csc", "#969600"),
        LandClass(11, "Cwa", "#96FF96"),
        LandClass(12, "Cwb", "#64C864"),
        LandClass(13, "Cwc", "#329632"),
        LandClass(14, "Cfa", "#C8FF50"),
        LandClass(15, "Cfb", "#64FF50"),
        LandClass(16, "Cfc", "#32C800"),
        LandClass(17, "Dsa", "#FF00FF"),
        LandClass(18, "Dsb", "#C800C8"),
        LandClass(19, "Dsc", "#963296"),
        LandClass(20, "Dsd", "#966496"),
        LandClass(21, "Dwa", "#AAAFFF"),
        LandClass(22, "Dwb", "#5A78DC"),
        LandClass(23, "Dwc", "#4B50B4"),
        LandClass(24, "Dwd", "#320087"),
        LandClass(25, "Dfa", "#00FFFF"),
        LandClass(26, "Dfb", "#37C8FF"),
        LandClass(27, "Dfc", "#007D7D"),
        LandClass(28, "Dfd", "#00465F"),
        LandClass(29, "ET", "#B2B2B2"),
        LandClass(30, "EF", "#666666"),
    ),
)
"""Koeppen-Geiger climate classes; 0 in the maps means none (ocean)."""
