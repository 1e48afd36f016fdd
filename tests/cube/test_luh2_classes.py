"""LUH2 as fractions and transitions of the map's classes: by hand, on a planet that is known, predicted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from pylandbc.couple.bundle import MARGIN
from pylandbc.couple.cube_fields import CubeFields
from pylandbc.cube.build import build_cube
from pylandbc.cube.luh2_classes import class_shares, class_transitions, fractions, land
from pylandbc.cube.open import Cube, open_cube
from pylandbc.errors import InputError
from pylandbc.legend import LAND_USE, LUH2_GROUPS, LUH2_STATES, TRANSITIONS
from pylandbc.planet.build import build_planet
from pylandbc.predict.scenario import CubeScenario, luh2_scenario

from .conftest import SMALL, planet_config

NAMES = LAND_USE.names[1:]
FRACTIONS = [f"{name}_fraction" for name in NAMES]


def cells(**values: float) -> dict[str, np.ndarray]:
    return {name: np.full((1, 1), values.get(name, 0.0)) for name in LUH2_STATES}


def test_changes_of_the_states_are_added_to_the_map() -> None:
    """A tenth of the cell is ice and water to LUH2; the map has other land and an inland lake."""
    then = cells(primf=0.2, secdf=0.1, primn=0.3, c3ann=0.2, range=0.1)
    now = cells(primf=0.1, secdf=0.1, primn=0.3, c3ann=0.25, urban=0.05, range=0.1)
    assert land(then)[0, 0] == pytest.approx(0.9)
    shares = class_shares(then)[:, 0, 0]
    wanted = {"forest": 0.3, "grass_shrub": 0.3, "cropland": 0.2, "pasture": 0.1}
    assert shares == pytest.approx([wanted.get(name, 0.0) / 0.9 for name in NAMES])
    anchor = np.zeros((7, 1, 1))
    for name, value in {"forest": 0.5, "cropland": 0.2, "other_land": 0.2, "water": 0.1}.items():
        anchor[NAMES.index(name)] = value
    found = dict(zip(NAMES, fractions(anchor, class_shares(then), class_shares(now))[:, 0, 0], strict=True))
    moved = 0.05 / 0.9 * 0.9
    assert found == pytest.approx(
        {"urban": moved, "cropland": 0.2 + moved, "pasture": 0, "forest": 0.5 - 2 * moved, "grass_shrub": 0,
         "other_land": 0.2, "water": 0.1}, abs=1e-12
    )  # fmt: skip
    told = class_transitions(
        {"primf_to_c3ann": np.full((1, 1), 0.05), "primf_to_secdf": np.ones((1, 1))}, land(then), anchor
    )
    assert dict(zip(TRANSITIONS, told[:, 0, 0], strict=True))["forest_to_cropland"] == pytest.approx(moved)
    assert told.sum() == pytest.approx(moved), "within a class nothing moves"


def test_no_fraction_falls_below_nothing() -> None:
    anchor = np.zeros((7, 1, 1))
    anchor[NAMES.index("cropland")], anchor[NAMES.index("forest")] = 0.98, 0.02
    then, now = cells(secdf=0.5, c3ann=0.5), cells(secdf=0.2, c3ann=0.8)
    found = fractions(anchor, class_shares(then), class_shares(now))[:, 0, 0]
    assert found.sum() == pytest.approx(1.0)
    assert found[NAMES.index("forest")] == 0 and found[NAMES.index("cropland")] == pytest.approx(1.0)


@pytest.fixture(scope="module")
def told_cube(planet_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Cube:
    output = tmp_path_factory.mktemp("cube") / "told.zarr"
    return open_cube(build_cube(planet_config("luh2_transitions", output), planet_folder))


@pytest.fixture(scope="module")
def true_cube(planet_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Cube:
    output = tmp_path_factory.mktemp("cube") / "true.zarr"
    return open_cube(build_cube(planet_config("hilda_transitions", output), planet_folder))


def test_on_a_planet_whose_luh2_agrees_they_are_those_of_the_maps(told_cube: Cube, true_cube: Cube) -> None:
    """Pixels of one cell differ in area by a few per mille, which LUH2's counts know nothing of."""
    assert told_cube.scenario_source == "luh2_transitions"
    assert told_cube.scenario_variables == true_cube.scenario_variables == (*FRACTIONS, *TRANSITIONS)
    told, true = np.asarray(told_cube.scenario[...]), np.asarray(true_cube.scenario[...])
    lat, lon = SMALL.coarse_shape
    land_use = np.stack([told_cube.class_map("land_use", 2000), told_cube.class_map("land_use", 2004)])
    whole = ((land_use > 0) & (land_use < 7)).all(0).reshape(lat, 25, lon, 25).all((1, 3))
    assert whole.sum() > 30
    assert np.abs(told[:, :7] - true[:, :7])[:, :, whole].max() < 2e-4
    changes = (told - told[:1])[:, 7:], (true - true[:1])[:, 7:]
    assert changes[1].max() > 0.02
    without = [n for n, pair in enumerate(TRANSITIONS.values()) if 6 not in pair]
    assert np.abs(changes[0] - changes[1])[:, without][:, :, whole].max() < 2e-4
    assert np.allclose(told[:, :7].sum(1), 1.0, atol=1e-5)


def test_they_keep_to_the_map_where_luh2_books_otherwise(tmp_path: Path) -> None:
    """Forest that LUH2 books too much stays out: what changes counts, from the anchor year on."""
    folder = build_planet(tmp_path / "biased", window=SMALL, first_year=2000, years=3, bias=0.6)
    config = planet_config("luh2_classes", tmp_path / "c.zarr", years=3)
    cube = open_cube(build_cube(config, folder))
    true = open_cube(build_cube(planet_config("hilda_fractions", tmp_path / "t.zarr", years=3), folder))
    states = open_cube(build_cube(planet_config("luh2", tmp_path / "s.zarr", years=3), folder))
    assert config.anchor == 2001
    found, wanted = np.asarray(cube.scenario[...]), np.asarray(true.scenario[...])
    forest = [states.scenario_variables.index(name) for name in LUH2_GROUPS["forest"]]
    booked = np.asarray(states.scenario[...])[:, forest].sum(1)
    wrong = np.abs(booked - wanted[:, 3]).mean()
    assert wrong > 0.01
    assert np.abs(found[1] - wanted[1]).max() < 1e-6
    assert np.abs(found[:, 3] - wanted[:, 3]).mean() < 0.03 * wrong


def test_a_prediction_from_the_files_is_told_the_same_as_one_from_the_cube(
    told_cube: Cube, planet_folder: Path
) -> None:
    """Both ways from the anchor year; the sums begin elsewhere, their differences agree."""
    fields, window = CubeFields(told_cube.path), SMALL.extended(MARGIN)
    files = [planet_folder / "transitions.nc", planet_folder / "states.nc"]
    scenario = luh2_scenario(files, fields, window, told_cube.scenario_variables, 2003, False)
    cube = CubeScenario(fields, window, False)
    inside = np.s_[MARGIN // 25 : MARGIN // 25 + 12, MARGIN // 25 : MARGIN // 25 + 16]
    for before, after in ((2003, 2004), (2003, 2002), (2002, 2000)):
        first, second = scenario.fields(before), scenario.fields(after)
        one, two = cube.fields(before), cube.fields(after)
        for name in FRACTIONS:
            assert np.allclose(second[name][inside], two[name][inside], atol=1e-6), name
        for name in TRANSITIONS:
            change = (second[name] - first[name])[inside]
            assert np.allclose(change, (two[name] - one[name])[inside], atol=1e-6), name
    plain = luh2_scenario(files[1:], fields, window, ["primf"], 2003, False)
    assert plain.source == "luh2" and set(LUH2_STATES) < set(plain.fields(2003))
    with pytest.raises(InputError, match="name the states file, too"):
        luh2_scenario(files[:1], fields, window, ["urban_fraction"], 2003, False)


@pytest.mark.parametrize(
    ("source", "more", "words"),
    [
        ("luh2_transitions", {}, "scenario.transitions belongs to scenario_source luh2_transitions"),
        ("luh2_classes", {"transitions": "t.nc"}, "scenario.transitions belongs to"),
        ("luh2_classes", {"anchor": 1990}, "scenario.anchor 1990 is not among the land_use years"),
        ("luh2_classes", {"first_year": 2004}, "scenario.anchor 2003 is not within first_year and last_year"),
    ],
)
def test_what_does_not_fit_is_named(source: str, more: dict, words: str) -> None:
    content = planet_config("luh2_classes", Path("o.zarr")).model_dump(exclude_none=True)
    content |= {"scenario_source": source, "scenario": content["scenario"] | more}
    with pytest.raises(ValidationError, match=words):
        type(planet_config("hilda_fractions", Path("o.zarr"))).model_validate(content)
