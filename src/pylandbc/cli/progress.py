"""Progress on standard error for anything that takes more than a few seconds; none with ``--quiet``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pylandbc.cli.manner import MANNER
from pylandbc.progress import Tell

LINE_SECONDS = 60.0
"""Between two lines of one stage, where there is no terminal."""


def bars(transient: bool = False) -> Progress:
    """Bars with the time used and left, for work that draws its own."""
    columns = (*Progress.get_default_columns(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=transient, disable=MANNER.quiet)


@contextmanager
def stages() -> Iterator[Tell]:
    """A function ``tell(stage, done)`` that draws one bar per stage; without a terminal, a line as each
    begins and every minute."""
    console = Console(stderr=True, quiet=MANNER.quiet)
    if not console.is_terminal:
        yield Lines(console, together=False)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        tasks: dict[str, int] = {}

        def draw(stage: str, done: float) -> None:
            for name, task in tasks.items():
                if name != stage:
                    progress.update(task, completed=1.0)  # type: ignore[arg-type]
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=1.0)
            progress.update(tasks[stage], completed=done)  # type: ignore[arg-type]

        yield draw
        for task in tasks.values():
            progress.update(task, completed=1.0)  # type: ignore[arg-type]


class Lines:
    """``tell(stage, done)`` in lines, with the time left.

    That goes by what was done since the first call: work that is continued begins with a share that took no
    time.

    Parameters
    ----------
    together
        Whether shares add up over the stages; else each stage has its own.
    """

    def __init__(
        self, console: Console, together: bool = True, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._console, self._together, self._clock = console, together, clock
        self._begin: tuple[float, float] | None = None
        self._stage, self._told = "", 0.0

    def __call__(self, stage: str, done: float) -> None:
        """Hear that a share of a stage, 0 ... 1, is done."""
        now = self._clock()
        another = stage != self._stage
        if self._begin is None or (another and not self._together):
            self._begin = now, done
        if not another and now - self._told < LINE_SECONDS:
            return
        self._stage, self._told = stage, now
        begin, first = self._begin
        line = stage if done < 0.005 else f"{stage}, {done:.0%}"
        if done > first:
            left = (now - begin) * (1 - done) / (done - first)
            line += f", {timedelta(seconds=round(left))} left"
        self._console.print(line, highlight=False)


@contextmanager
def one_bar() -> Iterator[Tell]:
    """A function ``tell(stage, done)`` for work whose shares add up over its stages: one bar with the time
    left; without a terminal, a line as each stage begins and every minute."""
    console = Console(stderr=True, quiet=MANNER.quiet)
    if not console.is_terminal:
        yield Lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda stage, done: progress.update(task, description=stage, completed=done)
