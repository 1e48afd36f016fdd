"""A bundle: the one directory that a coupled run loads (docs/contracts.md, "Bundle (format 2)").

Compiling takes a cube, emulators, a native mesh and the year of the initial state; everything is checked
against the emulators' cards before the slow part begins. The directory appears under its name only when it is
complete; ``bundle.json`` holds the SHA-256 of every file, and reading refuses what is missing or changed.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

from pylandbc import __version__
from pylandbc.couple.bundle_adapters import check_bounds, parse_adapters, write_adapters
from pylandbc.couple.bundle_co2 import CO2_UNITS, carbon_dioxide
from pylandbc.couple.bundle_emulators import BundledEmulator, check_inputs, load_emulators
from pylandbc.couple.bundle_files import write_domain, write_mesh, write_scenario, write_series
from pylandbc.couple.bundle_normals import write_normals
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.errors import InputError
from pylandbc.file_sha256 import file_sha256
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.overlap import OverlapSet, compute_overlap
from pylandbc.grid.tiles import CORE, HALO, tiles_of
from pylandbc.grid.window import Window
from pylandbc.legend import HISTORY
from pylandbc.models.demand import CONSERVATION, card_demand
from pylandbc.progress import Tell

FORMAT = "landbc-bundle"
FORMAT_VERSION = 2
MARGIN = 125
"""Pixels around the window: one halo, rounded up to the 0.25 degree grid."""
FILES = ("domain.nc", "mesh.nc", "scenario.nc")
SERIES = "series.nc"
"""Inputs that a host may leave to the bundle; bundles made before it was known go without."""


@dataclass(frozen=True)
class Bundle:
    """A bundle on disk: its directory and the content of ``bundle.json``."""

    path: Path
    document: dict[str, Any]

    @property
    def window(self) -> Window:
        """The window whose pixels are updated."""
        return Window(*self.document["window"])

    @property
    def extended(self) -> Window:
        """The window with its margin: what the files cover."""
        return self.window.extended(self.document["margin"])

    @property
    def state_year(self) -> int:
        """Year of the initial state."""
        return int(self.document["state_year"])

    def mesh(self) -> Mesh:
        """The native cells."""
        with netCDF4.Dataset(self.path / "mesh.nc") as file:
            file.set_auto_mask(False)
            lon_v, lat_v = file["lon_vertices"][:], file["lat_vertices"][:]
            # padding repeats the last corner: count the corners before it
            moves = (np.diff(lon_v, axis=1) != 0) | (np.diff(lat_v, axis=1) != 0)
            last = lon_v.shape[1] - np.argmax(moves[:, ::-1], axis=1)
            return Mesh(
                file["cell_id"][:],
                lon_v,
                lat_v,
                last.astype(np.int32),
                file["cell_lon"][:],
                file["cell_lat"][:],
                self.document["mesh"],
            )

    def mesh_and_overlap(self) -> tuple[Mesh, OverlapSet]:
        """The native cells and their overlaps with the extended window."""
        mesh = self.mesh()
        with netCDF4.Dataset(self.path / "mesh.nc") as file:
            file.set_auto_mask(False)
            pixel, cell, area = (file[f"overlap_{name}"][:] for name in ("pixel", "cell", "area"))
        pixels = self.extended.rows * self.extended.cols
        return mesh, OverlapSet(pixel, cell, area, pixels, len(mesh), self.document["weights_engine"])


def compile_bundle(
    cube: Path,
    emulator: Path | Sequence[Path],
    mesh: str,
    output: Path,
    state_year: int,
    window: Window | None = None,
    engine: str | None = None,
    core: int = CORE,
    *,
    conservation: str = "off",
    adapters: Sequence[str] = (),
    bounds: str = "possible",
    co2: Path | None = None,
    overwrite: bool = False,
    tell: Tell | None = None,
) -> Bundle:
    """Compile a bundle.

    Parameters
    ----------
    cube
        Cube (Zarr) that covers the window, and the margin where it can.
    emulator
        Exported emulator (``.pt``) whose inputs the cube has, or several: land use, and at most one of each
        further quantity.
    mesh
        A name (``healpix:128:nested``, ``icosahedral:7``, ``O32``) or a mesh file, see `open_mesh`.
    output
        Directory to make.
    state_year
        Year of the initial state, one of the cube's.
    window
        Part of the cube's window; all of it by default.
    engine
        Engine of the overlap weights (`engines.find_engine`); the best at hand by default. The bundle's
        ``weights_engine`` names it.
    core
        Tile core in pixels, a multiple of 400.
    conservation
        ``off``, ``delta`` or ``absolute``: whether the class counts of each 0.25 degree cell follow the
        scenario (docs/prediction.md).
    adapters
        What land models read (docs/adapters.md): ``ctsm``, ``ecland:land_cover`` ...
    bounds
        Upper bounds of the adapters' outputs: ``possible``, ``scenario``, or a netCDF file.
    co2
        Record or scenario of carbon dioxide (`read_co2`) for the bundle's series; by default the cube's, if
        it has one.
    overwrite
        Replace an existing bundle (and nothing else).
    tell
        Told what is being done.

    Returns
    -------
    Bundle
        The finished bundle.

    Raises
    ------
    InputError
        If the inputs do not fit one another. ``output`` is then untouched.
    """
    say = tell or (lambda stage, done: None)
    if output.exists() and not (overwrite and (output / "bundle.json").is_file()):
        remedy = "it is no bundle, name another output" if overwrite else "name another or pass --overwrite"
        raise InputError(f"{output} exists already; {remedy}")
    fields = CubeFields(cube)
    chosen = window or fields.window
    fields.check_inside(chosen)
    next(tiles_of(chosen, core))
    say("checking the emulators", 0.0)
    emulators = load_emulators([emulator] if isinstance(emulator, Path) else emulator)
    if "land_mask" not in fields.names("static"):
        raise InputError(f"{fields.path}: static variable 'land_mask' is missing; build the cube again")
    for one in emulators:
        check_inputs(one, fields)
    land_use_emulator = next(one for one in emulators if one.quantity == "land_use")
    if conservation not in CONSERVATION:
        raise InputError(f"conservation {conservation!r} is not one of {', '.join(CONSERVATION)}")
    chosen_adapters = parse_adapters(adapters, [one.quantity for one in emulators])
    check_bounds(bounds)
    demand = (
        {}
        if conservation == "off"
        else card_demand(land_use_emulator.card, f"{land_use_emulator.path}: card.json")
    )
    yearly = carbon_dioxide(cube, co2)
    extended = chosen.extended(MARGIN)
    fields.land_use(state_year, extended)
    years, scenario = fields.scenario(extended)
    if not years[0] <= state_year <= years[-1]:
        raise InputError(
            f"the scenario of {cube} covers {years[0]} to {years[-1]}, "
            f"not the year of the state, {state_year}"
        )
    native = open_mesh(mesh, extended)
    overlap = compute_overlap(native, extended, engine, progress=lambda done: say("overlap weights", done))
    used, overlap = overlap.without_empty_cells()
    native = native.subset(used)

    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as temporary:
        partial = Path(temporary) / "bundle"
        partial.mkdir()
        say("writing", 0.0)
        for one in emulators:
            shutil.copyfile(one.path, partial / one.file)
            if one.series:
                kind = one.card["training"].get("normal", "pixel")
                write_normals(partial / one.normals, cube, one.series, kind, extended, state_year)
        _write_domain(partial / "domain.nc", fields, emulators, extended, state_year)
        say("writing", 0.3)
        write_mesh(partial / "mesh.nc", native, overlap)
        say("writing", 0.7)
        series = {entry["name"]: scenario[entry["name"]] for entry in _inputs(emulators, "scenario")}
        units = {entry["name"]: entry["unit"] for entry in _inputs(emulators, "scenario")}
        write_scenario(partial / "scenario.nc", extended, years, series, units)
        climatology = fields.climatology(extended)
        wanted = {entry["name"]: climatology[entry["name"]] for entry in _inputs(emulators, "climate")}
        write_series(partial / SERIES, wanted, fields.units | CO2_UNITS, extended, overlap, yearly)
        told = (
            card_demand(land_use_emulator.card, f"{land_use_emulator.path}: card.json")
            if bounds == "scenario"
            else {}
        )
        write_adapters(
            partial,
            chosen_adapters,
            fields,
            chosen,
            extended,
            overlap,
            native.cell_id,
            state_year,
            [one.quantity for one in emulators],
            bounds,
            told,
        )
        document = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "created_by": f"pylandbc {__version__}",
            "files": {file.name: file_sha256(file) for file in sorted(partial.iterdir())},
            "emulators": [one.entry for one in emulators],
            "window": [chosen.row, chosen.col, chosen.rows, chosen.cols],
            "margin": MARGIN,
            "core": core,
            "halo": HALO,
            "state_year": state_year,
            "mesh": native.kind,
            "weights_engine": overlap.engine,
            "conservation": conservation,
            **({"demand": demand} if demand else {}),
            **({"adapters": [one.adapter.name for one in chosen_adapters]} if chosen_adapters else {}),
        }
        (partial / "bundle.json").write_text(json.dumps(document, indent=2) + "\n")
        if output.exists():
            output.rename(Path(temporary) / "replaced")
        partial.rename(output)
        say("writing", 1.0)
    return Bundle(output, document)


def read_bundle(path: Path) -> Bundle:
    """Read ``bundle.json`` and check its fields; the other files must exist but are not read.

    Raises
    ------
    InputError
        If the directory is no bundle, of another format or version, or a file or field is missing.
    """
    name = path / "bundle.json"
    try:
        document = json.loads(name.read_text())
    except FileNotFoundError as error:
        raise InputError(
            f"{path} is no bundle (no bundle.json in it); make one with `pylandbc bundle compile`"
        ) from error
    except (OSError, ValueError) as error:
        raise InputError(f"{name} cannot be read ({error}); compile the bundle again") from error
    found = (document.get("format"), document.get("format_version")) if isinstance(document, dict) else None
    if found != (FORMAT, FORMAT_VERSION):
        raise InputError(
            f"{name}: format and version are {found}, this pylandbc reads {(FORMAT, FORMAT_VERSION)}; "
            "compile it again"
        )
    for field in (
        "files",
        "emulators",
        "window",
        "margin",
        "core",
        "halo",
        "state_year",
        "mesh",
        "weights_engine",
    ):
        if field not in document:
            raise InputError(f"{name}: field {field!r} is missing; compile the bundle again")
    own = [entry[key] for entry in document["emulators"] for key in ("file", "normals") if key in entry]
    for file in (*FILES, *own):
        if file not in document["files"]:
            raise InputError(f"{name}: no SHA-256 of {file} under 'files'; compile the bundle again")
        if not (path / file).is_file():
            raise InputError(
                f"{path}: {file} is missing; copy the whole directory, or compile the bundle again"
            )
    return Bundle(path, document)


def verify_bundle(path: Path) -> Bundle:
    """Read a bundle and check the SHA-256 of every file.

    Raises
    ------
    InputError
        As ``read_bundle``, or if a file was cut short or changed.
    """
    bundle = read_bundle(path)
    for file, expected in bundle.document["files"].items():
        if not (path / file).is_file():
            raise InputError(
                f"{path}: {file} is missing; copy the whole directory, or compile the bundle again"
            )
        actual = file_sha256(path / file)
        if actual != expected:
            raise InputError(
                f"{path / file} was cut short or changed since the bundle was compiled "
                f"(SHA-256 {actual[:12]}..., expected {expected[:12]}...); copy it again "
                "or compile the bundle again"
            )
    return bundle


def _inputs(emulators: list[BundledEmulator], source: str) -> list[dict[str, Any]]:
    """The inputs of a source that the emulators want together, each once."""
    return list({e["name"]: e for one in emulators for e in one.inputs(source)}.values())


def _write_domain(
    path: Path, fields: CubeFields, emulators: list[BundledEmulator], extended: Window, state_year: int
) -> None:
    """``domain.nc``: the static fields and class maps that the emulators want, and the initial states."""
    held = fields.names("static")
    wanted = ["elevation", "bathymetry", "land_mask", *(e["name"] for e in _inputs(emulators, "static"))]
    static = {name: fields.static(name, extended) for name in dict.fromkeys(wanted) if name in held}
    states = {one.quantity for one in emulators}
    names = [name for name in fields.class_maps if name in states or (name in wanted and name not in held)]
    maps = {
        name: (fields.class_map if name in states else fields.input_map)(name, state_year, extended)
        for name in names
    }
    land_use = fields.land_use(state_year, extended)
    maps.pop("land_use", None)
    if HISTORY in wanted:
        # Which of the two belongs to the run is settled when it begins.
        maps[HISTORY] = fields.history(state_year, 1, extended)
        maps[f"{HISTORY}_backwards"] = fields.history(state_year, -1, extended)
    write_domain(path, extended, static, fields.units, land_use, maps)
