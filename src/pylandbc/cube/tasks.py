"""Pieces of a build, run one after another or on a dask cluster, each noted in the journal when it is done.

A task is a module-level function with plain arguments that reads inputs or earlier arrays, writes whole
files of its own, and returns their checksums. It gives the same bytes wherever and whenever it runs, so a
build that was killed, or ran on many workers, ends like any other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pylandbc.cube.config import CubeConfig
from pylandbc.cube.journal import Journal
from pylandbc.errors import InputError

BUILD_VERSION = 2
"""Raised when the same configuration and inputs would give other bytes: unfinished builds start again."""
CONTENT_VERSION = 1
"""Raised when they would give other values: finished cubes are no longer what is wanted."""


@dataclass(frozen=True)
class Place:
    """What every task gets: the folder of the build, the configuration, and the root of the data."""

    folder: Path
    config: CubeConfig
    root: Path

    @property
    def cube(self) -> Path:
        """The unfinished cube."""
        return self.folder / "cube"

    @property
    def staging(self) -> Path:
        """Arrays that only the build needs."""
        return self.folder / "staging"


@dataclass
class Outcome:
    """What a task hands back: records of the files it wrote, numbers, provenance by configured file
    (attributes of the reader's dataset, or the reason why the file has nothing for this task)."""

    files: list[dict[str, Any]] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, dict[str, str]] = field(default_factory=dict)
    empty: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One piece: ``function(place, **arguments)``; ``key`` says all that its result depends on."""

    name: str
    function: Callable[..., Outcome]
    arguments: dict[str, Any]
    key: Any

    @property
    def signature(self) -> str:
        """Hash of the key."""
        text = json.dumps([BUILD_VERSION, self.name, self.key], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def perform(task: Task, place: Place) -> dict[str, Any]:
    """Run a task; its outcome as plain data."""
    return vars(task.function(place, **task.arguments))


def signature_of(tasks: list[Task]) -> str:
    """Signature of a stage, for the keys of what builds on it."""
    return hashlib.sha256("".join(task.signature for task in tasks).encode()).hexdigest()


def run_stage(
    tasks: list[Task],
    place: Place,
    journal: Journal,
    client: Any = None,
    tell: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """Run what is not yet done; outcomes in the order of ``tasks``.

    Parameters
    ----------
    client
        A ``distributed.Client``; in this process, one by one, without.
    tell
        Told how many tasks of how many are done.

    Raises
    ------
    InputError
        From a task; those that had finished stay done.
    """
    outcomes: dict[str, dict[str, Any]] = {}
    for task in tasks:
        found = journal.find(task.name, task.signature)
        if found is not None:
            outcomes[task.name] = found
    waiting = [task for task in tasks if task.name not in outcomes]

    def done(task: Task, outcome: dict[str, Any]) -> None:
        journal.add(task.name, task.signature, outcome)
        outcomes[task.name] = outcome
        if tell is not None:
            tell(len(outcomes), len(tasks))

    if tell is not None:
        tell(len(outcomes), len(tasks))
    if client is None:
        for task in waiting:
            done(task, perform(task, place))
    elif waiting:
        from distributed import as_completed

        futures = {client.submit(perform, task, place, pure=False): task for task in waiting}
        try:
            for future in as_completed(list(futures)):
                done(futures[future], future.result())
        except BaseException:
            client.cancel(list(futures))
            raise
    return [Outcome(**outcomes[task.name]) for task in tasks]


def cluster(workers: int, scheduler: str | None) -> AbstractContextManager[Any]:
    """A dask client: of the scheduler at an address, of a local cluster of so many processes, or none for
    a single worker without a scheduler.

    Raises
    ------
    InputError
        ``distributed`` is not installed, or nothing answers at the address.
    """
    if scheduler is None and workers <= 1:
        return nullcontext()
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise InputError(
            "several workers need dask: pip install 'pylandbc[cluster]', or build with one worker"
        ) from error
    if scheduler is not None:
        try:
            return Client(scheduler, timeout="30s")
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(
                f"no dask scheduler answers at {scheduler!r} ({error}); start one with `dask scheduler` "
                "or use --workers"
            ) from error
    local = LocalCluster(
        n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=40
    )
    return Client(local)
