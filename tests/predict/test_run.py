"""Predictions against plain passes, against each other, and through a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import torch
import xarray as xr
import zarr

from pylandbc.cube.place import partial_path
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.learn.export import load
from pylandbc.predict.run import Prediction

from .conftest import HELD, make_cube, plan_of

PAD = 112
RUN = "from pylandbc.cli.main import run; run()"


def maps(path: Path, name: str = "land_use") -> np.ndarray:
    return np.asarray(zarr.open_group(path, mode="r")[name][:])


def plain(
    cube: Path, emulator: Path, window: Window, prior: np.ndarray, years: tuple[int, int]
) -> np.ndarray:
    """Classes of one step from whole arrays in a single pass, without tiles."""
    group = zarr.open_group(cube, mode="r")
    known_years = np.asarray(group["scenario_year"][:])
    series = np.asarray(group["scenario"][:])

    def scenario(year: int) -> np.ndarray:
        flat = series.reshape(len(known_years), -1).astype(np.float64)
        return np.array([np.interp(year, known_years, line) for line in flat.T]).reshape(series.shape[1:])

    # the pass begins on a multiple of 16 of the globe, as every tile does
    top, left = PAD + (window.row - PAD) % 16, PAD + (window.col - PAD) % 16
    around = (
        (top, PAD + (-(top + window.rows + PAD)) % 16),
        (left, PAD + (-(left + window.cols + PAD)) % 16),
    )
    row = np.pad(np.arange(window.rows), around[0], "edge") // 25
    col = np.pad(np.arange(window.cols), around[1], "edge") // 25
    static = np.stack([np.pad(field, around, "edge") for field in np.asarray(group["static"][:])])
    climate = np.asarray(group["climate"][0])[:, row[:, None], col]
    state = np.pad(prior, around, constant_values=255)
    coarse = np.concatenate([scenario(years[0]), scenario(years[1])]).astype(np.float32)
    arguments = (
        torch.from_numpy(static)[None],
        torch.from_numpy(climate)[None],
        torch.from_numpy(coarse)[None],
        torch.from_numpy(row),
        torch.from_numpy(col),
        torch.from_numpy(state)[None],
        torch.from_numpy((state != 255).astype(np.uint8))[None],
        torch.tensor([[np.sign(years[1] - years[0]), abs(years[1] - years[0])]], dtype=torch.float32),
    )
    with torch.inference_mode():
        logits = load(emulator)(*arguments)[0].numpy()
    logits = logits[:, top : top + window.rows, left : left + window.cols]
    land = np.asarray(group["static"][2]) == 1
    return np.where(land & (prior != 255), logits.argmax(0), prior).astype(np.uint8)


@pytest.fixture(scope="module")
def forwards(cube: Path, emulator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("forwards") / "maps.zarr"
    plan = plan_of(cube, emulator, "2010-2012", probabilities=True, confidence=True, change_year=True)
    Prediction(plan).run(output, "the command")
    assert not partial_path(output).exists()
    return output


def test_each_year_follows_from_the_one_before(cube: Path, emulator: Path, forwards: Path) -> None:
    state = np.asarray(zarr.open_group(cube, mode="r")["land_use"][0])
    for n, year in enumerate((2010, 2011, 2012)):
        state = plain(cube, emulator, HELD, state, (year - 1, year))
        found = maps(forwards)[n]
        assert (found != state).mean() < 1e-3  # a sum in another order may tip a near tie
        assert len(np.unique(found)) > 4
        state = found


def test_the_layers_describe_the_map(cube: Path, forwards: Path) -> None:
    first = np.asarray(zarr.open_group(cube, mode="r")["land_use"][0])
    series = np.concatenate([first[None], maps(forwards)])
    share, confidence = maps(forwards, "probability"), maps(forwards, "confidence")
    land = (np.asarray(zarr.open_group(cube, mode="r")["static"][2]) == 1) & (first != 255)
    assert (share[:, :, ~land] == 255).all()
    assert (np.abs(share[:, :, land].astype(int).sum(1) - 250) <= 4).all()
    assert np.array_equal(confidence[:, land], share[:, :, land].max(1))
    changed = np.zeros(HELD.shape, int)
    for n, year in enumerate((2010, 2011, 2012)):
        changed[series[n] != series[n + 1]] = year
    assert np.array_equal(maps(forwards, "change_year"), changed)
    assert set(np.unique(changed)) == {0, 2010, 2011, 2012}


@pytest.mark.long
def test_the_core_does_not_change_a_bit(cube: Path, emulator: Path, forwards: Path, tmp_path: Path) -> None:
    plan = plan_of(cube, emulator, "2010-2012", core=1200)
    Prediction(plan).run(tmp_path / "other.zarr")
    assert np.array_equal(maps(tmp_path / "other.zarr"), maps(forwards))


@pytest.mark.long
@pytest.mark.parametrize("mode", ["delta", "absolute"])
def test_the_core_changes_no_conserved_count(cube: Path, emulator: Path, tmp_path: Path, mode: str) -> None:
    for core in (400, 800):
        plan = plan_of(cube, emulator, "2010-2011", conservation=mode, core=core)
        Prediction(plan).run(tmp_path / f"{core}.zarr")
    assert np.array_equal(maps(tmp_path / "400.zarr"), maps(tmp_path / "800.zarr"))


@pytest.mark.parametrize("mode", ["delta", "absolute"])
def test_counts_follow_the_scenario_exactly(cube: Path, emulator: Path, tmp_path: Path, mode: str) -> None:
    """Both modes, forwards; largest remainders of the change since 2009, written plainly."""
    group = zarr.open_group(cube, mode="r")
    first = np.asarray(group["land_use"][0])
    active = (np.asarray(group["static"][2]) == 1) & (first != 255)
    output = tmp_path / "maps.zarr"
    Prediction(plan_of(cube, emulator, "2010-2011", conservation=mode)).run(output)
    found_maps = maps(output)
    years, series = np.asarray(group["scenario_year"][:]), np.asarray(group["scenario"][:]).astype(float)

    def fractions(year: int, i: int, j: int) -> np.ndarray:
        values = [np.interp(year, years, series[:, v, i, j].astype(np.float32)) for v in range(7)]
        values = np.array(values, dtype=np.float32).astype(float)
        return values / values.sum()

    for n, year in enumerate((2010, 2011)):
        for i, j in np.ndindex(HELD.coarse_shape):
            part = np.s_[25 * i : 25 * i + 25, 25 * j : 25 * j + 25]
            mine = active[part]
            anchor = np.bincount(first[part][mine], minlength=8)[1:8]
            total = anchor.sum()
            wanted = fractions(year, i, j) * total
            if mode == "delta":
                change = np.maximum(wanted - fractions(2009, i, j) * total, -anchor)
                gained, lost = change[change > 0].sum(), -change[change < 0].sum()
                change[change > 0] *= min(gained, lost) / gained
                change[change < 0] *= min(gained, lost) / lost
                wanted = anchor + change
            found = np.bincount(found_maps[n][part][mine], minlength=8)
            assert found[0] == 0
            assert found.sum() == total
            assert (np.abs(found[1:] - wanted) < 1 + 1e-6).all()
            assert (found_maps[n][part][~mine] == first[part][~mine]).all()
    assert (found_maps[0] != found_maps[1]).any()


def test_backwards_with_a_step(cube: Path, emulator: Path, tmp_path: Path) -> None:
    output = tmp_path / "back.zarr"
    Prediction(plan_of(cube, emulator, "2010-2008", step=2)).run(output)
    state = np.asarray(zarr.open_group(cube, mode="r")["land_use"][1])
    # the file's years ascend
    for position, year in ((1, 2010), (0, 2008)):
        state = plain(cube, emulator, HELD, state, (year + 2, year))
        assert (maps(output)[position] != state).mean() < 1e-3
        state = maps(output)[position]


def test_across_the_dateline(emulator: Path, tmp_path: Path) -> None:
    """A window over the dateline gives what the same content gives elsewhere on the lattice."""
    found = []
    for col in (35950, 15950):
        held = Window(3950, col, 100, 100)
        cube = make_cube(tmp_path / f"{col}.zarr", held)
        plan = plan_of(
            cube, emulator, "2010-2010", conservation="delta", window=Window(3975, (col + 25) % 36000, 50, 75)
        )
        Prediction(plan).run(tmp_path / f"{col}-maps.zarr")
        found.append(tmp_path / f"{col}-maps.zarr")
    assert np.array_equal(maps(found[0]), maps(found[1]))
    lon = maps(found[0], "lon")
    assert lon[0] == pytest.approx(179.755)
    assert (np.diff(lon) > 0).all()


def test_netcdf_and_zarr_hold_the_same(cube: Path, emulator: Path, forwards: Path, tmp_path: Path) -> None:
    output = tmp_path / "maps.nc"
    plan = plan_of(cube, emulator, "2010-2012", probabilities=True, confidence=True, change_year=True)
    Prediction(plan).run(output, "the command")
    with netCDF4.Dataset(output) as file:
        file.set_auto_maskandscale(False)
        for name in ("land_use", "probability", "confidence", "change_year", "time_bnds", "lat_bnds"):
            assert np.array_equal(file[name][:], maps(forwards, name)), name
        assert file.Conventions == "CF-1.10"
        assert file["land_use"].flag_meanings.split()[:2] == ["ocean", "urban"]
        assert file["land_use"].flag_values.tolist() == [*range(8), 255]
        assert file["land_use"].grid_mapping == "crs"
        assert file.emulator_weights_sha256 == load(emulator).card["weights_sha256"]
        assert (file.history.split(maxsplit=1)[1], file.conservation) == ("the command", "off")
        assert (file.scenario_name, int(file.state_year)) == ("hilda_fractions", 2009)
        west, east = file["lon_bnds"][0]
        assert (west, east) == pytest.approx((HELD.west, HELD.west + 0.01))
    for opened in (xr.open_dataset(output), xr.open_zarr(forwards, consolidated=False)):
        assert [str(day)[:10] for day in opened["time"].values] == ["2010-01-01", "2011-01-01", "2012-01-01"]
        assert float(opened["confidence"].max()) <= 1.0


@pytest.mark.slow
def test_a_killed_run_goes_on(cube: Path, emulator: Path, forwards: Path, tmp_path: Path) -> None:
    """Killed twice, the second time later, the run goes on; the maps are those of one run."""
    output = tmp_path / "killed.zarr"
    words = [sys.executable, "-c", RUN, "predict", emulator, "--cube", cube, "--years", "2010-2012"]
    words = [str(word) for word in [*words, "--output", output, "--change-year", "--threads", "1"]]
    journal = partial_path(output) / "journal.jsonl"
    kills = 0
    for wanted in (1, 4):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None:
            if journal.is_file() and len(journal.read_bytes().splitlines()) >= wanted:
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.002)
        process.wait()
    assert kills == 2
    assert not output.exists()
    subprocess.run(words, check=True, capture_output=True)
    assert np.array_equal(maps(output), maps(forwards))
    assert np.array_equal(maps(output, "change_year"), maps(forwards, "change_year"))


def test_a_row_of_tiles_that_is_done_is_not_done_again(
    cube: Path, emulator: Path, forwards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, rows = tmp_path / "again.zarr", []
    real = Prediction._row

    def failing(self, work, prior, history, year, tiles, step, counts):
        if len(rows) == 3:
            raise KeyboardInterrupt
        rows.append((year, tiles[0].row))
        real(self, work, prior, history, year, tiles, step, counts)

    with monkeypatch.context() as patch:
        patch.setattr(Prediction, "_row", failing)
        with pytest.raises(KeyboardInterrupt):
            Prediction(plan_of(cube, emulator, "2010-2012")).run(output)
        rows.append(None)
        with pytest.raises(InputError, match="other settings"):
            Prediction(plan_of(cube, emulator, "2010-2012", confidence=True)).run(output)

        def counting(self, work, prior, history, year, tiles, step, counts):
            rows.append((year, tiles[0].row))
            real(self, work, prior, history, year, tiles, step, counts)

        patch.setattr(Prediction, "_row", counting)
        Prediction(plan_of(cube, emulator, "2010-2012")).run(output)
    expected = [(year, row) for year in (2010, 2011, 2012) for row in (3600, 4000)]
    assert [row for row in rows if row is not None] == expected
    assert np.array_equal(maps(output), maps(forwards))
    with pytest.raises(InputError, match="exists already"):
        Prediction(plan_of(cube, emulator, "2010-2012")).run(output)


def test_what_is_not_there_is_named(cube: Path, emulator: Path) -> None:
    with pytest.raises(InputError, match="covers 2006 to 2013, not 2014"):
        Prediction(plan_of(cube, emulator, "2010-2015"))
    Prediction(plan_of(cube, emulator, "2010-2015", hold=True))
    with pytest.raises(InputError, match="need the map of 2010"):
        plan_of(cube, emulator, "2011-2015")


def test_estimate(cube: Path, emulator: Path) -> None:
    found = Prediction(plan_of(cube, emulator, "2010-2012", probabilities=True)).estimate()
    assert (found.tiles, found.years, found.bytes_per_year) == (4, 3, 9 * HELD.rows * HELD.cols)
    assert found.seconds_per_tile > 0
    assert found.time.total_seconds() == pytest.approx(12 * found.seconds_per_tile)
