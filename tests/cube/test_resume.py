"""Builds that are repeated, killed, run twice at once, or spread over workers: always the same cube."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig, load_config
from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.place import locked
from pylandbc.cube.verify import verify_cube
from pylandbc.errors import InputError

from .conftest import EXAMPLES, planet_config

TESTS = str(Path(__file__).resolve().parents[1])


def digest(path: Path) -> str:
    """What a cube says of its content, after a look whether it is true."""
    assert verify_cube(path) == []
    return str(zarr.open_group(str(path), mode="r").attrs["content_sha256"])


def changed(config: CubeConfig, **values: object) -> CubeConfig:
    return CubeConfig.model_validate(config.model_dump() | values)


def times(folder: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}


def test_same_configuration_and_inputs_do_nothing(planet_folder: Path, tmp_path: Path) -> None:
    config = planet_config("hilda_fractions", tmp_path / "cube.zarr", years=2)
    build_cube(config, planet_folder)
    before = times(tmp_path)
    build_cube(config, planet_folder)
    assert times(tmp_path) == before
    with pytest.raises(InputError, match="another configuration or other input files"):
        build_cube(changed(config, training_years=[2001]), planet_folder)
    # a copy is the same input, another content is not
    copy = Path(shutil.copytree(planet_folder, tmp_path / "planet", copy_function=shutil.copyfile))
    build_cube(config, copy)
    relief = copy / config.elevation[0].file
    relief.write_bytes(relief.read_bytes() + b"\0")
    with pytest.raises(InputError, match="other input files"):
        build_cube(config, copy)
    build_cube(changed(config, training_years=[2001]), planet_folder, overwrite=True)
    assert open_cube(tmp_path / "cube.zarr").training_years == (2001,)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cube.zarr", "planet"]


def test_a_cube_that_lost_a_chunk_is_not_up_to_date(planet_folder: Path, tmp_path: Path) -> None:
    config = planet_config("hilda_fractions", tmp_path / "cube.zarr", years=2)
    build_cube(config, planet_folder)
    (tmp_path / "cube.zarr/scenario/c/1/0/0/0").unlink()
    with pytest.raises(InputError, match=r"no whole cube .*scenario has 1 of 2 chunks.*--overwrite"):
        build_cube(config, planet_folder)


# a number counts finished tasks; "publish" dies before the cube takes its name, "swap" in the middle of it
KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from cube.conftest import planet_config
from pylandbc.cube import build, finish, journal, stages

point, count = {point!r}, 0
def die():
    os.kill(os.getpid(), signal.SIGKILL)

add, rename = journal.Journal.add, Path.rename
def counted(self, *rest):
    global count
    add(self, *rest)
    count += 1
    if count == point:
        die()
    if point == "torn" and count == 4:
        with self.path.open("a") as stream:
            stream.write('{{"task": "land use 2000 ro')
        die()
journal.Journal.add = counted
if point == "publish":
    build.publish = lambda path: die()
if point == "swap":
    def once(self, target):
        rename(self, target)
        die()
    Path.rename = once
if point == "manifest":
    finish.content_digest = lambda *rest: die()
if point == "file":
    write = stages.build_coarse.write_region
    def half(folder, name, start, values):
        if name == "scenario" and start[0] == 2:
            (Path(folder) / name / "c/2/0/0").mkdir(parents=True)
            (Path(folder) / name / "c/2/0/0/0").write_bytes(b"half")
            die()
        return write(folder, name, start, values)
    stages.build_coarse.write_region = half
config = planet_config("hilda_fractions", Path({output!r}))
build.build_cube(config, Path({data!r}), overwrite=point == "swap")
"""


@pytest.mark.parametrize("point", [1, 6, 10, 17, "torn", "file", "manifest", "publish", "swap"])
def test_killed_anywhere_it_continues(
    planet_cube: Cube, planet_folder: Path, tmp_path: Path, point: int | str
) -> None:
    output = tmp_path / "cube.zarr"
    config = planet_config("hilda_fractions", output)
    if point == "swap":
        build_cube(changed(config, training_years=[2000]), planet_folder)
    script = KILLED.format(tests=TESTS, output=str(output), data=str(planet_folder), point=point)
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == -signal.SIGKILL, result.stderr
    sentence = "replacement was interrupted" if point == "swap" else "unfinished build lies in"
    with pytest.raises(InputError, match=sentence):
        open_cube(output)
    partial = tmp_path / ".cube.zarr.partial"
    if point not in ("swap", "publish"):
        with pytest.raises(InputError, match="is unfinished"):
            open_cube(partial / "cube")
    lines = (partial / "journal.jsonl").read_bytes().count(b"\n")
    done = {p: t for p, t in times(partial).items() if "/c/" in p and "land_use" in p}
    if point == "swap":
        with pytest.raises(InputError, match="another configuration"):
            build_cube(config, planet_folder)
        assert open_cube(output).training_years == (2000,), "the previous cube has its name again"
    build_cube(config, planet_folder, overwrite=point == "swap")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cube.zarr"]
    assert digest(output) == digest(planet_cube.path)
    if isinstance(point, int):
        assert lines == point
    for place, time in done.items():
        kept = output / Path(place).relative_to(partial / "cube") if "/cube/" in place else None
        if kept is not None:
            assert kept.stat().st_mtime_ns == time, "what was done is not done again"


def test_two_builds_at_once(planet_folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "cube.zarr"
    config = planet_config("hilda_fractions", output, years=2)
    with (
        locked(output),
        pytest.raises(InputError, match=rf"another build .* is running \(process {os.getpid()}\)"),
    ):
        build_cube(config, planet_folder)
    assert not list(tmp_path.iterdir())
    build_cube(config, planet_folder)


def test_a_damaged_input_is_mended_and_the_rest_kept(real_data: Path, tmp_path: Path) -> None:
    config = load_config(EXAMPLES / "cube.yaml")
    data, output = tmp_path / "data", tmp_path / "cube.zarr"
    (data / "uk").mkdir(parents=True)
    climate = "era5_monthly_climatology_2000_2025.nc"
    for path in (real_data / "uk").iterdir():
        content = path.read_bytes()
        (data / "uk" / path.name).write_bytes(
            content[: len(content) // 3] if path.name == climate else content
        )
    with pytest.raises(InputError, match=rf"{climate}.*continues when the cause is mended"):
        build_cube(config, data, output)
    with pytest.raises(InputError, match="unfinished build lies in"):
        open_cube(output)
    land_use = tmp_path / ".cube.zarr.partial/cube/land_use/c/0/0/0"
    before = land_use.stat().st_mtime_ns
    shutil.copyfile(real_data / "uk" / climate, data / "uk" / climate)
    build_cube(config, data, output)
    assert (output / "land_use/c/0/0/0").stat().st_mtime_ns == before
    assert verify_cube(output) == []


@pytest.mark.slow
def test_workers_build_the_same_cube(planet_cube: Cube, planet_folder: Path, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    one, two = tmp_path / "one.zarr", tmp_path / "two.zarr"
    build_cube(planet_config("hilda_fractions", one), planet_folder, workers=2)
    assert digest(one) == digest(planet_cube.path)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None
    ) as cluster:
        build_cube(planet_config("hilda_fractions", two), planet_folder, scheduler=cluster.scheduler_address)
        assert digest(two) == digest(planet_cube.path)
        config = planet_config("hilda_fractions", tmp_path / "three.zarr")
        broken = changed(config, climate={"files": [config.land_use[0].file]})
        with pytest.raises(InputError, match="continues when the cause is mended"):
            build_cube(broken, planet_folder, scheduler=cluster.scheduler_address)


def test_the_journal_drops_what_does_not_hold(tmp_path: Path) -> None:
    from pylandbc.cube.journal import Journal

    (tmp_path / "cube/a/c").mkdir(parents=True)
    (tmp_path / "cube/a/c/0").write_bytes(b"abc")
    sums = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    record = {"group": "cube", "array": "a", "key": "c/0", "size": 3, "sha256": sums, "index": [0]}
    journal = Journal(tmp_path)
    journal.add("t", "s", {"files": [record]})
    with (tmp_path / "journal.jsonl").open("a") as stream:
        stream.write(json.dumps({"task": "u"})[:-3])
    again = Journal(tmp_path)
    assert again.find("t", "s") == {"files": [record]}
    assert again.find("t", "other") is None and again.find("u", "s") is None
    again.add("v", "s", {"files": []})
    assert Journal(tmp_path).find("v", "s") is not None
    (tmp_path / "cube/a/c/0").write_bytes(b"abd")
    assert again.find("t", "s") is None
    np.testing.assert_equal(Journal(tmp_path).find("v", "s"), {"files": []})
