"""Reads the recording of a coupled run (docs/contracts.md, "Recording (format 5)").

A recording holds what the host gave at every coupling interval, what it got, and fingerprints of the
maps, in blocks of steps between which no emulator ran; or, of a run that recorded updates only, the steps in
which one ran, and what it had been given until then. It is checked when it is opened, and read a few
blocks at a time, so that a long run does not have to fit in memory. Of a run that was killed it holds the
steps that had been counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from pylandbc.couple.intervals import interval_of
from pylandbc.errors import InputError

FORMAT = "landbc-recording"
FORMAT_VERSION = 5
_TEXTS = (
    "bundle",
    "bundle_sha256",
    "calendar",
    "device",
    "start",
    "missing_policy",
    "scenario_policy",
    "range_policy",
    "absent_policy",
    "interpolation",
    "from_bundle",
    "record",
    "restart",
    "restart_sha256",
    "quantities",
    "landbc_version",
    "torch_version",
)
_NUMBERS = ("threads", "core", "direction", "ranks")
_PER_STEP = ("year", "month", "day", "second", "interval_seconds", "changed", "wall_seconds")
_READ_BYTES = 64 * 2**20


@dataclass(frozen=True)
class RunSettings:
    """How a recorded run was configured, as ``landbc_config`` has it."""

    bundle: str
    bundle_sha256: str
    calendar: str
    device: str
    start: tuple[int, int, int, int]
    missing_policy: str
    scenario_policy: str
    threads: int
    core: int
    landbc_version: str
    torch_version: str
    range_policy: str
    absent_policy: str
    interpolation: str
    from_bundle: str
    record: str
    restart: str
    restart_sha256: str
    quantities: str
    direction: int
    ranks: int


@dataclass(frozen=True)
class Accumulated:
    """What an emulator had been given in one of its periods, until the update that follows.

    Attributes
    ----------
    quantity
        The emulator's.
    accumulates
        In words: its step, and its inputs with their statistics.
    period
        Number of the period, as the engine counts it.
    seconds
        How much of it there was.
    sums
        Inputs' sums weighted by seconds (means), sums, minima or maxima, float64 (input, cell).
    """

    quantity: str
    accumulates: str
    period: int
    seconds: int
    sums: NDArray[np.float64]


@dataclass(frozen=True)
class RecordedStep:
    """One coupling interval: its beginning and length, what came in and what went out.

    Attributes
    ----------
    index
        0 ... steps - 1.
    date
        Year, month, day, second of the day.
    inputs
        Name to values (cell,), in the host's precision.
    outputs
        Name to values (cell,) or (cell, class), float64.
    fingerprints
        SHA-256 of the maps by quantity.
    accumulated
        Of a run that recorded updates only: what the emulators that ran had been given.
    """

    index: int
    date: tuple[int, int, int, int]
    interval_seconds: int
    inputs: dict[str, NDArray[np.floating]]
    outputs: dict[str, NDArray[np.float64]]
    changed: int
    fingerprints: dict[str, str]
    wall_seconds: float
    accumulated: tuple[Accumulated, ...] = ()

    @property
    def land_use_fraction(self) -> NDArray[np.float64]:
        """Fraction of each land-use class (cell, class)."""
        return self.outputs["land_use_fraction"]

    @property
    def coverage(self) -> NDArray[np.float64]:
        """Share of each cell's area whose land use is known (cell,)."""
        return self.outputs["coverage"]


class Recording:
    """An open recording; a context manager, which closes it.

    Parameters
    ----------
    path
        The file that the run wrote.

    Attributes
    ----------
    settings
        How the run was configured.
    cell_id
        The host's cells by global id, in its order, int64 (cell,).
    units
        Input name to the host's unit.
    outputs
        Output name to its unit.
    quantities
        What the bundle's emulators make.
    classes
        Names of the classes by quantity.
    accumulates
        What is accumulated for each quantity's emulator, where updates only were recorded; else empty.

    Raises
    ------
    InputError
        The file is absent, cut short, of another format, or lacks something.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(f"no recording at {self.path}; give the file named as `recording` in the run")
        try:
            self._file = netCDF4.Dataset(self.path)
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be read as netCDF ({error}); was the run ended by landbc_finalize?"
            ) from error
        self._file.set_auto_maskandscale(False)
        try:
            self._read_header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._steps

    @property
    def class_names(self) -> list[str]:
        """Names of the land-use classes."""
        return self.classes["land_use"]

    def steps(self) -> Iterator[RecordedStep]:
        """All steps, in order."""
        held = [self._file[f"input_{name}"] for name in self.units]
        held += [self._file[f"output_{name}"] for name in self.outputs]
        per_block = sum(v.size * v.dtype.itemsize for v in held) // max(len(self._counts), 1)
        at_once = max(1, _READ_BYTES // max(per_block, 1))
        index = 0
        pending: list[Accumulated] = []
        for begin in range(0, len(self._counts), at_once):
            for step in self._blocks(begin, min(begin + at_once, len(self._counts)), index, pending):
                yield step
                index = step.index + 1

    def inputs_dataset(self) -> xr.Dataset:
        """What the host gave, (time, cell) in its precision: forcing that ``offline.run`` takes.

        Raises
        ------
        InputError
            The recording has updates only.
        """
        if self.settings.record == "updates":
            raise InputError(
                f"{self.path} has the inputs of updates only; record every step (record = 'steps') for them"
            )
        return self._dataset("inputs", self.units)

    def outputs_dataset(self) -> xr.Dataset:
        """What the host got, (time, cell) and (time, cell, class), float64, as of ``offline.run``."""
        from pylandbc.couple.offline import with_changed

        made = self._dataset("outputs", self.outputs)
        flags = np.array([step.changed for step in self.steps()], np.int32)
        return with_changed(made, flags[:: self.settings.direction], self.settings.bundle)

    def _dataset(self, what: str, units: dict[str, str]) -> xr.Dataset:
        from pylandbc.couple.offline import dataset

        calendar = self.settings.calendar
        intervals, rows = [], []
        for step in self.steps():
            intervals.append(interval_of(step.date, step.interval_seconds, calendar))
            rows.append({name: np.array(values) for name, values in getattr(step, what).items()})
        if not rows:
            raise InputError(f"{self.path} has no step")
        # Time ascends, also of a run that went backwards.
        order = slice(None, None, self.settings.direction)
        fields = {name: np.stack([row[name] for row in rows[order]]) for name in units}
        of = {name: self._class_axis(name) if what == "outputs" else None for name in units}
        variables = {name: (unit, of[name]) for name, unit in units.items()}
        return dataset(intervals[order], self.cell_id, fields, variables, self.classes, calendar)

    def _class_axis(self, output: str) -> str | None:
        """The quantity whose classes an output is of; None where it is one number a cell."""
        dimensions = self._file[f"output_{output}"].dimensions
        found = [name.removesuffix("_class") for name in dimensions if name.endswith("_class")]
        return found[0] if found else None

    def _read_header(self) -> None:
        file = self._file
        found = getattr(file, "format", None), getattr(file, "format_version", None)
        if found[0] is None:
            raise InputError(
                f"{self.path} is no recording (it has no attribute `format`); give the file named as "
                "`recording` in the run"
            )
        if found[0] != FORMAT or found[1] != FORMAT_VERSION:
            raise InputError(
                f"{self.path} is not a recording of format {FORMAT} {FORMAT_VERSION} "
                f"(its attributes say {found[0]!r}, version {found[1]!r}); record the run again"
            )
        for name in (*_TEXTS, *_NUMBERS):
            if name not in file.ncattrs():
                raise InputError(f"recording {self.path} lacks the attribute {name!r}; record the run again")
        if "cell_id" not in file.variables:  # the run wrote it before anything else
            raise InputError(f"{self.path} is cut short; copy it again from where the run wrote it")
        self.quantities = [name for name in str(file.quantities).split(",") if name]
        # A run that never made a step, or was killed before the first were written, has no blocks.
        counts = np.asarray(file["steps"][:]) if "steps" in file.variables else np.zeros(0, np.int32)
        self._counts = np.clip(counts, 0, None)
        self._steps = int(self._counts.sum())
        per_step = (*_PER_STEP, *(f"{q}_sha256" for q in self.quantities)) if len(self._counts) else ()
        for name in (*per_step, "steps_written"):
            if name not in file.variables:
                raise InputError(f"recording {self.path} lacks the variable {name!r}; record the run again")
        # Counted last and kept before all other data; of a block the digests are the last bytes.
        written = int(file["steps_written"][...])
        counted = np.flatnonzero(self._counts)
        whole = all(len(str(file[f"{q}_sha256"][counted[-1]])) == 64 for q in self.quantities if counted.size)
        if written == 0 or written < -1 or self._steps < written or not whole:
            raise InputError(f"{self.path} is cut short; copy it again from where the run wrote it")
        date, _, clock = str(file.start).partition(" ")
        year, month, day = (int(part) for part in date.split("-"))
        hours, minutes, seconds = (int(part) for part in (clock or "00:00:00").split(":"))
        texts = {name: str(getattr(file, name)) for name in _TEXTS if name != "start"}
        numbers = {name: int(getattr(file, name)) for name in _NUMBERS}
        start = (year, month, day, 3600 * hours + 60 * minutes + seconds)
        self.settings = RunSettings(start=start, **texts, **numbers)  # type: ignore[arg-type]
        self.cell_id = np.array(file["cell_id"][:], dtype=np.int64)
        self.classes = {
            quantity: [str(name) for name in file[f"{quantity}_class_name"][:]]
            for quantity in self.quantities
            if f"{quantity}_class_name" in file.variables
        }
        self.accumulates = {
            quantity: str(getattr(file, f"accumulates_{quantity}"))
            for quantity in self.quantities
            if f"accumulated_{quantity}_period" in file.variables
        }
        self.units, self.outputs = (
            {
                name.removeprefix(prefix): str(variable.units)
                for name, variable in file.variables.items()
                if name.startswith(prefix)
            }
            for prefix in ("input_", "output_")
        )

    def _accumulated(self, begin: int, end: int) -> list[list[Accumulated]]:
        """By block, what the emulators had been given."""
        found: list[list[Accumulated]] = [[] for _ in range(begin, end)]
        for quantity, what in self.accumulates.items():
            name = f"accumulated_{quantity}"
            periods = self._file[f"{name}_period"][begin:end]
            seconds = self._file[f"{name}_seconds"][begin:end]
            inputs = [entry.rsplit(" ", 1)[0] for entry in what.split(": ", 1)[1].split(", ")]
            sums = np.stack([self._file[f"{name}_{entry}"][begin:end] for entry in inputs], axis=1)
            for b in np.flatnonzero(seconds > 0):
                found[b].append(Accumulated(quantity, what, int(periods[b]), int(seconds[b]), sums[b]))
        return found

    def _blocks(self, begin: int, end: int, index: int, pending: list[Accumulated]) -> Iterator[RecordedStep]:
        """The steps of some blocks, the first of them number ``index``; ``pending`` waits for a step."""
        file = self._file
        part = {name: file[name][begin:end] for name in _PER_STEP}
        inputs = {name: file[f"input_{name}"][begin:end] for name in self.units}
        outputs = {name: file[f"output_{name}"][begin:end] for name in self.outputs}
        moving = {name for name in self.outputs if "step" in file[f"output_{name}"].dimensions}
        prints = {name: file[f"{name}_sha256"][begin:end] for name in self.quantities}
        accumulated = self._accumulated(begin, end)
        for b, steps in enumerate(self._counts[begin:end]):
            pending += accumulated[b]
            held = {name: values[b].T for name, values in outputs.items() if name not in moving}
            for i in range(int(steps)):
                moved = {name: outputs[name][b, i].T for name in moving}
                year, month, day, second = (int(part[name][b, i]) for name in _PER_STEP[:4])
                yield RecordedStep(
                    index=index,
                    date=(year, month, day, second),
                    interval_seconds=int(part["interval_seconds"][b, i]),
                    inputs={name: values[b, i] for name, values in inputs.items()},
                    outputs={name: moved[name] if name in moving else held[name] for name in self.outputs},
                    changed=int(part["changed"][b, i]),
                    fingerprints={name: str(values[b]) for name, values in prints.items()},
                    wall_seconds=float(part["wall_seconds"][b, i]),
                    accumulated=tuple(pending),
                )
                pending.clear()
                index += 1
