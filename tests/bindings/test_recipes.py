"""The recipes for Spack and conda name what pyproject.toml names, with the same bounds and version."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from rattler_build import PlatformConfig, RenderConfig, Stage0Recipe, VariantConfig

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = PYPROJECT["project"]
VERSION = re.findall(r"project\(landbc VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text())[0]
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}


def bounds(entries: list[str]) -> dict[str, str]:
    """Lower bound of each name; the recipes take no extras of other packages."""
    found = [re.match(r"([\w-]+)>=([\d.]+)", entry) for entry in entries]
    return {one[1].lower(): one[2] for one in found if one}


NEEDED = bounds(PROJECT["dependencies"])
BUILD = bounds(PYPROJECT["build-system"]["requires"]) | {
    "cmake": PYPROJECT["tool"]["scikit-build"]["cmake"]["version"].removeprefix(">=")
}
EXTRAS = {extra: bounds(PROJECT["optional-dependencies"][extra]) for extra in ("train", "report")}
OPTIONAL = {name: bound for extra in EXTRAS.values() for name, bound in extra.items()}

SPACK = ROOT / "packaging" / "spack" / "spack_repo" / "landbc"


def spack_calls(name: str) -> list[ast.Call]:
    source = SPACK / "packages" / "py_pylandbc" / "package.py"
    calls = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]


def first_words(name: str) -> list[str]:
    return [ast.literal_eval(call.args[0]) for call in spack_calls(name)]


def spack_dependency(spec: str) -> dict:
    """Options of the dependency whose spec starts so: ``type`` (a word or several), ``when``."""
    [call] = [one for one in spack_calls("depends_on") if ast.literal_eval(one.args[0]).startswith(spec)]
    return {option.arg: ast.literal_eval(option.value) for option in call.keywords}


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
    assert "run" in spack_dependency(f"py-{name}@{NEEDED[name]}:")["type"]


@pytest.mark.parametrize("name", BUILD)
def test_spack_builds_with_the_same(name: str) -> None:
    package = name if name == "cmake" else f"py-{name}"
    assert "build" in spack_dependency(f"{package}@{BUILD[name]}:")["type"]


@pytest.mark.parametrize("extra", EXTRAS)
def test_spack_has_the_extra_as_a_variant(extra: str) -> None:
    assert extra in first_words("variant")
    for name, bound in EXTRAS[extra].items():
        assert spack_dependency(f"py-{name}@{bound}:") == {"when": f"+{extra}", "type": "run"}


@pytest.mark.parametrize("name", NEEDED)
def test_conda_needs_the_same(name: str) -> None:
    assert_bound(conda()["requirements"]["run"], name, NEEDED[name])


@pytest.mark.parametrize("name", BUILD)
def test_conda_builds_with_the_same(name: str) -> None:
    required = conda()["requirements"]
    assert_bound(required["build" if name == "cmake" else "host"], name, BUILD[name])


@pytest.mark.parametrize("name", OPTIONAL)
def test_conda_holds_the_extras_to_the_same(name: str) -> None:
    assert_bound(conda()["requirements"]["run_constraints"], name, OPTIONAL[name])


def test_conda_runs_with_the_torch_that_it_was_built_with() -> None:
    pins = [entry["pin_compatible"] for entry in conda()["requirements"]["run"] if isinstance(entry, dict)]
    assert [(pin["name"], pin["upper_bound"]) for pin in pins] == [("pytorch", "x.x")]


def assert_bound(entries: list, name: str, bound: str) -> None:
    expected = f"{CONDA_NAMES.get(name, name)} >={bound}"
    assert any(entry == expected or str(entry).startswith(expected + ",") for entry in entries), expected


def conda() -> dict:
    """The recipe as rattler-build renders it for Linux: templates filled in, compilers chosen."""
    recipe = Stage0Recipe.from_file(ROOT / "packaging" / "conda" / "recipe.yaml")
    platform = PlatformConfig(target_platform="linux-64")
    [variant] = recipe.render(VariantConfig({"python": ["3.11"]}), RenderConfig(platform=platform))
    return variant.recipe.to_dict()
