"""Fixtures shared by all tests: where the real data lie, where the engine is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SLOW = (
    # rooms that build planets, train, predict, and start programs
    *("benchmarks/", "examples/", "fortran/", "learn/", "planet/", "predict/"),
    *("bindings/test_package.py", "bindings/test_ranks.py"),
    *("cli/test_learn_commands.py", "cli/test_predict.py"),
    *(f"couple/test_{name}.py" for name in ("compiled", "conservation", "cost", "engine", "engine_adapters")),
    *(f"couple/test_{name}.py" for name in ("engine_status", "engine_tiles", "leaf_area", "replay")),
    *("couple/test_restart.py", "cube/test_layers.py", "cube/test_layer_samples.py", "cube/test_resume.py"),
    *(f"grid/test_{name}.py" for name in ("bilinear", "exact", "overlap", "weight_store")),
    *("models/leaf_area/test_networks.py", "models/test_fitted_baselines.py", "models/test_land_use.py"),
    *("report/test_panels.py", "report/test_source_field.py", "sources/test_check.py", "sources/test_co2.py"),
)
"""Files, and folders with all their files, of more than a few seconds: what ``make quick`` leaves out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(ROOT / "tests").as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the genuine product files (see README, "Real data"); skips where it is absent."""
    folder = Path(os.environ.get("PYLANDBC_DATA", ROOT.parent / "shared" / "data")).resolve()
    if not (folder / "uk").is_dir():
        pytest.skip(f"real data not found in {folder}; set PYLANDBC_DATA to the folder that holds uk/")
    return folder


@pytest.fixture(scope="session")
def golden_weights(real_data: Path) -> Path:
    """Folder of the weights computed by ESMF; skips where it is absent."""
    folder = real_data.parent / "golden"
    if not folder.is_dir():
        pytest.skip(f"golden weights not found in {folder}")
    return folder
