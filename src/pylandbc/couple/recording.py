"""Reads the recording of a coupled run (docs/contracts.md, "Recording (format 1)").

A recording holds what the host gave at every coupling interval, what it got, and a fingerprint of the class
map. It is checked when it is opened; steps are read in blocks, so that a long run does not have to fit in
memory. A step that was being written when the run was killed is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import netCDF4
import numpy as np
from numpy.typing import NDArray

from pylandbc.errors import InputError

FORMAT = "landbc-recording"
FORMAT_VERSIONS = (1, 2)
OUTPUTS = ("land_use_fraction", "coverage")
_TEXTS = (
    "bundle",
    "bundle_sha256",
    "calendar",
    "device",
    "start",
    "missing_policy",
    "scenario_policy",
    "landbc_version",
    "torch_version",
)
_NUMBERS = ("threads", "core")
# Added in version 2, with what version 1 meant.
_LATER: dict[str, str | int] = {
    "range_policy": "warn",
    "absent_policy": "error",
    "from_bundle": "",
    "restart": "",
    "restart_sha256": "",
    "direction": 1,
    "ranks": 1,
}
_PER_STEP = ("year", "month", "day", "second", "interval_seconds", "changed", "wall_seconds", "state_sha256")
_BLOCK_BYTES = 64 * 2**20


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
    from_bundle: str
    restart: str
    restart_sha256: str
    direction: int
    ranks: int


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
    land_use_fraction
        (cell, class), float64.
    coverage
        (cell,), float64.
    """

    index: int
    date: tuple[int, int, int, int]
    interval_seconds: int
    inputs: dict[str, NDArray[np.floating]]
    land_use_fraction: NDArray[np.float64]
    coverage: NDArray[np.float64]
    changed: int
    state_sha256: str
    wall_seconds: float


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
    class_names
        Names of the land-use classes.

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

    def steps(self) -> Iterator[RecordedStep]:
        """All steps, in order."""
        per_step = 8 * self.cell_id.size * (len(self.class_names) + 1 + len(self.units))
        block = max(1, _BLOCK_BYTES // max(per_step, 1))
        for begin in range(0, self._steps, block):
            yield from self._block(begin, min(begin + block, self._steps))

    def _read_header(self) -> None:
        file = self._file
        found = getattr(file, "format", None), getattr(file, "format_version", None)
        if found[0] != FORMAT or found[1] not in FORMAT_VERSIONS:
            raise InputError(
                f"{self.path} is not a recording of format {FORMAT} {' or '.join(map(str, FORMAT_VERSIONS))} "
                f"(its attributes say {found[0]!r}, version {found[1]!r})"
            )
        for name in (*_TEXTS, *_NUMBERS):
            if name not in file.ncattrs():
                raise InputError(f"recording {self.path} lacks the attribute {name!r}; record the run again")
        for name in (*_PER_STEP, "cell_id", "class_name", *(f"output_{o}" for o in OUTPUTS)):
            if name not in file.variables:
                raise InputError(f"recording {self.path} lacks the variable {name!r}; record the run again")
        date, _, clock = str(file.start).partition(" ")
        year, month, day = (int(part) for part in date.split("-"))
        hours, minutes, seconds = (int(part) for part in (clock or "00:00:00").split(":"))
        texts = {name: str(getattr(file, name)) for name in _TEXTS if name != "start"}
        numbers = {name: int(getattr(file, name)) for name in _NUMBERS}
        later = {name: type(value)(getattr(file, name, value)) for name, value in _LATER.items()}
        start = (year, month, day, 3600 * hours + 60 * minutes + seconds)
        self.settings = RunSettings(start=start, **texts, **numbers, **later)  # type: ignore[arg-type]
        self.cell_id = np.array(file["cell_id"][:], dtype=np.int64)
        self.class_names = [str(name) for name in file["class_name"][:]]
        self.units = {
            name.removeprefix("input_"): str(variable.units)
            for name, variable in file.variables.items()
            if name.startswith("input_")
        }
        # The engine writes `year` last: a step without one was never finished.
        years = np.asarray(file["year"][:])
        unfinished = np.flatnonzero(years == netCDF4.default_fillvals["i4"])
        self._steps = int(unfinished[0]) if unfinished.size else len(years)

    def _block(self, begin: int, end: int) -> Iterator[RecordedStep]:
        part = {name: self._file[name][begin:end] for name in _PER_STEP}
        inputs = {name: self._file[f"input_{name}"][begin:end] for name in self.units}
        fraction = self._file["output_land_use_fraction"][begin:end]
        coverage = self._file["output_coverage"][begin:end]
        for i in range(end - begin):
            yield RecordedStep(
                index=begin + i,
                date=(
                    int(part["year"][i]),
                    int(part["month"][i]),
                    int(part["day"][i]),
                    int(part["second"][i]),
                ),
                interval_seconds=int(part["interval_seconds"][i]),
                inputs={name: values[i] for name, values in inputs.items()},
                land_use_fraction=fraction[i].T,
                coverage=coverage[i],
                changed=int(part["changed"][i]),
                state_sha256=str(part["state_sha256"][i]),
                wall_seconds=float(part["wall_seconds"][i]),
            )
