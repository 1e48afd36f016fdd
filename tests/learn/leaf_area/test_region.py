"""What the emulator is given, against plain indexing; nothing held out is seen; climatologies by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from pylandbc.cube.splits import Split
from pylandbc.learn.leaf_area.climatology import (
    land_cover_climatology,
    pixel_climatology,
    set_normal,
    spread,
)
from pylandbc.learn.leaf_area.forecasts import Climatology, LandCoverClimatology, Persistence, PreviousYear
from pylandbc.learn.leaf_area.gradient_boosting import GradientBoosting
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.leaf_area.samples import RegionSamples, other_years
from pylandbc.models.leaf_area.inputs import VegetationInputs

Make = Callable[..., Region]
Hold = Callable[[Region], Split]


def unpacked(region: Region) -> np.ndarray:
    """The series as plain numbers."""
    numbers = region.series.values.astype(np.float64)
    return np.where(numbers == 65535, np.nan, numbers / 1000)


def test_arguments_of_a_tile_beyond_the_edge(make: Make, held_out: Hold, inputs: VegetationInputs) -> None:
    region = make()
    set_normal(region, held_out(region), "pixel")
    a = {
        n: t.numpy() for n, t in region.arguments(inputs, 14, np.arange(-16, 32), np.arange(20, 100)).items()
    }
    truth = unpacked(region)
    r, c = np.clip(np.arange(-16, 32), 0, 47), np.clip(np.arange(20, 100), 0, 79)
    inside = (np.arange(-16, 32) >= 0)[:, None] & (np.arange(20, 100) < 80)
    for k, lag in enumerate((1, 12)):
        past = truth[14 - lag][np.ix_(r, c)]
        known = np.isfinite(past) & inside
        np.testing.assert_array_equal(a["known"][k] == 1, known)
        np.testing.assert_allclose(a["past"][k], np.where(known, past, 0), atol=1e-6)
    assert region.normal is not None
    for k, season in enumerate((1, 2, 2)):
        np.testing.assert_array_equal(a["normal"][k], region.normal[season][np.ix_(r, c)])
    # March 2001 is the 27th month of the climate
    np.testing.assert_array_equal(a["climate"][:, 0], region.climate[24:27, 0])
    for k, season in enumerate((0, 1, 2)):
        np.testing.assert_array_equal(a["climate"][k, 1], region.climate_normal[season, 0])
    np.testing.assert_array_equal(a["climate_row"], r // 25)
    np.testing.assert_array_equal(a["climate_col"], c // 25)
    np.testing.assert_allclose(a["latitude"], region.latitude[r], rtol=1e-6)
    assert a["time"].tolist() == [90.0, 370.0]


def test_nothing_is_known_before_the_first_step(make: Make, held_out: Hold, inputs: VegetationInputs) -> None:
    region = make()
    set_normal(region, held_out(region), "pixel")
    known = region.arguments(inputs, 5, np.arange(48), np.arange(80))["known"].numpy()
    assert known[0].any() and not known[1].any()


def test_samples_see_nothing_held_out(make: Make, held_out: Hold, inputs: VegetationInputs) -> None:
    region, split = make(), held_out(make())
    set_normal(region, split, "pixel")

    def draw(role: str) -> list[dict]:
        samples = RegionSamples(
            region, inputs, split, role=role, years=[2001, 2002], size=64, count=6, unroll=3, mask_ratio=0.5
        )
        return [samples.sample(k) for k in range(6)]

    for role, sees, counts in (
        ("train", slice(0, 40), slice(0, 40)),
        ("validation", slice(0, 50), slice(40, 50)),
    ):
        for s in draw(role):
            known, weight = s["known"].numpy() == 1, s["weight"].numpy() > 0
            assert s["past"].shape == (3, 2, 48, 80) and s["climate_row"].shape == (48,)
            outside = np.ones(80, dtype=bool)
            outside[sees] = False
            assert not known[..., outside].any() and known[..., sees].any()
            outside[:] = True
            outside[counts] = False
            assert not weight[..., outside].any() and weight[..., counts].any()
            # targets are observed values: the last step's past is the one before
            both = known[2, 0] & weight[1]
            np.testing.assert_array_equal(s["past"].numpy()[2, 0][both], s["target"].numpy()[1][both])
            assert not weight[:, :4].any()
    first = draw("train")
    for one, other in zip(first, draw("train"), strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])


def test_climatologies_by_hand(make: Make, held_out: Hold) -> None:
    region = make()
    split = held_out(region)
    truth, quality = unpacked(region), region.series.quality
    counted = np.where(quality == 2, truth, np.nan)
    pixel, cover = pixel_climatology(region, split), land_cover_climatology(region, split)
    for row, col, season in ((10, 5, 0), (30, 70, 6), (47, 41, 11)):
        three = counted[[season, season + 12, season + 24], row, col]
        if np.isfinite(three).sum() >= 2:
            assert pixel[season, row, col] == pytest.approx(np.nanmean(three), abs=1e-5)
    codes = region.groups["land_cover"][0]
    total = weight = 0.0
    for year in range(3):
        for row in range(4, 48):
            for col in range(40):
                value = counted[7 + 12 * year, row, col]
                if codes[row, col] == 2 and np.isfinite(value):
                    total += value * region.area[row]
                    weight += region.area[row]
    assert cover[7][codes == 2] == pytest.approx(total / weight, rel=1e-5)
    assert np.isfinite(pixel).all() and np.isfinite(cover).all()
    # the fourth year and the held-out pixels take no part
    used = counted[:36, 4:, :40]
    mean, deviation = spread(region, split)
    assert mean == pytest.approx(np.nanmean(used), rel=1e-5)
    assert deviation == pytest.approx(np.nanstd(used), rel=1e-5)


def test_baselines(make: Make, held_out: Hold, inputs: VegetationInputs) -> None:
    region = make()
    split = held_out(region)
    set_normal(region, split, "pixel")
    truth = unpacked(region)
    normal = Climatology()(region, 40)[0]
    for forecast, lag in ((PreviousYear(), 12), (Persistence(), 1)):
        expected = np.where(np.isfinite(truth[40 - lag]), truth[40 - lag], normal)
        np.testing.assert_allclose(forecast(region, 40)[0], expected, atol=1e-5)
    cover = LandCoverClimatology({region.name: split})(region, 40)[0]
    np.testing.assert_array_equal(cover, land_cover_climatology(region, split)[4])
    # departures that follow the temperature of the step are found
    assert region.normal is not None
    warm = region.climate[12:, 0] - region.climate_normal[region.season, 0]
    cells = np.ix_(range(48), region.climate_row, region.climate_col)
    signal = region.normal[region.season] + 0.5 * warm[cells]
    region.series.values[:] = np.round(np.maximum(signal, 0) * 1000).astype(np.uint16)
    region.series.quality[:] = 2
    trees = GradientBoosting(inputs, [region], {region.name: split}, {region.name: [2000, 2001, 2002]}, 6000)
    step = 40
    error = (trees(region, step)[0] - unpacked(region)[step])[4:]
    null = (Climatology()(region, step)[0] - unpacked(region)[step])[4:]
    assert np.sqrt((error**2).mean()) < 0.6 * np.sqrt((null**2).mean())


def test_climatologies_of_some_years_by_hand(make: Make, held_out: Hold, inputs: VegetationInputs) -> None:
    region = make()
    set_normal(region, held_out(region), "pixel")
    step, whole = 14, (np.arange(48), np.arange(80))
    plain = region.arguments(inputs, step, *whole)
    some = region.arguments(inputs, step, *whole, normal_years=(2000, 2002))
    assert {a.dtype for a in (some["normal"], some["climate"])} == {torch.float32}
    counted = np.where(region.series.quality == 2, unpacked(region), np.nan)
    for k, season in enumerate((1, 2, 2)):
        two = counted[[season, season + 24]]
        both = np.isfinite(two).all(axis=0) & region.land
        assert both.sum() > 1000
        np.testing.assert_allclose(some["normal"][k].numpy()[both], two.mean(axis=0)[both], atol=1e-5)
        # too few observations are no mean of these years
        lone = np.isfinite(two).sum(axis=0) < 2
        np.testing.assert_array_equal(some["normal"][k].numpy()[lone], plain["normal"][k].numpy()[lone])
    for k, month in enumerate((0, 1, 2)):
        expected = (region.climate[12 + month, 0] + region.climate[36 + month, 0]) / 2
        np.testing.assert_allclose(some["climate"][k, 1], expected, rtol=1e-6)
    np.testing.assert_array_equal(some["climate"][:, 0], plain["climate"][:, 0])


def test_samples_are_told_climatologies_of_other_years(
    make: Make, held_out: Hold, inputs: VegetationInputs
) -> None:
    """The target changes nothing that the network is told of the climatology; the years change from sample to
    sample."""
    years = range(2000, 2010)
    drawn = [other_years(np.random.default_rng(k), list(years), [2004]) for k in range(20)]
    assert all(d is not None and len(set(d)) == 5 and 2004 not in d for d in drawn)
    assert len(set(drawn)) > 10 and {y for d in drawn for y in d or ()} == set(years) - {2004}
    assert other_years(np.random.default_rng(0), [2000, 2001], [2001]) is None

    def told(change: bool) -> dict:
        region, split = make(), held_out(make())
        if change:
            numbers = region.series.values
            numbers[14] = np.where(numbers[14] == 65535, 65535, numbers[14] // 3)
            region.climate[26] += 5.0
        set_normal(region, split, "pixel")
        samples = RegionSamples(
            region, inputs, split, role="train", years=[2001], size=64, count=60, mask_ratio=1.0
        )
        number = next(k for k in range(60) if samples.place(k)[2] == 14)
        return samples.sample(number)

    before, after = told(False), told(True)
    counts = before["weight"][0] > 0
    assert (before["target"][0] - after["target"][0])[counts].abs().max() > 0.5
    np.testing.assert_array_equal(before["climate"][0, :, 1], after["climate"][0, :, 1])
    same = (before["normal"] == after["normal"])[0]
    # but where two years hold fewer than two observations
    assert same[:, counts].float().mean() > 0.6


def test_scattered_samples_are_the_regions_pixels(
    make: Make, held_out: Hold, inputs: VegetationInputs
) -> None:
    region, split = make(), held_out(make())
    set_normal(region, split, "pixel")
    samples = RegionSamples(
        region, inputs, split, role="train", years=[2001, 2002], size=16, count=4, scattered=True, patch=1
    )
    rows, cols, step = samples.place(3)
    sample = samples.sample(3)
    assert (np.diff(rows) >= 0).all() and len(set(rows.tolist())) > 8 and np.ptp(cols) > 40
    weight = sample["weight"].numpy()[0] > 0
    observed = region.observed(step)[np.ix_(rows, cols)]
    np.testing.assert_array_equal(sample["target"].numpy()[0][weight], observed[weight])
    assert weight.any() and not weight[:, cols >= 40].any() and not weight[rows < 4].any()
    # every pixel has the climate of its own cell
    cells = region.climate[step + 12, 0][np.ix_(rows // 25, cols // 25)]
    np.testing.assert_array_equal(sample["climate"][0, -1, 0].numpy(), cells)
    np.testing.assert_array_equal(sample["climate_row"], np.arange(16))
