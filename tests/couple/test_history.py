"""An emulator that sees how long each pixel has kept its class: predicted, coupled, continued, replayed."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
import torch
import zarr
from forced_run import DAY
from small_cube import WINDOW, write_cube
from test_conservation import write_quarter_degree_mesh

from pylandbc.couple.bundle import MARGIN, Bundle, compile_bundle
from pylandbc.couple.cost import cost
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.couple.engine import Coupler, LandbcError
from pylandbc.couple.replay import replay
from pylandbc.cube.history import advance
from pylandbc.file_sha256 import file_sha256
from pylandbc.grid.native import find_kernels
from pylandbc.learn.export import load, save
from pylandbc.legend import HISTORY
from pylandbc.models.inputs import hilda_inputs, with_history
from pylandbc.models.land_use import MultiscaleLandUseEmulator
from pylandbc.predict.plan import Plan
from pylandbc.predict.run import Prediction
from pylandbc.predict.scenario import CubeScenario
from pylandbc.predict.years import parse_years

pytestmark = pytest.mark.engine
YEARS = range(2005, 2014)


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map a year, of which a tenth of the pixels changes from year to year."""
    path = write_cube(tmp_path_factory.mktemp("history") / "cube.zarr", WINDOW, (2005, 2014))
    group = zarr.open_group(path)
    random = np.random.default_rng(8)
    first = np.asarray(group["land_use"][0])
    maps = [first]
    for _ in YEARS[1:]:
        drawn = random.integers(1, 8, first.shape).astype(np.uint8)
        maps.append(np.where((random.random(first.shape) < 0.1) & (first != 0), drawn, maps[-1]))
    for name, values, dimensions in (
        ("land_use", np.stack(maps), ("year", "y", "x")),
        ("year", np.array(YEARS, dtype=np.int32), ("year",)),
    ):
        del group[name]
        group.create_array(name, data=values, dimension_names=dimensions)
    return path


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights; land of some ages is all but sure to change, other land hardly."""
    torch.manual_seed(1)
    spec = with_history(hilda_inputs())
    model = MultiscaleLandUseEmulator(spec, base=2).eval()
    assert model.history is not None
    with torch.no_grad():
        model.history.gain[:] = 0.3
        model.history.gain[0, 3::3] = -3.0
        model.history.gain[1, 2::3] = -3.0
    path = tmp_path_factory.mktemp("history") / "tiny.pt"
    save(model, spec, path, name="tiny", version="0", licence="CC0-1.0")
    return path


def compiled(cube: Path, emulator: Path, folder: Path, year: int) -> tuple[Bundle, dict]:
    """A bundle on the cube's 0.25 degree cells, and the cube's climate there."""
    extended = WINDOW.extended(MARGIN)
    mesh = write_quarter_degree_mesh(folder / "mesh.nc", extended)
    bundle = compile_bundle(cube, emulator, str(mesh), folder / "b", year, engine="latlon")
    native, _ = bundle.mesh_and_overlap()
    row = np.rint((extended.north - native.lat) * 4 - 0.5).astype(int)
    col = np.rint((native.lon - extended.west) % 360 * 4 - 0.5).astype(int)
    fields = CubeFields(cube)
    weather = fields.climate_of(2009, extended)
    return bundle, {n: (values[row, col], fields.units[n]) for n, values in weather.items()}


def coupled(
    bundle: Bundle, climate: dict, first: int, last: int, **options: object
) -> tuple[list[np.ndarray], np.ndarray]:
    """The maps of the years after the first in the order of the run, and the ids of the cells."""
    way = 1 if last > first else -1
    ids = bundle.mesh_and_overlap()[0].cell_id
    found = []
    # A step a year. Backwards the first is the year that ends with the initial map.
    steps = range(first, last + 1) if way == 1 else range(first - 1, last - 2, -1)
    with Coupler(
        bundle.path, ids, (first, 1, 1), "noleap", **({"threads": 1, "direction": way} | options)
    ) as coupler:
        for year in steps:
            coupler.step((year, 1, 1), 365 * DAY, climate)
            found.append(coupler.map())
    return found[1:], ids


@pytest.fixture(scope="module")
def bundle_of_2009(
    cube: Path, emulator: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Bundle, dict]:
    return compiled(cube, emulator, tmp_path_factory.mktemp("bundle"), 2009)


def predicted(cube: Path, emulator: Path, years: str, output: Path) -> np.ndarray:
    if find_kernels() is None:
        pytest.skip("pylandbc._native is not built")
    fields = CubeFields(cube)
    scenario = CubeScenario(fields, WINDOW.extended(MARGIN), False)
    chosen = parse_years(years, 1, None, fields.years)
    Prediction(Plan(load(emulator), fields, scenario, WINDOW, chosen)).run(output)
    return np.asarray(zarr.open_group(output, mode="r")["land_use"][:])


def test_forwards_the_coupled_run_equals_the_prediction(
    engine: Path, cube: Path, emulator: Path, bundle_of_2009: tuple[Bundle, dict], tmp_path: Path
) -> None:
    """Bit for bit; and the emulator hears what it is told."""
    bundle, climate = bundle_of_2009
    found, _ = coupled(bundle, climate, 2009, 2012)
    maps = predicted(cube, emulator, "2010-2012", tmp_path / "maps.zarr")
    assert np.array_equal(maps, np.stack(found))
    with netCDF4.Dataset(bundle.path / "domain.nc") as file:
        known = np.asarray(file[HISTORY][:])
    assert set(np.unique(known).tolist()) == {0, 4, 11, 12, 13, 14}
    fields = CubeFields(cube)
    before = fields.land_use(2009, WINDOW)
    assert (maps[0] != before).mean() > 0.02
    code = advance(fields.history(2009, 1, WINDOW), before, maps[0], 1)
    later = maps[1] != maps[0]
    active = (fields.static("land_mask", WINDOW) == 1) & (before != 255) & (before != 0)
    moves = [later[active & (code == c)].mean() for c in (12, 15)]
    stays = [later[active & (code == c)].mean() for c in (5, 11, 14)]
    assert min(moves) > max(stays) + 0.2


def test_backwards_it_is_that_of_the_years_after(
    engine: Path, cube: Path, emulator: Path, tmp_path: Path
) -> None:
    bundle, climate = compiled(cube, emulator, tmp_path, 2010)
    found, _ = coupled(bundle, climate, 2010, 2007)
    maps = predicted(cube, emulator, "2009-2007", tmp_path / "maps.zarr")
    assert np.array_equal(maps[::-1], np.stack(found))
    with netCDF4.Dataset(bundle.path / "domain.nc") as file:
        assert set(np.unique(file[f"{HISTORY}_backwards"][:]).tolist()) == {0, 3, 11, 12, 13}


def test_other_tiles_and_two_threads_change_nothing(
    engine: Path, bundle_of_2009: tuple[Bundle, dict]
) -> None:
    bundle, climate = bundle_of_2009
    found, _ = coupled(bundle, climate, 2009, 2011)
    other, _ = coupled(bundle, climate, 2009, 2011, core=800, threads=2)
    assert np.array_equal(np.stack(found), np.stack(other))


def test_it_is_in_the_checkpoint_and_in_the_replay(
    engine: Path, cube: Path, bundle_of_2009: tuple[Bundle, dict], tmp_path: Path
) -> None:
    bundle, climate = bundle_of_2009
    straight, ids = coupled(bundle, climate, 2009, 2012, recording=tmp_path / "r.nc")
    report = replay(tmp_path / "r.nc")
    assert report.identical, report.text()
    state = tmp_path / "state.nc"
    with Coupler(bundle.path, ids, (2009, 1, 1), "noleap", threads=1) as first:
        for year in (2009, 2010):
            first.step((year, 1, 1), 365 * DAY, climate)
        first.checkpoint(state)
    with netCDF4.Dataset(state) as file:
        kept = np.asarray(file[HISTORY][:])
        fields = CubeFields(cube)
        before = fields.land_use(2009, WINDOW)
        wanted = advance(fields.history(2009, 1, WINDOW), before, straight[0], 1)
        active = (fields.static("land_mask", WINDOW) == 1) & (before != 255)
        assert np.array_equal(kept[active], wanted[active])
        assert np.array_equal(kept[~active], fields.history(2009, 1, WINDOW)[~active])
    with Coupler(bundle.path, ids, (2011, 1, 1), "noleap", threads=1, restart=state) as second:
        for year in (2011, 2012):
            second.step((year, 1, 1), 365 * DAY, climate)
            assert np.array_equal(second.map(), straight[year - 2010])


def test_a_bundle_without_it_is_refused(engine: Path, cube: Path, emulator: Path, tmp_path: Path) -> None:
    bundle, _ = compiled(cube, emulator, tmp_path, 2009)
    ids = bundle.mesh_and_overlap()[0].cell_id
    domain, manifest = bundle.path / "domain.nc", bundle.path / "bundle.json"
    before = file_sha256(domain)
    with netCDF4.Dataset(domain, "a") as file:
        file[HISTORY][0, 0] = 77
    manifest.write_text(manifest.read_text().replace(before, file_sha256(domain)))
    with pytest.raises(LandbcError, match="land_use_history holds 77, which is no code of a history"):
        Coupler(bundle.path, ids, (2009, 1, 1), "noleap", threads=1).close()


def test_its_memory_is_counted(bundle_of_2009: tuple[Bundle, dict]) -> None:
    assert cost(bundle_of_2009[0].path).by_pixel == pytest.approx(0.125 + 2 + 2)
