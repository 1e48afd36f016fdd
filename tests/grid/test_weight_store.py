import dataclasses
import os
import re
import shutil
import subprocess
import sys

import netCDF4
import numpy as np
import pytest
from golden_case import needs_yac
from typer.testing import CliRunner

from pylandbc.cli.weights import app
from pylandbc.errors import InputError
from pylandbc.grid import weight_build
from pylandbc.grid.formats import write_mesh
from pylandbc.grid.healpix import healpix_mesh
from pylandbc.grid.icosahedral import icosahedral_mesh
from pylandbc.grid.native import find_kernels
from pylandbc.grid.overlap import compute_overlap
from pylandbc.grid.weight_build import build_store, rank_and_size
from pylandbc.grid.weight_check import check_store
from pylandbc.grid.weight_store import WeightStore, all_tiles
from pylandbc.grid.weight_strip import read_strip
from pylandbc.grid.window import EARTH_RADIUS, Rectangle, Window

pytestmark = pytest.mark.skipif(find_kernels() is None, reason="needs the compiled kernels")

SIZE = 200
MESH = "healpix:128:nested"


def tiles_of(*windows):
    """The tiles that windows meet."""
    tiles = np.zeros_like(all_tiles(SIZE))
    for window in windows:
        rows = np.arange(window.row // SIZE, (window.row + window.rows - 1) // SIZE + 1)
        cols = np.arange(window.col // SIZE, (window.col + window.cols - 1) // SIZE + 1) % tiles.shape[1]
        tiles[np.ix_(rows, cols)] = True
    return tiles


WINDOWS = {
    "uk": Window.from_degrees(-3, 50.5, 0.5, 52.25),
    "dateline": Window.from_degrees(178.5, -17, -178, -15.5),
    "north pole": Window.from_degrees(20, 89, 25, 90),
    "south pole": Window.from_degrees(-150, -90, -148, -88.75),
    "corner of three base cells": Window.from_degrees(-0.75, 41.25, 0.75, 42.75),
    "unaligned": Rectangle(4001, 18777, 333, 251),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("store") / "weights"
    return build_store(path, MESH, tiles_of(*WINDOWS.values()), part=(0, 1))


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_of_the_set_is_what_the_engine_computes_for_it(store, name):
    window = WINDOWS[name]
    mesh = healpix_mesh(128, "nested", window)
    expected = compute_overlap(mesh, window, "exact")
    found = store.overlap(window, mesh)
    assert found.engine == expected.engine == store.engine
    np.testing.assert_array_equal(found.pixel, expected.pixel)
    np.testing.assert_array_equal(found.cell, expected.cell)
    np.testing.assert_allclose(found.area, expected.area, rtol=0, atol=1e-11 * window.pixel_area.max())


@pytest.mark.parametrize("name", WINDOWS)
def test_both_directions_conserve_and_keep_constants(store, name):
    window = WINDOWS[name]
    mesh = healpix_mesh(128, "nested", window)
    overlap = store.overlap(window, mesh)
    strip = np.repeat(window.pixel_area, window.cols)
    np.testing.assert_allclose(overlap.pixel_area, strip, rtol=1e-15)
    rng = np.random.default_rng(0)
    on_cells, on_pixels = rng.random(len(mesh)), rng.random(len(strip))
    assert overlap.to_grid(on_cells) @ strip == pytest.approx(on_cells @ overlap.cell_area, rel=1e-12)
    used = overlap.cell_area > 0
    back = overlap.to_mesh(on_pixels)[used] @ overlap.cell_area[used]
    assert back == pytest.approx(on_pixels @ strip, rel=1e-12)
    np.testing.assert_allclose(overlap.to_mesh(np.full(len(strip), 3.7))[used], 3.7, rtol=1e-14)


def test_bytes_per_pixel(tmp_path):
    # three windows at nside 256 with a pixel on a boundary in eleven: 1.7 bytes each over all land
    tiles = tiles_of(Window.from_degrees(-4, 50, 4, 56), Window.from_degrees(60, -2, 68, 2))
    store = build_store(tmp_path / "s", "healpix:256:nested", tiles, part=(0, 1))
    size = sum(path.stat().st_size for path in store.path.iterdir())
    pixels = tiles.sum() * SIZE**2
    assert size / pixels < 2.5
    # as pixel, cell and area alone, the way an OverlapSet holds them, it is seven times as much
    window = Window.from_degrees(-4, 50, 4, 56)
    overlap = store.overlap(window, healpix_mesh(256, "nested", window))
    plain = (overlap.pixel.nbytes + overlap.cell.nbytes + overlap.area.nbytes) / overlap.pixel_count
    assert plain > 7 * size / pixels


def test_parts_write_byte_for_byte_what_one_process_writes(store, tmp_path):
    tiles, told = store.tiles, []
    for k in (2, 0, 1):
        shared = build_store(
            tmp_path / "s", MESH, tiles, part=(k, 3), progress=lambda *done: told.append(done)
        )
        assert bool(shared.missing()) == (k != 1)
    assert told[0] == (0, len(store.strips()[2::3])) and told[-1][0] == told[-1][1]
    names = sorted(path.name for path in store.path.iterdir())
    assert (
        names == sorted(path.name for path in shared.path.iterdir()) and len(names) == len(store.strips()) + 1
    )
    for name in names:
        assert (store.path / name).read_bytes() == (shared.path / name).read_bytes(), name


def test_a_stopped_build_goes_on_and_repairs_what_is_damaged(store, tmp_path, monkeypatch):
    path, computed = tmp_path / "s", []
    compute = weight_build.compute_strip

    def stop_at_the_third(mesh, row, *arguments):
        computed.append(row)
        if len(computed) == 3:
            raise KeyboardInterrupt
        return compute(mesh, row, *arguments)

    monkeypatch.setattr(weight_build, "compute_strip", stop_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        build_store(path, MESH, store.tiles, part=(0, 1))
    rows = store.strips()
    assert computed == rows[:3] and WeightStore.open(path).missing() == rows[2:]
    with pytest.raises(InputError, match="missing or damaged"):
        WeightStore.open(path).overlap(
            WINDOWS["south pole"], healpix_mesh(128, "nested", WINDOWS["south pole"])
        )
    whole = (path / f"strip_{rows[0]:05d}.nc").read_bytes()
    (path / f"strip_{rows[0]:05d}.nc").write_bytes(whole[: len(whole) // 2])
    finished = build_store(path, MESH, store.tiles, part=(0, 1))
    assert computed[3:] == [rows[0], *rows[2:]] and not finished.missing()
    for file in store.path.iterdir():
        assert (path / file.name).read_bytes() == file.read_bytes()


def test_a_failed_strip_leaves_nothing_half_written(tmp_path, monkeypatch):
    def full_disk(self, *arguments, **options):
        raise OSError("no space left on device")

    monkeypatch.setattr("pylandbc.grid.weight_strip.netCDF4.Dataset.createVariable", full_disk, raising=True)
    with pytest.raises(OSError, match="no space left"):
        build_store(tmp_path / "s", MESH, tiles_of(WINDOWS["uk"]), part=(0, 1))
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["weights.json"]


def test_changed_bytes_are_noticed(tmp_path):
    window = WINDOWS["corner of three base cells"]
    mesh = healpix_mesh(128, "nested", window)
    store = build_store(tmp_path / "s", MESH, tiles_of(window), part=(0, 1))
    path = store.strip_path(store.strips()[0])
    with netCDF4.Dataset(path) as file:
        fraction = file["fraction"]
        assert all(file[name].filters()["fletcher32"] for name in file.variables)
        assert len(fraction) > 100
    data = bytearray(path.read_bytes())
    # the chunk of fractions is the largest run of data: somewhere in the second half of the file
    for at in range(len(data) // 3, len(data) - 400, 997):
        data[at] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"strip_\d{5}\.nc is missing or damaged"):
        store.overlap(window, mesh)


def test_windows_beyond_the_tiles_are_refused(store):
    window = Window.from_degrees(0, 50.5, 5, 52)
    with pytest.raises(InputError, match=r"leave out 2 tile\(s\).* north-west corner at 52 N, 2 E.*margin"):
        store.overlap(window, healpix_mesh(128, "nested", window))


def test_another_mesh_is_refused(store):
    window = WINDOWS["uk"]
    with pytest.raises(InputError, match=r"lies elsewhere than in the weights|lacks cells"):
        store.overlap(window, healpix_mesh(128, "ring", window))
    mesh = healpix_mesh(128, "nested", window)
    with pytest.raises(InputError, match="lacks cells"):
        store.overlap(window, mesh.subset(np.arange(len(mesh) - 10)))
    with pytest.raises(InputError, match=r"lies elsewhere|lacks cells"):
        store.overlap(window, icosahedral_mesh(6, window))


def test_a_directory_with_something_else_is_refused(store, tmp_path):
    other = tiles_of(WINDOWS["uk"])
    with pytest.raises(InputError, match=r"holds weights of .*choose another directory"):
        build_store(store.path, MESH, other)
    with pytest.raises(InputError, match="holds weights of"):
        build_store(store.path, "healpix:128:ring", store.tiles)
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(InputError, match="not empty"):
        build_store(tmp_path, MESH, other)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="weights build"):
        WeightStore.open(tmp_path)
    with pytest.raises(InputError, match="no tile is wanted"):
        build_store(tmp_path / "new", MESH, np.zeros_like(other))
    assert not (tmp_path / "new").exists()


def test_meshes_from_files_that_do_not_cover_the_tiles_are_refused(tmp_path):
    window = Window.from_degrees(2, 50, 4, 52)
    mesh = healpix_mesh(64, "nested", window)
    write_mesh(mesh, tmp_path / "part.nc", "esmf")
    store = build_store(tmp_path / "s", tmp_path / "part.nc", tiles_of(window), part=(0, 1))
    assert store.mesh["cells"] == len(mesh)
    found = store.overlap(window, mesh)
    np.testing.assert_allclose(found.pixel_area, np.repeat(window.pixel_area, window.cols), rtol=1e-15)
    with pytest.raises(InputError, match=r"does not cover \d+ pixels between"):
        build_store(tmp_path / "t", tmp_path / "part.nc", tiles_of(Window.from_degrees(2, 50, 12, 52)))


def test_a_mesh_of_land_cells_may_leave_pixels_bare(tmp_path):
    window = Window.from_degrees(2, 50, 6, 52)
    whole = healpix_mesh(64, "nested", window)
    land = whole.subset(whole.lon < 3.5)
    write_mesh(land, tmp_path / "land.nc", "esmf")
    tiles = tiles_of(window, Window.from_degrees(100, 50, 102, 52))
    store = build_store(tmp_path / "s", tmp_path / "land.nc", tiles, partial=True, part=(0, 1))
    found = store.overlap(window, land)
    expected = compute_overlap(land, window, "exact", partial=True)
    np.testing.assert_array_equal(found.pixel, expected.pixel)
    np.testing.assert_allclose(found.area, expected.area, rtol=1e-12)
    assert 0 < len(np.unique(found.pixel)) < found.pixel_count
    assert len(store.overlap(Window.from_degrees(100, 50, 102, 52), land)) == 0


def test_ranks_are_told_by_the_launchers(monkeypatch):
    for names in weight_build._RANKS:
        for name in names:
            monkeypatch.delenv(name, raising=False)
    assert rank_and_size() == (0, 1)
    monkeypatch.setenv("SLURM_PROCID", "3")
    monkeypatch.setenv("SLURM_NTASKS", "8")
    assert rank_and_size() == (0, 1), "a batch script is no rank"
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "8")
    assert rank_and_size() == (3, 8)
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "1")
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    assert rank_and_size() == (1, 2)


def test_parts_that_do_not_exist_are_refused(tmp_path):
    with pytest.raises(InputError, match="part 2 of 2 does not exist"):
        build_store(tmp_path / "s", MESH, tiles_of(WINDOWS["uk"]), part=(2, 2))


def test_the_commands(tmp_path, monkeypatch):
    tiles = tiles_of(WINDOWS["uk"], WINDOWS["dateline"])
    monkeypatch.setattr("pylandbc.grid.weight_store.all_tiles", lambda size: tiles)
    run = CliRunner().invoke
    path = str(tmp_path / "s")
    build = ["build", path, "--mesh", MESH, "--tile", str(SIZE)]
    first = run(app, [*build, "--part", "1/2"])
    assert first.exit_code == 0, first.output
    assert "part 1/2: 2 strips of weights" in first.output
    assert "strips are still to be computed" in first.output
    described = run(app, ["info", path])
    assert described.exit_code == 1 and re.search(r"strips +\d, \d missing", described.output)
    second = run(app, [*build, "--part", "2/2"])
    assert second.exit_code == 0 and "strips are there" in second.output
    described = run(app, ["info", path])
    assert described.exit_code == 0
    assert f"{tiles.sum()} of {tiles.size}, 200 x 200 pixels" in described.output
    assert re.search(r"[\d.]+ bytes a pixel", described.output)
    wrong = run(app, [*build, "--part", "3/2"])
    assert isinstance(wrong.exception, InputError) and "is not K/N" in str(wrong.exception)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("mpirun"), reason="needs mpirun (Debian: openmpi-bin)")
@pytest.mark.parametrize("engine", ["exact", pytest.param("yac", marks=needs_yac)])
def test_ranks_of_an_mpi_job_write_byte_for_byte_what_one_process_writes(tmp_path, engine):
    """Under a real mpirun; YAC, which starts MPI itself, must not take itself for a rank of that job."""
    tiles = np.zeros_like(all_tiles(SIZE))
    tiles[18, 88] = tiles[23:25, 89] = True
    np.save(tmp_path / "tiles.npy", tiles)
    script = (
        "import sys, numpy as np; from pylandbc.grid.weight_build import build_store, rank_and_size; "
        "build_store(sys.argv[1], sys.argv[2], np.load(sys.argv[3]), sys.argv[4], "
        "progress=lambda done, of: print('rank', rank_and_size(), done, of, flush=True))"
    )
    words = (tmp_path / "mpi", MESH, tmp_path / "tiles.npy", engine)
    environment = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    done = subprocess.run(
        ["mpirun", "--oversubscribe", "-n", "2", sys.executable, "-c", script, *map(str, words)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    alone = build_store(tmp_path / "alone", MESH, tiles, engine, part=(0, 1))
    strips = len(alone.strips())
    for rank in (0, 1):
        share = len(alone.strips()[rank::2])
        assert 0 < share < strips and f"rank ({rank}, 2) {share} {share}\n" in done.stdout
    names = sorted(path.name for path in alone.path.iterdir())
    assert names == sorted(path.name for path in (tmp_path / "mpi").iterdir())
    for name in names:
        assert (alone.path / name).read_bytes() == (tmp_path / "mpi" / name).read_bytes(), name


def test_a_set_round_the_globe_conserves_both_ways(tmp_path, monkeypatch):
    """Tiles from pole to pole and round the globe, cells that are cut by them, both directions."""
    tiles = np.zeros_like(all_tiles(SIZE))
    tiles[::18, ::45] = tiles[0, :4] = tiles[-1, -3:] = tiles[45, -2:] = True
    store = build_store(tmp_path / "s", "icosahedral:4", tiles, part=(0, 1))
    found = check_store(store)
    assert found.pixels == tiles.sum() * SIZE**2
    assert max(found.to_grid, found.to_mesh) < 1e-12 and found.constant < 1e-14
    rows, _ = np.nonzero(tiles)
    sine = np.sin(np.deg2rad(90 - np.stack([rows, rows + 1]) * SIZE / 100))
    strips = EARTH_RADIUS**2 * np.deg2rad(SIZE / 100) * (sine[0] - sine[1])
    assert found.area == pytest.approx(strips.sum(), rel=1e-12)
    said = CliRunner().invoke(app, ["check", str(store.path)])
    assert said.exit_code == 0 and "grid to mesh" in said.output

    def shrunk(*arguments):
        strip = read_strip(*arguments)
        # one pixel in a thousand is given to its cell by a millionth too much
        fraction = strip.fraction.copy()
        fraction[::1000] *= 1 + 1e-6
        return dataclasses.replace(strip, fraction=fraction)

    monkeypatch.setattr("pylandbc.grid.weight_check.read_strip", shrunk)
    assert CliRunner().invoke(app, ["check", str(store.path)]).exit_code == 1
