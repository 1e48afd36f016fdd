"""How every command behaves: exit statuses, quiet, debug, and examples in its help.

``--quiet`` and ``--debug`` may stand anywhere on the command line and hold for the whole process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DONE, AT_FAULT, USAGE, FAULT_HERE, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit statuses: done; the input or the run is at fault; the command line is; pylandbc is; Ctrl-C."""

STATUSES = (
    "Exit status: 0 done, 1 the input or the run is at fault (or a check found something), "
    "2 the command line is, 3 a fault in pylandbc, 130 interrupted, 143 ended by SIGTERM."
)


@dataclass
class Manner:
    """What the options of every command asked for."""

    quiet: bool = False
    debug: bool = False


MANNER = Manner()

OPTIONS = ("--quiet", "-q", "--debug")
"""What sets the manner, of every command."""


def manner_first(words: Sequence[str]) -> list[str]:
    """A command line with the options of every command before the command's name, where they are parsed.

    What follows ``--`` stays as it is.
    """
    end = words.index("--") if "--" in words else len(words)
    ours = [word for word in words[:end] if word in OPTIONS]
    return [*ours, *(word for word in words[:end] if word not in OPTIONS), *words[end:]]


def examples(*commands: str) -> str:
    """Help text that shows commands as they are typed, each without its leading ``pylandbc``."""
    title = "Example:" if len(commands) == 1 else "Examples:"
    return "\n\n".join([title, *(f"pylandbc {command}" for command in commands)])
