"""Train, export and evaluate as a user types them, on a small planet."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.learn.export import load, save
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import LandUseEmulator
from pylandbc.planet.build import FILES, build_planet

WINDOW = Window(3250, 17100, 300, 400)
CONFIG = """
name: tiny
licence: none
base: 2
parts: [{cube: planet.zarr, mask_ratio: [0.0, 1.0]}]
size: 32
patch: 8
samples_per_epoch: 4
epochs: 2
validation_samples: 0
threads: 1
device: cpu
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("learn_commands")
    planet = build_planet(root / "planet", window=WINDOW, first_year=2000, years=3, seed=2)
    content = {
        "window": {"west": WINDOW.west, "south": WINDOW.south, "east": WINDOW.east, "north": WINDOW.north},
        "training_years": [2000, 2001, 2002],
        "output": str(root / "planet.zarr"),
        "land_use": [{"file": FILES["land_use"], "first_year": 2000, "last_year": 2002}],
        "elevation": [{"product": "gebco", "file": FILES["relief"]}],
        "bathymetry": [{"product": "gebco", "file": FILES["relief"]}],
        "climate": {"files": [FILES["temperature"], FILES["precipitation"]]},
    }
    build_cube(CubeConfig.model_validate(content), planet)
    (root / "train.yaml").write_text(CONFIG, encoding="utf-8")
    return root


def typed(*words: str | Path) -> str:
    """What the command prints; its error, if it fails."""
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_from_configuration_to_scores_and_figure(folder: Path) -> None:
    run, archive, cube = folder / "run", folder / "tiny.pt", folder / "planet.zarr"
    said = typed("train", folder / "train.yaml", "--output", run)
    assert "persistence" in said
    assert "pylandbc export" in said
    assert "tiny 0.1.0" in typed("export", run, "--output", archive)
    assert load(archive).card["name"] == "tiny"
    scores, figure = folder / "out" / "scores.json", folder / "out" / "panels.png"
    asked = ("--baselines", "none", "--rollout", "2", "--conservation", "absolute")
    said = typed("evaluate", archive, "--cube", cube, "--json", scores, "--figure", figure, *asked)
    assert "Free-running roll-out, conservation absolute" in said
    found = json.loads(scores.read_text(encoding="utf-8"))
    assert found["scores"].keys() == {
        "emulator",
        "emulator, calibrated",
        "persistence",
        "nearest fill",
        "Gaussian fill",
        "coarse majority",
    }
    assert found["emulator"]["weights_sha256"] == load(archive).card["weights_sha256"]
    assert figure.stat().st_size > 10_000

    page = folder / "report.html"
    assert "wrote" in typed("report", scores, "--output", page)
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") >= 10
    assert text.count("data:image/png;base64,") == 9
    assert "Free-running roll-out" in text
    assert "Conservation: absolute." in text
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", text), "nothing is fetched"
    kept = found["scores"]["persistence"]["0"]["visible land"]["accuracy"]
    assert f"{kept:.4f}" in text

    with pytest.raises(InputError, match="--resume"):
        typed("train", folder / "train.yaml", "--output", run)
    typed("train", folder / "train.yaml", "--output", run, "--resume")


def test_two_cubes_in_one_report(folder: Path, tmp_path: Path) -> None:
    """The cube beside a copy of itself: the scores of one, and a page that names both."""
    cube, twin, archive = folder / "planet.zarr", tmp_path / "twin.zarr", tmp_path / "untrained.pt"
    shutil.copytree(cube, twin)
    spec = hilda_inputs()
    save(LandUseEmulator(spec, base=2), spec, archive, name="untrained", version="0", licence="none")
    asked = ("--baselines", "none", "--span", "1", "--split", "all")
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    typed("evaluate", archive, "--cube", cube, *asked, "--json", one)
    said = typed("evaluate", archive, "--cube", cube, "--cube", twin, *asked, "--json", two)
    assert "planet.zarr, twin.zarr, all blocks" in said
    alone, both = (json.loads(path.read_text(encoding="utf-8")) for path in (one, two))
    for predictor in ("emulator", "persistence"):
        for score in ("accuracy", "figure_of_merit", "brier"):
            wanted, found = (d["scores"][predictor]["0"]["land"][score] for d in (alone, both))
            assert found == pytest.approx(wanted, abs=2e-6)
    typed("report", two, "--output", tmp_path / "two.html")
    page = (tmp_path / "two.html").read_text(encoding="utf-8")
    assert "on planet and twin, " in page and "<h2>Maps of planet</h2>" in page


def test_a_cube_given_twice_is_refused(folder: Path) -> None:
    cube = folder / "planet.zarr"
    with pytest.raises(InputError, match="is given twice"):
        typed("evaluate", "land-use", "--cube", cube, "--cube", folder / "." / "planet.zarr")


def test_a_series_is_scored_cube_by_cube(folder: Path) -> None:
    cube = folder / "planet.zarr"
    with pytest.raises(InputError, match="give one --cube"):
        typed("evaluate", "lai-monthly", "--cube", cube, "--cube", cube)


def test_a_split_that_does_not_exist_is_named(folder: Path) -> None:
    from pylandbc import emulators

    with pytest.raises(InputError, match="no split 'exam'"):
        typed("evaluate", emulators.path("land-use"), "--cube", folder / "planet.zarr", "--split", "exam")


def test_conservation_without_a_roll_out_or_of_another_mode_is_refused(folder: Path) -> None:
    asked = ("evaluate", "land-use", "--cube", folder / "planet.zarr", "--conservation")
    with pytest.raises(InputError, match="add --rollout YEARS"):
        typed(*asked, "delta")
    with pytest.raises(InputError, match="choose off, delta, absolute"):
        typed(*asked, "exactly")


def test_a_report_of_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"scores": {}}', encoding="utf-8")
    with pytest.raises(InputError, match="lacks differences, bootstrap, regions"):
        typed("report", other)
    with pytest.raises(InputError, match=r"no scores at .*none\.json"):
        typed("report", tmp_path / "none.json")
    other.write_text("scores: {}", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        typed("report", other)
