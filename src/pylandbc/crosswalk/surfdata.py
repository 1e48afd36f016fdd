"""Files that CTSM and ELM read: ``landuse.timeseries`` and what belongs to it in the surface data set.

Dimensions, variables and attributes are those that CTSM's mksurfdata_esmf writes (mkfileMod.F90) for
transient land use: per cent of the land for land units, per cent of the land unit for PFTs and crops, upper
bounds (``*_MAX``) over all years, and ``YEAR``. Cells in rows and columns become ``lsmlat`` and ``lsmlon``
(south first), any others ``gridcell``. What is not known here is left out rather than filled with zeros:
harvest, grazing, fertiliser and gross transitions (``do_harvest`` and the like stay off), soils and urban
parameters, which an existing surface data set supplies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pylandbc import __version__
from pylandbc.crosswalk.adapters import CANOPY, Adapter
from pylandbc.crosswalk.class_series import ClassSeries
from pylandbc.crosswalk.evaluate import canopy_of, evaluate, targets
from pylandbc.errors import InputError
from pylandbc.grid.mesh import Mesh

MODELS = ("ctsm", "ctsm78", "elm")
"""Adapters whose models read this layout."""
TRANSIENT = ("PCT_NAT_PFT", "PCT_CROP", "PCT_CFT", "PCT_URBAN", "PCT_LAKE")
"""What CTSM can change every year."""
URBAN_CLASSES = 3
NAME_LENGTH = 256
DATASET_VERSION = np.float32(5.3)
"""Version of CTSM's surface data that the layout is compatible with (mkfileMod.F90)."""


@dataclass(frozen=True)
class Layout:
    """How cells lie in a file: rows and columns (south first), or a list.

    Attributes
    ----------
    dims, shape
        Names and extents of the spatial dimensions.
    order
        Position of each cell of the file in the mesh.
    """

    dims: tuple[str, ...]
    shape: tuple[int, ...]
    order: NDArray[np.int64]

    @classmethod
    def of(cls, mesh: Mesh) -> Layout:
        """Rows and columns where the centres are all pairs of some latitudes and longitudes.

        Columns go eastward from the widest gap, so that a region across Greenwich stays in one piece.
        """
        lat, row = np.unique(np.round(mesh.lat, 9), return_inverse=True)
        lon, col = np.unique(np.round(mesh.lon % 360, 9), return_inverse=True)
        gap = np.diff(lon, prepend=lon[-1] - 360)
        first = int(gap.argmax()) if gap.max() > gap[0] + 1e-6 else 0
        place = row * len(lon) + (col - first) % len(lon)
        if len(mesh) == len(lat) * len(lon) and len(np.unique(place)) == len(mesh):
            return cls(("lsmlat", "lsmlon"), (len(lat), len(lon)), np.argsort(place))
        return cls(("gridcell",), (len(mesh),), np.arange(len(mesh)))

    def put(self, values: NDArray[np.float64], rows: bool) -> NDArray[np.float64]:
        """(cell[, row]) as (row, *spatial) or (*spatial)."""
        placed = values[self.order]
        return (placed.T if rows else placed).reshape((*placed.shape[1:], *self.shape))


def write_surfdata(
    series: ClassSeries,
    adapter: Adapter,
    timeseries: Path,
    surface: Path | None = None,
    leaf_area: NDArray[np.float64] | None = None,
) -> None:
    """Write ``landuse.timeseries``, and the variables that belong to it in a surface data set.

    Parameters
    ----------
    series
        Class fractions over years.
    adapter
        ``ctsm``, ``ctsm78`` or ``elm``.
    timeseries
        File to write.
    surface
        File to write with the first year's land units and PFTs, the upper bounds and, given leaf area, the
        monthly LAI, SAI and heights of each PFT. It is no complete surface data set.
    leaf_area
        Mean annual cycle (12, cell), m2 m-2 of land.

    Raises
    ------
    InputError
        If the adapter's model reads another layout.
    """
    if adapter.name not in MODELS:
        raise InputError(
            f"adapter {adapter.name} has no surface data of this layout; take {', '.join(MODELS)}"
        )
    if leaf_area is not None and adapter.canopy is None:
        raise InputError(
            f"adapter {adapter.name} has no canopy for monthly leaf area by PFT; take ctsm or elm"
        )
    layout = Layout.of(series.mesh)
    made = [evaluate(adapter, targets(adapter, "land_use", f, series.zones)) for f in series.fractions]
    names = [name for name in TRANSIENT if any(o.name == name for o in adapter.outputs)]
    maxima = {name: np.maximum.reduce([values[name] for values in made]) for name in names}
    with _created(timeseries, adapter, series) as file:
        _dimensions(file, layout, adapter)
        file.createDimension("nchar", NAME_LENGTH)
        _coordinates(file, layout, series, made[0])
        _add(file, "LANDFRAC_MKSURFDATA", ("time",), layout, _LANDFRAC, "unitless")
        for name in names:
            output = adapter.output(name)
            rows = (output.dimension,) if output.dimension else ()
            _add(file, name, ("time", *rows), layout, output.long_name, "unitless")
            _add(file, f"{name}_MAX", rows, layout, _maximum(output.long_name), "unitless")
            file[f"{name}_MAX"][:] = layout.put(maxima[name], bool(rows))
        _integers(file, "YEAR", "time", "Year of PFT data", "unitless")
        _integers(file, "time", "time", "year", "unitless")
        text = file.createVariable("input_pftdata_filename", "S1", ("time", "nchar"))
        text.long_name, text.units = "Input filepath for PFT values for this year", "unitless"
        words = np.array([series.source[-NAME_LENGTH:].ljust(NAME_LENGTH)], dtype=f"S{NAME_LENGTH}")
        for n, (year, values) in enumerate(zip(series.years, made, strict=True)):
            file["YEAR"][n] = file["time"][n] = year
            text[n] = netCDF4.stringtochar(words)[0]
            file["LANDFRAC_MKSURFDATA"][n] = layout.put(values["LANDFRAC_PFT"], False)
            for name in names:
                file[name][n] = layout.put(values[name], bool(adapter.output(name).dimension))
    if surface is not None:
        _write_surface(surface, series, adapter, layout, made[0], maxima, leaf_area)


_LANDFRAC = (
    "land fraction used for renormalization of areas in mksurfdata (DIFF FROM landfrac USED IN SIMULATION)"
)


def _maximum(long_name: str) -> str:
    """As mksurfdata_esmf calls it."""
    if long_name.startswith("percent plant") or long_name.startswith("percent crop"):
        return f"maximum {long_name.split(' on the ')[0]} during time period (% of landunit)"
    return f"maximum {long_name}" + (" during time period" if "landunit" in long_name else "")


def _write_surface(
    path: Path,
    series: ClassSeries,
    adapter: Adapter,
    layout: Layout,
    first: dict[str, NDArray[np.float64]],
    maxima: dict[str, NDArray[np.float64]],
    leaf_area: NDArray[np.float64] | None,
) -> None:
    with _created(path, adapter, series) as file:
        file.comment = (
            f"land units and PFTs of {series.years[0]}; soils, urban parameters and all else come from a "
            "complete surface data set of the same cells"
        )
        _dimensions(file, layout, adapter)
        _coordinates(file, layout, series, first)
        _add(file, "LANDFRAC_MKSURFDATA", (), layout, _LANDFRAC, "unitless")
        file["LANDFRAC_MKSURFDATA"][:] = layout.put(first["LANDFRAC_PFT"], False)
        for output in adapter.outputs:
            if output.name == "LANDFRAC_PFT" or output.kind in CANOPY:
                continue
            rows = (output.dimension,) if output.dimension else ()
            _add(file, output.name, rows, layout, output.long_name, "unitless")
            file[output.name][:] = layout.put(first[output.name], bool(rows))
            if output.name in maxima:
                _add(file, f"{output.name}_MAX", rows, layout, _maximum(output.long_name), "unitless")
                file[f"{output.name}_MAX"][:] = layout.put(maxima[output.name], bool(rows))
        if leaf_area is not None:
            _leaves(file, adapter, layout, series, leaf_area)


def _leaves(
    file: netCDF4.Dataset,
    adapter: Adapter,
    layout: Layout,
    series: ClassSeries,
    leaf_area: NDArray[np.float64],
) -> None:
    """MONTHLY_LAI, _SAI, _HEIGHT_TOP and _BOT of all PFTs, natural and crops (lsmpft), of the first year."""
    target = targets(adapter, "land_use", series.fractions[0], series.zones)
    made = canopy_of(adapter, target, leaf_area, leaf_area)
    months = {
        "LAI": ("leaf_area", "monthly leaf area index", "unitless"),
        "SAI": ("stem_area", "monthly stem area index", "unitless"),
        "HEIGHT_TOP": ("height_top", "monthly height top", "meters"),
        "HEIGHT_BOT": ("height_bottom", "monthly height bottom", "meters"),
    }
    file.createDimension("lsmpft", made["leaf_area"].shape[-1])
    _integers(file, "time", "time", "Calendar month", "month")
    for name, (_, long_name, units) in months.items():
        _add(file, f"MONTHLY_{name}", ("time", "lsmpft"), layout, long_name, units)
    for month in range(12):
        file["time"][month] = month + 1
        for name, (kind, _, _) in months.items():
            field = np.broadcast_to(made[kind], made["leaf_area"].shape)
            file[f"MONTHLY_{name}"][month] = layout.put(field[month], True)


def _created(path: Path, adapter: Adapter, series: ClassSeries) -> netCDF4.Dataset:
    path.parent.mkdir(parents=True, exist_ok=True)
    # The format that CTSM's PIO reads with every iotype.
    file = netCDF4.Dataset(path, "w", format="NETCDF3_64BIT_DATA")
    file.Conventions = "NCAR-CESM"
    file.History_Log = f"created on: {datetime.now(UTC):%m-%d-%y %H:%M:%S}"
    file.Source = f"pylandbc {__version__}"
    file.Dataset_Version = DATASET_VERSION
    file.Input_grid_dataset = series.mesh.name
    file.Vegetation_type_raw_data_filename = series.source
    file.crosswalk = f"land_use -> {adapter.name}"
    return file


def _dimensions(file: netCDF4.Dataset, layout: Layout, adapter: Adapter) -> None:
    for name, extent in zip(layout.dims, layout.shape, strict=True):
        file.createDimension(name, extent)
    file.createDimension("time", None)
    file.createDimension("numurbl", URBAN_CLASSES)
    for output in adapter.outputs:
        if output.kind in CANOPY:
            continue
        if output.dimension and output.dimension not in file.dimensions:
            file.createDimension(output.dimension, len(output.rows))
        if output.dimension in ("natpft", "cft") and output.dimension not in file.variables:
            title = {"natpft": "indices of natural PFTs", "cft": "indices of CFTs"}[output.dimension]
            _integers(file, output.dimension, output.dimension, title, "index")
            file[output.dimension][:] = [int(label.rpartition("_")[2]) for label in output.labels]


def _coordinates(
    file: netCDF4.Dataset, layout: Layout, series: ClassSeries, values: dict[str, NDArray[np.float64]]
) -> None:
    mesh = series.mesh
    for name, field, long_name, units in (
        ("LONGXY", mesh.lon % 360, "longitude", "degrees east"),
        ("LATIXY", mesh.lat, "latitude", "degrees north"),
        ("AREA", mesh.area / 1e6, "area", "km^2"),
        (
            "LANDFRAC_PFT",
            values["LANDFRAC_PFT"],
            "land fraction from pft dataset (DIFF FROM landfrac USED IN SIMULATION, SHOWN IN HISTORY)",
            "unitless",
        ),
    ):
        _add(file, name, (), layout, long_name, units)
        file[name][:] = layout.put(field, False)


def _add(
    file: netCDF4.Dataset, name: str, lead: tuple[str, ...], layout: Layout, long_name: str, units: str
) -> None:
    variable = file.createVariable(name, "f8", (*lead, *layout.dims), fill_value=False)
    variable.long_name, variable.units = long_name, units


def _integers(file: netCDF4.Dataset, name: str, dimension: str, long_name: str, units: str) -> None:
    variable = file.createVariable(name, "i4", (dimension,), fill_value=False)
    variable.long_name, variable.units = long_name, units
