"""A run that is interrupted and continued from a checkpoint gives the bits of one that is not."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import small_bundle
from forced_run import DAY, IDS, START, forcing, start

from pylandbc.couple.engine import Coupler, LandbcError
from pylandbc.couple.recording import Recording
from pylandbc.couple.replay import replay

pytestmark = pytest.mark.engine
SHUFFLED = np.random.default_rng(5).permutation(len(IDS))
INTERVAL = 17 * DAY + 5000
"""Divides neither the year nor the day."""


class Clock:
    """The dates of equal intervals in the noleap calendar, from the beginning of 2009."""

    def date(self, step: int) -> tuple[int, int, int, int]:
        seconds = step * INTERVAL
        day_of_run, second = divmod(seconds, DAY)
        year, day_of_year = divmod(day_of_run, 365)
        for month, length in enumerate((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), 1):
            if day_of_year < length:
                return 2009 + year, month, day_of_year + 1, second
            day_of_year -= length
        raise AssertionError


def weather(ids: np.ndarray, step: int) -> dict:
    inputs = forcing(ids, level=4.0 * np.sin(step))
    if step % 7 == 3:
        inputs["air_temperature"][0][ids == IDS[4]] = np.nan
    return inputs


def run(coupler: Coupler, first: int, last: int) -> list[np.ndarray]:
    """Fractions by cell in ascending id, of each step."""
    order = np.argsort(coupler.cell_ids)
    results = []
    for step in range(first, last):
        result = coupler.step(Clock().date(step), INTERVAL, weather(coupler.cell_ids, step))
        results.append(result.land_use_fraction[order])
    return results


STEPS = 56
"""Two years and a half."""


@pytest.fixture(scope="module")
def straight(bundle: Path) -> tuple[list[np.ndarray], np.ndarray]:
    with start(bundle, missing="hold") as coupler:
        fractions = run(coupler, 0, STEPS)
        return fractions, coupler.map()


@pytest.mark.parametrize(
    ("cut", "options"),
    [
        (0, {}),
        (30, {"core": 800, "threads": 2, "ids": IDS[SHUFFLED]}),
        (43, {}),
    ],
)
def test_continued_run_gives_the_same_bits(
    bundle: Path, straight: tuple, tmp_path: Path, cut: int, options: dict[str, Any]
) -> None:
    """In mid-year, at a change of year, before the first step; other tiles, threads and orders of cells."""
    path = tmp_path / "state.nc"
    with start(bundle, missing="hold") as first:
        before = run(first, 0, cut)
        first.checkpoint(path)
    ids = options.pop("ids", IDS)
    settings = {"calendar": "noleap", "threads": 1, "missing": "hold", "restart": path} | options
    with Coupler(bundle, ids, Clock().date(cut), **settings) as second:
        after = run(second, cut, STEPS)
        fractions, last = straight
        assert np.array_equal(second.map(), last)
    assert len({f.tobytes() for f in fractions}) == 3, "the state must change for this to mean anything"
    for expected, found in zip(fractions, before + after, strict=True):
        assert np.array_equal(expected, found)


def test_checkpoint_of_a_continued_run_is_the_same_file(bundle: Path, tmp_path: Path) -> None:
    a, b, c = (tmp_path / f"{name}.nc" for name in "abc")
    with start(bundle, missing="hold") as coupler:
        run(coupler, 0, 30)
        coupler.checkpoint(a)
        run(coupler, 30, 40)
        coupler.checkpoint(b)
    with Coupler(bundle, IDS, None, calendar="noleap", missing="hold", restart=a) as coupler:
        run(coupler, 30, 40)
        coupler.checkpoint(c)
    with netCDF4.Dataset(b) as first, netCDF4.Dataset(c) as second:
        for name in first.variables:
            assert first[name][:].tobytes() == second[name][:].tobytes(), name
        for name in first.ncattrs():
            assert first.getncattr(name) == second.getncattr(name)


def test_last_interval_may_be_asked_again_after_a_restart(bundle: Path, tmp_path: Path) -> None:
    with start(bundle) as coupler:
        coupler.step(START, 365 * DAY, forcing())
        told = coupler.step((2010, 1, 1), 90 * DAY, forcing())
        coupler.checkpoint(tmp_path / "state.nc")
    with start(bundle, restart=tmp_path / "state.nc", start_date=(2010, 4, 1)) as coupler:
        again = coupler.step((2010, 1, 1), 90 * DAY, forcing(level=50.0))
        assert np.array_equal(again.land_use_fraction, told.land_use_fraction)
        assert again.changed, "a handle's first step tells of all outputs"
        coupler.step((2010, 4, 1), 275 * DAY, forcing())
        assert coupler.step((2011, 1, 1), DAY, forcing()).changed


def test_checkpoint_is_readable_netcdf(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "state.nc"
    with start(bundle) as coupler:
        coupler.step(START, 100 * DAY, forcing())
        coupler.checkpoint(path)
        codes = coupler.map()
    assert sorted(tmp_path.iterdir()) == [path], "nothing else is left behind"
    with netCDF4.Dataset(path) as file:
        assert (file.format, file.format_version) == ("landbc-restart", 3)
        assert file.interval_end == "2009-04-11 00:00:00"
        assert (file.land_use_next_period, file.calendar) == (2009, "noleap")
        assert np.array_equal(np.asarray(file["land_use"][:]), codes)
        assert file["land_use_period_seconds"][:].tolist() == [100 * DAY]
        warm = forcing()["air_temperature"][0] * (100 * DAY)
        np.testing.assert_array_equal(file["land_use_period_sum"][0, :, 0], warm)
    if shutil.which("ncdump"):
        text = subprocess.run(["ncdump", "-h", path], capture_output=True, text=True, check=True).stdout
        assert 'calendar = "noleap"' in text


def refused(name: str, sentence: str, bundle: Path, **options: Any) -> None:
    with pytest.raises(LandbcError) as caught:
        start(bundle, **options)
    assert caught.value.name == f"LANDBC_ERROR_{name}", caught.value
    assert re.search(sentence, caught.value.message), caught.value.message
    assert "\n" not in caught.value.message


def test_checkpoints_that_do_not_fit_are_refused(bundle: Path, tmp_path: Path) -> None:
    path = tmp_path / "state.nc"
    with start(bundle) as coupler:
        coupler.step(START, 100 * DAY, forcing())
        coupler.checkpoint(path)
    at = (2009, 4, 11)
    refused("RESTART", "none.nc: cannot be opened", bundle, restart=tmp_path / "none.nc")
    refused("RESTART", "not a file", bundle, restart=tmp_path)
    refused("RESTART", "its calendar is noleap", bundle, restart=path, calendar="360_day")
    refused("RESTART", "its run goes forwards", bundle, restart=path, direction=-1)
    refused("TIME", "goes on at 2009-04-11", bundle, restart=path, start_date=(2009, 4, 12))
    few = IDS[1:]
    refused("RESTART", "it has 30 cells, the host gives 29", bundle, restart=path, ids=few, absent="nearest")
    other = small_bundle.write(tmp_path / "other", small_bundle.Plan(mesh=(6, 5)))
    refused("RESTART", "written with another bundle than", other, restart=path, start_date=at)
    small_bundle.write_emulator(other / "emulator.pt", version="9")
    small_bundle.seal(other)
    refused(
        "RESTART", "another bundle and another emulator of land_use than", other, restart=path, start_date=at
    )
    start(bundle, restart=path, start_date=at).finalize()


def test_a_checkpoint_into_a_folder_that_is_not_there(bundle: Path, tmp_path: Path) -> None:
    with start(bundle) as coupler:
        coupler.step(START, DAY, forcing())
        with pytest.raises(LandbcError, match=r"IO: .*there is no folder .*/nowhere"):
            coupler.checkpoint(tmp_path / "nowhere" / "state.nc")


def test_damaged_checkpoints_are_refused(bundle: Path, tmp_path: Path) -> None:
    """Cut short anywhere, or one bit changed anywhere: never loaded, never a crash."""
    path = tmp_path / "state.nc"
    with start(bundle) as coupler:
        coupler.step(START, DAY, forcing())
        coupler.checkpoint(path)
    content = path.read_bytes()
    random = np.random.default_rng(1)
    for length in (0, 1, 79, 80, 200, *random.integers(1, len(content), 10), len(content) - 1):
        path.write_bytes(content[:length])
        refused("RESTART", "not a sealed file of landbc, or cut short", bundle, restart=path)
    for place in (*random.integers(0, len(content), 20), len(content) - 1, len(content) - 2):
        changed = bytearray(content)
        changed[place] ^= 1 << int(random.integers(8))
        path.write_bytes(changed)
        refused("RESTART", "checksum|cut short", bundle, restart=path)
    path.write_bytes(content)
    start(bundle, restart=path, start_date=(2009, 1, 2)).finalize()


def test_a_checkpoint_that_cannot_be_written_leaves_the_run_and_the_old_one(
    bundle: Path, tmp_path: Path
) -> None:
    with start(bundle) as coupler:
        coupler.step(START, DAY, forcing())
        with pytest.raises(LandbcError, match=r"none/state.nc.partial: cannot be created") as caught:
            coupler.checkpoint(tmp_path / "none" / "state.nc")
        assert caught.value.name == "LANDBC_ERROR_IO"
        (tmp_path / "folder").mkdir()
        with pytest.raises(LandbcError, match="cannot be given its name"):
            coupler.checkpoint(tmp_path / "folder")
        assert [p.name for p in tmp_path.iterdir()] == ["folder"]
        coupler.step((2009, 1, 2), DAY, forcing())


def test_replay_of_a_continued_run(bundle: Path, tmp_path: Path) -> None:
    state, recording = tmp_path / "state.nc", tmp_path / "run.nc"
    with start(bundle) as coupler:
        coupler.step(START, 200 * DAY, forcing())
        coupler.checkpoint(state)
    with start(bundle, restart=state, recording=recording, start_date=None) as coupler:
        coupler.step((2009, 7, 20), 165 * DAY, forcing(level=2.0))
        coupler.step((2010, 1, 1), 365 * DAY, forcing())
    with Recording(recording) as run_again:
        assert run_again.settings.start == (2009, 7, 20, 0)
    assert replay(recording).identical
    state.write_bytes(state.read_bytes() + b" ")
    with pytest.raises(Exception, match="which is another file now"):
        replay(recording)
