"""The recipes for Spack and conda name what pyproject.toml names, with the same bounds and version."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = re.findall(r"project\(landbc VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[0]
ALWAYS = [re.match(r"([\w-]+)>=([\d.]+)", entry) for entry in PROJECT["dependencies"]]
NEEDED = {found[1].lower(): found[2] for found in ALWAYS if found}
CONDA_NAMES = {"torch": "pytorch"}


SPACK = ROOT / "packaging" / "spack" / "spack_repo" / "landbc"


def spack_calls() -> list[ast.Call]:
    source = SPACK / "packages" / "py_pylandbc" / "package.py"
    return [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]


def first_words(name: str) -> list[str]:
    return [
        call.args[0].value  # type: ignore[attr-defined]
        for call in spack_calls()
        if isinstance(call.func, ast.Name) and call.func.id == name
    ]


def test_one_version() -> None:
    assert first_words("version") == [VERSION]
    assert conda()["package"]["version"] == VERSION
    assert re.findall(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE) == [VERSION]


def test_spack_finds_the_repository() -> None:
    """From package API v2.0 on the namespace is the path below ``spack_repo``, and names are Python's."""
    repository = yaml.safe_load((SPACK / "repo.yaml").read_text())["repo"]
    assert repository == {"namespace": SPACK.name, "api": "v2.0"} and SPACK.parent.name == "spack_repo"
    assert [folder.name for folder in (SPACK / "packages").iterdir()] == ["py_pylandbc"]
    named = f"spack repo add {SPACK.relative_to(ROOT)}"
    assert named in (ROOT / "packaging" / "README.md").read_text()


@pytest.mark.parametrize("name", NEEDED)
def test_spack_needs_the_same(name: str) -> None:
    spec = re.compile(rf"py-{name}@{re.escape(NEEDED[name])}:")
    assert any(spec.match(words) for words in first_words("depends_on")), f"{name}>={NEEDED[name]}"


@pytest.mark.parametrize("name", NEEDED)
def test_conda_needs_the_same(name: str) -> None:
    bound = f"{CONDA_NAMES.get(name, name)} >={NEEDED[name]}"
    run = conda()["requirements"]["run"]
    assert any(entry == bound or entry.startswith(bound + ",") for entry in run), bound


def conda() -> dict:
    """The recipe, with conda-build's selectors and templates taken as plain words."""
    text = (ROOT / "packaging" / "conda" / "meta.yaml").read_text()
    return yaml.safe_load(re.sub(r"\{\{ *(.*?) *\}\}", lambda found: re.sub(r"\W", "_", found[1]), text))
