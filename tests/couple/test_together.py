"""The emulators that ship, together in one bundle with adapters that start from land use and from land cover.

Straight, continued from a checkpoint, replayed, and on two ranks: the same bits. The networks are those of
real runs, so that this takes minutes; ``make together`` runs it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from cube import whole_planet

from pylandbc import emulators
from pylandbc.couple.bundle import compile_bundle, read_bundle
from pylandbc.couple.engine import has_mpi
from pylandbc.couple.replay import replay
from pylandbc.cube.build import build_cube
from pylandbc.cube.config import CubeConfig
from pylandbc.planet.build import build_planet
from pylandbc.planet.plan import PRODUCTS

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif("LANDBC_MINUTES" not in os.environ, reason="takes minutes: make together"),
]
LEFT_OUT = ("lai_300m", "lai_truth", "hilda_geotiff", "population")
HOST = Path(__file__).parent / "together_host.py"


@pytest.fixture(scope="module")
def bundle(engine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A degree of a planet with every layer that the emulators want; the state of 2015."""
    folder = tmp_path_factory.mktemp("together")
    build_planet(
        folder / "planet",
        window=whole_planet.WINDOW,
        first_year=2013,
        years=4,
        products=tuple(name for name in PRODUCTS if name not in LEFT_OUT),
        land_cover_years=(2015, 2016),
        lai_years=(2013, 2014),
    )
    content = whole_planet.config().model_dump(exclude_unset=True)
    for name in ("scenario", "population"):
        content.pop(name)
    vegetation = {
        "variable": "leaf_area_index",
        "product": "cgls_lai",
        "files": ["lai/*.nc"],
        "step": "month",
    }
    content |= {
        "scenario_source": "hilda_fractions",
        "vegetation": [vegetation],
        "koeppen": content["koeppen"][:1],
        "co2": content["co2"][:1],
    }
    cube = build_cube(CubeConfig.model_validate(content), folder / "planet", folder / "cube.zarr")
    made = compile_bundle(
        cube,
        [emulators.path(name) for name in ("land-use", "land-cover", "lai-monthly")],
        "healpix:64:nested",
        folder / "bundle",
        2015,
        adapters=["ctsm:land_cover", "ecland"],
    )
    assert [e["quantity"] for e in made.document["emulators"]] == [
        "leaf_area_index",
        "land_use",
        "land_cover",
    ]
    return made.path


@dataclass
class Answers:
    """Outputs by name (step, cell in ascending id, [class]) and the last maps, of all ranks."""

    outputs: dict[str, np.ndarray]

    def __sub__(self, other: Answers) -> list[str]:
        """Names of what differs in any bit."""
        assert set(self.outputs) == set(other.outputs)
        return [
            name for name, values in self.outputs.items() if values.tobytes() != other.outputs[name].tobytes()
        ]


def run(bundle: Path, folder: Path, *arguments: str, ranks: int = 0) -> Answers:
    """Runs the host, with MPI where ``ranks`` is not 0."""
    folder.mkdir()
    command = [sys.executable, str(HOST), str(bundle), str(folder), *arguments]
    launcher = ["mpirun", "--oversubscribe", "-n", str(ranks)] if ranks else []
    allow = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
    subprocess.run([*launcher, *command], check=True, env=os.environ | allow)
    parts = [dict(np.load(file)) for file in sorted(folder.glob("rank*.npz"))]
    assert len(parts) == max(ranks, 1)
    order = np.argsort(np.concatenate([part.pop("cell_id") for part in parts]))
    maps = {name: parts[0].pop(name) for name in list(parts[0]) if name.startswith("map_")}
    outputs = {
        name: np.ascontiguousarray(np.concatenate([part[name] for part in parts], 1)[:, order])
        for name in parts[0]
    }
    return Answers(outputs | maps)


@pytest.fixture(scope="module")
def straight(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Answers, Path]:
    """November 2015 to February 2016, recorded."""
    folder = tmp_path_factory.mktemp("straight") / "run"
    return run(bundle, folder, "record"), folder / "run.nc"


def test_everything_changes_and_sums(straight: tuple[Answers, Path]) -> None:
    made = straight[0].outputs
    for name in ("land_use_fraction", "land_cover_fraction"):
        sums = made[name].sum(2)
        assert np.abs(sums[sums > 0] - 1).max() <= 1e-13
        assert (made[name][0] != made[name][-1]).any(), f"{name} must change at New Year"
    assert all(
        (a != b).any() for a, b in zip(made["leaf_area_index"], made["leaf_area_index"][1:], strict=False)
    )
    assert np.abs(made["PCT_NAT_PFT"].sum(2) / 100 - 1).max() <= 1e-13
    assert (made["PCT_NAT_PFT"][0] != made["PCT_NAT_PFT"][-1]).any(), "made of land cover"
    assert made["LAI_PFT"].max() > 0.5 and made["lai_lv"].max() > 0.5
    assert (made["cvl"] + made["cvh"]).max() <= 1


def test_replay_agrees_bit_for_bit(straight: tuple[Answers, Path]) -> None:
    report = replay(straight[1])
    assert report.identical and report.steps == 4, report.text()


def test_a_continued_run_has_the_same_bits(
    bundle: Path, straight: tuple[Answers, Path], tmp_path: Path
) -> None:
    """The checkpoint lies before New Year, where all three run."""
    before = run(bundle, tmp_path / "before", "until", "2", str(tmp_path / "state.nc"))
    after = run(bundle, tmp_path / "after", "from", "2", str(tmp_path / "state.nc"))
    whole = straight[0].outputs
    for name in whole:
        if name.startswith("map_"):
            assert whole[name].tobytes() == after.outputs[name].tobytes(), name
            continue
        joined = np.concatenate([before.outputs[name], after.outputs[name]])
        assert joined.tobytes() == whole[name].tobytes(), name


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="mpirun is missing")
def test_two_ranks_have_the_same_bits(bundle: Path, straight: tuple[Answers, Path], tmp_path: Path) -> None:
    if not has_mpi():
        pytest.skip("liblandbc was built without MPI")
    assert len(read_bundle(bundle).mesh().cell_id) > 4
    assert run(bundle, tmp_path / "two", ranks=2) - straight[0] == []
