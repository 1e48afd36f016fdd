"""The Basic Model Interface: the same bits as the coupler, a sound topology, and CSDMS's own checks."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import forced_run
import numpy as np
import pytest
import yaml

from pylandbc.couple.bmi import LandBoundaryConditions
from pylandbc.couple.bmi_grid import unstructured_grid
from pylandbc.couple.engine import LandbcError
from pylandbc.couple.recording import Recording
from pylandbc.errors import InputError
from pylandbc.grid.healpix import healpix_mesh
from pylandbc.grid.mesh import Mesh
from pylandbc.grid.window import Window

pytestmark = pytest.mark.engine
DAY = 86400
WORLD = Window(0, 0, 18000, 36000)


def configure(folder: Path, bundle: Path, **entries: object) -> str:
    path = folder / "landbc.yaml"
    path.write_text(yaml.safe_dump({"bundle": str(bundle), "calendar": "noleap", "threads": 1} | entries))
    return str(path)


def begin(folder: Path, bundle: Path, **entries: object) -> LandBoundaryConditions:
    model = LandBoundaryConditions()
    model.initialize(configure(folder, bundle, **entries))
    return model


def set_climate(model: LandBoundaryConditions, level: float) -> forced_run.Inputs:
    inputs = forced_run.forcing(level=level)
    for name, (values, _) in inputs.items():
        model.set_value(name, values)
    return inputs


def outputs(model: LandBoundaryConditions) -> np.ndarray:
    cells = model.get_grid_size(0)
    return np.stack([model.get_value(n, np.empty(cells)) for n in model.get_output_var_names()], axis=1)


def test_updates_give_what_the_coupler_gives(bundle: Path, tmp_path: Path) -> None:
    model = begin(tmp_path, bundle, time_step=73 * DAY)
    assert set(model.get_input_var_names()) == {"air_temperature", "precipitation_flux"}
    assert model.get_var_units("air_temperature") == "K"
    assert model.get_end_time() == 5 * 365 * DAY
    initial = outputs(model)
    changes = 0
    with forced_run.start(bundle) as coupler:
        for step in range(11):
            inputs = set_climate(model, 0.5 * step)
            day = step * 73
            # the length of a month does not matter: 73-day steps begin where these say
            date = [(1, 1), (3, 15), (5, 27), (8, 8), (10, 20)][step % 5]
            result = coupler.step((2009 + day // 365, *date), 73 * DAY, inputs)
            model.update()
            assert model.get_current_time() == (step + 1) * 73 * DAY
            wanted = np.column_stack([result.land_use_fraction, result.coverage])
            np.testing.assert_array_equal(outputs(model), wanted)
            if step == 0:
                np.testing.assert_array_equal(initial, wanted)
            changes += result.changed
    assert changes == 3
    assert np.abs(outputs(model) - initial).max() > 0.01
    model.finalize()
    model.finalize()
    with pytest.raises(InputError, match="finalize"):
        model.update()


def test_update_until_ends_in_a_shorter_step(bundle: Path, tmp_path: Path) -> None:
    """Two and a half steps: three intervals in the recording."""
    model = begin(tmp_path, bundle, time_step=2 * DAY, recording="run.nc")
    set_climate(model, 0.0)
    model.update_until(5.0 * DAY)
    assert model.get_current_time() == 5 * DAY
    model.finalize()
    with Recording(tmp_path / "run.nc") as recording:
        assert [step.interval_seconds for step in recording.steps()] == [2 * DAY, 2 * DAY, DAY]
    with pytest.raises(InputError, match="whole seconds from now"):
        model.update_until(4.0 * DAY)
    with pytest.raises(InputError, match="whole seconds from now"):
        model.update_until(5.5 * DAY + 0.25)


def test_values_at_indices_and_by_reference(bundle: Path, tmp_path: Path) -> None:
    model = begin(tmp_path, bundle, names={"air_temperature": "air__temperature"})
    assert "air__temperature" in model.get_input_var_names()
    temperature = model.get_value_ptr("air__temperature")
    model.set_value("air__temperature", np.arange(30.0) + 270)
    model.set_value_at_indices("air__temperature", np.array([3, 5]), np.array([1.0, 2.0]))
    assert temperature[[2, 3, 4, 5]].tolist() == [272, 1, 274, 2]
    some = model.get_value_at_indices("air__temperature", np.empty(2), np.array([5, 0]))
    assert some.tolist() == [2, 270]
    assert model.get_var_nbytes("coverage") == 30 * model.get_var_itemsize("coverage") == 240
    model.finalize()


def test_faults_are_sentences(bundle: Path, tmp_path: Path) -> None:
    model = begin(tmp_path, bundle)
    with pytest.raises(InputError, match="no variable 'rain'; they are"):
        model.get_var_units("rain")
    with pytest.raises(InputError, match="'coverage' is no input"):
        model.set_value("coverage", np.zeros(30))
    with pytest.raises(InputError, match="30 cells, 2 values"):
        model.set_value("air_temperature", np.zeros(2))
    with pytest.raises(InputError, match="no grid 1"):
        model.get_grid_rank(1)
    with pytest.raises(LandbcError, match="air_temperature"):
        model.update()  # nothing has been set
    assert model.get_current_time() == 0
    model.finalize()
    for entries, words in (
        ({"time_step": 0}, "time_step"),
        ({"steps": 3}, "steps"),
        ({"calendar": "360_day", "start": [2009, 2, 31]}, "start: 2009-2-31 is no day"),
        ({"start": [2009, 6, 1], "end": [2009, 5, 1]}, "is not after start"),
        ({"names": {"rain": "r"}}, "names: 'rain' is no variable"),
    ):
        with pytest.raises(InputError, match=words):
            begin(tmp_path, bundle, **entries)
    with pytest.raises(InputError, match="cannot be read"):
        LandBoundaryConditions().initialize(str(tmp_path / "nowhere.yaml"))


def test_topology_of_the_small_mesh(bundle: Path, tmp_path: Path) -> None:
    """5 x 6 rectangles: 6 x 7 corners; every face runs counter-clockwise round its cell."""
    model = begin(tmp_path, bundle)
    nodes, edges, faces = (getattr(model, f"get_grid_{k}_count")(0) for k in ("node", "edge", "face"))
    assert (nodes, edges, faces) == (42, 71, 30)
    x, y = model.get_grid_x(0, np.empty(nodes)), model.get_grid_y(0, np.empty(nodes))
    count = model.get_grid_nodes_per_face(0, np.empty(faces, np.int32))
    face_nodes = model.get_grid_face_nodes(0, np.empty(count.sum(), np.int32)).reshape(faces, 4)
    face_edges = model.get_grid_face_edges(0, np.empty(count.sum(), np.int32)).reshape(faces, 4)
    edge_nodes = model.get_grid_edge_nodes(0, np.empty(2 * edges, np.int32)).reshape(edges, 2)
    px, py = x[face_nodes], y[face_nodes]
    assert np.all((px * np.roll(py, -1, 1) - np.roll(px, -1, 1) * py).sum(1) > 0)
    for face in range(faces):
        for corner in range(4):
            ends = {face_nodes[face, corner], face_nodes[face, (corner + 1) % 4]}
            assert set(edge_nodes[face_edges[face, corner]]) == ends
    with pytest.raises(NotImplementedError, match="unstructured"):
        model.get_grid_shape(0, np.empty(2, np.int32))
    model.finalize()


@pytest.mark.parametrize("nside", [1, 8])
def test_a_closed_surface_has_euler_characteristic_two(nside: int) -> None:
    """Poles and the dateline tear no hole: nodes - edges + faces = 2."""
    mesh = healpix_mesh(nside, "nested", WORLD)
    grid = unstructured_grid(mesh)
    assert grid.x.size - grid.edge_nodes.size // 2 + len(mesh) == 2
    assert np.all(np.bincount(grid.face_edges) == 2)


def test_padded_corners_are_no_nodes() -> None:
    """A triangle beside a quadrilateral, as CF bounds pad it."""
    lon = np.array([[0.0, 1, 1, 0], [1, 2, 1, 1]])
    lat = np.array([[0.0, 0, 1, 1], [0, 0, 1, 1]])
    mesh = Mesh(np.array([1, 2]), lon, lat, np.array([4, 3]), lon.mean(1), lat.mean(1), {})
    grid = unstructured_grid(mesh)
    assert (grid.x.size, grid.edge_nodes.size // 2) == (5, 6)
    assert grid.nodes_per_face.tolist() == [4, 3]
    assert grid.face_nodes.size == grid.face_edges.size == 7


def test_every_method_of_the_abstract_class() -> None:
    bmipy = pytest.importorskip("bmipy", reason="bmipy is not installed (pip install pylandbc[bmi])")
    assert issubclass(LandBoundaryConditions, bmipy.Bmi)
    assert not LandBoundaryConditions.__abstractmethods__
    for name in bmipy.Bmi.__abstractmethods__:
        ours = inspect.signature(getattr(LandBoundaryConditions, name))
        assert list(ours.parameters) == list(inspect.signature(getattr(bmipy.Bmi, name)).parameters), name


@pytest.mark.slow
def test_bmi_tester(bundle: Path, tmp_path: Path) -> None:
    """CSDMS's own checks of a component."""
    pytest.importorskip("bmi_tester", reason="bmi-tester is not installed (pip install pylandbc[dev])")
    config = configure(tmp_path, bundle)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "bmi_tester", "pylandbc.couple.bmi:LandBoundaryConditions"),
            *("--config-file", config, "--root-dir", str(tmp_path), "--bmi-version", "2.0"),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "failed" not in done.stdout
