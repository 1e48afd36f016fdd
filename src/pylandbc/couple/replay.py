"""Runs a recorded coupled run again, through the same C interface, and compares what comes out bit by bit.

With the recorded bundle every output and every class map must agree in every bit. With another bundle or
emulator the differences are the result. The first difference is located by date, field, cell and class. Of
a run that recorded updates only, the steps between them are made up, and what the emulators had been given
takes the place of what those gave.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pylandbc.couple.compare import differing, first_difference, maximum_difference
from pylandbc.couple.engine import Coupler, LandbcError, StepResult
from pylandbc.couple.intervals import Interval, interval_of
from pylandbc.couple.recording import RecordedStep, Recording
from pylandbc.couple.replay_report import Difference, ReplayReport
from pylandbc.errors import InputError
from pylandbc.file_sha256 import file_sha256
from pylandbc.grid.window import COLS, Window
from pylandbc.progress import Tell

MANIFEST = "bundle.json"


def replay(
    recording: Path | str,
    bundle: Path | str | None = None,
    emulator: Path | str | None = None,
    device: str | None = None,
    tell: Tell | None = None,
) -> ReplayReport:
    """Run a recording again and compare.

    Parameters
    ----------
    recording
        File that the run wrote.
    bundle
        Bundle to run; the recorded one by default.
    emulator
        TorchScript file that takes the place of the bundle's of the same quantity.
    device
        ``cpu`` or ``cuda:N``; the recorded one by default.
    tell
        Called with a stage's name and the part of it that is done.

    Returns
    -------
    ReplayReport

    Raises
    ------
    InputError
        The recording or the bundle cannot be used, or the engine refuses a step.
    """
    with Recording(recording) as run:
        folder = Path(bundle) if bundle is not None else _recorded_bundle(run)
        same = _is_recorded_bundle(run, folder, named=bundle is not None)
        report = ReplayReport(
            recording=run.path,
            bundle=folder,
            emulator=None if emulator is None else Path(emulator),
            device=device or run.settings.device,
            equality_expected=same and emulator is None,
        )
        _check_restart(run)
        with _bundle_with(folder, report.emulator) as used:
            beside = (
                folder if same and (emulator is not None or report.device != run.settings.device) else None
            )
            try:
                _run(run, used, report, tell, beside)
            except LandbcError as error:
                raise InputError(f"the engine refused to replay {run.path}: {error}") from error
    return report


def _recorded_bundle(run: Recording) -> Path:
    """The folder that the run named; where that is relative and not here, the one beside the recording."""
    folder = Path(run.settings.bundle)
    beside = run.path.parent / folder
    return beside if not (folder / MANIFEST).is_file() and (beside / MANIFEST).is_file() else folder


def _is_recorded_bundle(run: Recording, folder: Path, named: bool) -> bool:
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise InputError(
            f"no bundle at {folder} (bundle.json is missing)"
            + ("" if named else "; it was there when the run was recorded: say where it is now with --bundle")
        )
    same = file_sha256(manifest) == run.settings.bundle_sha256
    if not same and not named:
        raise InputError(
            f"the bundle at {folder} was changed since {run.path} was recorded; "
            "give --bundle to run it all the same and report the differences"
        )
    return same


def _check_restart(run: Recording) -> None:
    """A run that continued from a checkpoint is replayed from the same one."""
    if not run.settings.restart:
        return
    path = Path(run.settings.restart)
    if not path.is_file() or file_sha256(path) != run.settings.restart_sha256:
        raise InputError(
            f"{run.path} continued from the checkpoint {path}, which is "
            f"{'another file now' if path.is_file() else 'not there any more'}; put it back to replay the run"
        )


@contextmanager
def _bundle_with(folder: Path, emulator: Path | None) -> Iterator[Path]:
    """The bundle itself, or a temporary one that differs in its emulator only."""
    if emulator is None:
        yield folder
        return
    if not emulator.is_file():
        raise InputError(f"no emulator at {emulator}; give a .pt written by `pylandbc export`")
    quantity = _quantity_of(emulator)
    manifest = json.loads((folder / "bundle.json").read_text())
    replaced = next((e["file"] for e in manifest["emulators"] if e["quantity"] == quantity), None)
    if replaced is None:
        raise InputError(f"{emulator} makes {quantity}, of which {folder} has no emulator to replace")
    with tempfile.TemporaryDirectory(prefix="landbc-replay-") as temporary:
        copy = Path(temporary)
        for name in manifest["files"]:
            if name != replaced:
                (copy / name).symlink_to((folder / name).resolve())
        shutil.copyfile(emulator, copy / replaced)
        manifest["files"][replaced] = file_sha256(emulator)
        (copy / "bundle.json").write_text(json.dumps(manifest, indent=2))
        yield copy


def _quantity_of(emulator: Path) -> str:
    from pylandbc.learn.export import read_archive

    return str(read_archive(emulator, "cpu")[1].get("quantity"))


def _coupler(run: Recording, bundle: Path, device: str) -> Coupler:
    settings = run.settings
    return Coupler(
        bundle,
        run.cell_id,
        settings.start,
        calendar=settings.calendar,
        device=device,
        threads=settings.threads,
        missing=settings.missing_policy,
        scenario=settings.scenario_policy,
        core=settings.core,
        restart=settings.restart or None,
        from_bundle=[name for name in settings.from_bundle.split(",") if name],
        # Steps that are made up last longer than those that were checked.
        ranges="off" if settings.record == "updates" else settings.range_policy,
        absent=settings.absent_policy,
        direction=settings.direction,
        interpolation=settings.interpolation,
    )


def _run(
    run: Recording,
    bundle: Path,
    report: ReplayReport,
    tell: Tell | None,
    beside: Path | None,
) -> None:
    """Replays; with ``beside``, the bundle as it was recorded, class maps are compared pixel by pixel."""
    settings = run.settings
    with ExitStack() as stack:
        coupler = stack.enter_context(_coupler(run, bundle, report.device))
        other = stack.enter_context(_coupler(run, beside, settings.device)) if beside else None
        for quantity, names in run.classes.items():
            found = coupler.classes_of.get(quantity, [])
            if found != names:
                raise InputError(
                    f"the classes of {quantity} of {bundle} are {', '.join(found)}, those of {run.path} "
                    f"{', '.join(names)}: the two runs cannot be compared"
                )
        report.window = Window(*coupler.window)
        report.first_year = settings.start[0]
        classes = report.first_map = coupler.map()
        prints = {quantity: _fingerprint(coupler, run, quantity) for quantity in run.quantities}
        couplers = [coupler, other] if other else [coupler]
        pass_time = _PassTime(run, couplers)
        for step in run.steps():
            pass_time.until(step)
            inputs = {name: (values, run.units[name]) for name, values in step.inputs.items()}
            result = coupler.step(step.date, step.interval_seconds, inputs)
            recorded = other.step(step.date, step.interval_seconds, inputs) if other else None
            for quantity in run.quantities:
                if result.updated(quantity):
                    prints[quantity] = _fingerprint(coupler, run, quantity)
            if result.changed:
                classes = coupler.map()
                if other is not None and recorded is not None and recorded.changed:
                    _compare_maps(step, other.map(), classes, report)
            _compare(run, step, result, prints, report)
            report.steps += 1
            report.last_year = step.date[0]
            if tell is not None:
                tell("replay", report.steps / len(run))
        report.last_map = classes


class _PassTime:
    """Of a recording of updates, goes from one to the next.

    That is a made-up interval; then what the emulators had been given takes the place of what it gave.
    """

    def __init__(self, run: Recording, couplers: list[Coupler]) -> None:
        self._run = run
        self._couplers = couplers
        self._before: RecordedStep | None = None

    def until(self, step: RecordedStep) -> None:
        """Brings the couplers to the beginning of a step.

        Raises
        ------
        InputError
            An emulator ran on the way, or wants what was not recorded.
        """
        before, self._before = self._before, step
        if self._run.settings.record != "updates":
            return
        if before is not None:
            self._pass(before, step)
        for coupler in self._couplers:
            for given in step.accumulated:
                coupler.set_accumulated(
                    given.quantity, given.accumulates, given.period, given.seconds, given.sums
                )

    def _pass(self, before: RecordedStep, step: RecordedStep) -> None:
        calendar = self._run.settings.calendar
        first = interval_of(before.date, before.interval_seconds, calendar)
        last = interval_of(step.date, step.interval_seconds, calendar)
        forwards = self._run.settings.direction == 1
        gap = Interval(first.end, last.begin) if forwards else Interval(last.end, first.begin)
        if gap.seconds == 0:
            return
        inputs = {name: (values, self._run.units[name]) for name, values in before.inputs.items()}
        for coupler in self._couplers:
            if coupler.step(gap.date, gap.seconds, inputs, outputs=()).flags:
                raise InputError(
                    f"{self._run.path} holds the updates of its own emulators only, and another emulator ran "
                    f"after step {before.index}; record every step (record = 'steps') to replay with it"
                )


def _compare_maps(
    step: RecordedStep, recorded: NDArray[np.uint8], replayed: NDArray[np.uint8], report: ReplayReport
) -> None:
    """Counts the pixels that differ, and locates the first of the first map that has any."""
    index = first_difference(recorded, replayed)
    report.differing_pixels = int(differing(recorded, replayed).sum())
    if index is None or report.first_pixel is not None or report.window is None:
        return
    pixel = (report.window.row + index[0], (report.window.col + index[1]) % COLS)
    before, now = int(recorded[index]), int(replayed[index])
    report.first_pixel = Difference(step.index, step.date, "land_use", None, None, None, before, now, pixel)


def _fingerprint(coupler: Coupler, run: Recording, quantity: str) -> str:
    """SHA-256 of a quantity's map over the window, as the recording has it."""
    values = coupler.map(quantity) if quantity in run.classes else coupler.values(quantity)
    return hashlib.sha256(values.tobytes()).hexdigest()


def _compare(
    run: Recording, step: RecordedStep, result: StepResult, prints: dict[str, str], report: ReplayReport
) -> None:
    """Adds the differences of one step to the report."""
    found: list[Difference] = []
    for name, recorded in step.outputs.items():
        replayed = result.outputs[name]
        index = first_difference(recorded, replayed)
        if index is None:
            continue
        cell = index[0]
        class_name = _class_name(run, name, index[1]) if len(index) > 1 else None
        found.append(
            Difference(
                step.index,
                step.date,
                name,
                cell,
                int(run.cell_id[cell]),
                class_name,
                float(recorded[index]),
                float(replayed[index]),
            )
        )
        count = int(differing(recorded, replayed).sum())
        report.differing_values[name] = report.differing_values.get(name, 0) + count
        report.maximum_difference[name] = max(
            report.maximum_difference.get(name, 0.0), maximum_difference(recorded, replayed)
        )
    numbers: list[tuple[str, int | str, int | str]] = [("changed", step.changed, result.flags)]
    numbers += [(f"{name}_sha256", step.fingerprints[name], now) for name, now in prints.items()]
    for name, before, now in numbers:
        if before != now:
            found.append(Difference(step.index, step.date, name, None, None, None, before, now))
            report.differing_values[name] = report.differing_values.get(name, 0) + 1
    if found:
        report.identical = False
        report.differing_steps += 1
        report.first_difference = report.first_difference or found[0]


def _class_name(run: Recording, output: str, code: int) -> str:
    """The class of an output's second axis: ``X_fraction`` is of X, ``Y_by_X`` of X."""
    quantity = output.removesuffix("_fraction") if output.endswith("_fraction") else output.split("_by_")[-1]
    return run.classes[quantity][code]
