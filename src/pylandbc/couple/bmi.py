"""A bundle behind the Basic Model Interface 2.0 (Hutton et al. 2020, JOSS 5, 2317), for CSDMS and NextGen.

Inputs are the climate that the emulators need, each a mean over a time step (or an amount, where the card
says so): what was set last holds until something else is set. Outputs are those of the bundle, one value a
cell; of classes, one variable a class, ``land_use_fraction_forest``. After an update they are what held at
the beginning of the time step just done; before the first one, what holds at the start. Variables live on the
faces of one unstructured grid, the bundle's cells in the order of their ids; time is in seconds from the
start.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import cftime
import netCDF4
import numpy as np
from numpy.typing import NDArray

from pylandbc.couple.bmi_config import BmiConfig, moment, read_config
from pylandbc.couple.bmi_grid import UnstructuredGrid, unstructured_grid
from pylandbc.couple.bundle import Bundle, read_bundle
from pylandbc.couple.engine import Coupler, StepResult
from pylandbc.couple.intervals import engine_date
from pylandbc.errors import InputError

try:
    from bmipy import Bmi
except ImportError:  # the interface is a set of methods; bmipy only lists them
    Bmi = object  # type: ignore[assignment,misc]

GRID = 0
_UNSTRUCTURED = "its grid is unstructured: get_grid_x, get_grid_y and the connectivity tell where cells are"


class LandBoundaryConditions(Bmi):
    """Evolving land use on native cells, as a BMI component.

    ``initialize`` takes the path of a YAML file (`BmiConfig`). Errors are `InputError` and `LandbcError`; an
    update that failed has changed nothing.
    """

    def initialize(self, config_file: str) -> None:
        """Load the bundle and warm the emulator up."""
        self._config: BmiConfig = read_config(Path(config_file))
        self._bundle: Bundle = read_bundle(self._config.bundle)
        mesh = self._bundle.mesh()
        self._ids = mesh.cell_id
        self._mesh_grid: UnstructuredGrid = unstructured_grid(mesh)
        calendar = self._config.calendar
        self._start = moment(self._config.start or [self._bundle.state_year, 1, 1], calendar, "start")
        self._end = moment(self._config.end or [self._last_year() + 1, 1, 1], calendar, "end")
        if self._end <= self._start:
            raise InputError(f"{config_file}: end {self._end} is not after start {self._start}")
        self._now = self._start
        self._known = False
        self._coupler: Coupler | None = self._new_coupler(self._config.recording)
        self._define_variables()

    def update(self) -> None:
        """One time step, with the inputs as they are."""
        self._advance(self._config.time_step)

    def update_until(self, time: float) -> None:
        """Time steps until `time`, the last one as short as it must be."""
        left = time - self.get_current_time()
        if left < 0 or left != int(left):
            raise InputError(
                f"update_until({time}): it must be now, {self.get_current_time()}, or whole seconds from now"
            )
        while left > 0:
            seconds = min(int(left), self._config.time_step)
            self._advance(seconds)
            left -= seconds

    def finalize(self) -> None:
        """End the run and close its recording; a second call does nothing."""
        coupler, self._coupler = getattr(self, "_coupler", None), None
        if coupler is not None:
            coupler.finalize()

    def get_component_name(self) -> str:
        """Name of the component."""
        return "pylandbc land boundary conditions"

    def get_input_item_count(self) -> int:
        """Number of inputs."""
        return len(self._inputs)

    def get_output_item_count(self) -> int:
        """Number of outputs."""
        return len(self._outputs)

    def get_input_var_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """Names of the climate inputs."""
        return tuple(self._inputs)

    def get_output_var_names(self) -> tuple[str, ...]:  # type: ignore[override]
        """All outputs of the bundle, those of classes with the class's name behind theirs."""
        return tuple(self._outputs)

    def get_var_grid(self, name: str) -> int:
        """The one grid."""
        self._values_of(name)
        return GRID

    def get_var_type(self, name: str) -> str:
        """float64."""
        return str(self._values_of(name).dtype)

    def get_var_units(self, name: str) -> str:
        """Unit of an input (as in the emulator's card) or output."""
        self._values_of(name)
        return self._units[name]

    def get_var_itemsize(self, name: str) -> int:
        """Bytes of one value."""
        return self._values_of(name).itemsize

    def get_var_nbytes(self, name: str) -> int:
        """Bytes of a variable."""
        return self._values_of(name).nbytes

    def get_var_location(self, name: str) -> str:
        """Cells are faces."""
        self._values_of(name)
        return "face"

    def get_current_time(self) -> float:
        """Seconds from the start to where the next update begins."""
        return self._seconds(self._now)

    def get_start_time(self) -> float:
        """0."""
        return 0.0

    def get_end_time(self) -> float:
        """Seconds from the start to ``end``."""
        return self._seconds(self._end)

    def get_time_units(self) -> str:
        """Seconds."""
        return "s"

    def get_time_step(self) -> float:
        """Seconds of an update."""
        return float(self._config.time_step)

    def get_value(self, name: str, dest: NDArray[Any]) -> NDArray[Any]:
        """Copy a variable (cells,) into ``dest``."""
        dest[:] = self.get_value_ptr(name)
        return dest

    def get_value_ptr(self, name: str) -> NDArray[np.float64]:
        """The variable itself (cells,); updates write into the same array."""
        if name in self._outputs and not self._known:
            self._look_at_the_start()
        return self._values_of(name)

    def get_value_at_indices(self, name: str, dest: NDArray[Any], inds: NDArray[np.int_]) -> NDArray[Any]:
        """Copy the values of some cells, by position, into ``dest``."""
        dest[:] = self.get_value_ptr(name)[inds]
        return dest

    def set_value(self, name: str, src: NDArray[Any]) -> None:
        """Set an input (cells,)."""
        values = self._input(name)
        source = np.asarray(src, dtype=np.float64)
        if source.size != values.size:
            raise InputError(f"set_value: {name!r} has {values.size} cells, {source.size} values were given")
        values[:] = source.reshape(-1)

    def set_value_at_indices(self, name: str, inds: NDArray[np.int_], src: NDArray[Any]) -> None:
        """Set an input in some cells, by position."""
        self._input(name)[inds] = src

    def get_grid_rank(self, grid: int) -> int:
        """2: longitude and latitude."""
        self._grid(grid)
        return 2

    def get_grid_size(self, grid: int) -> int:
        """Number of cells, which variables have one value for."""
        return self._grid(grid).nodes_per_face.size

    def get_grid_type(self, grid: int) -> str:
        """``unstructured``."""
        self._grid(grid)
        return "unstructured"

    def get_grid_shape(self, grid: int, shape: NDArray[np.int_]) -> NDArray[np.int_]:
        """Not of an unstructured grid."""
        raise NotImplementedError(_UNSTRUCTURED)

    def get_grid_spacing(self, grid: int, spacing: NDArray[np.float64]) -> NDArray[np.float64]:
        """Not of an unstructured grid."""
        raise NotImplementedError(_UNSTRUCTURED)

    def get_grid_origin(self, grid: int, origin: NDArray[np.float64]) -> NDArray[np.float64]:
        """Not of an unstructured grid."""
        raise NotImplementedError(_UNSTRUCTURED)

    def get_grid_x(self, grid: int, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitudes of the nodes, degrees east."""
        x[:] = self._grid(grid).x
        return x

    def get_grid_y(self, grid: int, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Latitudes of the nodes, degrees north."""
        y[:] = self._grid(grid).y
        return y

    def get_grid_z(self, grid: int, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Not of a grid of rank 2."""
        raise NotImplementedError("the grid has two dimensions, longitude and latitude")

    def get_grid_node_count(self, grid: int) -> int:
        """Number of corners."""
        return self._grid(grid).x.size

    def get_grid_edge_count(self, grid: int) -> int:
        """Number of edges."""
        return self._grid(grid).edge_nodes.size // 2

    def get_grid_face_count(self, grid: int) -> int:
        """Number of cells."""
        return self._grid(grid).nodes_per_face.size

    def get_grid_edge_nodes(self, grid: int, edge_nodes: NDArray[np.int_]) -> NDArray[np.int_]:
        """Tail and head of each edge."""
        edge_nodes[:] = self._grid(grid).edge_nodes
        return edge_nodes

    def get_grid_face_edges(self, grid: int, face_edges: NDArray[np.int_]) -> NDArray[np.int_]:
        """Edges of each cell."""
        face_edges[:] = self._grid(grid).face_edges
        return face_edges

    def get_grid_face_nodes(self, grid: int, face_nodes: NDArray[np.int_]) -> NDArray[np.int_]:
        """Nodes of each cell, counter-clockwise."""
        face_nodes[:] = self._grid(grid).face_nodes
        return face_nodes

    def get_grid_nodes_per_face(self, grid: int, nodes_per_face: NDArray[np.int_]) -> NDArray[np.int_]:
        """Number of nodes of each cell."""
        nodes_per_face[:] = self._grid(grid).nodes_per_face
        return nodes_per_face

    def _new_coupler(self, recording: Path | None, **changes: Any) -> Coupler:
        config = self._config
        options: dict[str, Any] = {
            "calendar": config.calendar,
            "device": config.device,
            "device_graphs": config.device_graphs,
            "threads": config.threads,
            "recording": recording,
            "missing": config.missing,
            "scenario": config.scenario,
            "ranges": config.ranges,
            "absent": config.absent,
            "restart": config.restart,
            "from_bundle": config.from_bundle,
        }
        return Coupler(config.bundle, self._ids, engine_date(self._start), **(options | changes))

    def _define_variables(self) -> None:
        assert self._coupler is not None
        inputs = [v for v in self._coupler.inputs if not v.from_bundle]
        own: dict[str, tuple[str, str, int | None]] = {v.name: (v.unit, v.name, None) for v in inputs}
        for v in self._coupler.outputs:
            if v.classes:
                for code, word in enumerate(self._coupler.classes_of[v.classes]):
                    own[f"{v.name}_{word}"] = v.unit, v.name, code
            else:
                own[v.name] = v.unit, v.name, None
        names = self._config.names
        if unknown := sorted(set(names) - set(own)):
            raise InputError(f"names: {unknown[0]!r} is no variable; they are {', '.join(sorted(own))}")
        wanted = [names.get(name, name) for name in own]
        if len(set(wanted)) < len(wanted):
            raise InputError("names: two variables would have the same name")
        self._units = {name: unit for name, (unit, _, _) in zip(wanted, own.values(), strict=True)}
        self._inputs, self._outputs = wanted[: len(inputs)], wanted[len(inputs) :]
        # where a variable is in the engine: its field, and the class
        self._place = {
            name: (field, code) for name, (_, field, code) in zip(wanted, own.values(), strict=True)
        }
        cells = self._ids.size
        self._variables = {name: np.full(cells, np.nan) for name in self._inputs}
        self._variables |= {name: np.zeros(cells) for name in self._outputs}

    def _advance(self, seconds: int) -> None:
        if self._coupler is None:
            raise InputError("update after finalize; initialize first")
        inputs = {self._place[name][0]: (self._variables[name], self._units[name]) for name in self._inputs}
        self._take(self._coupler.step(engine_date(self._now), seconds, inputs))
        self._now += timedelta(seconds=seconds)
        self._known = True

    def _look_at_the_start(self) -> None:
        """Outputs at the start, from a run that is thrown away: a step's outputs hold at its beginning."""
        plausible = {
            self._place[name][0]: (np.ones(self._ids.size), self._units[name]) for name in self._inputs
        }
        with self._new_coupler(None, ranges="off") as trial:
            self._take(trial.step(engine_date(self._start), 1, plausible))
        self._known = True

    def _take(self, result: StepResult) -> None:
        for name in self._outputs:
            field, code = self._place[name]
            values = result.outputs[field]
            self._variables[name][:] = values if code is None else values[:, code]

    def _values_of(self, name: str) -> NDArray[np.float64]:
        try:
            return self._variables[name]
        except KeyError:
            raise InputError(
                f"there is no variable {name!r}; they are {', '.join(self._variables)}"
            ) from None

    def _input(self, name: str) -> NDArray[np.float64]:
        if name not in self._inputs:
            raise InputError(f"{name!r} is no input; they are {', '.join(self._inputs) or 'none'}")
        return self._variables[name]

    def _grid(self, grid: int) -> UnstructuredGrid:
        if grid != GRID:
            raise InputError(f"there is no grid {grid}; the only one is {GRID}")
        return self._mesh_grid

    def _seconds(self, when: cftime.datetime) -> float:
        return (when - self._start).total_seconds()

    def _last_year(self) -> int:
        with netCDF4.Dataset(self._bundle.path / "scenario.nc") as file:
            return int(file["year"][-1])
