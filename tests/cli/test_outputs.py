"""A place that cannot be written is refused before anything is computed for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.cli.outputs import writable
from pylandbc.errors import InputError


def test_folders_still_to_be_made_and_files_that_are_there_are_taken(tmp_path: Path) -> None:
    there = tmp_path / "there.nc"
    there.touch()
    assert writable(None) is None
    assert writable(there) == there
    assert writable(tmp_path / "a" / "b" / "c.nc") == tmp_path / "a" / "b" / "c.nc"
    assert writable(Path("c.nc")) == Path("c.nc")


def test_a_folder_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(InputError, match=f"no permission for {tmp_path}; change"):
        writable(tmp_path / "new" / "c.nc")


@pytest.mark.parametrize(
    "words",
    [
        "evaluate land-use --cube none.zarr --json OUT",
        "evaluate land-use --cube none.zarr --fits OUT",
        "predict land-use --cube none.zarr --years 2010 --output OUT",
        "bundle compile --cube none.zarr --emulator land-use --mesh O32 --state-year 2009 --output OUT",
        "bundle forcing none --cube none.zarr --output OUT",
        "train none.yaml --output OUT",
        "compare none.yaml --output OUT",
        "export none --output OUT",
        "report none.json --output OUT",
        "crosswalk apply none.zarr --adapter ctsm --output OUT",
        "crosswalk surfdata none.zarr --output OUT",
        "cube plot none.zarr land_use --output OUT.png",
        "planet build OUT",
    ],
)
def test_a_file_in_the_way_is_named_before_missing_inputs_are(words: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "out")
    line = [word.replace("OUT", place) for word in words.split()]
    result = CliRunner().invoke(app, line)
    assert isinstance(result.exception, InputError)
    assert f"{tmp_path}/file is a file, not a folder" in str(result.exception)


def test_every_output_is_looked_at() -> None:
    """Options that name what is written, but for those of commands that look for themselves."""
    themselves = {"cube build", "mesh convert", "weights write", "weights build"}

    def outputs(command: object, words: tuple[str, ...] = ()) -> list[str]:
        if hasattr(command, "commands"):
            return [o for name, part in command.commands.items() for o in outputs(part, (*words, name))]
        parameters = getattr(command, "params", [])
        return [
            " ".join(words)
            for parameter in parameters
            if parameter.name == "output" and parameter.callback is None
        ]

    assert set(outputs(typer.main.get_command(app))) <= themselves
