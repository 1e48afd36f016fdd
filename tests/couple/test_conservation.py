"""A coupled run whose class counts follow the scenario: exact, the same in any tiling and on replay, and the
same as a prediction of the same years."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import zarr
from forced_run import DAY, start, years
from small_cube import WINDOW, write_cube, write_emulator

from pylandbc.couple.bundle import MARGIN, compile_bundle
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.couple.engine import Coupler, LandbcError
from pylandbc.couple.replay import replay
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.learn.export import load
from pylandbc.predict.plan import Plan
from pylandbc.predict.run import Prediction
from pylandbc.predict.scenario import CubeScenario
from pylandbc.predict.years import parse_years

pytestmark = pytest.mark.engine

DEMAND = {"urban": ["urban_fraction"], "cropland": ["cropland_fraction"]}


def conserving(bundle: Path, folder: Path, mode: object, demand: object = DEMAND) -> Path:
    """A copy of the small bundle that conserves."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest |= {"conservation": mode, "demand": demand}
    (folder / "bundle.json").write_text(json.dumps(manifest))
    return folder


def last_map(bundle: Path, **options: object) -> tuple[np.ndarray, np.ndarray]:
    with start(bundle, **options) as coupler:
        first = coupler.map()
        years(coupler, 2)
        return first, coupler.map()


@pytest.mark.parametrize("mode", ["delta", "absolute"])
def test_counts_of_two_classes_follow_their_inputs(bundle: Path, tmp_path: Path, mode: str) -> None:
    """The scenario gives urban and cropland; they share the pixels that the first map gives to both."""
    first, last = last_map(conserving(bundle, tmp_path / "b", mode))
    _, free = last_map(bundle)
    assert (last != free).any()
    with netCDF4.Dataset(bundle / "scenario.nc") as file, netCDF4.Dataset(bundle / "domain.nc") as domain:
        series = np.stack([file[name][:].data for name in ("urban_fraction", "cropland_fraction")])
        land = domain["land_mask"][125:-125, 125:-125].data == 1
    share = series.astype(float) / series.astype(float).sum(0)
    active = land & (first != 255)
    moved = 0
    for i, j in np.ndindex(4, 6):
        part = np.s_[25 * i : 25 * i + 25, 25 * j : 25 * j + 25]
        mine = active[part]
        before = np.bincount(first[part][mine], minlength=8)
        after = np.bincount(last[part][mine], minlength=8)
        both = before[1] + before[2]
        now, then = share[0, 2, i + 5, j + 5], share[0, 0, i + 5, j + 5]
        wanted = now * both if mode == "absolute" else np.clip(before[1] + (now - then) * both, 0, both)
        assert abs(after[1] - wanted) <= 0.5 + 1e-9
        assert after[1] + after[2] == both
        assert after[3:].tolist() == before[3:].tolist()
        moved += abs(int(after[1] - before[1]))
    assert moved > 50
    assert (last[~active] == first[~active]).all()


def test_no_tiling_and_no_thread_changes_a_bit(bundle: Path, tmp_path: Path) -> None:
    folder = conserving(bundle, tmp_path / "b", "delta")
    _, reference = last_map(folder, core=400, threads=1)
    for core, threads in ((800, 1), (1600, 2), (400, 2)):
        assert np.array_equal(last_map(folder, core=core, threads=threads)[1], reference)


def test_replay_agrees(bundle: Path, tmp_path: Path) -> None:
    folder = conserving(bundle, tmp_path / "b", "absolute")
    with start(folder, recording=tmp_path / "r.nc") as coupler:
        years(coupler, 2)
    report = replay(tmp_path / "r.nc")
    assert report.identical, report.text()


@pytest.mark.parametrize(
    ("mode", "demand", "words"),
    [
        ("gross", DEMAND, "known are off, delta and absolute"),
        ("delta", {"sea": ["urban_fraction"]}, "'sea' names no class"),
        ("delta", {"urban": ["roads"]}, "'roads', of which a class's demand is made"),
        ("delta", {"urban": "urban_fraction"}, "no list of scenario inputs"),
    ],
)
def test_what_does_not_fit_is_named(
    bundle: Path, tmp_path: Path, mode: str, demand: object, words: str
) -> None:
    with pytest.raises(LandbcError, match=words) as caught:
        start(conserving(bundle, tmp_path / "b", mode, demand))
    assert caught.value.name == "LANDBC_ERROR_BUNDLE"


def write_quarter_degree_mesh(path: Path, window: Window) -> Path:
    """The window's 0.25 degree cells as a CF grid, so that a host's cells are those of a cube's climate."""
    with netCDF4.Dataset(path, "w") as file:
        for name, values, units in (
            ("lat", window.coarse_latitude, "degrees_north"),
            ("lon", window.coarse_longitude, "degrees_east"),
        ):
            file.createDimension(name, len(values))
            variable = file.createVariable(name, "f8", (name,))
            variable[:], variable.units = values, units
        file.createDimension("bnds", 2)
        for name in ("lat", "lon"):
            centre = file[name][:]
            file[name].bounds = f"{name}_bnds"
            file.createVariable(f"{name}_bnds", "f8", (name, "bnds"))[:] = np.stack(
                [centre - 0.125, centre + 0.125], 1
            )
    return path


@pytest.mark.parametrize("mode", ["off", "delta"])
def test_a_prediction_equals_the_coupled_run(engine: Path, tmp_path: Path, mode: str) -> None:
    """The same cube, years and climate: class maps agree bit for bit."""
    cube = write_cube(tmp_path / "cube.zarr", WINDOW, (2009, 2012))
    emulator = write_emulator(tmp_path / "tiny.pt")
    group = zarr.open_group(cube, mode="r")
    fields = CubeFields(cube)
    extended = WINDOW.extended(MARGIN)
    mesh = write_quarter_degree_mesh(tmp_path / "mesh.nc", extended)
    bundle = compile_bundle(
        cube, emulator, str(mesh), tmp_path / "b", 2009, engine="latlon", conservation=mode
    )
    native, _ = bundle.mesh_and_overlap()
    row = np.rint((extended.north - native.lat) * 4 - 0.5).astype(int)
    col = np.rint((native.lon - extended.west) % 360 * 4 - 0.5).astype(int)
    climate = {
        name: (values[row, col], fields.units[name])
        for name, values in fields.climate_of(2009, extended).items()
    }
    coupled = []
    with Coupler(bundle.path, native.cell_id, (2009, 1, 1), "noleap", threads=1) as coupler:
        for year in (2009, 2010, 2011):
            coupler.step((year, 1, 1), 365 * DAY, climate)
            if year > 2009:
                coupled.append(coupler.map())
        coupler.step((2012, 1, 1), DAY, climate)
        coupled.append(coupler.map())
    plan = Plan(
        load(emulator),
        fields,
        CubeScenario(fields, extended, False),
        WINDOW,
        parse_years("2010-2012", 1, None, fields.years),
        mode,
    )
    Prediction(plan).run(tmp_path / "maps.zarr")
    predicted = np.asarray(zarr.open_group(tmp_path / "maps.zarr", mode="r")["land_use"][:])
    assert np.array_equal(predicted, np.stack(coupled))
    assert (predicted[0] != np.asarray(group["land_use"][0])).mean() > 0.05
    assert (predicted[0] != predicted[2]).any() or mode == "off"


def test_an_unknown_mode_is_refused_before_the_slow_part(tmp_path: Path) -> None:
    cube, emulator = write_cube(tmp_path / "cube.zarr"), write_emulator(tmp_path / "tiny.pt")
    with pytest.raises(InputError, match="'gross' is not one of off, delta, absolute"):
        compile_bundle(cube, emulator, "icosahedral:6", tmp_path / "b", 2009, conservation="gross")
