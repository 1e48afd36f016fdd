"""What the engine computes, against a plain reference and against conservation laws."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import small_bundle
from forced_run import DAY, IDS, START, forcing, start, years
from reference import Reference

from pylandbc.couple.engine import Coupler, LandbcError
from pylandbc.errors import InputError
from pylandbc.grid.window import Window

pytestmark = pytest.mark.engine


def test_first_step_gives_the_initial_state(bundle: Path) -> None:
    reference = Reference(bundle)
    with start(bundle) as coupler:
        result = coupler.step(START, DAY, forcing())
        assert result.changed
        assert np.array_equal(coupler.map(), reference.window(reference.state))
        assert coupler.window == (3950, 17950, 100, 150)
        assert coupler.classes == [c.name for c in small_bundle.LAND_USE.classes]


def test_outputs_that_nobody_asks_for_are_not_given(bundle: Path) -> None:
    with start(bundle) as coupler:
        every = coupler.step(START, DAY, forcing()).outputs
        assert coupler.step(START, DAY, forcing(), outputs=()).outputs == {}
        (found,) = coupler.step(START, DAY, forcing(), outputs=["coverage"]).outputs.items()
        assert found[0] == "coverage" and np.array_equal(found[1], every["coverage"])
        with pytest.raises(InputError, match=r"no output 'tree_cover'; outputs are .*coverage"):
            coupler.step(START, DAY, forcing(), outputs=["tree_cover"])


def test_three_updates_equal_the_plain_reference_bit_for_bit(bundle: Path) -> None:
    reference = Reference(bundle)
    inputs = forcing()
    climate = [inputs["air_temperature"][0], inputs["precipitation_flux"][0]]
    expected = reference.state
    with start(bundle) as coupler:
        for year in range(2009, 2012):
            coupler.step((year, 1, 1), 365 * DAY, inputs)
            expected, before = reference.update(expected, year, climate), expected
            assert reference.window(expected != before).mean() > 0.02, (
                "the reference must change for the comparison to mean anything"
            )
        coupler.step((2012, 1, 1), DAY, inputs)
        assert np.array_equal(coupler.map(), reference.window(expected))


def test_window_across_the_dateline_and_at_the_pole(engine: Path, tmp_path: Path) -> None:
    for name, window in (("dateline", Window(3950, 35950, 100, 150)), ("pole", Window(0, 17950, 50, 100))):
        bundle = small_bundle.write(tmp_path / name, small_bundle.Plan(window=window))
        reference = Reference(bundle)
        inputs = forcing()
        expected = reference.update(
            reference.state, 2009, [inputs["air_temperature"][0], inputs["precipitation_flux"][0]]
        )
        with start(bundle) as coupler:
            years(coupler, 1)
            assert np.array_equal(coupler.map(), reference.window(expected)), name
            assert (coupler.map() != reference.window(reference.state)).any()


def test_fractions_are_areas_of_the_known_pixels(bundle: Path) -> None:
    reference = Reference(bundle)
    with start(bundle) as coupler:
        for step in range(3):
            result = coupler.step((2009 + step, 1, 1), 365 * DAY, forcing())
            state = reference.state.copy()
            reference.window(state)[:] = coupler.map()
            areas = reference.class_areas(state)
            known = areas.sum(1)
            rows = result.land_use_fraction[known > 0]
            assert 0 < (known > 0).sum() < len(known), "some cells must lie in the margin alone"
            assert np.abs(rows.sum(1) - 1).max() <= 1e-13
            np.testing.assert_allclose(rows, areas[known > 0] / known[known > 0, None], rtol=0, atol=1e-13)
            np.testing.assert_allclose(result.coverage, known / reference.cell_area, rtol=1e-13)
            assert not result.land_use_fraction[known == 0].any()
            assert not result.coverage[known == 0].any()


def test_area_is_conserved(bundle: Path) -> None:
    """The classes' areas on the native mesh are those of the window's pixels, to 1e-12."""
    reference = Reference(bundle)
    window = Window(*small_bundle.Plan().window.__dict__.values())
    with start(bundle) as coupler:
        result = years(coupler, 2)
        codes = coupler.map()
    area_of_row = window.pixel_area
    for code in range(8):
        pixels = math.fsum((codes == code).sum(1) * area_of_row)
        cells = math.fsum(result.land_use_fraction[:, code] * result.coverage * reference.cell_area)
        assert pixels > 0 or code == 0
        assert cells == pytest.approx(pixels, rel=1e-12)


def test_order_of_cells_does_not_matter(bundle: Path) -> None:
    order = np.random.default_rng(3).permutation(len(IDS))
    with start(bundle) as straight, start(bundle, IDS[order]) as shuffled:
        first, second = years(straight, 2), years(shuffled, 2)
        assert np.array_equal(straight.map(), shuffled.map())
    assert np.array_equal(first.land_use_fraction[order], second.land_use_fraction)
    assert np.array_equal(first.coverage[order], second.coverage)


def test_single_precision_host_gets_what_its_numbers_say(bundle: Path) -> None:
    single = forcing(kind=np.float32)
    widened = {name: (values.astype(np.float64), unit) for name, (values, unit) in single.items()}
    with start(bundle) as first, start(bundle) as second:
        a, b = years(first, 2, single), years(second, 2, widened)
        assert np.array_equal(first.map(), second.map())
    assert np.array_equal(a.land_use_fraction, b.land_use_fraction)


def test_converted_units_equal_the_card_s(bundle: Path) -> None:
    card = forcing()
    temperature, precipitation = card["air_temperature"][0], card["precipitation_flux"][0]
    with start(bundle) as plain:
        years(plain, 2)
        expected = plain.map()
    for unit, factor in (("mm s-1", 1.0), ("mm day-1", 86400.0), ("kg m-2 day-1", 86400.0)):
        inputs = {
            "air_temperature": (temperature - 273.15, "degC"),
            "precipitation_flux": (precipitation * factor, unit),
        }
        with start(bundle) as coupler:
            years(coupler, 2, inputs)
            assert np.array_equal(coupler.map(), expected)


def test_the_same_interval_again_gives_the_same_and_counts_once(bundle: Path) -> None:
    with start(bundle) as once, start(bundle) as twice:
        for year in (2009, 2010, 2011):
            a = once.step((year, 1, 1), 365 * DAY, forcing(level=year - 2010))
            b = twice.step((year, 1, 1), 365 * DAY, forcing(level=year - 2010))
            # Other numbers in the repetition must not be accumulated.
            c = twice.step((year, 1, 1), 365 * DAY, forcing(level=50.0))
            assert a.changed == b.changed == c.changed
            for result in (b, c):
                assert np.array_equal(a.land_use_fraction, result.land_use_fraction)
            assert np.array_equal(once.map(), twice.map())
        assert twice.timings().updates == 2
        assert twice.timings().steps == 3


def test_a_step_that_fails_changes_nothing(bundle: Path) -> None:
    spoilt = forcing()
    spoilt["air_temperature"][0][4] = np.nan
    with start(bundle) as clean, start(bundle) as tried:
        for year in (2009, 2010, 2011):
            before = tried.map()
            for inputs, seconds in ((spoilt, 365 * DAY), (forcing(), 0), ({}, 365 * DAY)):
                with pytest.raises(LandbcError):
                    tried.step((year, 1, 1), seconds, inputs)
                assert np.array_equal(tried.map(), before)
            a = clean.step((year, 1, 1), 365 * DAY, forcing())
            b = tried.step((year, 1, 1), 365 * DAY, forcing())
            assert a.changed == b.changed
            assert np.array_equal(a.land_use_fraction, b.land_use_fraction)
            assert np.array_equal(clean.map(), tried.map())


def test_a_year_beyond_the_scenario_fails_after_the_first_of_two_updates(bundle: Path) -> None:
    """An update that succeeds within a step that fails leaves no trace."""
    with start(bundle) as coupler:
        years(coupler, 3)
        coupler.step((2012, 1, 2), 364 * DAY, forcing())
        coupler.step((2013, 1, 1), 364 * DAY, forcing())
        before, updates = coupler.map(), coupler.timings().updates
        # 31 December 2013 to 1 January 2015 would be two updates, and the scenario ends in 2013.
        coupler.step((2013, 12, 31), 366 * DAY, forcing())
        with pytest.raises(LandbcError, match="no year 2014"):
            coupler.step((2015, 1, 1), DAY, forcing())
        assert np.array_equal(coupler.map(), before)
        assert coupler.timings().updates == updates == 4


def test_hold_policy_of_the_scenario_repeats_its_last_year(bundle: Path) -> None:
    with start(bundle, scenario="hold") as coupler:
        years(coupler, 6)
        assert coupler.timings().updates == 6


def test_missing_values_are_held(bundle: Path) -> None:
    spoilt = forcing(level=4.0)
    expected = forcing(level=4.0)
    spoilt["air_temperature"][0][4] = np.nan
    spoilt["air_temperature"][0][9] = np.inf
    expected["air_temperature"][0][[4, 9]] = forcing()["air_temperature"][0][[4, 9]]
    with start(bundle, missing="hold") as held, start(bundle) as plain:
        for coupler, second in ((held, spoilt), (plain, expected)):
            coupler.step((2009, 1, 1), 10 * DAY, forcing())
            coupler.step((2009, 1, 11), 355 * DAY, second)
            coupler.step((2010, 1, 1), DAY, forcing())
        assert np.array_equal(held.map(), plain.map())
    with start(bundle, missing="hold") as coupler, pytest.raises(LandbcError, match="no earlier value"):
        coupler.step(START, DAY, spoilt)


def test_threads_give_the_same_bits(bundle: Path) -> None:
    maps, fractions = [], []
    for threads in (1, 2):
        with start(bundle, threads=threads) as coupler:
            fractions.append(years(coupler, 3).land_use_fraction)
            maps.append(coupler.map())
    assert np.array_equal(*maps)
    assert np.array_equal(*fractions)


def test_timings_count_tiles_updates_and_steps(bundle: Path) -> None:
    with start(bundle) as coupler:
        years(coupler, 2)
        timings = coupler.timings()
    assert (timings.tiles, timings.updates, timings.steps) == (4, 2, 3)
    phases = timings.gather + timings.features + timings.forward + timings.state + timings.scatter
    assert 0 < phases <= timings.step


def test_two_handles_do_not_disturb_each_other(bundle: Path) -> None:
    with start(bundle) as first:
        alone = years(first, 2).land_use_fraction
    with start(bundle) as first, start(bundle) as second:
        for year in (2009, 2010, 2011):
            a = first.step((year, 1, 1), 365 * DAY, forcing())
            second.step((year, 1, 1), 365 * DAY, forcing(level=8.0))
    assert np.array_equal(a.land_use_fraction, alone)


def test_coupler_ends_with_its_context(bundle: Path) -> None:
    with start(bundle) as coupler:
        pass
    with pytest.raises(LandbcError, match="null"):
        coupler.timings()
    assert isinstance(coupler, Coupler)
