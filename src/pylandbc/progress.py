"""What a long computation says while it runs: a parameter ``tell`` or ``progress`` takes one of these.

The command line draws them (``pylandbc.cli.progress``).
"""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str, float], None]
"""Called with what is being done and the share of it that is done, 0 ... 1."""
TellShare = Callable[[float], None]
"""Called with the share that is done, 0 ... 1, where there is one thing to do."""
TellStage = Callable[[str], None]
"""Called with what is being done, where the caller knows how much there is."""
