"""Inputs: amounts and monthly units, ranges told to the log, series of the bundle, cells that are absent."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import small_bundle
from forced_run import DAY, IDS, START, forcing, start, years
from reference import Reference

from pylandbc.couple.engine import LandbcError, log_to_python
from pylandbc.couple.replay import replay

pytestmark = pytest.mark.engine


def test_amounts_are_rates_over_the_interval(bundle: Path) -> None:
    """Precipitation as mm in each interval, and per month where the interval is one."""
    rate = forcing()
    temperature = rate["air_temperature"]
    flux = rate["precipitation_flux"][0]
    with start(bundle) as plain, start(bundle) as amounts:
        for month, days in ((1, 31), (2, 28), (3, 31)):
            plain.step((2009, month, 1), days * DAY, rate)
            unit = "mm month-1" if month == 2 else "mm"
            amounts.step(
                (2009, month, 1),
                days * DAY,
                {"air_temperature": temperature, "precipitation_flux": (flux * days * DAY, unit)},
            )
        monthly = {"air_temperature": temperature, "precipitation_flux": (flux, "kg m-2 month-1")}
        with pytest.raises(LandbcError, match="over an interval that is not one whole month") as wrong:
            amounts.step((2009, 4, 1), 31 * DAY, monthly)
        assert wrong.value.name == "LANDBC_ERROR_FIELD_UNIT"
        for coupler in (plain, amounts):
            coupler.step((2009, 4, 1), 275 * DAY, rate)
            coupler.step((2010, 1, 1), DAY, rate)
        assert np.array_equal(plain.map(), amounts.map())


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "pylandbc.engine")
    log_to_python()
    return caplog


def test_values_out_of_range_are_told_once_a_year(bundle: Path, lines: pytest.LogCaptureFixture) -> None:
    cold = forcing()
    cold["air_temperature"][0][:] -= 273.15
    with start(bundle) as coupler:
        for day in range(1, 4):
            coupler.step((2009, 1, day), DAY, cold)
        coupler.step((2009, 1, 4), 362 * DAY, forcing())
        coupler.step((2010, 1, 1), DAY, cold)
    told = [r for r in lines.records if r.levelno == logging.WARNING]
    assert len(told) == 2
    text = told[0].getMessage()
    assert "'air_temperature' is outside 150 ... 350 K in 30 cells, id 1000 among them" in text
    assert "is its unit right?" in text
    with start(bundle, ranges="off") as coupler:
        coupler.step(START, DAY, cold)
    assert len([r for r in lines.records if r.levelno == logging.WARNING]) == 2
    with start(bundle, ranges="error") as coupler:
        with pytest.raises(LandbcError, match=r"is outside 150 \.\.\. 350 K") as wrong:
            coupler.step(START, DAY, cold)
        assert wrong.value.name == "LANDBC_ERROR_FIELD_VALUE"
        coupler.step(START, DAY, forcing())


def test_the_log_tells_of_starts_updates_held_values_and_checkpoints(
    bundle: Path, lines: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    spoilt = forcing()
    spoilt["air_temperature"][0][3] = np.nan
    with start(bundle, missing="hold") as coupler:
        coupler.step(START, 10 * DAY, forcing())
        coupler.step((2009, 1, 11), 355 * DAY, spoilt)
        coupler.step((2010, 1, 1), DAY, forcing())
        coupler.checkpoint(tmp_path / "state.nc")
    text = "\n".join(r.getMessage() for r in lines.records)
    for words in (
        f"bundle {bundle}, 30 cells",
        "'air_temperature' is NaN or infinite in 1 cell, where the last valid values are held",
        "land use of 2010: 1 update, 4 tiles",
        f"checkpoint {tmp_path / 'state.nc'} at 2010-01-02",
    ):
        assert words in text


def test_climatology_and_yearly_series_of_the_bundle(bundle: Path, tmp_path: Path) -> None:
    """The same as the host giving their time means."""
    reference = Reference(bundle)
    lengths = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    mean = (small_bundle.climatology(30) * lengths[:, None]).sum(0) / 365 + 273.15
    flux = np.full(30, small_bundle.YEARLY[2009])
    expected = reference.update(reference.state, 2009, [mean, flux])
    assert (expected != reference.update(reference.state, 2009, [mean + 3, flux])).any()
    recording = tmp_path / "run.nc"
    both = ["air_temperature", "precipitation_flux"]
    with start(bundle, from_bundle=both, recording=recording) as coupler:
        coupler.step(START, 45 * DAY + 1000, {})
        coupler.step((2009, 2, 15, 1000), 320 * DAY - 1000, {})
        coupler.step((2010, 1, 1), DAY, {})
        assert np.array_equal(coupler.map(), reference.window(expected))
        with pytest.raises(LandbcError, match="from_bundle says that it comes from the bundle"):
            coupler.step((2010, 1, 2), DAY, forcing())
    assert replay(recording).identical
    with start(bundle, from_bundle=["precipitation_flux"]) as coupler:
        with pytest.raises(
            LandbcError, match=r"'air_temperature' is missing; every step needs air_temperature$"
        ):
            coupler.step(START, DAY, {})
        inputs = forcing()
        inputs.pop("precipitation_flux")
        for year in range(2009, 2014):
            coupler.step((year, 1, 1), 365 * DAY, inputs)
        with pytest.raises(
            LandbcError, match=r"'precipitation_flux' has no year 2014 \(it has 2009 to 2013\)"
        ):
            coupler.step((2014, 1, 1), DAY, inputs)


def test_series_that_do_not_exist_are_refused(bundle: Path) -> None:
    with pytest.raises(LandbcError, match="no emulator has such an input") as wrong:
        start(bundle, from_bundle=["co2"])
    assert wrong.value.name == "LANDBC_ERROR_FIELD_NAME"


def test_absent_cells_take_the_nearest_given(bundle: Path) -> None:
    """A host without the two north-western cells: their neighbours to the east and south stand in."""
    absent, nearest = [0, 1, 6], [7, 2, 7]
    given = np.delete(IDS, absent)
    full = forcing()
    for values, _ in full.values():
        values[absent] = values[nearest]
    with start(bundle) as whole, start(bundle, given[::-1], absent="nearest") as part:
        expected = years(whole, 2, full)
        found = years(part, 2, forcing(given[::-1]))
        assert np.array_equal(part.map(), whole.map())
        kept = np.isin(IDS, given)
        assert np.array_equal(found.land_use_fraction[::-1], expected.land_use_fraction[kept])
        assert np.array_equal(found.coverage[::-1], expected.coverage[kept])
