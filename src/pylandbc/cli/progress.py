"""Progress on standard error for anything that takes more than a few seconds; none with ``--quiet``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pylandbc.cli.manner import MANNER


def bars(transient: bool = False) -> Progress:
    """Bars with the time used and left, for work that draws its own."""
    columns = (*Progress.get_default_columns(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=transient, disable=MANNER.quiet)


@contextmanager
def stages() -> Iterator[Callable[[str, float], None]]:
    """A function ``tell(stage, done)`` that draws one bar per stage; without a terminal, one line each."""
    console = Console(stderr=True, quiet=MANNER.quiet)
    if not console.is_terminal:
        seen: set[str] = set()

        def say(stage: str, done: float) -> None:
            if stage not in seen:
                seen.add(stage)
                console.print(stage, highlight=False)

        yield say
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


@contextmanager
def one_bar() -> Iterator[Callable[[str, float], None]]:
    """A function ``tell(stage, done)`` for work whose shares add up over its stages: one bar with the time
    left; without a terminal, a line as each stage begins."""
    console = Console(stderr=True, quiet=MANNER.quiet)
    if not console.is_terminal:
        begin, seen = time.monotonic(), set[str]()

        def say(stage: str, done: float) -> None:
            if stage not in seen:
                seen.add(stage)
                left = (time.monotonic() - begin) * (1 - done) / done if done > 0 else 0.0
                console.print(f"{stage}, {timedelta(seconds=round(left))} left", highlight=False)

        yield say
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
