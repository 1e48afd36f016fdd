"""Samples of land cover and of leaf area: every tensor is the cube there and then, nothing held out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from pylandbc.cube.collate import collate
from pylandbc.cube.open import Cube
from pylandbc.cube.samples import Samples
from pylandbc.cube.splits import Split, split_blocks
from pylandbc.cube.vegetation_samples import VegetationSamples
from pylandbc.errors import InputError

SIZE = 64
STATIC = ("elevation", "eastness", "sand_fraction", "koeppen_geiger", "soil_texture_class", "land_use")
WEATHER = ("surface_downwelling_shortwave_flux_in_air", "air_temperature")
INPUTS = [
    *({"name": name, "unit": "1", "source": "static"} for name in STATIC),
    *({"name": name, "unit": "1", "source": "climate"} for name in WEATHER),
]


def cover(cube: Cube, **options: object) -> Samples:
    given = {"size": SIZE, "count": 30, "seed": 3, "quantity": "land_cover", **options}
    return Samples(cube, INPUTS, **given)  # type: ignore[arg-type]


def leaves(cube: Cube, **options: object) -> VegetationSamples:
    inputs = [*INPUTS, {"name": "land_cover", "unit": "1", "source": "static"}]
    given = {"size": SIZE, "count": 30, "seed": 3, **options}
    return VegetationSamples(cube, inputs, **given)  # type: ignore[arg-type]


def place(cube: Cube, tile: torch.Tensor) -> tuple[slice, slice]:
    """Where an unmirrored crop lies: its highest pixel's height occurs there only."""
    field = cube.static_field("elevation")
    r, c = np.unravel_index(int(tile.argmax()), tile.shape)
    for row, col in np.argwhere(field == float(tile[r, c])) - (r, c):
        if row >= 0 and col >= 0 and np.array_equal(field[row : row + SIZE, col : col + SIZE], tile):
            return slice(row, row + SIZE), slice(col, col + SIZE)
    raise AssertionError("tile not found in the cube")


def one_block_held_out(cube: Cube) -> Split:
    roles = np.zeros(cube.window.shape, dtype=np.uint8)
    roles[:, 60:] = 2
    return Split(roles, 0)


def test_land_cover_samples(whole_cube: Cube) -> None:
    data = cover(whole_cube, mirror=False, mask_ratio=0.5)
    layers, window = whole_cube.layers, whole_cube.window
    spans = set()
    for number in range(12):
        s = data[number]
        rows, cols = place(whole_cube, s["static"][0])
        span = int(s["time"][0] * s["time"][1])
        spans.add(span)
        target_year = 2016 if span == 1 else 2015
        maps = {year: np.asarray(layers.land_cover[year - 2015, rows, cols]) for year in (2015, 2016)}
        np.testing.assert_array_equal(s["target"], maps[target_year])
        seen = s["visible"].numpy() == 1
        np.testing.assert_array_equal(s["prior"].numpy()[seen], maps[target_year - span][seen])
        assert (s["prior"].numpy()[~seen] == 255).all()
        for k, name in enumerate(("elevation", "eastness", "sand_fraction")):
            np.testing.assert_array_equal(s["static"][k], whole_cube.static_field(name)[rows, cols])
        # 2015 and 2016 are nearer to the middle of 1991-2020 than to that of 2071-2099
        np.testing.assert_array_equal(s["static"][3], np.asarray(layers.categories[0])[rows, cols])
        np.testing.assert_array_equal(s["static"][4], np.asarray(layers.categories[2])[rows, cols])
        np.testing.assert_array_equal(s["static"][5], whole_cube.land_use_map(target_year)[rows, cols])
        coarse = (window.row + rows.start + np.arange(SIZE)) // 25 - window.row // 25
        across = (window.col + cols.start + np.arange(SIZE)) // 25 - window.col // 25
        # the climate of the last full year before the later map
        weather = np.asarray(whole_cube.climate[2])[[2, 0]][:, coarse[:, None], across]
        np.testing.assert_array_equal(s["climate"], weather)
        assert s["scenario"].shape[0] == 0
        land = (s["target"].numpy() > 0) & (s["target"].numpy() < 255)
        np.testing.assert_array_equal(s["weight"].numpy() > 0, land)
    assert spans == {1, -1}


def test_leaf_area_samples(whole_cube: Cube) -> None:
    data = leaves(whole_cube, mirror=False, mask_ratio=0.25, past=4, climate_steps=9)
    series, layers, window = (
        whole_cube.layers.vegetation["leaf_area_index"],
        whole_cube.layers,
        whole_cube.window,
    )
    lai = series.unpack(np.asarray(series.values[...]))
    quality = np.asarray(series.quality[...])
    climate = np.asarray(layers.climate_dekadal[...])
    years = set()
    for number in range(16):
        s = data[number]
        rows, cols = place(whole_cube, s["static"][0])
        counts = s["weight"].numpy() > 0
        step = next(
            k
            for k in data.steps
            if np.array_equal(np.where(counts, lai[k, rows, cols], 0), s["target"])
            and np.array_equal(counts, (quality[k, rows, cols] == 2))
        )
        day = series.times[step]
        years.add(int(str(day)[:4]))
        known = s["known"].numpy() == 1
        past = lai[step - 4 : step, rows, cols]
        np.testing.assert_array_equal(s["past"].numpy()[known], past[known])
        assert not s["past"].numpy()[~known].any() and np.isfinite(past[known]).all()
        shown = np.isfinite(past) & known.any(axis=0)
        # a patch hides all steps alike
        np.testing.assert_array_equal(known, shown)
        last = int(np.flatnonzero(layers.climate_dekads == day)[0])
        first_row, first_col = rows.start // 25, cols.start // 25
        block = climate[last - 8 : last + 1][:, [2, 0], first_row:, first_col:]
        h, w = min(block.shape[2], 4), min(block.shape[3], 4)
        assert s["climate"].shape == (9, 2, 4, 4)
        np.testing.assert_array_equal(s["climate"][:, :, :h, :w], block[:, :, :h, :w])
        expected_row = (window.row + rows.start + np.arange(SIZE)) // 25 - (window.row + rows.start) // 25
        np.testing.assert_array_equal(s["climate_row"], expected_row)
        year, month, date = (int(x) for x in str(day).split("-"))
        passed = (np.datetime64(day) - np.datetime64(f"{year}-01-01")).astype(int) + 1
        angle = 2 * np.pi * passed / 365.2425
        assert s["time"][0] == pytest.approx(np.sin(angle), abs=1e-6)
        assert s["time"][1] == pytest.approx(np.cos(angle), abs=1e-6)
        assert 390 < s["time"][2] < 405
        # land use of the year; land cover of 2015 stands for the years before
        np.testing.assert_array_equal(s["static"][5], whole_cube.land_use_map(year)[rows, cols])
        np.testing.assert_array_equal(s["static"][6], np.asarray(layers.land_cover[0])[rows, cols])
        assert month in range(1, 13) and date in (10, 20, 28, 29, 30, 31)
    assert years == {2013, 2014}


def test_filled_values_count_when_they_are_to(whole_cube: Cube) -> None:
    observed, both = leaves(whole_cube, mirror=False), leaves(whole_cube, mirror=False, filled=True)
    more = 0
    for number in range(10):
        a, b = observed[number]["weight"] > 0, both[number]["weight"] > 0
        assert not (a & ~b).any()
        more += int((b & ~a).sum())
    assert more > 0


def test_steps_have_what_they_need(whole_cube: Cube) -> None:
    times = whole_cube.layers.vegetation["leaf_area_index"].times
    assert str(times[leaves(whole_cube, past=3, climate_steps=1).steps[0]]) == "2013-02-10"
    assert str(times[leaves(whole_cube, past=3, climate_steps=36).steps[0]]) == "2013-12-31"
    assert {str(times[k])[:4] for k in leaves(whole_cube, years=[2014]).steps} == {"2014"}
    with pytest.raises(InputError, match="no dekad of leaf_area_index in the years wanted has 80 before it"):
        leaves(whole_cube, past=80)
    bare = replace(whole_cube, layers=replace(whole_cube.layers, climate_dekads=times[:0]))
    with pytest.raises(InputError, match=r"no climate in dekads; build it with climate.steps: \[dekad\]"):
        leaves(bare)


def test_a_mirror_image_turns_what_points_east(whole_cube: Cube) -> None:
    for plain, mirrored in (
        (cover(whole_cube, mirror=False), cover(whole_cube)),
        (leaves(whole_cube, mirror=False), leaves(whole_cube)),
    ):
        turned = 0
        for number in range(12):
            a, b = plain[number], mirrored[number]
            if torch.equal(a["static"], b["static"]):
                continue
            turned += 1
            east = list(STATIC).index("eastness")
            assert torch.equal(a["static"][east].flip(-1), -b["static"][east])
            rest = [k for k in range(len(a["static"])) if k != east]
            assert torch.equal(a["static"][rest].flip(-1), b["static"][rest])
            for name in ("target", "weight"):
                assert torch.equal(a[name].flip(-1), b[name]), name
            name = "climate" if "climate_row" in a else "scenario"
            spread = [s[name][..., s[f"{name}_row"], :][..., s[f"{name}_col"]] for s in (a, b)]
            assert torch.equal(spread[0].flip(-1), spread[1])
        assert 2 <= turned <= 10


@pytest.mark.parametrize("kind", ["land_cover", "leaf_area_index"])
def test_nothing_held_out_is_seen(whole_cube: Cube, kind: str) -> None:
    """Scramble the predicted quantity in held-out blocks: no training sample may notice."""
    split, layers = one_block_held_out(whole_cube), whole_cube.layers
    held = split.roles == 2
    rng = np.random.default_rng(0)
    if kind == "land_cover":
        maps = np.array(layers.land_cover[...])
        maps[:, held] = rng.integers(1, 23, (2, held.sum()))
        other, make = replace(layers, land_cover=maps), cover
    else:
        series = layers.vegetation[kind]
        values, quality = np.array(series.values[...]), np.array(series.quality[...])
        values[:, held] = rng.integers(0, 7000, (72, held.sum()))
        quality[:, held] = 2
        series = replace(series, values=values, quality=quality)
        other = replace(layers, vegetation={kind: series})

        def make(cube: Cube, **options: object) -> VegetationSamples:  # type: ignore[misc]
            given = {"size": SIZE, "count": 30, "seed": 3, **options}
            return VegetationSamples(cube, INPUTS, **given)  # type: ignore[arg-type]

    a = make(whole_cube, split=split, mask_ratio=0.2)
    b = make(replace(whole_cube, layers=other), split=split, mask_ratio=0.2)
    for number in range(20):
        one, two = a[number], b[number]
        for name, tensor in one.items():
            assert torch.equal(tensor, two[name]), name


def test_batches_by_any_number_of_workers(whole_cube: Cube) -> None:
    for data, coarse in (
        (cover(whole_cube, phase_group=3), "scenario"),
        (leaves(whole_cube, phase_group=3), "climate"),
    ):
        loaded = [list(DataLoader(data, batch_size=3, num_workers=n, collate_fn=collate)) for n in (0, 2)]
        for a, b in zip(*loaded, strict=True):
            for name, tensor in a.items():
                assert torch.equal(tensor, b[name]), name
            assert a[coarse].shape[-1] < SIZE and a[f"{coarse}_row"].shape == (SIZE,)
        apart = collate([leaves(whole_cube)[k] for k in range(4)])
        assert apart["climate"].shape[-2:] == (SIZE, SIZE)


def test_the_answer_is_not_among_the_inputs(whole_cube: Cube, planet_cube: Cube) -> None:
    inputs = [{"name": "land_use", "unit": "1", "source": "static"}]
    with pytest.raises(InputError, match="land_use of the target year would tell the answer"):
        Samples(whole_cube, inputs, size=SIZE)
    inputs = [{"name": "land_cover", "unit": "1", "source": "static"}]
    with pytest.raises(InputError, match="land_cover of the target year would tell the answer"):
        Samples(whole_cube, inputs, size=SIZE, quantity="land_cover")
    with pytest.raises(InputError, match="has no land cover; build it with land_cover"):
        Samples(planet_cube, [], size=SIZE, quantity="land_cover")
    with pytest.raises(InputError, match="has no leaf_area_index; build it with vegetation"):
        VegetationSamples(planet_cube, [], size=SIZE)
    with pytest.raises(InputError, match="needs static input 'soil_texture_class'"):
        Samples(planet_cube, [{"name": "soil_texture_class", "unit": "1", "source": "static"}], size=SIZE)


def test_split_over_land(whole_cube: Cube) -> None:
    split = split_blocks(whole_cube.window, whole_cube.active(2015), seed=0, validation=0.0, test=0.3)
    data = leaves(whole_cube, split=split, role="test", min_active=0.0)
    weights = sum(float(data[k]["weight"].sum()) for k in range(5))
    assert weights > 0
