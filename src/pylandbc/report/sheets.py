"""Tables of text for terminal, Markdown and HTML, and a page of tables and figures, nothing to fetch."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table


@dataclass(frozen=True)
class Sheet:
    """A table: title, head, rows of text."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True)
class Picture:
    """A figure: title, a line below it, and the image as a data URI."""

    title: str
    note: str
    source: str


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}section{overflow-x:auto}table{border-collapse:collapse;min-width:60%}td,th{"
    "padding:.2rem .6rem;border-bottom:1px solid #8884;text-align:right}td:first-child,th:first-child{"
    "text-align:left}img{max-width:100%;background:#fff}"
)


def rich_table(sheet: Sheet) -> Table:
    """For the terminal."""
    table = Table(title=sheet.title, title_justify="left", box=box.SIMPLE_HEAD)
    for number, name in enumerate(sheet.head):
        table.add_column(name, justify="right" if number else "left")
    for row in sheet.rows:
        table.add_row(*row)
    return table


def markdown(title: str, facts: str, sheets: Sequence[Sheet]) -> str:
    """Tables as Markdown."""
    parts = [f"# {title}\n\n{facts}\n"]
    for sheet in sheets:
        lines = [sheet.head, ("---",) * len(sheet.head), *sheet.rows]
        parts.append(f"## {sheet.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n")
    return "\n".join(parts)


def page(title: str, facts: str, parts: Sequence[Sheet | Picture]) -> str:
    """One HTML page of tables and figures, in the reader's light or dark theme."""
    shown = []
    for part in parts:
        if isinstance(part, Picture):
            body = f'<img alt="{html.escape(part.title)}" src="{part.source}"><p>{html.escape(part.note)}</p>'
        else:
            rows = [
                "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in line) + "</tr>"
                for tag, line in (("th", part.head), *(("td", row) for row in part.rows))
            ]
            body = f"<table>{''.join(rows)}</table>"
        shown.append(f"<section><h2>{html.escape(part.title)}</h2>{body}</section>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{html.escape(title)}</title><style>{STYLE}</style>'
        f"<h1>{html.escape(title)}</h1><p>{html.escape(facts)}</p>{''.join(shown)}</html>\n"
    )
