"""What Spack's recipe computes fits what is installed; Spack's own words are stood in for."""

from __future__ import annotations

import os
import re
import runpy
import sys
import types
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import pylandbc

ROOT = Path(__file__).resolve().parents[2]
RECIPE = ROOT / "packaging/spack/spack_repo/landbc/packages/py_pylandbc/package.py"
SITE_PACKAGES = Path(pylandbc.__file__).parents[1]
PYTHON_PACKAGE = "spack_repo.builtin.build_systems.python"


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> object:
    """The package as installed here, beside torch; its directives say nothing."""
    parents = ("spack", "spack_repo", "spack_repo.builtin", "spack_repo.builtin.build_systems")
    for name in (*parents, "spack.package", PYTHON_PACKAGE):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    words = {name: lambda *_, **__: None for name in ("license", "version", "variant", "depends_on")}
    vars(sys.modules["spack.package"]).update(words, join_path=os.path.join)
    vars(sys.modules[PYTHON_PACKAGE])["PythonPackage"] = object
    made = runpy.run_path(str(RECIPE))["PyPylandbc"]()
    made.spec = Spec()
    return made


class Spec(dict):
    """A spec of this environment, as far as the recipe asks it."""

    def __init__(self, *variants: str):
        python = SimpleNamespace(package=SimpleNamespace(platlib=SITE_PACKAGES.relative_to(sys.prefix)))
        super().__init__({"python": python, "py-torch": SimpleNamespace(prefix=sys.prefix)})
        self.prefix = sys.prefix
        self.variants = variants

    def satisfies(self, spec: str) -> bool:
        return spec in self.variants


def test_hosts_find_the_library(package) -> None:
    told: dict[str, str] = {}
    package.setup_dependent_build_environment(SimpleNamespace(prepend_path=told.__setitem__), Spec())
    assert (Path(told["CMAKE_PREFIX_PATH"]) / "cmake" / "landbcConfig.cmake").is_file()
    assert (Path(told["PKG_CONFIG_PATH"]) / "landbc.pc").is_file()


@pytest.mark.parametrize(("variants", "mpi"), [(["+mpi"], "ON"), ([], "OFF")])
def test_the_build_is_told_of_torch_and_mpi(package, variants: list[str], mpi: str) -> None:
    told = package.config_settings(Spec(*variants), sys.prefix)
    assert told["cmake.define.LANDBC_MPI"] == mpi
    assert Path(told["cmake.define.LANDBC_TORCH_RPATH"]).samefile(Path(torch.__file__).parent / "lib")
    understood = "".join(
        path.read_text() for path in [*ROOT.glob("cmake/*.cmake"), ROOT / "bindings/CMakeLists.txt"]
    )
    for setting in told:
        assert re.search(rf"\b{setting.removeprefix('cmake.define.')}\b", understood), setting
