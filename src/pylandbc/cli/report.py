"""``pylandbc report``: one page of an evaluation, for whoever was not there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pylandbc.cli.outputs import writable
from pylandbc.errors import InputError


def report(
    scores: Annotated[
        Path, typer.Argument(metavar="SCORES.json", help="What `pylandbc evaluate --json` wrote.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(callback=writable, help="Page to write; beside the scores, as .html, by default."),
    ] = None,
) -> None:
    """Make one self-contained HTML page of scores: tables with intervals, maps, plots, limits; of leaf area
    and the like: tables, seasonal curves, anomalies."""
    try:
        from pylandbc.report.scores_page import page, read_scores
        from pylandbc.report.vegetation_page import is_vegetation, vegetation_page
    except ImportError as error:
        raise InputError(f"the report needs {error.name}: pip install 'pylandbc[report]'") from None
    from pylandbc.learn.score_maps import load_maps, maps_beside

    if is_vegetation(scores):
        text = vegetation_page(scores, maps_beside(scores))
    else:
        text = page(read_scores(scores), *load_maps(maps_beside(scores)), source=scores.name)
    output = output or scores.with_suffix(".html")
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    typer.echo(f"wrote {output} ({len(text.encode()) / 1e6:.1f} MB)")
