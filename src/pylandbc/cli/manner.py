"""How every command behaves: exit statuses, quiet, debug, and examples in its help.

``--quiet`` and ``--debug`` stand before the command's name and hold for the whole process.
"""

from __future__ import annotations

from dataclasses import dataclass

DONE, AT_FAULT, USAGE, FAULT_HERE, INTERRUPTED = 0, 1, 2, 3, 130
"""Exit statuses: done; the input or the run is at fault; the command line is; pylandbc is; Ctrl-C."""

STATUSES = (
    "Exit status: 0 done, 1 the input or the run is at fault (or a check found something), "
    "2 the command line is, 3 a fault in pylandbc, 130 interrupted."
)


@dataclass
class Manner:
    """What the options before the command's name asked for."""

    quiet: bool = False
    debug: bool = False


MANNER = Manner()


def examples(*commands: str) -> str:
    """Help text that shows commands as they are typed, each without its leading ``pylandbc``."""
    title = "Example:" if len(commands) == 1 else "Examples:"
    return "\n\n".join([title, *(f"pylandbc {command}" for command in commands)])
