"""The example's files fit each other, and its tools run on a planet of a few cells."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.cube.config import load_config as load_cube
from pylandbc.learn.config import load_config, parse

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "11_land_use_planet"
BOX = {"west": 0.0, "south": 49.0, "east": 4.0, "north": 51.0}


def test_trainings_use_the_cubes_and_hold_out_years() -> None:
    cubes = {name: load_cube(EXAMPLE / f"{name}.yaml") for name in ("north", "south")}
    for name in ("train", "ablation"):
        config = load_config(EXAMPLE / f"{name}.yaml")
        assert {part.cube for part in config.parts} == {f"{cube}.zarr" for cube in cubes}
        assert config.split.test == 0.25
    for cube in cubes.values():
        assert max(cube.training_years) == 2006
        assert cube.land_use[0].last_year == 2019


def test_every_row_of_the_ablation_is_a_configuration() -> None:
    source: dict[str, object] = {}
    text = (EXAMPLE / "ablate").read_text()
    exec(text[: text.index("def train(")].replace("__file__", repr(str(EXAMPLE / "ablate"))), source)
    common = yaml.safe_load((EXAMPLE / "ablation.yaml").read_text())
    rows = source["ROWS"]
    assert isinstance(rows, dict) and len(rows) > 8
    configs = {name: parse(common | changes, name) for name, (changes, _) in rows.items()}
    plain = configs["everything"]
    assert all(config != plain for name, config in configs.items() if name != "everything")
    pixels = {
        name: sum(s.epochs * s.samples_per_epoch * s.size**2 * s.unroll for s in config.stages)
        for name, config in configs.items()
    }
    assert len(set(pixels.values())) == 1, "all rows see as many pixels"


@pytest.mark.long
def test_planet_ablation_and_best_fill(tmp_path: Path) -> None:
    def run(*arguments: object) -> None:
        result = CliRunner().invoke(app, [str(a) for a in arguments])
        assert result.exit_code == 0, f"{arguments}: {result.output} {result.exception}"

    run("planet", "build", tmp_path / "north", "--window", "0,49,400,200", "--years", "1980-1983")
    cube = yaml.safe_load((EXAMPLE / "north.yaml").read_text())
    cube |= {"window": BOX, "training_years": [1980, 1981, 1982]}
    cube["land_use"][0]["last_year"] = 1983
    (tmp_path / "north.yaml").write_text(yaml.safe_dump(cube))
    built = tmp_path / "north.zarr"
    run("cube", "build", tmp_path / "north.yaml", "--data", tmp_path / "north", "--output", built)
    shutil.copytree(built, tmp_path / "south.zarr")
    command = [sys.executable, EXAMPLE / "best-fill", tmp_path / "north", tmp_path / "north.zarr", "1983"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    accuracy = [float(line.split("accuracy ")[1].split(",")[0]) for line in lines]
    assert len(accuracy) == 7
    # With the whole suitability all is known but three years of change, 0.5 % of the land each.
    assert accuracy[-1] > 0.95 and accuracy == sorted(accuracy)

    command = [sys.executable, EXAMPLE / "best-step", "1983", tmp_path / "north", tmp_path / "north.zarr"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    merit = {line[:16].strip(): float(line.split("merit ")[1].split(",")[0]) for line in lines}
    assert merit["demand_unknown"] < merit["one_map"] < merit["demand_known"] < 1
    assert merit["one_map"] <= merit["one_map, ages"]

    small = tmp_path / "example"
    small.mkdir()
    for name in ("ablate", "ablation.yaml"):
        text = (EXAMPLE / name).read_text()
        text = text.replace("samples_per_epoch: 720", "samples_per_epoch: 6")
        text = text.replace("samples_per_epoch: 40", "samples_per_epoch: 2").replace("size: 400", "size: 96")
        (small / name).write_text(text.replace('"everything": ({}, 3)', '"everything": ({}, 2)'))
    command = [sys.executable, small / "ablate", tmp_path, tmp_path / "runs", "everything", "both"]
    for _ in range(2):
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "2  " in next(line for line in done.stdout.splitlines() if line.startswith("everything "))
    scores = json.loads((tmp_path / "runs" / "both-1" / "scores.json").read_text())
    assert "emulator" in scores["scores"]
