"""The commands `cube` and `planet`, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from typer.testing import CliRunner

from pylandbc.cli import cube, planet
from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.planet.build import FILES

from .conftest import planet_config


def test_planet_then_cube_then_info(tmp_path: Path) -> None:
    run = CliRunner().invoke
    folder, output = tmp_path / "planet", tmp_path / "cube.zarr"
    box = ["--box", "-9,54.5,-5,57.5"]
    result = run(planet.app, ["build", str(folder), "--first-year", "2000", "--years", "3", *box])
    assert result.exit_code == 0, result.output
    assert {path.name for path in folder.iterdir()} >= set(FILES.values())
    config = tmp_path / "cube.yaml"
    config.write_text(
        yaml.safe_dump(planet_config("luh2", output, years=3).model_dump(mode="json", exclude_defaults=True))
    )
    result = run(cube.app, ["build", str(config), "--data", str(folder)])
    assert result.exit_code == 0, result.output
    assert "unknown land" not in result.stderr
    assert open_cube(output).years.tolist() == [2000, 2001, 2002]
    result = run(cube.app, ["info", str(output)])
    assert result.exit_code == 0, result.output
    for word in ("300 x 400 pixels", "2000, 2001, 2002", "luh2", "secma", "synthetic"):
        assert word in " ".join(result.output.split())
    facts = json.loads(run(cube.app, ["info", str(output), "--json"]).stdout)
    assert facts["years"] == [2000, 2001, 2002] and facts["pixels"] == [300, 400]
    assert {entry["file"] for entry in facts["provenance"]} <= set(FILES.values())
    again = run(cube.app, ["build", str(config), "--data", str(folder)])
    assert again.exit_code == 0 and "is complete" in again.output
    result = run(cube.app, ["verify", str(output)])
    assert result.exit_code == 0 and "is as it was built" in result.output
    changed = yaml.safe_load(config.read_text()) | {"training_years": [2000]}
    config.write_text(yaml.safe_dump(changed))
    refused = run(cube.app, ["build", str(config), "--data", str(folder)])
    assert isinstance(refused.exception, InputError)
    # A window of which the planet's files know two thirds.
    beyond = ["--overwrite", "--window", "-9,54.5,-3,57.5"]
    result = run(cube.app, ["build", str(config), *beyond], env={"PYLANDBC_DATA": str(folder)})
    assert result.exit_code == 0, result.output
    assert "note: 33 % of the window has no land use in any year" in result.stderr
