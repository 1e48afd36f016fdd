"""A small planet with cubes of both scenario sources, built once, and a configuration that trains on it in
seconds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig
from pylandbc.grid.window import Window
from pylandbc.learn.config import TrainConfig, parse
from pylandbc.planet.build import FILES, build_planet

SMALL = Window(3250, 17100, 300, 400)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small arrays gain nothing from threads, and lose much where the machine is shared."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def cubes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with planet.zarr (hilda_fractions) and luh2.zarr, 2000 to 2003."""
    root = tmp_path_factory.mktemp("learn")
    planet = build_planet(root / "planet", window=SMALL, first_year=2000, years=4, seed=1)
    for name, source in (("planet", "hilda_fractions"), ("luh2", "luh2")):
        content: dict[str, Any] = {
            "window": {
                "west": SMALL.west,
                "south": SMALL.south,
                "east": SMALL.east,
                "north": SMALL.north,
            },
            "training_years": [2000, 2001, 2002, 2003],
            "scenario_source": source,
            "output": str(root / f"{name}.zarr"),
            "land_use": [{"file": FILES["land_use"], "first_year": 2000, "last_year": 2003}],
            "elevation": [{"product": "gebco", "file": FILES["relief"]}],
            "bathymetry": [{"product": "gebco", "file": FILES["relief"]}],
            "climate": {"files": [FILES["temperature"], FILES["precipitation"]]},
        }
        if source == "luh2":
            content["scenario"] = {"file": FILES["states"], "first_year": 2000, "last_year": 2003}
        build_cube(CubeConfig.model_validate(content), planet)
    return root


@pytest.fixture
def tiny() -> TrainConfig:
    """A network of two base channels, samples of 32 pixels, three epochs of four steps."""
    return parse(
        {
            "name": "tiny",
            "licence": "none",
            "base": 2,
            "parts": [
                {"cube": "planet.zarr", "share": 2, "mask_ratio": [0.0, 1.0]},
                {"cube": "planet.zarr", "mask_ratio": 0.0, "max_elapsed": 1},
            ],
            "size": 32,
            "patch": 8,
            "batch_size": 2,
            "samples_per_epoch": 8,
            "epochs": 3,
            "validation_samples": 2,
            "class_balance": 0.25,
            "change_weight": 2.0,
            "threads": 1,
            "device": "cpu",
        },
        "tiny",
    )
