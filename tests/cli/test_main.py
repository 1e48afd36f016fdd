"""The command as a whole: its help, what it tells of itself, and how it fails."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from pylandbc.cli import main

runner = CliRunner()


def test_every_command_explains_itself():
    listed = runner.invoke(main.app, ["--help"])
    assert listed.exit_code == 0
    for name in (
        "bundle",
        "cube",
        "evaluate",
        "export",
        "mesh",
        "planet",
        "plot",
        "replay",
        "sources",
        "train",
        "weights",
    ):
        assert name in listed.output
        shown = runner.invoke(main.app, [name, "--help"])
        assert shown.exit_code == 0 and "Usage" in shown.output


@pytest.mark.engine
@pytest.mark.parametrize(
    ("option", "file"),
    [
        ("--cmake-dir", "landbcConfig.cmake"),
        ("--include-dir", "landbc.h"),
        ("--fortran-module", "landbc.f90"),
    ],
)
def test_the_installed_folders_hold_what_a_host_needs(option, file):
    told = runner.invoke(main.app, [option])
    assert told.exit_code == 0
    assert (Path(told.output.strip()) / file).is_file()


def test_input_at_fault_gives_a_sentence_and_status_one(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["pylandbc", "cube", "info", str(tmp_path / "nowhere.zarr")])
    monkeypatch.delenv("PYLANDBC_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as stopped:
        main.run()
    told = capsys.readouterr().err
    assert stopped.value.code == 1
    assert told.startswith("pylandbc: ") and "nowhere.zarr" in told and "Traceback" not in told
