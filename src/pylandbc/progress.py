"""What a long computation says while it runs.

Where a parameter is called ``tell`` it takes one of these; ``progress`` in ``pylandbc.grid`` is told a share
alone, for one stage. The command line draws both (``pylandbc.cli.progress``).
"""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 ... 1."""
