"""The history of a land-use map: its codes, and what a training sample may know of it."""

from __future__ import annotations

import numpy as np
import pytest

from pylandbc.cube.history import advance, earlier_years, history_of
from pylandbc.cube.open import Cube
from pylandbc.cube.samples import Samples
from pylandbc.legend import HISTORY_CODES, HISTORY_YEARS, UNKNOWN
from pylandbc.models.inputs import hilda_inputs, with_history

INPUTS = with_history(hilda_inputs()).as_list()


def plainly(maps: dict[int, int], way: list[int]) -> int:
    """The code of one pixel, from its classes by year."""
    classes = [maps[year] for year in way]
    for n in range(len(way) - 1, 0, -1):
        since = abs(way[-1] - way[n])
        if classes[n] == UNKNOWN or (n > 0 and classes[n - 1] == UNKNOWN):
            return min(since, HISTORY_YEARS)
        if classes[n] != classes[n - 1]:
            return HISTORY_YEARS + 1 + since if since < HISTORY_YEARS else HISTORY_YEARS
    return min(abs(way[-1] - way[0]), HISTORY_YEARS)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("gaps", [False, True])
def test_codes_are_those_of_each_pixel_by_itself(direction: int, gaps: bool) -> None:
    random = np.random.default_rng(3)
    years = sorted(random.choice(range(1990, 2020), 17, replace=False)) if gaps else list(range(1990, 2020))
    now = random.integers(1, 4, 500)
    maps = {}
    for year in years:
        now = np.where(random.random(500) < 0.1, random.integers(1, 4, 500), now)
        maps[int(year)] = np.where(random.random(500) < 0.01, UNKNOWN, now).astype(np.uint8)
    year = int(years[-1] if direction > 0 else years[0])
    way = earlier_years(maps, year, direction)
    assert way[-1] == year and len(way) > 4 and max(abs(year - y) for y in way) <= HISTORY_YEARS
    found = history_of(lambda y: maps[y], way)
    wanted = [plainly({y: int(m[p]) for y, m in maps.items()}, way) for p in range(500)]
    assert found.tolist() == wanted
    assert found.dtype == np.uint8 and len(set(wanted)) > 6 and max(wanted) < HISTORY_CODES


def test_a_run_goes_on_counting() -> None:
    code, old, new = (np.full(3, v, np.uint8) for v in (0, 4, 4))
    new[1], new[2] = 5, UNKNOWN
    seen = []
    for _ in range(12):
        code = advance(code, old, new, 1)
        seen.append(code.tolist())
        old = new
    assert [c[0] for c in seen] == [*range(1, 11), 10, 10]
    assert [c[1] for c in seen] == [*range(11, 21), 10, 10]
    assert {c[2] for c in seen} == {0}


def test_a_sample_knows_the_maps_of_its_own_years_and_sometimes_fewer(planet_cube: Cube) -> None:
    years = planet_cube.class_training_years("land_use")
    data = Samples(planet_cube, INPUTS, size=64, count=200, mask_ratio=0.0, max_elapsed=1, mirror=False)
    lengths = set()
    for number in range(40):
        sample = data[number]
        codes = sample["static"][-1].numpy()
        rng, row, col, _ = data._placed(number)
        prior, target = data.chains[int(rng.integers(len(data.chains)))]
        direction = 1 if target > prior else -1
        here = np.s_[row : row + 64, col : col + 64]
        crops = {year: planet_cube.class_map("land_use", year)[here] for year in years}
        possible = {}
        for longest in range(HISTORY_YEARS + 1):
            way = earlier_years(years, prior, direction, longest)
            assert target not in way
            possible[longest] = history_of(crops.__getitem__, way)
        fits = [longest for longest, wanted in possible.items() if np.array_equal(codes, wanted)]
        assert fits
        lengths.add(min(fits))
    assert len(lengths) > 1 and 0 in lengths
