"""Recordings of updates alone: the same bits from what the emulators had been given, and refusals."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import small_bundle
import small_leaf_area
import torch
from forced_run import DAY, IDS, forcing, start
from torch import Tensor
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.couple.engine import Coupler, Date, LandbcError
from pylandbc.couple.recording import RecordedStep, Recording
from pylandbc.couple.replay import replay
from pylandbc.errors import InputError

pytestmark = pytest.mark.engine
LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
ORDER = np.random.default_rng(4).permutation(len(IDS))
CO2 = small_leaf_area.CARBON_DIOXIDE


@pytest.fixture(scope="module")
def monthly(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    plan = small_bundle.Plan(leaf_area="month", land_cover=True)
    return small_bundle.write(tmp_path_factory.mktemp("monthly") / "bundle", plan)


def intervals(months: int) -> Iterator[tuple[Date, int, int]]:
    """Three a month, none of a round number of days: date, seconds, number."""
    for month in range(months):
        year, number, length = 2009 + month // 12, month % 12 + 1, LENGTHS[month % 12]
        cuts = (0, 7 * DAY + 12345, 19 * DAY + 54321, length * DAY)
        for part in range(3):
            first, last = cuts[part], cuts[part + 1]
            yield (year, number, 1 + first // DAY, first % DAY), last - first, 3 * month + part


def weather(number: int, ids: np.ndarray) -> dict[str, tuple[np.ndarray, str]]:
    """As no sum of it is exact."""
    inputs = forcing(ids, level=3.0 * np.sin(number))
    return inputs | {CO2: (np.full(len(ids), 385.0 + 0.1 * number), "ppm")}


def run(coupler: Coupler, months: int, begin: int = 0) -> None:
    for date, seconds, number in intervals(months):
        if number >= begin:
            coupler.step(date, seconds, weather(number, coupler.cell_ids))


def recorded(path: Path) -> list[RecordedStep]:
    with Recording(path) as recording:
        return list(recording.steps())


@pytest.fixture(scope="module")
def paths(monthly: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same fourteen months of three emulators, recorded both ways."""
    folder = tmp_path_factory.mktemp("runs")
    made = {}
    for what in ("steps", "updates"):
        made[what] = folder / f"{what}.nc"
        with start(monthly, IDS[ORDER], recording=made[what], record=what) as coupler:
            run(coupler, 14)
    return made


def test_it_holds_the_steps_in_which_an_emulator_ran(paths: dict[str, Path]) -> None:
    every, updates = recorded(paths["steps"]), recorded(paths["updates"])
    wanted = [step for step in every if step.index == 0 or step.changed]
    assert [s.date for s in updates] == [s.date for s in wanted] and len(updates) == 14
    for kept, step in zip(updates, wanted, strict=True):
        assert (kept.changed, kept.fingerprints) == (step.changed, step.fingerprints)
        assert kept.outputs.keys() == step.outputs.keys()
        for name, values in step.outputs.items():
            assert np.array_equal(kept.outputs[name], values), name
    january = next(s for s in updates if s.date == (2010, 1, 1, 0))
    of = {(given.quantity, given.seconds) for given in january.accumulated}
    assert of == {("leaf_area_index", 31 * DAY), ("land_use", 365 * DAY), ("land_cover", 365 * DAY)}
    given = next(g for g in january.accumulated if g.quantity == "land_use")
    assert given.accumulates == "year: air_temperature mean, precipitation_flux mean"
    levels = [3.0 * np.sin(number) * seconds for _, seconds, number in intervals(12)]
    mean = forcing(IDS[ORDER])["air_temperature"][0] + sum(levels) / (365 * DAY)
    np.testing.assert_allclose(given.sums[0] / given.seconds, mean, rtol=1e-12)


def test_it_replays_to_the_same_bits(paths: dict[str, Path]) -> None:
    report = replay(paths["updates"])
    assert report.identical and report.equality_expected and report.steps == 14, report.text()
    result = CliRunner().invoke(app, ["replay", str(paths["updates"])])
    assert result.exit_code == 0 and "agrees bit for bit" in result.output


def test_one_sum_that_differs_is_found(paths: dict[str, Path], tmp_path: Path) -> None:
    """The made-up intervals do not count: what the emulators see is what was recorded."""
    copy = Path(shutil.copy(paths["updates"], tmp_path / "copy.nc"))
    with netCDF4.Dataset(copy, "r+") as file:
        sums = file["accumulated_leaf_area_index_precipitation_flux"]
        sums[3] += 1e-5 * file["accumulated_leaf_area_index_seconds"][3]
    found = replay(copy).first_difference
    assert found is not None and found.step == 3 and found.field.startswith("leaf_area_index")


def test_several_periods_that_end_in_one_step(monthly: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.nc"
    with start(monthly, recording=path, record="updates") as coupler:
        coupler.step((2009, 1, 1), 100 * DAY, weather(0, IDS))
        coupler.step((2009, 4, 11), 300 * DAY, weather(1, IDS))
        coupler.step((2010, 2, 5), DAY, weather(2, IDS))
    steps = recorded(path)
    assert [s.date for s in steps] == [(2009, 1, 1, 0), (2009, 4, 11, 0), (2010, 2, 5, 0)]
    assert [len(s.accumulated) for s in steps] == [0, 4, 15]  # months that had begun, and years
    with netCDF4.Dataset(path) as file:
        assert np.count_nonzero(file["steps"][:] == 0) == 3 + 10
    report = replay(path)
    assert report.identical and report.steps == 3, report.text()


def test_from_a_checkpoint_in_mid_month(monthly: Path, tmp_path: Path) -> None:
    state, path = tmp_path / "state.nc", tmp_path / "rest.nc"
    with start(monthly) as coupler:
        for date, seconds, number in intervals(6):
            if number < 16:
                coupler.step(date, seconds, weather(number, IDS))
        coupler.checkpoint(state)
    with start(monthly, start_date=None, restart=state, recording=path, record="updates") as coupler:
        run(coupler, 13, begin=16)
    report = replay(path)
    assert report.identical and report.steps == 1 + 7, report.text()


def test_backwards(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / "bundle.json").read_text())
    manifest["state_year"] = 2012
    (folder / "bundle.json").write_text(json.dumps(manifest))
    path = tmp_path / "back.nc"
    back = {"direction": -1, "start_date": (2012, 1, 1), "recording": path, "record": "updates"}
    with start(folder, **back) as coupler:
        for month in reversed(range(36)):
            year, number = 2009 + month // 12, month % 12 + 1
            coupler.step((year, number, 1), LENGTHS[number - 1] * DAY, forcing(level=np.sin(month)))
        last = coupler.map()
    report = replay(path)
    assert report.identical and report.steps == 1 + 2, report.text()
    assert np.array_equal(report.last_map, last) and (report.first_map != last).any()


def test_a_value_held_in_an_update(bundle: Path, tmp_path: Path) -> None:
    """What was held came from a step that is not in the recording; what was made of it is."""
    path = tmp_path / "held.nc"
    with start(bundle, recording=path, record="updates", missing="hold") as coupler:
        for month in range(25):
            inputs = forcing(level=float(month))
            if month == 12:
                inputs["air_temperature"][0][3] = np.nan
            coupler.step((2009 + month // 12, month % 12 + 1, 1), LENGTHS[month % 12] * DAY, inputs)
    report = replay(path)
    assert report.identical and report.steps == 3, report.text()


def test_another_emulator_that_takes_the_same(paths: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.pt"
    small_leaf_area.write_emulator(other, "leaf_area_index", version="2")
    report = replay(paths["updates"], emulator=other)
    assert report.identical and not report.equality_expected


def test_emulators_that_take_something_else_are_refused(bundle: Path, tmp_path: Path) -> None:
    dekadal = small_bundle.write(tmp_path / "dekadal", small_bundle.Plan(leaf_area="dekad"))
    monthly = small_bundle.write(tmp_path / "monthly", small_bundle.Plan(leaf_area="month"))
    path = tmp_path / "run.nc"
    with start(monthly, recording=path, record="updates") as coupler:
        run(coupler, 3)
    with pytest.raises(InputError, match=r"accumulates 'dekad: .*', not 'month: .*every step"):
        replay(path, bundle=dekadal)
    with start(monthly, recording=path, record="updates") as coupler:
        coupler.step((2009, 1, 1), 15 * DAY, weather(0, IDS))
        coupler.step((2009, 1, 16), 16 * DAY, weather(1, IDS))
        coupler.step((2009, 2, 1), DAY, weather(2, IDS))
    with pytest.raises(InputError, match="another emulator ran after step 0; record every step"):
        replay(path, bundle=dekadal)
    with start(dekadal, recording=path, record="updates") as coupler:
        run(coupler, 3)
    with pytest.raises(InputError, match=r"accumulates 'month: .*', not 'dekad: .*every step"):
        replay(path, bundle=monthly)


def test_it_is_small(bundle: Path, tmp_path: Path) -> None:
    size = {}
    for what in ("steps", "updates"):
        path = tmp_path / f"{what}.nc"
        with start(bundle, recording=path, record=what) as coupler:
            for half in range(48 * 40):
                at = 1800 * half
                month, day = (1, at // DAY) if at < 31 * DAY else (2, at // DAY - 31)
                coupler.step((2009, month, 1 + day, at % DAY), 1800, forcing())
        size[what] = path.stat().st_size
        assert len(recorded(path)) == (1 if what == "updates" else 48 * 40)
    assert size["updates"] < size["steps"] / 50


class Deaf(torch.nn.Module):
    """The small emulator in a climate that is always the same."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = small_bundle.SmallEmulator()

    def forward(
        self,
        static: Tensor,
        climate: Tensor,
        scenario: Tensor,
        row: Tensor,
        col: Tensor,
        prior: Tensor,
        visible: Tensor,
        time: Tensor,
    ) -> Tensor:
        always = 283.0 * torch.ones_like(static[:, :2])
        always[:, 1] = 2e-5
        return self.inner(static, always, scenario, row, col, prior, visible, time)


def test_of_emulators_that_take_no_climate(engine: Path, tmp_path: Path) -> None:
    """There is nothing to record but updates, each a block of its own."""
    inputs = [entry for entry in small_bundle.card()["inputs"] if entry["source"] != "climate"]
    card = json.dumps(small_bundle.card(inputs=inputs))
    torch.jit.save(torch.jit.script(Deaf().eval()), str(tmp_path / "deaf.pt"), {"card.json": card})
    bundle = small_bundle.write(tmp_path / "bundle", small_bundle.Plan(emulator=tmp_path / "deaf.pt"))
    path = tmp_path / "run.nc"
    with start(bundle, recording=path, record="updates") as coupler:
        assert not coupler.inputs
        for year in (2009, 2010, 2011):
            coupler.step((year, 1, 1), 365 * DAY, {})
    assert len(recorded(path)) == 3
    with netCDF4.Dataset(path) as file:
        assert not [name for name in file.variables if name.startswith(("input_", "accumulated_"))]
        assert file["year"].shape == (3, 1), "blocks of one step"
    assert replay(path).identical


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        ({"quantity": "snow"}, "FIELD_NAME", "no emulator of 'snow'"),
        ({"accumulates": "month: rain sum"}, "ARGUMENT", "accumulates 'year: air_temperature mean"),
        ({"period": 2**62}, "ARGUMENT", "'period' 4611686018427387904 is not in 1 ... 9998"),
        ({"seconds": 0}, "ARGUMENT", "'seconds' is 0, not in 1 ... 31536000"),
        ({"seconds": 366 * DAY}, "ARGUMENT", "'seconds' is 31622400"),
        ({"values": np.full((2, 30), np.nan)}, "FIELD_VALUE", "NaN or infinity in period 2009"),
        ({"values": np.zeros((2, 29))}, "FIELD_SHAPE", "58 values where there are 2 inputs of 30 cells"),
    ],
)
def test_what_was_accumulated_must_fit(bundle: Path, change: dict, status: str, says: str) -> None:
    what = "year: air_temperature mean, precipitation_flux mean"
    fitting = {
        "quantity": "land_use",
        "accumulates": what,
        "period": 2009,
        "seconds": DAY,
        "values": np.zeros((2, 30)),
    }
    with start(bundle) as coupler:
        coupler.set_accumulated(**fitting)
        with pytest.raises(LandbcError, match=says) as caught:
            coupler.set_accumulated(**(fitting | change))
    assert caught.value.name == f"LANDBC_ERROR_{status}"


def test_only_steps_and_updates_are_known(bundle: Path) -> None:
    with pytest.raises(ValueError, match="is not one of steps, updates"):
        start(bundle, record="days")
