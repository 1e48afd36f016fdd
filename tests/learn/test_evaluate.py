"""Evaluation on held-out blocks: exact tiles over a window, and the null models where they must be."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.splits import ROLES, Split, blocks_of
from pylandbc.errors import InputError
from pylandbc.learn.data import cube_split
from pylandbc.learn.evaluate import card_metrics, evaluate, mask
from pylandbc.learn.inference import classify, scene, tile_arguments
from pylandbc.learn.region import Region, year_pairs
from pylandbc.learn.score_tables import tables
from pylandbc.learn.showcase import busiest_square
from pylandbc.legend import LAND_USE
from pylandbc.models.baselines import Emulator, Persistence, Predictor, baselines
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import LandUseEmulator


@pytest.fixture(scope="module")
def cube(cubes: Path) -> Cube:
    return open_cube(cubes / "planet.zarr").loaded()


class Oracle(Predictor):
    """Knows the target."""

    name = "oracle"

    def __init__(self, target: np.ndarray) -> None:
        super().__init__(hilda_inputs(), LAND_USE.names)
        self.target = target

    def classify(self, *arguments: torch.Tensor) -> torch.Tensor:
        out = np.zeros((1, 624, 624), np.int64)
        out[0, 112:412, 112:512] = self.target
        return torch.from_numpy(out)


def test_scene_takes_each_scenario_input_at_its_year(cube: Cube) -> None:
    fields = scene(cube, hilda_inputs(), 2001, 2003)
    assert fields.time == (1.0, 2.0)
    assert scene(cube, hilda_inputs(), 2003, 2001).time == (-1.0, 2.0)
    years = list(cube.scenario_years)
    np.testing.assert_array_equal(fields.scenario[:7], cube.scenario[years.index(2001)])
    np.testing.assert_array_equal(fields.scenario[7:], cube.scenario[years.index(2003)])
    np.testing.assert_array_equal(fields.target, cube.land_use_map(2003))


def test_a_window_in_tiles_is_one_pass_over_its_surroundings(cube: Cube) -> None:
    """Tiles of core 400 cover 300 x 400 pixels in one; moved to the south-east they cut it in four."""
    torch.manual_seed(0)
    network = LandUseEmulator(hilda_inputs(), base=4).eval()
    predictor = Emulator(hilda_inputs(), LAND_USE.names, network)
    fields = scene(cube, hilda_inputs(), 2000, 2003)
    visible = mask(cube.window.shape, 0.75)
    found = classify(predictor, fields, visible, np.ones(cube.window.shape, bool))
    parts = np.full((800, 800), 99, np.uint8)
    for row in (-208, 192):
        for col in (-208, 192):
            tile = tile_arguments(fields, visible, row - 112, col - 112, 624, 624)
            parts[row + 208 : row + 608, col + 208 : col + 608] = predictor(*tile)[
                0, 112:512, 112:512
            ].numpy()
    np.testing.assert_array_equal(found, parts[208:508, 208:608])


def test_tiles_know_nothing_of_the_state_beyond_the_window(cube: Cube) -> None:
    fields = scene(cube, hilda_inputs(), 2000, 2003)
    static, climate, coarse, row, col, prior, visible, _ = tile_arguments(
        fields, np.ones(cube.window.shape, np.uint8), -112, -112, 624, 624
    )
    assert (prior[0, :112] == 255).all() and (visible[0, :112] == 0).all()
    assert (prior[0, 412:] == 255).all() and (prior[0, :, 512:] == 255).all()
    np.testing.assert_array_equal(prior[0, 112:412, 112:512], fields.prior)
    np.testing.assert_array_equal(static[0, :, 0, 112:512], fields.static[:, 0])
    expanded = coarse[0][:, row][:, :, col][:, 112:412, 112:512]
    np.testing.assert_array_equal(expanded, fields.scenario.repeat(25, 1).repeat(25, 2))
    np.testing.assert_array_equal(climate[0][:, 112:412, 112:512], fields.climate.repeat(25, 1).repeat(25, 2))


def test_scores_of_oracle_and_persistence(cube: Cube) -> None:
    pair = (2000, 2003)
    fields = scene(cube, hilda_inputs(), *pair)
    split = cube_split(cube, 0, 0.1, 0.2)
    predictors = [Oracle(fields.target), Persistence(hilda_inputs(), LAND_USE.names)]
    result = evaluate(
        predictors,
        [Region(cube, split)],
        hilda_inputs(),
        names=LAND_USE.names,
        pairs=[pair],
        ratios=(0.0, 0.75),
    )
    used = split.mask("test") & (fields.target != 0)
    area = np.broadcast_to(cube.window.pixel_area[:, None], used.shape)
    oracle = result["scores"]["oracle"]
    assert oracle["0"]["land"]["accuracy"] == oracle["0.75"]["hidden land"]["figure_of_merit"] == 1.0
    assert "hidden land" not in oracle["0"]
    kept = result["scores"]["persistence"]["0"]["land"]
    same = (area * (fields.prior == fields.target))[used].sum() / area[used].sum()
    assert kept["accuracy"] == pytest.approx(same, abs=1e-6)
    assert kept["pixels"] == used.sum()
    assert kept["figure_of_merit"] == 0.0
    hidden, visible = (oracle["0.75"][f"{g} land"]["pixels"] for g in ("hidden", "visible"))
    assert hidden + visible == used.sum()
    assert hidden > visible


def halves(cube: Cube, split: Split) -> list[Region]:
    """The cube twice, each time with every other block alone."""
    odd = blocks_of(cube.window) % 2 == 1
    nobody = np.uint8(len(ROLES))
    return [Region(cube, Split(np.where(mine, split.roles, nobody), split.seed)) for mine in (odd, ~odd)]


def test_several_cubes_are_scored_as_one(cube: Cube) -> None:
    """A cube beside itself, each with half of the held-out blocks: every score is that of the whole."""
    split = cube_split(cube, 0, 0.2, 0.4)
    torch.manual_seed(0)
    network = LandUseEmulator(hilda_inputs(), base=4).eval()
    predictors = [
        Emulator(hilda_inputs(), LAND_USE.names, network),
        Persistence(hilda_inputs(), LAND_USE.names),
    ]
    whole, parts = (
        evaluate(predictors, regions, hilda_inputs(), names=LAND_USE.names)
        for regions in ([Region(cube, split)], halves(cube, split))
    )
    assert parts["bootstrap"]["blocks"] == whole["bootstrap"]["blocks"] > 2
    assert [region["cube"] for region in parts["regions"]] == ["planet.zarr", "planet.zarr"]
    assert set(parts["scores"]) == set(whole["scores"]) == {"emulator", "emulator, calibrated", "persistence"}
    for ratio, temperatures in whole["temperatures"].items():
        assert parts["temperatures"][ratio] == pytest.approx(temperatures, rel=1e-4)
    for predictor, ratio, group in (
        (p, r, g) for p, by in whole["scores"].items() for r, groups in by.items() for g in groups
    ):
        one, other = (found["scores"][predictor][ratio][group] for found in (whole, parts))
        for score, value in one.items():
            if isinstance(value, float):
                assert other[score] == pytest.approx(value, abs=2e-6), (predictor, ratio, group, score)
        assert other["pixels"] == one["pixels"]


def test_cubes_of_other_years_are_not_scored_together(cube: Cube) -> None:
    earlier = replace(cube, years=cube.years[:-1], land_use=cube.land_use[:-1])
    with pytest.raises(InputError, match=r"scored from 2001 to 2002, .* from 2002 to 2003: .*--span"):
        year_pairs([Region(cube), Region(earlier)])


def test_the_table_has_all_predictors(cube: Cube) -> None:
    predictors = baselines(hilda_inputs(), LAND_USE.names)
    result = evaluate(
        predictors, [Region(cube)], hilda_inputs(), "all", names=LAND_USE.names, pairs=[(2002, 2003)]
    )
    drawn = tables(result)
    assert len(drawn) == 6, "scores and IoU by class, each for visible, visible of masked, and hidden"
    assert {table.row_count for table in drawn} == {len(predictors)}
    narrow = Console(width=80, file=io.StringIO())
    for table in drawn:
        narrow.print(table)
    text = narrow.file.getvalue()
    assert "…" not in text, "nothing is cut on a terminal of 80 columns"
    assert text.count("persistence ") == 7 and text.count("persistence sees the hidden patches") == 1
    kept = result["scores"]["persistence"]["0"]["visible land"]["accuracy"]
    assert f"{kept:.4f}" in text
    assert card_metrics(result)["scores"]["persistence"]["0.75"]["hidden land"].keys() == {
        "accuracy",
        "mean_iou_without_ocean",
        "figure_of_merit",
        "log_loss",
        "brier",
        "calibration_error",
    }


def test_years_and_splits_that_do_not_exist_are_refused(cube: Cube) -> None:
    assert year_pairs([Region(cube)]) == [(2002, 2003), (2003, 2002)]
    assert year_pairs([Region(cube)], 3) == [(2000, 2003), (2003, 2000)]
    with pytest.raises(InputError, match="no two maps lie 9 years apart"):
        year_pairs([Region(cube)], 9)
    with pytest.raises(InputError, match="no split 'exam'"):
        evaluate([], [Region(cube)], hilda_inputs(), "exam", names=LAND_USE.names)


def test_the_figure_shows_the_square_with_the_most_held_out_land() -> None:
    held_out = np.zeros((300, 300), bool)
    held_out[210:230, 60:80] = True
    held_out[10:20, 10:20] = True
    row, col = busiest_square(held_out, 100)
    assert held_out[row : row + 100, col : col + 100].sum() == 400
