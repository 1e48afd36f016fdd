"""What a build has done so far: one line per finished task, appended and flushed to disk.

A task counts as done when its line is whole, its signature (configuration, input files, what it builds on)
is the present one, and the files that it wrote still have the checksums of the line. A line that was cut by
a kill is dropped.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pylandbc.cube.checksums import intact


class Journal:
    """The journal of the build in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.path = self.folder / "journal.jsonl"
        self._done: dict[str, dict[str, Any]] = {}
        if self.path.is_file():
            content = self.path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            for line in whole.splitlines():
                entry = json.loads(line)
                self._done[entry["task"]] = entry
            if len(whole) < len(content):
                self.path.write_bytes(whole)

    def find(self, task: str, signature: str) -> dict[str, Any] | None:
        """The outcome of a task that is done and whose files are intact, else None."""
        entry = self._done.get(task)
        if entry is None or entry["signature"] != signature:
            return None
        return entry["outcome"] if all(self._intact(r) for r in entry["outcome"]["files"]) else None

    def _intact(self, record: dict[str, Any]) -> bool:
        return intact(self.folder / record["group"], record)

    def add(self, task: str, signature: str, outcome: dict[str, Any]) -> None:
        """Note that a task is done."""
        entry = {"task": task, "signature": signature, "outcome": outcome}
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry, separators=(",", ":")) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._done[task] = entry
