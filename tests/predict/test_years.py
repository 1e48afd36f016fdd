from __future__ import annotations

import pytest

from pylandbc.errors import InputError
from pylandbc.predict.years import parse_years

MAPS = [2009, 2012]


@pytest.mark.parametrize(
    ("text", "step", "state", "expected"),
    [
        ("2010-2013", 1, None, (2009, (2010, 2011, 2012, 2013))),
        ("2008-2005", 1, None, (2009, (2008, 2007, 2006, 2005))),
        ("2012-2021", 3, None, (2009, (2012, 2015, 2018, 2021))),
        ("2012", 3, None, (2009, (2012,))),
        ("2011", 1, None, (2012, (2011,))),
        ("2011", 1, 2012, (2012, (2011,))),
        (" 2013 - 2015 ", 1, 2012, (2012, (2013, 2014, 2015))),
    ],
)
def test_years_in_their_order(text, step, state, expected):
    years = parse_years(text, step, state, MAPS)
    assert (years.state_year, years.predicted) == expected
    assert years.step == step
    assert years.before(years.predicted[0]) == years.state_year


@pytest.mark.parametrize(
    ("text", "step", "state", "words"),
    [
        ("soon", 1, None, "give FIRST-LAST"),
        ("2010-2012", 0, None, "step of at least 1"),
        ("2012-2200", 1, None, "within 850 to 2100"),
        ("2020-2030", 1, None, "need the map of 2019"),
        ("2011-2014", 1, 2009, "begin in 2010"),
    ],
)
def test_years_that_cannot_be(text, step, state, words):
    with pytest.raises(InputError, match=words):
        parse_years(text, step, state, MAPS)
