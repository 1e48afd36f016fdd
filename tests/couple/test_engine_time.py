"""Starts in mid-year, runs backwards, scenario ends, and statistics other than means."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import small_bundle
import torch
from forced_run import DAY, IDS, START, forcing, start
from reference import Reference

from pylandbc.couple.engine import LandbcError
from pylandbc.couple.replay import replay

pytestmark = pytest.mark.engine


def climate(level: float = 0.0) -> list[np.ndarray]:
    return [values for values, _ in forcing(level=level).values()]


def test_a_run_may_start_in_mid_year(bundle: Path) -> None:
    """The first year's mean is over the part that was run."""
    reference = Reference(bundle)
    level = (100 * 3.0 + 22 * -9.0 + DAY / 2 / DAY * 40.0) / 122.5
    expected = reference.update(reference.state, 2009, climate(level))
    other = reference.update(reference.state, 2009, climate(3.0))
    assert (expected != other).any(), "the weights must matter"
    with start(bundle, start_date=(2009, 8, 31, DAY // 2)) as coupler:
        coupler.step((2009, 8, 31, DAY // 2), DAY // 2, forcing(level=40.0))
        coupler.step((2009, 9, 1), 100 * DAY, forcing(level=3.0))
        coupler.step((2009, 12, 10), 22 * DAY, forcing(level=-9.0))
        assert coupler.step((2010, 1, 1), DAY, forcing()).changed
        assert np.array_equal(coupler.map(), reference.window(expected))


def backward(reference: Reference, state: np.ndarray, year: int, fields: list[np.ndarray]) -> np.ndarray:
    """The state of ``year - 1`` from that of ``year``: the reference on the mirrored scenario and time."""

    class Mirrored(torch.nn.Module):
        def forward(self, static, climate, scenario, row, col, prior, visible, time):  # type: ignore[no-untyped-def]
            half = scenario.shape[1] // 2
            swapped = torch.cat([scenario[:, half:], scenario[:, :half]], 1)
            time = time * torch.tensor([[-1.0, 1.0]])
            return model(static, climate, swapped, row, col, prior, visible, time)

    model = reference.model
    reference.model = Mirrored()
    try:
        return reference.update(state, year - 1, fields)
    finally:
        reference.model = model


def backwards_bundle(bundle: Path, folder: Path, year: int) -> Path:
    """The small bundle whose state is of another year, so that there is a scenario before it."""
    copy = Path(shutil.copytree(bundle, folder / "bundle"))
    manifest = json.loads((copy / "bundle.json").read_text())
    (copy / "bundle.json").write_text(json.dumps(manifest | {"state_year": year}))
    return copy


def test_backwards_equals_the_mirrored_reference(bundle: Path, tmp_path: Path) -> None:
    """Land use of 2012 holds from 1 January 2012 back to that of 2011; the climate between the two counts."""
    folder = backwards_bundle(bundle, tmp_path, 2012)
    reference = Reference(folder)
    first = backward(reference, reference.state, 2012, climate(2.0))
    second = backward(reference, first, 2011, climate((300 * -4.0 + 65 * 30.0) / 365))
    assert len({m.tobytes() for m in (reference.state, first, second)}) == 3
    recording, state = tmp_path / "run.nc", tmp_path / "state.nc"
    back = {"direction": -1, "start_date": (2012, 1, 1)}
    with start(folder, recording=recording, **back) as coupler:
        assert coupler.step((2011, 6, 1), 214 * DAY, forcing(level=2.0)).changed
        assert not coupler.step((2011, 1, 1), 151 * DAY, forcing(level=2.0)).changed
        assert np.array_equal(coupler.map(), reference.window(reference.state))
        assert coupler.step((2010, 3, 7), 300 * DAY, forcing(level=-4.0)).changed
        assert np.array_equal(coupler.map(), reference.window(first))
        coupler.checkpoint(state)
        # Into 2009: its part counts there.
        assert not coupler.step((2009, 12, 31), 66 * DAY, forcing(level=30.0)).changed
        assert coupler.step((2009, 12, 30), DAY, forcing()).changed
        assert np.array_equal(coupler.map(), reference.window(second))
        with pytest.raises(LandbcError, match="goes forwards in a run that goes backwards"):
            coupler.step((2010, 1, 1), DAY, forcing())
        with pytest.raises(LandbcError, match="leaves a gap"):
            coupler.step((2009, 12, 1), DAY, forcing())
    assert replay(recording).identical
    with start(folder, restart=state, direction=-1, start_date=(2010, 3, 7)) as coupler:
        coupler.step((2009, 12, 31), 66 * DAY, forcing(level=30.0))
        coupler.step((2009, 12, 30), DAY, forcing())
        assert np.array_equal(coupler.map(), reference.window(second))


def test_backwards_starts_where_the_state_holds(bundle: Path) -> None:
    for date, year in (((2009, 1, 2), 2010), ((2008, 1, 1), 2008)):
        with pytest.raises(LandbcError, match=f"land use of {year} holds, but the bundle's state is of 2009"):
            start(bundle, direction=-1, start_date=date)
    with pytest.raises(LandbcError, match="'direction' is 0"):
        start(bundle, direction=0)
    with start(bundle, direction=-1, start_date=(2008, 2, 1)) as coupler:
        coupler.step((2008, 1, 1), 31 * DAY, forcing())
        with pytest.raises(LandbcError, match=r"no year 2008 \(it has 2009 to 2013\).*hold its first year"):
            coupler.step((2007, 12, 31), DAY, forcing())
    with start(bundle, direction=-1, start_date=(2008, 2, 1), scenario="hold") as coupler:
        coupler.step((2008, 1, 1), 31 * DAY, forcing())
        assert coupler.step((2007, 12, 31), DAY, forcing()).changed


@pytest.mark.parametrize("calendar", ["standard", "proleptic_gregorian", "noleap", "360_day"])
def test_any_interval_gives_the_year_s_mean(bundle: Path, calendar: str) -> None:
    """Steps of 7 hours and 13 seconds, and one step a year, see the same constant climate: the same map."""
    days = {"noleap": 365, "360_day": 360}.get(calendar, 365)
    step = 7 * 3600 + 13
    with start(bundle, calendar=calendar) as fine, start(bundle, calendar=calendar) as whole:
        inputs = forcing()
        whole.step(START, days * DAY, inputs)
        whole.step((2010, 1, 1), DAY, inputs)
        seconds = 0
        # From mid-December on, in one long step before it.
        long = (days - 20) * DAY
        fine.step(START, long, inputs)
        seconds = long
        while True:
            day, second = divmod(seconds, DAY)
            if day >= days:
                date = (2010, 1, 1 + day - days, second)
            elif calendar == "360_day":
                date = (2009, day // 30 + 1, day % 30 + 1, second)
            else:
                date = (2009, 12, day - 334 + 1, second)
            changed = fine.step(date, step, inputs).changed
            seconds += step
            if changed:
                break
        assert date[0] == 2010 and date[3] < step
        assert np.array_equal(fine.map(), whole.map())


class Statistics(torch.nn.Module):
    """Class 1 where the temperature is above a bound, class 2 where it is not and 720 mm fell; else 3."""

    def forward(
        self,
        static: torch.Tensor,
        climate: torch.Tensor,
        scenario: torch.Tensor,
        scenario_row: torch.Tensor,
        scenario_col: torch.Tensor,
        prior: torch.Tensor,
        visible: torch.Tensor,
        time: torch.Tensor,
    ) -> torch.Tensor:
        zero = torch.zeros_like(climate[:, 0])
        never = zero - 9.0
        warm, wet = 20.0 * (climate[:, 0] - 290.0), 20.0 - 100.0 * (climate[:, 1] - 720.0).abs()
        land = static[:, 2]
        return torch.stack([1e4 * (0.5 - land), warm, wet, zero + 0.001, never, never, never, never], 1)


@pytest.mark.parametrize(
    ("temperature", "statistic", "winner"),
    [
        # One warm day among cold ones, and one cold day among warm ones.
        ((295.0, 280.0), "maximum", "urban"),
        ((295.0, 280.0), "mean", "cropland"),
        ((280.0, 292.0), "minimum", "cropland"),
        ((280.0, 292.0), "mean", "urban"),
    ],
)
def test_statistics_are_those_of_the_card(
    bundle: Path, tmp_path: Path, temperature: tuple[float, float], statistic: str, winner: str
) -> None:
    """720 mm in a year as amounts per interval; 2 mm a day as a rate."""
    copy = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    inputs = small_bundle.card()["inputs"]
    for entry in inputs:
        if entry["name"] == "air_temperature":
            entry["statistic"] = statistic
        elif entry["name"] == "precipitation_flux":
            entry |= {"name": "precipitation_amount", "unit": "kg m-2", "statistic": "sum"}
    text = json.dumps(small_bundle.card(inputs=inputs))
    torch.jit.save(torch.jit.script(Statistics().eval()), str(copy / "emulator.pt"), {"card.json": text})
    small_bundle.seal(copy)
    ones = np.ones(len(IDS))
    with start(copy, calendar="360_day") as coupler:
        for day, length, value, rain in (
            ((2009, 1, 1), 1, temperature[0], (2.0, "mm")),
            ((2009, 1, 2), 358, temperature[1], (2.0, "mm day-1")),
            # Half of this interval's amount falls into the next year.
            ((2009, 12, 30), 2, temperature[1], (4.0, "kg m-2")),
        ):
            fields = {
                "air_temperature": (value * ones, "K"),
                "precipitation_amount": (rain[0] * ones, rain[1]),
            }
            coupler.step(day, length * DAY, fields)
        result = coupler.step((2010, 1, 2), DAY, fields)
        known = result.coverage > 0.9
        code = coupler.classes.index(winner)
        assert (result.land_use_fraction[known, code] > 0.5).all()
