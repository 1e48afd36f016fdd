"""Writes a small, complete bundle of closed-form content, against which the C, Fortran and Python tests run.

It needs neither YAC nor real data: the native mesh is made of latitude-longitude rectangles, whose overlaps
with the pixels are exact, and the emulator is a few lines of TorchScript that listen to every input. Run
``python tests/couple/small_bundle.py DIRECTORY`` to write it; the C and Fortran tests find it through the
environment variable ``LANDBC_TEST_BUNDLE``.

What those tests may rely on (the default bundle)
-------------------------------------------------
* window ``(3950, 17950, 100, 150)``, margin 125: four tiles of the 400-pixel lattice meet inside it;
* 30 cells (5 rows x 6 columns, row-major from the north-west) whose ids are ``1000 + 7 * k``, k = 0 ... 29;
* 8 classes, ``state_year`` 2009, scenario years 2009 ... 2013;
* climate inputs ``air_temperature`` (K) and ``precipitation_flux`` (kg m-2 s-1), both annual means.

``Plan(leaf_area="month", land_cover=True)`` adds the emulators of ``small_leaf_area.py``; leaf area index
also wants ``mole_fraction_of_carbon_dioxide_in_air``, which ``series.nc`` has by year.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import netCDF4
import numpy as np
import small_leaf_area
import torch
from torch import Tensor, nn
from torch.nn import functional

from pylandbc.grid.window import EARTH_RADIUS, Window
from pylandbc.legend import HISTORY, HISTORY_CODES, LAND_USE, UNKNOWN

STATE_YEAR = 2009
SCENARIO_YEARS = range(2009, 2014)
FIRST_ID, ID_STEP = 1000, 7


class SmallEmulator(nn.Module):
    """Land use from the pixel and its four neighbours, the scenario's change, climate, elevation and time.

    Every logit is a sum of few elementwise terms and of exact integer counts, so that its bits depend neither
    on the tile nor on the number of threads. With ``history`` land of odd ages clings to its class.
    """

    def __init__(self, history: bool = False) -> None:
        super().__init__()
        self.history = history

    def forward(
        self,
        static: Tensor,
        climate: Tensor,
        scenario: Tensor,
        scenario_row: Tensor,
        scenario_col: Tensor,
        prior: Tensor,
        visible: Tensor,
        time: Tensor,
    ) -> Tensor:
        classes = torch.arange(8, device=prior.device, dtype=torch.uint8).reshape(1, 8, 1, 1)
        seen = ((prior.unsqueeze(1) == classes) & (visible.unsqueeze(1) == 1)).float()
        around = functional.pad(seen, (1, 1, 1, 1))
        beside = around[:, :, 1:-1, 2:] + around[:, :, 1:-1, :-2]
        beside = beside + around[:, :, 2:, 1:-1] + around[:, :, :-2, 1:-1]
        logits = 1.5 * seen + 0.5 * beside
        if self.history:
            logits = logits + seen * static[:, 3:4].remainder(2.0)
        coarse = scenario.index_select(2, scenario_row).index_select(3, scenario_col)
        elevation, bathymetry, land_mask = static[:, 0], static[:, 1], static[:, 2]
        temperature, precipitation = climate[:, 0], climate[:, 1]
        elapsed = (time[:, 0] * time[:, 1]).reshape(-1, 1, 1)
        growth = 8.0 * (coarse[:, 2] - coarse[:, 0])
        crops = 8.0 * (coarse[:, 3] - coarse[:, 1])
        terms = [
            torch.zeros_like(growth),
            growth + 0.1 * elapsed,
            crops + 0.02 * (temperature - 285.0),
            0.5 * coarse[:, 3] - 0.001 * elevation,
            precipitation * 43200.0 - 1.0 - 0.01 * (temperature - 285.0),
            0.1 * (290.0 - temperature),
            0.0015 * elevation,
            0.01 * bathymetry,
        ]
        logits = logits + torch.stack(terms, 1)
        ocean = torch.where(land_mask > 0.5, -1.0e4, 1.0e4)
        return torch.cat([logits[:, :1] + ocean.unsqueeze(1), logits[:, 1:]], 1)


def card(**changes: object) -> dict:
    """The card of :class:`SmallEmulator`; ``changes`` replace top-level entries (to spoil it)."""
    scenario = ["urban_fraction", "cropland_fraction"]
    entries = {
        "format": "landbc-emulator",
        "interface_version": 1,
        "name": "small-land-use",
        "version": "0.0.1",
        "quantity": "land_use",
        "step": "year",
        "classes": [{"code": c.code, "name": c.name, "colour": c.colour} for c in LAND_USE.classes],
        "ocean_class": 0,
        "unknown_class": UNKNOWN,
        "inputs": [
            *({"name": n, "unit": u, "source": "static"} for n, u in STATIC),
            {"name": "air_temperature", "unit": "K", "source": "climate", "statistic": "mean"},
            {"name": "precipitation_flux", "unit": "kg m-2 s-1", "source": "climate", "statistic": "mean"},
            *({"name": n, "unit": "1", "source": "scenario", "at": "prior"} for n in scenario),
            *({"name": n, "unit": "1", "source": "scenario", "at": "target"} for n in scenario),
            {"name": "direction", "unit": "1", "source": "time"},
            {"name": "elapsed_years", "unit": "year", "source": "time"},
            {"name": "land_use", "unit": "1", "source": "state"},
        ],
        "output": {"name": "land_use", "kind": "class_logits", "classes": 8},
        "grid": {"pixel_degrees": 0.01, "coarse_degrees": 0.25},
        "receptive_field_radius": 1,
        "halo": 112,
        "multiple": 16,
        "training": {},
        "metrics": {},
        "licence": "Apache-2.0",
        "weights_sha256": "0" * 64,
    }
    return entries | changes


STATIC = (("elevation", "m"), ("bathymetry", "m"), ("land_mask", "1"))


@dataclass(frozen=True)
class Plan:
    """What to write: window, native mesh (rows x columns of rectangles), tile core and emulator."""

    window: Window = field(default_factory=lambda: Window(3950, 17950, 100, 150))
    mesh: tuple[int, int] = (5, 6)
    core: int = 400
    margin: int = 125
    emulator: Path | None = None
    """A TorchScript file with a card inside; ``None`` takes :class:`SmallEmulator`."""
    leaf_area: str | None = None
    """``month`` or ``dekad``: with an emulator of leaf area index of that step."""
    land_cover: bool = False
    """With an emulator of land cover."""
    history: bool = False
    """With a land-use emulator that sees how long each pixel has kept its class."""


def write_emulator(path: Path, history: bool = False, **changes: object) -> None:
    """Writes :class:`SmallEmulator` as TorchScript with its card inside (``changes`` spoil the card)."""
    model = torch.jit.script(SmallEmulator(history).eval())
    if history:
        entry = {"name": HISTORY, "unit": "year", "source": "static", "kind": "class"}
        inputs = list(card()["inputs"])
        inputs.insert(len(STATIC), entry | {"codes": HISTORY_CODES, "at": "prior"})
        changes = {"inputs": inputs} | changes
    torch.jit.save(model, str(path), {"card.json": json.dumps(card(**changes))})


def read_card(path: Path) -> dict:
    """The card inside a TorchScript emulator."""
    extra = {"card.json": ""}
    torch.jit.load(str(path), _extra_files=extra)
    return json.loads(extra["card.json"])


def land(window: Window) -> np.ndarray:
    """Land mask over the (extended) window: a bay in the south-east, a lake-free continent elsewhere."""
    y, x = np.mgrid[0 : window.rows, 0 : window.cols]
    return ((y - 0.75 * window.rows) ** 2 + (x - 0.7 * window.cols) ** 2 > (0.12 * window.rows) ** 2).astype(
        np.float32
    )


def first_land_use(window: Window) -> np.ndarray:
    """Blocky classes 1 ... 7 on land, ocean in the bay, and an unknown strip and square."""
    y, x = np.mgrid[0 : window.rows, 0 : window.cols]
    block = (y // 9) * 31 + (x // 7) * 17
    noise = (y * 73 + x * 151 + (y * x) % 29) % 11
    classes = 1 + (block + (noise == 0) * 3) % 7
    classes[land(window) == 0] = 0
    classes[:, :40] = UNKNOWN
    classes[150:170, 180:200] = UNKNOWN
    return classes.astype(np.uint8)


def first_history(window: Window) -> np.ndarray:
    """Codes of all ages over the (extended) window."""
    y, x = np.mgrid[0 : window.rows, 0 : window.cols]
    return ((y // 3 * 7 + x // 2 * 3) % HISTORY_CODES).astype(np.uint8)


def static_fields(window: Window) -> dict[str, np.ndarray]:
    """Elevation, bathymetry (m) and land mask over the extended window."""
    y, x = np.mgrid[0 : window.rows, 0 : window.cols]
    mask = land(window)
    elevation = (400.0 + 300.0 * np.sin(x / 23.0) * np.cos(y / 31.0)).astype(np.float32) * mask
    return {
        "elevation": elevation,
        "bathymetry": (50.0 + 0.1 * x).astype(np.float32) * (1 - mask),
        "land_mask": mask,
    }


def scenario_fields(window: Window, names: list[str]) -> dict[str, np.ndarray]:
    """One (year, lat, lon) fraction per scenario variable: a pattern that drifts from year to year."""
    rows, cols = window.coarse_shape
    y, x = np.mgrid[0:rows, 0:cols]
    fields = {}
    for i, name in enumerate(names):
        years = [
            0.5 + 0.45 * np.sin(0.9 * i + 0.37 * y - 0.23 * x + 0.8 * n) for n in range(len(SCENARIO_YEARS))
        ]
        fields[name] = np.stack(years).astype(np.float32)
    return fields


@dataclass(frozen=True)
class Mesh:
    """Rectangles between parallels and meridians, and their exact overlaps with the pixels."""

    ids: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    lon_vertices: np.ndarray
    lat_vertices: np.ndarray
    area: np.ndarray
    pixel: np.ndarray
    cell: np.ndarray
    overlap: np.ndarray


def _shared(pixel_edges: np.ndarray, cell_edges: np.ndarray) -> list[tuple[int, int, float, float]]:
    """Pairs (pixel, cell, low, high) of intervals along one axis that overlap."""
    pairs = []
    for p in range(len(pixel_edges) - 1):
        for c in range(len(cell_edges) - 1):
            low = max(pixel_edges[p], cell_edges[c])
            high = min(pixel_edges[p + 1], cell_edges[c + 1])
            if high - low > 1e-9:
                pairs.append((p, c, low, high))
    return pairs


def rectangles(window: Window, shape: tuple[int, int]) -> Mesh:
    """A mesh of ``shape`` rectangles that covers the extended window, its edges off the pixels' edges."""
    rows, cols = shape
    # Edges lie off the pixels' edges, and the outermost cells reach beyond the data.
    north = 90.0 - (np.linspace(-0.37, window.rows + 0.41, rows + 1) + window.row) / 100
    north = np.clip(north, -90.0, 90.0)
    west = (np.linspace(-0.29, window.cols + 0.33, cols + 1) + window.col) / 100 - 180.0
    pixel_north = 90.0 - (window.row + np.arange(window.rows + 1)) / 100
    pixel_west = (window.col + np.arange(window.cols + 1)) / 100 - 180.0

    def strip(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Difference of sines, written so that nothing cancels."""
        return 2.0 * np.cos(np.deg2rad(0.5 * (a + b))) * np.sin(np.deg2rad(0.5 * (a - b)))

    scale = EARTH_RADIUS**2
    area = scale * strip(north[:-1], north[1:])[:, None] * np.deg2rad(np.diff(west))[None, :]
    along_y = _shared(-pixel_north, -north)
    along_x = _shared(pixel_west, west)
    yp, yc, yl, yh = (np.array(v) for v in zip(*along_y, strict=True))
    xp, xc, xl, xh = (np.array(v) for v in zip(*along_x, strict=True))
    pixel = (yp[:, None] * window.cols + xp[None, :]).ravel()
    cell = (yc[:, None] * cols + xc[None, :]).ravel()
    # Whole pixels of a row have one area, to the last bit, as in meshes that come from the package's engines.
    width = np.where(np.isclose(xh - xl, 0.01, rtol=0, atol=1e-9), 0.01, xh - xl)
    overlap = (scale * strip(-yl, -yh)[:, None] * np.deg2rad(width)[None, :]).ravel()
    order = np.lexsort((cell, pixel))
    lon_vertices = np.stack([west[:-1], west[1:], west[1:], west[:-1]], 1)
    lat_vertices = np.stack([north[1:], north[1:], north[:-1], north[:-1]], 1)
    return Mesh(
        FIRST_ID + ID_STEP * np.arange(rows * cols, dtype=np.int64),
        np.tile(0.5 * (west[:-1] + west[1:]), rows),
        np.repeat(0.5 * (north[:-1] + north[1:]), cols),
        np.tile(lon_vertices, (rows, 1)),
        np.repeat(lat_vertices, cols, 0),
        area.ravel(),
        pixel[order].astype(np.int32),
        cell[order].astype(np.int32),
        overlap[order],
    )


def chunks(window: Window) -> tuple[int, int]:
    """As bundles have them: small beside a tile."""
    return min(100, window.rows), min(100, window.cols)


def _write_domain(path: Path, window: Window, land_cover: bool, history: bool) -> None:
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("y", window.rows)
        file.createDimension("x", window.cols)
        for name, values in static_fields(window).items():
            variable = file.createVariable(name, "f4", ("y", "x"), chunksizes=chunks(window))
            variable[:] = values
        variable = file.createVariable(
            "land_use", "u1", ("y", "x"), fill_value=False, zlib=True, chunksizes=chunks(window)
        )
        variable[:] = first_land_use(window)
        if land_cover:
            variable = file.createVariable(
                "land_cover", "u1", ("y", "x"), fill_value=False, zlib=True, chunksizes=chunks(window)
            )
            variable[:] = small_leaf_area.first_land_cover(window)
        for name in (HISTORY, f"{HISTORY}_backwards") if history else ():
            file.createVariable(name, "u1", ("y", "x"), fill_value=False, chunksizes=chunks(window))[:] = (
                first_history(window)
            )


def _write_mesh(path: Path, mesh: Mesh) -> None:
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("cell", len(mesh.ids))
        file.createDimension("corner", 4)
        file.createDimension("overlap", len(mesh.pixel))
        for name, kind, values in (
            ("cell_id", "i8", mesh.ids),
            ("cell_lon", "f8", mesh.lon),
            ("cell_lat", "f8", mesh.lat),
            ("cell_area", "f8", mesh.area),
        ):
            file.createVariable(name, kind, ("cell",))[:] = values
        file.createVariable("lon_vertices", "f8", ("cell", "corner"))[:] = mesh.lon_vertices
        file.createVariable("lat_vertices", "f8", ("cell", "corner"))[:] = mesh.lat_vertices
        for name, kind, values in (
            ("overlap_pixel", "i4", mesh.pixel),
            ("overlap_cell", "i4", mesh.cell),
            ("overlap_area", "f8", mesh.overlap),
        ):
            file.createVariable(name, kind, ("overlap",))[:] = values


def _write_scenario(path: Path, window: Window, names: list[str]) -> None:
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("year", len(SCENARIO_YEARS))
        file.createDimension("lat", window.coarse_shape[0])
        file.createDimension("lon", window.coarse_shape[1])
        file.createVariable("year", "i4", ("year",))[:] = np.array(SCENARIO_YEARS)
        for name, values in scenario_fields(window, names).items():
            file.createVariable(name, "f4", ("year", "lat", "lon"))[:] = values


def climatology(cells: int) -> np.ndarray:
    """Monthly mean temperature (degC) by month and cell (12, cells): it differs in both."""
    month, cell = np.mgrid[0:12, 0:cells]
    return 8.0 + 9.0 * np.sin(2 * np.pi * month / 12 + 0.1 * cell) + 0.2 * cell


YEARLY = {year: 2.0e-5 + 1.0e-6 * (year - 2009) for year in SCENARIO_YEARS}
"""Precipitation flux of all cells by year (kg m-2 s-1), a yearly series."""


def _write_series(path: Path, cells: int) -> None:
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("month", 12)
        file.createDimension("cell", cells)
        file.createDimension("year", len(YEARLY))
        file.createVariable("year", "i4", ("year",))[:] = list(YEARLY)
        temperature = file.createVariable("air_temperature", "f8", ("month", "cell"))
        temperature.units = "degC"
        temperature[:] = climatology(cells)
        flux = file.createVariable("precipitation_flux", "f8", ("year",))
        flux.units = "kg m-2 s-1"
        flux[:] = list(YEARLY.values())
        co2 = file.createVariable(small_leaf_area.CARBON_DIOXIDE, "f8", ("year",))
        co2.units = "ppm"
        co2[:] = [380.0 + 2.0 * i for i in range(len(YEARLY))]


def seal(folder: Path) -> None:
    """Writes the SHA-256 of the bundle's files, as they are now, into ``bundle.json``."""
    manifest = json.loads((folder / "bundle.json").read_text())
    own = [entry[key] for entry in manifest["emulators"] for key in ("file", "normals") if key in entry]
    for name in (*own, "domain.nc", "mesh.nc", "scenario.nc", "series.nc"):
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "bundle.json").write_text(json.dumps(manifest, indent=2))


def _write_further_emulators(folder: Path, plan: Plan) -> list[dict[str, str]]:
    """Entries of all emulators in the order in which they run; the files of all but land use are written."""
    entries = [{"quantity": "land_use", "step": "year", "file": "emulator.pt"}]
    if plan.land_cover:
        small_leaf_area.write_emulator(folder / "land_cover.pt", "land_cover")
        entries.append({"quantity": "land_cover", "step": "year", "file": "land_cover.pt"})
    if plan.leaf_area:
        name = "leaf_area_index"
        small_leaf_area.write_emulator(folder / f"{name}.pt", name, plan.leaf_area)
        small_leaf_area.write_normals(folder / f"{name}.nc", extended(plan), plan.leaf_area, STATE_YEAR)
        own = {"file": f"{name}.pt", "normals": f"{name}.nc"}
        entries.insert(0, {"quantity": name, "step": plan.leaf_area, **own})
    return entries


def extended(plan: Plan) -> Window:
    """The window with its margin."""
    return plan.window.extended(plan.margin)


def write(folder: Path, plan: Plan | None = None) -> Path:
    """Writes the bundle into ``folder`` and returns it."""
    plan = plan or Plan()
    folder.mkdir(parents=True, exist_ok=True)
    if plan.emulator is None:
        write_emulator(folder / "emulator.pt", plan.history)
    else:
        (folder / "emulator.pt").write_bytes(plan.emulator.read_bytes())
    names = [e["name"] for e in read_card(folder / "emulator.pt")["inputs"] if e["source"] == "scenario"]
    window = extended(plan)
    _write_domain(folder / "domain.nc", window, plan.land_cover, plan.history)
    _write_mesh(folder / "mesh.nc", rectangles(window, plan.mesh))
    _write_series(folder / "series.nc", plan.mesh[0] * plan.mesh[1])
    _write_scenario(folder / "scenario.nc", window, list(dict.fromkeys(names)))
    manifest = {
        "format": "landbc-bundle",
        "format_version": 2,
        "created": "2026-01-01T00:00:00Z",
        "created_by": "tests/couple/small_bundle.py",
        "files": {},
        "emulators": _write_further_emulators(folder, plan),
        "window": [plan.window.row, plan.window.col, plan.window.rows, plan.window.cols],
        "margin": plan.margin,
        "core": plan.core,
        "halo": 112,
        "state_year": STATE_YEAR,
        "mesh": {"kind": "rectangles", "global_cells": plan.mesh[0] * plan.mesh[1]},
        "weights_engine": "closed form",
    }
    (folder / "bundle.json").write_text(json.dumps(manifest, indent=2))
    seal(folder)
    return folder


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python tests/couple/small_bundle.py DIRECTORY [month | dekad]")
    step = sys.argv[2] if len(sys.argv) == 3 else None
    all_of_it = step is not None
    print(write(Path(sys.argv[1]), Plan(leaf_area=step, land_cover=all_of_it, history=all_of_it)))
