"""Years as they are typed."""

from __future__ import annotations

import pytest

from pylandbc.cli.planet import history_years
from pylandbc.cli.years import parse_list, parse_span
from pylandbc.errors import InputError


def test_spans() -> None:
    assert parse_span("1990-2020") == (1990, 2020) and parse_span(" 2000 ") == (2000, 2000)
    assert history_years("1960-2019", 1990) == (1960, 60) and history_years("30", 1990) == (1990, 30)
    for text in ("", "-1990", "1990-", "1990-x", "1990,1995"):
        with pytest.raises(InputError, match="are not FIRST-LAST"):
            parse_span(text)
    with pytest.raises(InputError, match="2020-1990 run backwards"):
        parse_span("2020-1990")
    with pytest.raises(InputError, match="or give a number of years"):
        history_years("many", 1990)


def test_lists() -> None:
    assert parse_list("2010, 2015-2017,") == (2010, 2015, 2016, 2017) and parse_list("") == ()
    with pytest.raises(InputError, match=r"are not a list like 2010,2015-2019 \(years 2017-2015 run back"):
        parse_list("2010,2017-2015")
