"""The coupled engine in Python, through the same C interface that an Earth-system model calls.

``Coupler`` wraps one handle of ``landbc.h``: what it does is what a Fortran host gets, bit for bit. Arrays
are those of numpy; the first axis of a field is the cell, in the order of ``cell_ids``.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pylandbc.couple.library import load_library
from pylandbc.errors import InputError

Date = tuple[int, int, int] | tuple[int, int, int, int]
"""Year, month, day and, where it is not 0, second of the day, in the run's calendar."""

_CHOICES = {
    "missing": ("error", "hold"),
    "scenario": ("error", "hold"),
    "ranges": ("warn", "error", "off"),
    "absent": ("error", "nearest"),
    "interpolation": ("mid_step", "none", "ctsm"),
    "record": ("steps", "updates"),
}
_LEVELS = {1: logging.INFO, 2: logging.WARNING}
_log = logging.getLogger("pylandbc.engine")


def log_to_python(logger: logging.Logger = _log) -> None:
    """Sends the engine's log, for all handles of the process, to a logger (``pylandbc.engine``)."""
    ffi, library = load_library()

    @ffi.callback("landbc_log_function")
    def log(context: Any, level: int, message: Any) -> None:
        logger.log(_LEVELS.get(level, logging.INFO), "%s", ffi.string(message).decode(errors="replace"))

    library.landbc_set_log(log, ffi.NULL)
    # The engine calls it as long as the process lives.
    _KEPT[:] = [log]


_KEPT: list[Any] = []


def has_mpi() -> bool:
    """Whether the engine was built with MPI, so that ``Coupler`` takes a communicator."""
    return bool(load_library()[1].landbc_has_mpi())


class LandbcError(RuntimeError):
    """A call of the engine that failed.

    Attributes
    ----------
    status
        Number of the status in ``landbc.h``.
    name
        Its name, e.g. ``LANDBC_ERROR_TIME``.
    message
        The engine's sentence.
    """

    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.status = status
        self.name = name
        self.message = message


@dataclass(frozen=True)
class Variable:
    """An input or output of a run.

    Attributes
    ----------
    name, unit
        As ``step`` takes and gives them.
    classes
        The quantity whose classes are the second axis of an output; None for one number a cell.
    class_count
        Their number, 0 where there are none.
    from_bundle
        True for an input that the bundle supplies, by configuration.
    """

    name: str
    unit: str
    classes: str | None
    class_count: int
    from_bundle: bool


@dataclass(frozen=True)
class StepResult:
    """What one coupling interval gave.

    Attributes
    ----------
    outputs
        Every output of the bundle by name, float64: (cells,), or (cells, classes).
    flags
        Bits of ``landbc_changed``: which emulators ran since the step before; all of them at the first step.
    """

    outputs: Mapping[str, NDArray[np.float64]]
    flags: int

    @property
    def land_use_fraction(self) -> NDArray[np.float64]:
        """Fraction of each class among the known pixels of a cell (cells, classes)."""
        return self.outputs["land_use_fraction"]

    @property
    def coverage(self) -> NDArray[np.float64]:
        """Share of each cell's area whose land use is known (cells,)."""
        return self.outputs["coverage"]

    @property
    def changed(self) -> bool:
        """Whether the land use was made anew since the step before (and at the first step)."""
        return bool(self.flags & CHANGED["land_use"])

    def updated(self, quantity: str) -> bool:
        """The same of any quantity: ``land_use``, ``land_cover``, ``leaf_area_index``."""
        return bool(self.flags & CHANGED.get(quantity, CHANGED["leaf_area_index"]))


CHANGED = {"land_use": 1, "land_cover": 2, "leaf_area_index": 4}
"""Bits of ``landbc_changed`` by quantity; other vegetation series share that of the leaf area index."""


@dataclass(frozen=True)
class Timings:
    """Wall seconds of the last update by phase and of the last step, and counters (``landbc_timings``)."""

    gather: float
    features: float
    forward: float
    state: float
    scatter: float
    record: float
    step: float
    tiles: int
    updates: int
    steps: int


class Coupler:
    """One coupled run of a bundle; a context manager, which ends the run.

    Parameters
    ----------
    bundle
        The bundle's directory.
    cell_ids
        The host's cells by global id, any order, each once; all cells of the bundle.
    start
        Where the first interval begins (backwards: ends), within the bundle's ``state_year``; with `restart`
        None takes the checkpoint's.
    calendar
        ``standard``, ``proleptic_gregorian``, ``noleap`` or ``360_day``.
    device
        ``cpu`` or ``cuda:N``.
    threads
        Threads of libtorch within an operation; 0 leaves its setting.
    recording
        Where to write the recording; None for none.
    record
        ``steps``, or ``updates``: of the steps only the first and those in which an emulator ran, with what
        it had been given.
    missing, scenario
        ``error`` or ``hold``: what to do with NaN in an input, and beyond the last year of the scenario.
    core
        Core of the tiles in pixels, a multiple of 400; 0 takes the bundle's.
    restart
        Checkpoint to continue from.
    from_bundle
        Inputs that the bundle's ``series.nc`` supplies; steps go without them.
    ranges
        ``warn`` (to the log), ``error`` or ``off``: what to do with inputs beyond what is possible on Earth.
    absent
        ``error`` or ``nearest``: what to do for cells of the bundle that are not given.
    direction
        1 forwards, -1 backwards in time.
    interpolation
        ``mid_step``, ``none`` or ``ctsm``: how a leaf area index comes from one step to the next.
    device_graphs
        Run emulators on a GPU as CUDA graphs, with the same bits; without effect on the CPU.
    communicator
        MPI communicator as a Fortran integer (``comm.py2f()`` of mpi4py): every call is then collective, and
        the cells are those of this rank. None for one process; MPI is then never touched.

    Raises
    ------
    LandbcError
        From this and every method, with the engine's status and sentence.
    """

    def __init__(
        self,
        bundle: str | Path,
        cell_ids: ArrayLike,
        start: Date | None,
        calendar: str = "standard",
        device: str = "cpu",
        threads: int = 0,
        recording: str | Path | None = None,
        missing: str = "error",
        scenario: str = "error",
        core: int = 0,
        restart: str | Path | None = None,
        from_bundle: Sequence[str] = (),
        ranges: str = "warn",
        absent: str = "error",
        direction: int = 1,
        communicator: int | None = None,
        interpolation: str = "mid_step",
        record: str = "steps",
        device_graphs: bool = False,
    ) -> None:
        self._ffi, self._library = load_library()
        self.cell_ids = np.ascontiguousarray(cell_ids, dtype=np.int64)
        self._handle = self._ffi.new("landbc_handle **")
        config = self._ffi.new("landbc_config *")
        self._check(self._library.landbc_config_default(config))
        texts = [
            self._ffi.new("char[]", str(text).encode()) if text is not None else self._ffi.NULL
            for text in (bundle, calendar, device, recording, restart, ",".join(from_bundle) or None)
        ]
        config.bundle, config.calendar, config.device, config.recording, config.restart = texts[:5]
        config.from_bundle = texts[5]
        config.start = self._date(start or (0, 0, 0))[0]
        config.cell_count = self.cell_ids.size
        # An empty array has no address of its own, and the engine shall say what is wrong with it.
        cells = self.cell_ids if self.cell_ids.size else np.zeros(1, np.int64)
        config.cell_ids = self._ffi.from_buffer("int64_t[]", cells)
        config.threads = threads
        config.missing_policy = self._choice("missing", missing)
        config.scenario_policy = self._choice("scenario", scenario)
        config.range_policy = self._choice("ranges", ranges)
        config.absent_policy = self._choice("absent", absent)
        config.interpolation = self._choice("interpolation", interpolation)
        config.record = self._choice("record", record)
        config.device_graphs = int(device_graphs)
        config.core = core
        config.direction = direction
        if communicator is not None:
            config.parallel, config.communicator = 1, communicator
        self._check(self._library.landbc_init(config, self._handle))
        self.inputs = self._variables("input")
        self.outputs = self._variables("output")
        self.classes_of = {
            v.classes: self._class_names(v.classes, v.class_count) for v in self.outputs if v.classes
        }
        self.classes = self.classes_of["land_use"]
        self.window = self._window()

    def __enter__(self) -> Coupler:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handle[0] != self._ffi.NULL:
            self.finalize()

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle is not None and handle[0] != self._ffi.NULL:
            self._library.landbc_finalize(handle)

    def finalize(self) -> None:
        """Ends the run and closes its recording. A second call raises ``LANDBC_ERROR_INVALID_HANDLE``."""
        self._check(self._library.landbc_finalize(self._handle))

    def step(
        self,
        date: Date,
        seconds: int,
        inputs: Mapping[str, tuple[ArrayLike, str]] | Sequence[Any],
        outputs: Collection[str] | None = None,
    ) -> StepResult:
        """One coupling interval from ``date``, ``seconds`` long.

        Parameters
        ----------
        inputs
            Name to (values, unit): one float32 or float64 value a cell, the mean over the interval; other
            types are converted to float64. A sequence of (name, values, unit) may repeat names.
        outputs
            Names of those that are wanted; all by default. None need be asked for while nothing has changed.

        Raises
        ------
        LandbcError
            The step has then changed nothing.
        InputError
            For an output of no known name.
        """
        entries = [(n, *v) for n, v in inputs.items()] if isinstance(inputs, Mapping) else list(inputs)
        kept: list[Any] = []
        fields = self._ffi.new("landbc_field[]", max(len(entries), 1))
        for field, (name, values, unit) in zip(fields, entries, strict=False):
            array = np.asarray(values)
            self._describe(
                field, name, unit, array if array.dtype == np.float32 else array.astype(np.float64), kept
            )

        # The library's first extent varies fastest.
        names = [v.name for v in self.outputs]
        for name in outputs or ():
            if name not in names:
                raise InputError(f"no output {name!r}; outputs are {', '.join(names)}")
        wanted = [v for v in self.outputs if outputs is None or v.name in outputs]
        given = {v.name: self._room(v) for v in wanted}
        asked = self._ffi.new("landbc_field[]", max(len(given), 1))
        for field, variable in zip(asked, wanted, strict=False):
            self._describe(field, variable.name, variable.unit, given[variable.name], kept)
        changed = self._ffi.new("int32_t *")
        self._check(
            self._library.landbc_step(
                self._handle[0],
                self._date(date),
                seconds,
                fields,
                len(entries),
                asked,
                len(given),
                changed,
            )
        )
        return StepResult(given, int(changed[0]))

    def set_accumulated(
        self, quantity: str, accumulates: str, period: int, seconds: int, values: ArrayLike
    ) -> None:
        """What an emulator was given in a period, in place of what the steps of this run gave; for replays.

        Parameters
        ----------
        quantity
            The emulator's.
        accumulates
            What is accumulated for it, as the attribute ``accumulates_QUANTITY`` of the recording has it.
        period, seconds
            As the recording has them.
        values
            Sums, float64 (inputs, cells).
        """
        sums = np.ascontiguousarray(values, dtype=np.float64)
        self._check(
            self._library.landbc_set_accumulated(
                self._handle[0],
                self._ffi.new("char[]", quantity.encode()),
                self._ffi.new("char[]", accumulates.encode()),
                period,
                seconds,
                self._ffi.from_buffer("double[]", sums),
                sums.size,
            )
        )

    def _room(self, variable: Variable) -> NDArray[np.float64]:
        cells = self.cell_ids.size
        return np.empty((variable.class_count, cells)).T if variable.classes else np.empty(cells)

    def current(self) -> dict[str, NDArray[np.float64]]:
        """Every output as it is between two steps, before the first one too: upper bounds, say."""
        kept: list[Any] = []
        given = {v.name: self._room(v) for v in self.outputs}
        fields = self._ffi.new("landbc_field[]", len(given))
        for field, variable in zip(fields, self.outputs, strict=True):
            self._describe(field, variable.name, variable.unit, given[variable.name], kept)
        self._check(self._library.landbc_get_outputs(self._handle[0], fields, len(given)))
        return given

    def map(self, name: str = "land_use") -> NDArray[np.uint8]:
        """A class map (``land_use``, ``land_cover``) of the window (rows, cols), north first; 255 unknown."""
        window = self.window
        codes = np.empty(window[2:], dtype=np.uint8)
        buffer = self._ffi.from_buffer("uint8_t[]", codes)
        self._check(
            self._library.landbc_get_map(
                self._handle[0], self._ffi.new("char[]", name.encode()), buffer, codes.size
            )
        )
        return codes

    def values(self, name: str = "leaf_area_index") -> NDArray[np.float32]:
        """The last finished step of a series over the window (rows, cols), north first, NaN unknown."""
        values = np.empty(self.window[2:], dtype=np.float32)
        buffer = self._ffi.from_buffer("float[]", values)
        self._check(
            self._library.landbc_get_values(
                self._handle[0], self._ffi.new("char[]", name.encode()), buffer, values.size
            )
        )
        return values

    def checkpoint(self, path: str | Path) -> None:
        """Writes all that the run needs to go on from here, bit for bit; ``restart`` continues from it.

        The file appears under its name complete, or not at all.
        """
        self._check(
            self._library.landbc_checkpoint(self._handle[0], self._ffi.new("char[]", str(path).encode()))
        )

    def timings(self) -> Timings:
        """Timings of the last update and step."""
        timings = self._ffi.new("landbc_timings *")
        timings.struct_size = self._ffi.sizeof("landbc_timings")
        self._check(self._library.landbc_get_timings(self._handle[0], timings))
        return Timings(**{name: getattr(timings, name) for name in Timings.__dataclass_fields__})

    def _variables(self, kind: str) -> list[Variable]:
        count = self._ffi.new("int32_t *")
        self._check(getattr(self._library, f"landbc_{kind}_count")(self._handle[0], count))
        described = self._ffi.new("landbc_variable *")
        described.struct_size = self._ffi.sizeof("landbc_variable")
        variables = []
        for i in range(count[0]):
            self._check(getattr(self._library, f"landbc_{kind}")(self._handle[0], i, described))
            name, unit = (self._ffi.string(text).decode() for text in (described.name, described.unit))
            none = described.classes == self._ffi.NULL
            classes = None if none else self._ffi.string(described.classes).decode()
            variables.append(
                Variable(name, unit, classes, described.class_count, bool(described.from_bundle))
            )
        return variables

    def _class_names(self, quantity: str, count: int) -> list[str]:
        names = []
        for i in range(count):
            name = self._ffi.new("char **")
            self._check(
                self._library.landbc_class_name_of(
                    self._handle[0], self._ffi.new("char[]", quantity.encode()), i, name
                )
            )
            names.append(self._ffi.string(name[0]).decode())
        return names

    def _window(self) -> tuple[int, int, int, int]:
        window = self._ffi.new("landbc_window *")
        self._check(self._library.landbc_get_window(self._handle[0], window))
        return window.row, window.col, window.rows, window.cols

    def _describe(self, field: Any, name: str, unit: str, values: NDArray[Any], kept: list[Any]) -> None:
        """Fills a ``landbc_field``; its first axis varies fastest, and ``kept`` keeps memory alive."""
        fastest_first = np.asfortranarray(values)
        texts = [self._ffi.new("char[]", text.encode()) for text in (name, unit)]
        kept.extend([fastest_first, *texts])
        field.struct_size = self._ffi.sizeof("landbc_field")
        field.name, field.unit = texts
        field.data = self._ffi.cast("void *", fastest_first.ctypes.data)
        field.type = (
            self._library.LANDBC_FLOAT32 if values.dtype == np.float32 else self._library.LANDBC_FLOAT64
        )
        field.rank = values.ndim
        for axis, extent in enumerate(values.shape[:4]):
            field.shape[axis] = extent

    def _date(self, date: Date) -> Any:
        return self._ffi.new("landbc_date *", [*date, 0][:4])

    @staticmethod
    def _choice(name: str, value: str) -> int:
        if value not in _CHOICES[name]:
            raise ValueError(f"{name}={value!r} is not one of {', '.join(_CHOICES[name])}")
        return _CHOICES[name].index(value)

    def _check(self, status: int) -> None:
        if status:
            raise LandbcError(
                status,
                self._ffi.string(self._library.landbc_status_name(status)).decode(),
                self._ffi.string(self._library.landbc_last_error(self._handle[0])).decode(),
            )
