"""README, docs and READMEs of examples say only what there is: commands, targets, files, errors."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from pylandbc.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "packaging/*.md")
    for path in ROOT.glob(pattern)
)
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
FENCE = re.compile(r"^```(?:sh|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAM = typer.main.get_command(app)


def lines(page: Path) -> list[str]:
    """Lines of a page's shell blocks as a shell would take them: continued, without here-documents."""
    text = "\n".join(FENCE.findall(page.read_text(encoding="utf-8"))).replace("\\\n", " ")
    text = re.sub(r"<<'(\w+)'\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return text.splitlines()


def commands(page: Path) -> list[list[str]]:
    """Words of every ``pylandbc`` command, also of those inside ``$( )`` and behind ``mpirun``."""
    found = []
    variables: dict[str, str] = {}
    for line in lines(page):
        if assigned := re.fullmatch(r'(\w+)="(.*)"', line):
            variables[assigned[1]] = assigned[2]
        line = re.sub(r"\$(\w+)", lambda used: variables.get(used[1], "x"), line)
        inner = re.findall(r"\$\((pylandbc [^)]*)\)", line)
        outer = re.sub(r"\$\([^)]*\)", "x", line)
        for part in [*inner, *re.split(r"&&|\||;", outer)]:
            words = shlex.split(part, comments=True)
            if "pylandbc" in words and "..." not in words and "install" not in words:
                found.append(words[words.index("pylandbc") :])
    return found


def parse(words: list[str]) -> None:
    """Parses a command as it would be when typed, and does not run it."""
    command: Any = PROGRAM
    rest = words[1:]
    while hasattr(command, "commands") and rest and rest[0] in command.commands:
        command, rest = command.commands[rest[0]], rest[1:]
    if hasattr(command, "commands"):
        options = {name for parameter in command.params for name in parameter.opts}
        assert rest == [] or rest[0] in options | {"--help"}, f"no such command: {' '.join(words)}"
        return
    command.make_context(words[0], [re.sub(r"^(\d*)[<>].*", r"\1", word) for word in rest])


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_shown_can_be_typed(page: Path) -> None:
    for words in commands(page):
        parse(words)


def configuration(page: Path, name: str) -> dict[str, Any]:
    """One that a command of a page names, from the repository's root or beside the page; else none."""
    found = next((top / name for top in (ROOT, page.parent) if (top / name).is_file()), None)
    return yaml.safe_load(found.read_text(encoding="utf-8")) if found else {}


@pytest.mark.parametrize(
    "name", ["README.md", "examples/06_train_land_use/README.md", "examples/08_land_cover/README.md"]
)
def test_cubes_of_a_training_shown_are_built_on_the_same_page(name: str) -> None:
    page = ROOT / name
    shown = commands(page)
    builds = [words for words in shown if words[1:3] == ["cube", "build"]]
    built = {words[words.index("--output") + 1] for words in builds if "--output" in words}
    trainings = [configuration(page, words[2]) for words in shown if words[1] == "train"]
    assert any(trainings)
    for training in trainings:
        assert {part["cube"] for part in training["parts"]} <= built


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_named_in_a_sentence_exists(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    for named in re.findall(r"`(?:[\w-]+/)*pylandbc ([^`]*)`", text):
        command: Any = PROGRAM
        for word in named.split():
            if not hasattr(command, "commands") or word.startswith("-"):
                break
            assert word in command.commands, f"no such command: pylandbc {named}"
            command = command.commands[word]


def test_commands_are_found() -> None:
    assert sum(len(commands(page)) for page in PAGES) > 60


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_make_target_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    shown = [words[1] for line in lines(page) if (words := line.split())[:1] == ["make"] and len(words) > 1]
    named = re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))
    assert set(shown + named) <= targets


def test_make_help_tells_every_target() -> None:
    [targets] = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    told = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"\bmake ([a-z-]+)", told)) == set(targets.split()) - {"help"}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_test_named_exists(page: Path) -> None:
    for path in re.findall(r"tests/[\w/]+\.(?:py|cpp|c|f90)\b", page.read_text(encoding="utf-8")):
        assert (ROOT / path).is_file() or (ROOT / "bindings" / path).is_file(), path


def test_troubleshooting_quotes_real_errors() -> None:
    """Each quoted sentence, cut at its dots, stands in the sources in this order of pieces."""
    sources = [
        path.read_text(encoding="utf-8")
        for pattern in ("src/pylandbc/**/*.py", "bindings/src/*.cpp", "cmake/*.cmake", "fortran/*.f90")
        for path in ROOT.glob(pattern)
    ]
    # Adjacent literals are one text.
    whole = "\n".join(re.sub(r'"\s*\n?\s*f?"', "", source) for source in sources)
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\| `([^`]*)` \|", page, re.MULTILINE)
    assert len(quoted) > 20
    for sentence in quoted:
        for piece in sentence.split("..."):
            assert piece.strip() in whole, f"{sentence!r}: no source says {piece.strip()!r}"
