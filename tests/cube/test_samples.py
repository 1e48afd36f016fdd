"""Samples: what the interface says, deterministic, and nothing of a held-out block inside."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from pylandbc.cube.collate import collate
from pylandbc.cube.mixture import Mixture
from pylandbc.cube.open import Cube
from pylandbc.cube.patches import visible_patches
from pylandbc.cube.samples import Samples
from pylandbc.cube.splits import Split, split_blocks
from pylandbc.errors import InputError

INPUTS = [
    {"name": "land_mask", "unit": "1", "source": "static"},
    {"name": "elevation", "unit": "m", "source": "static"},
    {"name": "precipitation_flux", "unit": "kg m-2 s-1", "source": "climate", "statistic": "mean"},
    {"name": "forest_fraction", "unit": "1", "source": "scenario", "at": "target"},
    {"name": "urban_fraction", "unit": "1", "source": "scenario", "at": "prior"},
    {"name": "forest_fraction", "unit": "1", "source": "scenario", "at": "prior"},
    {"name": "direction", "unit": "1", "source": "time"},
    {"name": "elapsed_years", "unit": "year", "source": "time"},
    {"name": "land_use", "unit": "1", "source": "state"},
]
SIZE = 128


@pytest.fixture(scope="module")
def split(planet_cube: Cube) -> Split:
    return split_blocks(planet_cube.window, planet_cube.active(2000), seed=1, validation=0.15, test=0.25)


def samples(cube: Cube, split: Split | None = None, **options: object) -> Samples:
    return Samples(cube, INPUTS, split=split, **{"size": SIZE, "count": 40, "seed": 7, **options})  # type: ignore[arg-type]


def locate(cube: Cube, sample: dict[str, torch.Tensor]) -> tuple[int, int]:
    """Where in the window an unmirrored sample lies: its elevation occurs there only."""
    tile = sample["static"][1].numpy()
    r, c = np.unravel_index(np.argmax(tile), tile.shape)
    field = cube.static_field("elevation")
    for row, col in np.argwhere(field == tile[r, c]) - (r, c):
        if row >= 0 and col >= 0 and np.array_equal(field[row : row + SIZE, col : col + SIZE], tile):
            return int(row), int(col)
    raise AssertionError("tile not found in the cube")


def test_every_tensor_is_the_cube_there_and_then(planet_cube: Cube) -> None:
    data = samples(planet_cube, mirror=False, mask_ratio=0.5)
    window, spans = planet_cube.window, set()
    for index in range(20):
        s = data[index]
        row, col = locate(planet_cube, s)
        rows, cols = slice(row, row + SIZE), slice(col, col + SIZE)
        direction, elapsed = s["time"].tolist()
        spans.add(direction * elapsed)
        seen = s["visible"].numpy() == 1
        pairs = [
            (p, t)
            for p in planet_cube.training_years
            for t in planet_cube.training_years
            if t - p == direction * elapsed
            and np.array_equal(planet_cube.land_use_map(t)[rows, cols], s["target"])
            and np.array_equal(planet_cube.land_use_map(p)[rows, cols][seen], s["prior"].numpy()[seen])
        ]
        assert pairs
        assert (s["prior"].numpy()[~seen] == 255).all()
        assert (~seen).mean() == pytest.approx(0.5)
        np.testing.assert_array_equal(s["static"][0], planet_cube.static_field("land_mask")[rows, cols])
        coarse_row = (window.row + row + np.arange(SIZE)) // 25 - window.row // 25
        coarse_col = (window.col + col + np.arange(SIZE)) // 25 - window.col // 25
        spread = s["scenario"][:, s["scenario_row"]][:, :, s["scenario_col"]].numpy()
        fields = np.asarray(planet_cube.scenario)
        names = planet_cube.scenario_variables
        forest, urban = names.index("forest_fraction"), names.index("urban_fraction")
        matches = [
            all(
                np.array_equal(
                    spread[k], fields[planet_cube.scenario_index(y), v][np.ix_(coarse_row, coarse_col)]
                )
                for k, (v, y) in enumerate(((forest, t), (urban, p), (forest, p)))
            )
            for p, t in pairs
        ]
        assert any(matches)
        climate = np.asarray(planet_cube.climate)[0, 1][np.ix_(coarse_row, coarse_col)]
        np.testing.assert_array_equal(s["climate"][0], climate)
        land = s["target"].numpy() > 0
        expected = np.cos(np.deg2rad(window.latitude[rows]))[:, None] * land
        np.testing.assert_allclose(s["weight"], expected, rtol=1e-6)
    assert spans == {-3.0, -2.0, -1.0, 1.0, 2.0, 3.0}


def test_types_and_shapes(planet_cube: Cube) -> None:
    s = samples(planet_cube)[0]
    coarse = (SIZE - 2) // 25 + 2
    expected = {
        "static": (torch.float32, (2, SIZE, SIZE)),
        "climate": (torch.float32, (1, SIZE, SIZE)),
        "scenario": (torch.float32, (3, coarse, coarse)),
        "scenario_row": (torch.int64, (SIZE,)),
        "scenario_col": (torch.int64, (SIZE,)),
        "prior": (torch.uint8, (SIZE, SIZE)),
        "visible": (torch.uint8, (SIZE, SIZE)),
        "time": (torch.float32, (2,)),
        "target": (torch.uint8, (SIZE, SIZE)),
        "weight": (torch.float32, (SIZE, SIZE)),
    }
    assert {name: (t.dtype, tuple(t.shape)) for name, t in s.items()} == expected


def test_mirroring_turns_everything_alike(planet_cube: Cube) -> None:
    plain, mirrored = samples(planet_cube, mirror=False), samples(planet_cube, mirror=True)
    turned = 0
    for index in range(12):
        a, b = plain[index], mirrored[index]
        if torch.equal(a["target"], b["target"]):
            continue
        turned += 1
        for name in ("static", "climate", "prior", "visible", "target", "weight"):
            assert torch.equal(a[name].flip(-1), b[name]), name
        spread = [s["scenario"][:, s["scenario_row"]][:, :, s["scenario_col"]] for s in (a, b)]
        assert torch.equal(spread[0].flip(-1), spread[1])
    assert 2 <= turned <= 10


def test_an_unrolled_sample_goes_on_at_the_same_span(planet_cube: Cube, split: Split) -> None:
    data = samples(planet_cube, split, mirror=False, mask_ratio=0.0, unroll=2, max_elapsed=2)
    years, spans = planet_cube.training_years, set()
    for index in range(12):
        s = data[index]
        row, col = locate(planet_cube, s)
        here = np.s_[row : row + SIZE, col : col + SIZE]
        known = s["target"].numpy() != 255
        truth = {year: planet_cube.land_use_map(year)[here][known] for year in years}
        span = int(s["time"][0] * s["time"][1])
        spans.add(span)
        chains = [
            year
            for year in years
            if {year + span, year + 2 * span} <= set(years)
            and np.array_equal(truth[year], s["prior"].numpy()[known])
            and np.array_equal(truth[year + span], s["target"].numpy()[known])
            and np.array_equal(truth[year + 2 * span], s["later_target"].numpy()[0][known])
        ]
        assert chains
        assert (s["later_target"].numpy()[0][~known] == 255).all()
        assert torch.equal(s["weight"], s["later_weight"][0])
        # forest at the target, urban and forest at the prior: the next step begins where the first ended.
        assert torch.equal(s["later_scenario"][0, 2], s["scenario"][0])
        assert s["later_climate"].shape == (1, *s["climate"].shape)
    # Of the four years no two spans of two years follow one another.
    assert spans == {-1, 1}
    with pytest.raises(InputError, match="unroll less"):
        samples(planet_cube, unroll=5)


def test_nothing_of_a_held_out_block_enters(planet_cube: Cube, split: Split) -> None:
    """Scramble all land use of held-out blocks: no training sample may notice."""
    land_use = planet_cube.loaded().land_use.copy()
    held = ~split.mask("train") & planet_cube.active(2000)
    assert held.any()
    rng = np.random.default_rng(0)
    for single in land_use:
        single[held] = rng.integers(1, 8, held.sum())
    scrambled = replace(planet_cube, land_use=land_use)
    a = samples(planet_cube, split, mask_ratio=(0.0, 0.5))
    b = samples(scrambled, split, mask_ratio=(0.0, 0.5))
    touched = 0
    for index in range(40):
        one, two = a[index], b[index]
        for name, tensor in one.items():
            assert torch.equal(tensor, two[name]), name
        touched += bool((one["target"] == 255).any())
    assert touched > 10, "crops do reach into held-out blocks"


@pytest.mark.parametrize(("role", "unseen"), [("train", (1, 2)), ("validation", (2,)), ("test", ())])
def test_weight_and_sight_by_role(
    planet_cube: Cube, split: Split, role: str, unseen: tuple[int, ...]
) -> None:
    data = samples(planet_cube, split, role=role, mirror=False, mask_ratio=0.0, min_active=0.01)
    weighed = 0.0
    for index in range(12):
        s = data[index]
        row, col = locate(planet_cube, s)
        roles = split.roles[row : row + SIZE, col : col + SIZE]
        own = roles == ("train", "validation", "test").index(role)
        hidden = np.isin(roles, unseen)
        assert not s["weight"].numpy()[~own].any()
        np.testing.assert_array_equal(s["visible"].numpy() == 0, hidden)
        assert (s["prior"].numpy()[hidden] == 255).all() and (s["target"].numpy()[hidden] == 255).all()
        weighed += float(s["weight"].sum())
    assert weighed > 0


def test_unknown_and_ocean_weigh_nothing(uk_cube: Cube) -> None:
    data = samples(uk_cube, size=256, max_elapsed=3)
    unknown = 0
    for index in range(12):
        s = data[index]
        target, weight = s["target"], s["weight"]
        assert not weight[(target == 255) | (target == 0)].any()
        assert (weight[(target >= 1) & (target <= 7)] > 0).all()
        assert s["time"][1] == 3
        unknown += int((target == 255).sum())
        assert float((weight > 0).float().mean()) >= 0.1
    assert unknown > 0
    with pytest.raises(InputError, match=r"no two of the years \[2009, 2012\] lie within 2 years"):
        samples(uk_cube, max_elapsed=2)


def test_deterministic_with_any_number_of_workers(planet_cube: Cube) -> None:
    data = samples(planet_cube, count=12, phase_group=4)
    batches = [
        list(DataLoader(data, batch_size=4, num_workers=workers, collate_fn=collate)) for workers in (0, 2)
    ]
    for a, b in zip(*batches, strict=True):
        for name, tensor in a.items():
            assert torch.equal(tensor, b[name]), name
        assert a["scenario"].shape[-1] < SIZE, "samples of a group share their coarse columns"
    other = samples(planet_cube, count=12, seed=8)
    assert any(not torch.equal(data[i]["target"], other[i]["target"]) for i in range(12))
    first = data[0]["target"].clone()
    data.set_epoch(1)
    assert any(not torch.equal(first, data[i]["target"]) for i in range(3))


def test_collate_expands_where_samples_lie_differently(planet_cube: Cube) -> None:
    parts = [samples(planet_cube)[i] for i in range(3)]
    batch = collate(parts)
    assert batch["scenario"].shape == (3, 3, SIZE, SIZE)
    for k, s in enumerate(parts):
        expected = s["scenario"][:, s["scenario_row"]][:, :, s["scenario_col"]]
        got = batch["scenario"][k][:, batch["scenario_row"]][:, :, batch["scenario_col"]]
        assert torch.equal(got, expected)
    assert batch["scenario_row"].shape == (SIZE,) and batch["time"].shape == (3, 2)
    unrolled = [samples(planet_cube, unroll=2)[i] for i in range(2)]
    later = collate(unrolled)["later_scenario"]
    for k, s in enumerate(unrolled):
        assert torch.equal(later[k], s["later_scenario"][..., s["scenario_row"], :][..., s["scenario_col"]])


def test_patches() -> None:
    rng = np.random.default_rng(0)
    visible = visible_patches(rng, 512, 32, 0.75)
    blocks = visible.reshape(16, 32, 16, 32)
    assert (blocks == blocks[:, :1, :, :1]).all(), "patches are whole"
    assert (visible == 0).mean() == 0.75
    shares = [(visible_patches(rng, 64, 32, (0.0, 1.0)) == 0).mean() for _ in range(400)]
    found, counts = np.unique(shares, return_counts=True)
    np.testing.assert_array_equal(found, [0, 0.25, 0.5, 0.75, 1.0])
    assert counts.min() > 50, "both ends are included, all alike"
    assert visible_patches(rng, 48, 32, 0.5).shape == (48, 48)


def test_mixture_draws_by_weight(planet_cube: Cube, uk_cube: Cube) -> None:
    parts = [samples(planet_cube, phase_group=2), samples(uk_cube, phase_group=2)]
    mixture = Mixture(parts, [3, 1], count=2000, seed=7)
    chosen = [mixture.part_of(i) for i in range(2000)]
    # binomial with p = 1/4: standard deviation 0.0097
    assert np.mean(chosen) == pytest.approx(0.25, abs=0.03)
    for i in (chosen.index(0), chosen.index(1)):
        expected = parts[chosen[i]].sample(i)
        assert all(torch.equal(t, expected[name]) for name, t in mixture[i].items())
    batch = next(iter(DataLoader(mixture, batch_size=2, collate_fn=collate)))
    assert batch["scenario"].shape[-1] < SIZE
    with pytest.raises(InputError, match="one crop size"):
        Mixture([parts[0], samples(uk_cube, size=256)], [1, 1])
    with pytest.raises(InputError, match="one non-negative weight"):
        Mixture(parts, [1.0])


def test_bad_requests(planet_cube: Cube) -> None:
    with pytest.raises(InputError, match="multiple of 16"):
        samples(planet_cube, size=100)
    with pytest.raises(InputError, match="fit into the window"):
        samples(planet_cube, size=512)
    with pytest.raises(InputError, match="mask_ratio"):
        samples(planet_cube, mask_ratio=1.5)
    wanted = [*INPUTS, {"name": "primf", "unit": "1", "source": "scenario", "at": "target"}]
    with pytest.raises(InputError, match=r"needs scenario input 'primf', which .* lacks"):
        Samples(planet_cube, wanted, size=SIZE)
    with pytest.raises(IndexError):
        samples(planet_cube)[40]


def test_fast_enough_to_feed_training(planet_cube: Cube) -> None:
    import time

    data = samples(planet_cube, size=256, count=60)
    data[0]
    start = time.process_time()
    for index in range(60):
        data[index]
    assert 60 / (time.process_time() - start) > 50, "samples per second of one core at 256 x 256"
