"""What long work says where there is no terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pylandbc.cli.progress import Lines


@pytest.mark.parametrize(
    ("together", "wanted"),
    [
        (True, ["2019, 50%", "2019, 75%, 0:01:30 left", "2020, 80%, 0:01:20 left"]),
        (False, ["2019, 50%", "2019, 75%, 0:01:30 left", "2020, 80%"]),
    ],
)
def test_lines_of_work_that_goes_on(together: bool, wanted: list[str]) -> None:
    """Half was there before; a line as a stage begins, and at most one a minute."""
    said, now = io.StringIO(), 1000.0
    tell = Lines(Console(file=said, width=200), together, clock=lambda: now)
    tell("2019", 0.5)
    for seconds, done in ((30, 0.6), (59, 0.7), (90, 0.75), (100, 0.76)):
        now = 1000.0 + seconds
        tell("2019", done)
    now = 1120.0
    tell("2020", 0.8)
    assert said.getvalue().splitlines() == wanted


def test_what_begins_has_no_estimate() -> None:
    said = io.StringIO()
    Lines(Console(file=said, width=200))("static", 0.0)
    assert said.getvalue() == "static\n"
