"""Years as options of several commands: a span, or a list of years and spans."""

from __future__ import annotations

import re

from pylandbc.errors import InputError


def parse_span(text: str) -> tuple[int, int]:
    """First and last year of ``1960-2019`` or ``2000``; ``InputError`` for others, and for 2019-1960."""
    span = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", text)
    if not span:
        raise InputError(f"years {text!r} are not FIRST-LAST, e.g. 1960-2019")
    first, last = int(span[1]), int(span[2] or span[1])
    if last < first:
        raise InputError(f"years {text} run backwards")
    return first, last


def parse_list(text: str) -> tuple[int, ...]:
    """All years of ``2010,2015-2019``, in its order; ``InputError`` if it is no such list."""
    years: list[int] = []
    for item in filter(None, map(str.strip, text.split(","))):
        try:
            first, last = parse_span(item)
        except InputError as error:
            raise InputError(f"years {text!r} are not a list like 2010,2015-2019 ({error})") from error
        years.extend(range(first, last + 1))
    return tuple(years)
