"""The command as a whole: its help, what it tells of itself, and how it fails."""

from __future__ import annotations

import errno
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from pylandbc.cli import main
from pylandbc.cli.manner import manner_first

runner = CliRunner()


def leaves(command: Any, words: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that it is called by."""
    if hasattr(command, "commands"):
        inner = [found for name, part in command.commands.items() for found in leaves(part, (*words, name))]
        return [*([(words, command)] if command.invoke_without_command and words else []), *inner]
    return [(words, command)]


COMMANDS = leaves(typer.main.get_command(main.app))


def typed_examples(command: Any) -> list[str]:
    title, *lines = (command.epilog or "").split("\n\n")
    assert title in ("Example:", "Examples:")
    return lines


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_a_command_says_what_it_does_and_shows_it(words: tuple[str, ...], command: Any) -> None:
    assert command.help and len(command.help) > 20
    for parameter in command.params:
        assert getattr(parameter, "help", None) or parameter.name == "help", parameter.name
    for line in typed_examples(command):
        program, *rest = shlex.split(line)
        assert (program, *rest[: len(words)]) == ("pylandbc", *words)
        # Parsed as it would be when typed, and not run.
        command.make_context(" ".join(words), rest[len(words) :], resilient_parsing=False)


def test_every_group_explains_itself() -> None:
    listed = runner.invoke(main.app, ["--help"])
    assert listed.exit_code == 0 and "Exit status" in listed.output
    for words, _ in COMMANDS:
        shown = runner.invoke(main.app, [words[0], "--help"])
        assert words[0] in listed.output
        assert shown.exit_code == 0 and "Usage" in shown.output


@pytest.mark.engine
@pytest.mark.parametrize(
    ("option", "file"),
    [
        ("--cmake-dir", "landbcConfig.cmake"),
        ("--include-dir", "landbc.h"),
        ("--pkg-config-dir", "landbc.pc"),
        ("--fortran-module", "landbc.f90"),
    ],
)
def test_the_installed_folders_hold_what_a_host_needs(option, file):
    told = runner.invoke(main.app, [option])
    assert told.exit_code == 0
    assert (Path(told.output.strip()) / file).is_file()


def stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    """Exit status and standard error of the command, run as the shell would."""
    monkeypatch.setattr("sys.argv", ["pylandbc", *words])
    with pytest.raises(SystemExit) as ended:
        main.run()
    return ended.value.code, capsys.readouterr().err  # type: ignore[return-value]


def test_input_at_fault_gives_a_sentence_and_status_one(monkeypatch, capsys, tmp_path):
    status, told = stopped(monkeypatch, capsys, "cube", "info", str(tmp_path / "nowhere.zarr"))
    assert status == 1
    assert told.startswith("pylandbc: ") and "nowhere.zarr" in told and "Traceback" not in told


def test_debug_shows_the_traceback_too(monkeypatch, capsys, tmp_path):
    status, told = stopped(monkeypatch, capsys, "--debug", "cube", "info", str(tmp_path / "nowhere.zarr"))
    assert status == 1
    assert told.startswith("Traceback") and "pylandbc: " in told


def test_a_command_line_at_fault_gives_status_two(monkeypatch, capsys):
    status, told = stopped(monkeypatch, capsys, "cube", "info")
    assert status == 2 and "Usage" in told


def test_a_fault_in_pylandbc_gives_status_three(monkeypatch, capsys):
    monkeypatch.setattr("pylandbc.cube.open.open_cube", lambda path: 1 // 0)
    status, told = stopped(monkeypatch, capsys, "cube", "info", "cube.zarr")
    assert status == 3
    assert "a fault in pylandbc (ZeroDivisionError" in told and "Traceback" not in told


def test_interrupted_gives_status_130(monkeypatch, capsys):
    def interrupt(path: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pylandbc.cube.open.open_cube", interrupt)
    status, told = stopped(monkeypatch, capsys, "cube", "info", "cube.zarr")
    assert (status, told.strip()) == (130, "pylandbc: interrupted")


def test_quiet_leaves_standard_error_empty(monkeypatch, capsys, tmp_path):
    def build(*options: str) -> str:
        words = (
            "planet",
            "build",
            str(tmp_path / "planet"),
            "--window",
            "-4,52,25,25",
            "--years",
            "2",
            "--overwrite",
        )
        monkeypatch.setattr("sys.argv", ["pylandbc", *options, *words])
        with pytest.raises(SystemExit) as ended:
            main.run()
        assert ended.value.code == 0
        told = capsys.readouterr()
        assert told.out.startswith("wrote ")
        return told.err

    assert build("--quiet") == ""
    assert build() != ""


def test_quiet_and_debug_may_follow_the_command(monkeypatch, capsys, tmp_path):
    planet = ("planet", "build", str(tmp_path / "planet"), "--window", "-4,52,25,25", "--years", "2")
    status, told = stopped(monkeypatch, capsys, *planet, "-q")
    assert (status, told) == (0, "")
    status, told = stopped(monkeypatch, capsys, "cube", "info", str(tmp_path / "nowhere.zarr"), "--debug")
    assert status == 1 and told.startswith("Traceback")


def test_what_follows_two_dashes_is_no_option_of_the_command():
    words = ["cube", "info", "--quiet", "--", "--debug"]
    assert manner_first(words) == ["--quiet", "cube", "info", "--", "--debug"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/locked/a.nc"),
            "no permission for /locked/a.nc",
        ),
        (FileExistsError(errno.EEXIST, "File exists", "out"), "out is a file where a folder is needed"),
        (OSError(errno.ENOSPC, "No space left on device", "/full/a.nc"), "no space left for /full/a.nc"),
        (OSError(-51, "NetCDF: Unknown file format", "a.nc"), "a.nc: NetCDF: Unknown file format"),
        (OSError("something else"), "something else"),
    ],
)
def test_what_the_system_refuses_is_a_sentence(monkeypatch, capsys, error, sentence):
    def refuse(path: Path) -> None:
        raise error

    monkeypatch.setattr("pylandbc.cube.open.open_cube", refuse)
    status, told = stopped(monkeypatch, capsys, "cube", "info", "cube.zarr")
    assert status == 1 and told.startswith(f"pylandbc: {sentence}") and "Errno" not in told


def test_json_is_all_that_json_prints(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["pylandbc", "sources", "list", "--json"])
    with pytest.raises(SystemExit):
        main.run()
    assert {product["key"] for product in json.loads(capsys.readouterr().out)} >= {"gebco", "hilda"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands(shell: str) -> None:
    env = {"_PYLANDBC_COMPLETE": f"source_{shell}"}
    shown = runner.invoke(main.app, [], prog_name="pylandbc", env=env)
    assert shown.exit_code == 0 and "_PYLANDBC_COMPLETE" in shown.output


def test_completion_knows_things_and_their_verbs() -> None:
    def completed(line: str) -> set[str]:
        words = {
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split())),
            "_PYLANDBC_COMPLETE": "complete_bash",
        }
        return set(runner.invoke(main.app, [], prog_name="pylandbc", env=words).output.split())

    assert completed("pylandbc cu") >= {"cube"}
    assert completed("pylandbc weights ") == {"write", "build", "info", "check"}


def test_the_command_starts_without_its_libraries() -> None:
    """Help and completion wait for what is imported; each command imports what it needs."""
    heavy = {"dask", "matplotlib", "netCDF4", "pandas", "rasterio", "scipy", "torch", "xarray", "zarr"}
    code = "import sys, pylandbc.cli.main; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "pylandbc" in done.stdout.split() and not heavy & set(done.stdout.split())


def test_what_does_not_train_starts_without_lightning() -> None:
    """It takes longer to import than torch itself."""
    modules = ("learn.evaluate", "learn.finish", "learn.leaf_area.finish", "predict.run", "couple.replay")
    imports = ", ".join(f"pylandbc.{name}" for name in modules)
    code = f"import sys, {imports}; print(*{{'lightning', 'torchmetrics'}} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not done.stdout.split()


@pytest.mark.parametrize("name", ["map.txt", "map"])
def test_a_figure_that_cannot_be_written_is_refused_first(monkeypatch, capsys, tmp_path, name):
    """Before the cube is opened, which is not there."""
    words = ("evaluate", "land-use", "--cube", str(tmp_path / "none.zarr"), "--figure", name)
    status, told = stopped(monkeypatch, capsys, *words)
    assert status == 1 and f"figure {name}" in told and ".png, .pdf or .svg" in told
    assert "none.zarr" in stopped(monkeypatch, capsys, *words[:-1], "map.svg")[1]
