"""Leaf area index in the engine: maps against a plain reference, interpolation, order, restart, replay."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import small_bundle
import small_leaf_area
from forced_run import DAY, IDS, START, Inputs, start
from series_reference import SeriesReference

from pylandbc.couple.engine import Coupler, LandbcError, StepResult, log_to_python
from pylandbc.couple.recording import Recording
from pylandbc.couple.replay import replay

pytestmark = pytest.mark.engine
LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
CO2 = small_leaf_area.CARBON_DIOXIDE


@pytest.fixture(scope="module")
def monthly(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    plan = small_bundle.Plan(leaf_area="month", land_cover=True)
    return small_bundle.write(tmp_path_factory.mktemp("monthly") / "bundle", plan)


def weather(day: float, ids: np.ndarray = IDS, co2: bool = True) -> Inputs:
    """Climate that differs by day and cell."""
    k = (np.asarray(ids) - small_bundle.FIRST_ID) / small_bundle.ID_STEP
    inputs = {
        "air_temperature": (283.0 + 6.0 * np.sin(0.7 * k) - 9.0 * np.cos(2 * np.pi * day / 365), "K"),
        "precipitation_flux": (2.0e-5 + 1.5e-5 * np.cos(0.4 * k + 0.02 * day), "kg m-2 s-1"),
    }
    return inputs | ({CO2: (385.0 + 0.01 * day + 0.0 * k, "ppm")} if co2 else {})


def halves(months: int) -> Iterator[tuple[tuple[int, int, int], int, int]]:
    """Two intervals a month, of 10 days and the rest: date, seconds, day of the run."""
    day = 0
    for month in range(months):
        year, number, length = START[0] + month // 12, month % 12 + 1, LENGTHS[month % 12]
        for first, days in ((1, 10), (11, length - 10)):
            yield (year, number, first), days * DAY, day
            day += days


def run(coupler: Coupler, months: int, ids: np.ndarray = IDS) -> list[StepResult]:
    return [coupler.step(date, seconds, weather(day, ids)) for date, seconds, day in halves(months)]


def test_maps_and_means_are_those_of_a_plain_reference(monthly: Path) -> None:
    reference = SeriesReference(monthly)
    sums: dict[int, np.ndarray] = {}
    day_of_year = 0
    with start(monthly, interpolation="none") as coupler:
        assert [v.name for v in coupler.outputs if v.name.startswith("leaf")] == [
            "leaf_area_index",
            "leaf_area_index_coverage",
            "leaf_area_index_by_land_use",
        ]
        land_use = coupler.map()
        for date, seconds, day in halves(14):
            month = 12 * date[0] + date[1] - 1
            inputs = weather(day)
            result = coupler.step(date, seconds, inputs)
            if date[2] == 1 and month > 12 * START[0]:
                day_of_year = day_of_year % 365 + LENGTHS[(month - 1) % 12]
                total = sums[month - 1] / LENGTHS[(month - 1) % 12]
                reference.step(month - 1, total[:2], total[2].mean(), land_use, day_of_year)
                assert result.updated("leaf_area_index")
                found = coupler.values()
                wanted = reference.base.window(reference.maps[month - 1]).astype(np.float32)
                np.testing.assert_array_equal(np.isnan(found), np.isnan(wanted))
                assert np.nanmax(np.abs(found - wanted)) <= 10.0 / 32767 * 1.01
                assert (found == wanted)[~np.isnan(wanted)].mean() > 0.999
                # from here on with the engine's map, so that a step's rounding does not add up
                reference.base.window(reference.maps[month - 1])[:] = found
                means = reference.means(reference.value(month - 1))
                np.testing.assert_allclose(result.outputs["leaf_area_index"], means, rtol=1e-6, atol=1e-9)
                land_use = coupler.map()
                by_class = reference.means(reference.value(month - 1), land_use)
                np.testing.assert_allclose(
                    result.outputs["leaf_area_index_by_land_use"], by_class, rtol=1e-6, atol=1e-9
                )
            weighted = np.stack([v for v, _ in inputs.values()]) * (seconds / DAY)
            sums[month] = sums.get(month, 0.0) + weighted
        assert np.nanmax(found) > 2.0 and np.nanstd(found) > 0.1


def test_means_are_weighted_by_area_and_conserve(monthly: Path) -> None:
    with start(monthly, interpolation="none") as coupler:
        result = run(coupler, 3)[-2]
        values, land = coupler.values(), ~np.isnan(coupler.values())
    base = SeriesReference(monthly).base
    row = 3950 + np.arange(100)
    strip = np.sin(np.deg2rad(90 - row / 100)) - np.sin(np.deg2rad(90 - (row + 1) / 100))
    area = np.broadcast_to((6371229.0**2 * np.deg2rad(0.01) * strip)[:, None], values.shape)
    cells = result.outputs["leaf_area_index"] * result.outputs["leaf_area_index_coverage"] * base.cell_area
    assert cells.sum() == pytest.approx(
        float((area * np.where(land, values, 0.0)).sum(dtype=float)), rel=1e-9
    )
    fractions = (
        result.outputs["leaf_area_index_by_land_use"] * result.land_use_fraction * result.coverage[:, None]
    )
    assert (fractions.sum(1) * base.cell_area).sum() == pytest.approx(cells.sum(), rel=1e-9)


def expected(
    reference: SeriesReference, day: float, ctsm: tuple[int, int, float] | None = None
) -> np.ndarray:
    """Before the first update: climatology between middles, and departures of the maps before the run."""
    begins = np.concatenate([[0], np.cumsum(LENGTHS)])
    month = int(np.searchsorted(begins, day, side="right") - 1)
    middle = 0.5 * (begins[:-1] + begins[1:])
    if ctsm is None:
        first = month if day >= middle[month] else month - 1
        at = [middle[m % 12] + 365 * (m // 12) for m in (first, first + 1)]
        weight = (at[1] - day) / (at[1] - at[0])
    else:
        first, _, weight = ctsm
    ends = [reference.normal[m % 12].astype(float) for m in (first, first + 1)]
    normal = weight * ends[0] + (1 - weight) * ends[1]
    december = 12 * START[0] - 1
    before, after = reference.departure(december - 1), reference.departure(december)
    passed = (day - begins[month]) / LENGTHS[month]
    means = (
        reference.means(normal)
        + reference.means(before)
        + passed * (reference.means(after) - reference.means(before))
    )
    return np.clip(means, 0, 10)


def test_interpolation_between_the_middles_of_months(monthly: Path) -> None:
    reference = SeriesReference(monthly)
    with start(monthly) as coupler:
        for day in range(31):
            result = coupler.step((2009, 1, day + 1), DAY, weather(day))
            np.testing.assert_allclose(
                result.outputs["leaf_area_index"], expected(reference, day), rtol=1e-9, atol=1e-12
            )
            assert result.updated("leaf_area_index") == (day == 0)
        # the end of January: nothing jumps where the new map arrives
        last = result.outputs["leaf_area_index"]
        first = coupler.step((2009, 2, 1), DAY, weather(31))
        assert first.updated("leaf_area_index") and not first.updated("land_use")
        assert np.abs(first.outputs["leaf_area_index"] - last).max() < 0.1


def test_interpolation_as_in_ctsm(monthly: Path) -> None:
    """Weights of SatellitePhenologyMod's interpMonthlyVeg, for the day that holds the interval's end."""
    reference = SeriesReference(monthly)
    with start(monthly, interpolation="ctsm") as coupler:
        for day in range(30):
            result = coupler.step((2009, 1, day + 1), DAY, weather(day))
            t = (day + 2 - 0.5) / 31
            it = int(t + 0.5)
            np.testing.assert_allclose(
                result.outputs["leaf_area_index"],
                expected(reference, day, (it - 1, it, it + 0.5 - t)),
                rtol=1e-9,
                atol=1e-12,
            )


def test_the_december_step_sees_the_land_use_of_its_own_year(monthly: Path) -> None:
    """A bundle whose land use never changes gives another December only if the new land use was seen."""
    with start(monthly, interpolation="none") as coupler:
        run(coupler, 12)
        before = coupler.map()
        result = coupler.step((2010, 1, 1), DAY, weather(365))
        december, after = coupler.values(), coupler.map()
        assert (
            result.updated("land_use") and result.updated("land_cover") and result.updated("leaf_area_index")
        )
    known = ~np.isnan(december)
    became_water = known & (before != 7) & (after == 7)
    was_water = known & (before == 7) & (after != 7)
    assert was_water.any()
    assert not december[was_water].any()
    assert not became_water.any() or december[became_water].any()


def test_land_cover_follows_the_new_land_use(monthly: Path) -> None:
    with start(monthly) as coupler:
        first = coupler.map("land_cover")
        run(coupler, 12)
        result = coupler.step((2010, 1, 1), DAY, weather(365))
        cover, use = coupler.map("land_cover"), coupler.map()
        assert coupler.classes_of["land_cover"] == list(small_leaf_area.COVERS)
    active = (first != 255) & (use != 255) & (use != 0)
    assert (cover[active & (use == 7)] == 3).all() and (use == 7).any()
    assert (cover[active & (use == 4)] == 1).all() and (use == 4).any()
    assert (cover[first == 255] == 255).all()
    fraction, known = result.outputs["land_cover_fraction"], result.outputs["land_cover_coverage"]
    assert np.abs(fraction[known > 0].sum(1) - 1).max() <= 1e-13
    assert (known > 0).any() and not fraction[known == 0].any()


def test_restart_in_mid_month_goes_on_bit_for_bit(monthly: Path, tmp_path: Path) -> None:
    whole = [*halves(13)]
    with start(monthly) as coupler:
        expected_results = [coupler.step(date, s, weather(d)) for date, s, d in whole]
        values, cover = coupler.values(), coupler.map("land_cover")
    for cut, end in ((3, 7), (23, 26)):
        state = tmp_path / f"{cut}.nc"
        with start(monthly) as coupler:
            for date, seconds, day in whole[:cut]:
                coupler.step(date, seconds, weather(day))
            coupler.checkpoint(state)
        order = np.random.default_rng(cut).permutation(IDS.size)
        with start(monthly, IDS[order], None, restart=state, core=800) as coupler:
            for (date, seconds, day), told in zip(whole[cut:end], expected_results[cut:end], strict=True):
                result = coupler.step(date, seconds, weather(day, IDS[order]))
                for name, field in told.outputs.items():
                    assert np.array_equal(result.outputs[name], field[order]), (cut, date, name)
            last = coupler.values(), coupler.map("land_cover")
    assert np.array_equal(last[0], values, equal_nan=True) and np.array_equal(last[1], cover)


def test_the_same_interval_again_gives_the_same_answer(monthly: Path, tmp_path: Path) -> None:
    with start(monthly) as coupler:
        *_, (date, seconds, day) = halves(3)
        results = run(coupler, 3)
        again = coupler.step(date, seconds, weather(day))
        coupler.checkpoint(tmp_path / "state.nc")
    with start(monthly, start_date=None, restart=tmp_path / "state.nc") as coupler:
        later = coupler.step(date, seconds, weather(day))
    for name, field in results[-1].outputs.items():
        assert np.array_equal(again.outputs[name], field) and np.array_equal(later.outputs[name], field)


def test_recording_replays_bit_for_bit_and_locates_a_difference(monthly: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.nc"
    with start(monthly, recording=path, from_bundle=[CO2]) as coupler:
        for date, seconds, day in halves(13):
            coupler.step(date, seconds, weather(day, co2=False))
    report = replay(path)
    assert report.identical and report.equality_expected and report.steps == 26
    with Recording(path) as recording:
        assert recording.quantities == ["leaf_area_index", "land_use", "land_cover"]
        steps = list(recording.steps())
    prints = [step.fingerprints["leaf_area_index"] for step in steps]
    assert len(set(prints)) == 13
    with netCDF4.Dataset(path, "a") as file:
        variable = file["output_leaf_area_index_by_land_use"]
        assert variable.dimensions == ("block", "step", "land_use_class", "cell")
        ends = np.cumsum(file["steps"][:])
        block = int(np.searchsorted(ends, 7, side="right"))
        first = int(ends[block] - file["steps"][block])
        at = (block, 7 - first, 3, 11)
        value = variable[at]
        variable[at] = value + 0.5
    report = replay(path)
    found = report.first_difference
    assert found is not None and not report.identical
    assert (found.step, found.field, found.cell, found.class_name) == (
        7,
        "leaf_area_index_by_land_use",
        11,
        "pasture",
    )


def test_another_leaf_area_emulator_in_replay(monthly: Path, tmp_path: Path) -> None:
    path = tmp_path / "run.nc"
    with start(monthly, recording=path) as coupler:
        run(coupler, 3)
    other = tmp_path / "other.pt"
    small_leaf_area.write_emulator(other, "leaf_area_index", version="2")
    report = replay(path, emulator=other)
    assert report.identical and not report.equality_expected


def test_dekads(engine: Path, tmp_path: Path) -> None:
    """36 steps a year, at days 1, 11 and 21; the first climate steps are the normals."""
    bundle = small_bundle.write(tmp_path / "bundle", small_bundle.Plan(leaf_area="dekad"))
    with start(bundle) as coupler:
        new = [
            coupler.step((2009, 1, day + 1), DAY, weather(day)).updated("leaf_area_index")
            for day in range(31)
        ]
        february = coupler.step((2009, 2, 1), DAY, weather(31))
    assert [day + 1 for day in range(31) if new[day]] == [1, 11, 21]
    assert february.updated("leaf_area_index")
    with pytest.raises(LandbcError, match="of months, the step of leaf_area_index is another"):
        start(bundle, interpolation="ctsm")


def test_a_long_interval_runs_every_step_in_its_turn(monthly: Path) -> None:
    """One interval over a year and a half gives what its months give one by one, with the same climate."""
    with start(monthly, interpolation="none") as coupler:
        constant = weather(40)
        coupler.step((2009, 1, 1), 365 * DAY, constant)
        coupler.step((2010, 1, 1), 59 * DAY, constant)
        coupler.step((2010, 3, 1), DAY, constant)
        long, land_use = coupler.values(), coupler.map()
    with start(monthly, interpolation="none") as coupler:
        for month in range(14):
            coupler.step((2009 + month // 12, month % 12 + 1, 1), LENGTHS[month % 12] * DAY, constant)
        coupler.step((2010, 3, 1), DAY, constant)
        assert np.array_equal(coupler.values(), long, equal_nan=True)
        assert np.array_equal(coupler.map(), land_use)


def test_a_step_that_fails_leaves_the_state_before_it(
    engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On 1 January the leaf area of December is made before land use fails for want of a scenario."""
    monkeypatch.setattr(small_bundle, "SCENARIO_YEARS", range(2009, 2010))
    bundle = small_bundle.write(tmp_path / "bundle", small_bundle.Plan(leaf_area="month"))
    with start(bundle, start_date=(2009, 12, 1)) as coupler:
        told = coupler.step((2009, 12, 1), 31 * DAY, weather(334))
        coupler.checkpoint(tmp_path / "before.nc")
        values = coupler.values()
        with pytest.raises(LandbcError, match="no year 2010"):
            coupler.step((2010, 1, 1), DAY, weather(365))
        coupler.checkpoint(tmp_path / "after.nc")
        assert np.array_equal(coupler.values(), values, equal_nan=True)
        again = coupler.step((2009, 12, 1), 31 * DAY, weather(334))
        for name, field in told.outputs.items():
            assert np.array_equal(again.outputs[name], field), name
    assert (tmp_path / "before.nc").read_bytes() == (tmp_path / "after.nc").read_bytes()


def test_what_is_refused(monthly: Path, tmp_path: Path) -> None:
    with pytest.raises(LandbcError, match="runs forwards in time only"):
        start(monthly, start_date=(2009, 12, 31), direction=-1)
    with start(monthly) as coupler:
        with pytest.raises(LandbcError, match=f"input '{CO2}' is missing"):
            coupler.step((2009, 1, 1), DAY, weather(0, co2=False))
        with pytest.raises(LandbcError, match="map 'tree_height' is not known; there is leaf_area_index"):
            coupler.values("tree_height")
        assert coupler.step((2009, 1, 1), DAY, weather(0)).flags == 7


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"step": "year"}, "by month or dekad"),
        ({"state": {"channels": 2, "pixels": 3}}, "do not divide 16"),
        (
            {"output": {"kind": "quantiles", "unit": "1", "levels": [0.1], "lower": 0.0, "upper": 1.0}},
            "median",
        ),
        ({"inputs": []}, "names no input 'leaf_area_index'"),
    ],
)
def test_cards_that_do_not_fit(monthly: Path, tmp_path: Path, change: dict, sentence: str) -> None:
    copy = tmp_path / "bundle"
    shutil.copytree(monthly, copy)
    small_leaf_area.write_emulator(copy / "leaf_area_index.pt", "leaf_area_index", **change)
    small_bundle.seal(copy)
    with pytest.raises(LandbcError, match=sentence):
        start(copy)


def test_where_no_scratch_file_can_be_made_the_past_stays_in_memory(
    monthly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def maps(coupler: Coupler) -> list[np.ndarray]:
        with coupler:
            run(coupler, 4)
            coupler.checkpoint(tmp_path / "state.nc")
            return [coupler.values(), coupler.map()]

    log_to_python()
    with caplog.at_level(logging.WARNING):
        wanted = maps(start(monthly))
        assert "stay in memory" not in caplog.text
        monkeypatch.setenv("TMPDIR", str(tmp_path / "missing"))
        found = maps(start(monthly))
    assert "maps of leaf_area_index of the past stay in memory" in caplog.text
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["domain.nc", "leaf_area_index.nc"])
def test_a_bundle_that_is_written_anew_during_a_run_is_refused(
    monthly: Path, tmp_path: Path, name: str
) -> None:
    bundle = Path(shutil.copytree(monthly, tmp_path / "bundle"))
    before = (bundle / name).stat().st_mtime_ns
    with start(bundle) as coupler:
        os.utime(bundle / name, ns=(before, before + 1))
        with pytest.raises(LandbcError, match=rf"{name}: written anew since the run began"):
            run(coupler, 2)
        os.utime(bundle / name, ns=(before, before))
        date, seconds, day = list(halves(2))[2]
        assert coupler.step(date, seconds, weather(day)).updated("leaf_area_index")
