"""Cross-walk tables: complete, summing to 100, with their sources; some rows against a second listing."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from pylandbc.crosswalk.tables import (
    GENERIC,
    LEGENDS,
    ZONES,
    data,
    koeppen_zones,
    parse_table,
    read_table,
    source_matrix,
)
from pylandbc.errors import InputError
from pylandbc.legend import KOEPPEN_GEIGER, LAND_COVER_CLASSES

TABLES = sorted(p.name[:-4] for p in data("tables").iterdir() if p.name != "koeppen_zones.csv")
HEAD = "# title\nzones,class,mark,composition\n"

# Rows that the ORCHIDEE group's cross-walking page shows of the same table (its older values).
ELSEWHERE = {
    "12": {"shrub_broadleaf_deciduous": 50, "crop": 50},
    "40": {
        "tree_broadleaf_evergreen": 5,
        "tree_broadleaf_deciduous": 5,
        "shrub_broadleaf_evergreen": 7.5,
        "shrub_broadleaf_deciduous": 10,
        "shrub_needleleaf_evergreen": 7.5,
        "grass": 25,
        "crop": 40,
    },
    "50": {"tree_broadleaf_evergreen": 90, "shrub_broadleaf_evergreen": 5, "shrub_broadleaf_deciduous": 5},
    "60": {"tree_broadleaf_deciduous": 70, "shrub_broadleaf_deciduous": 15, "grass": 15},
    "62": {"tree_broadleaf_deciduous": 30, "shrub_broadleaf_deciduous": 25, "grass": 35, "bare": 10},
    "72": {
        "tree_needleleaf_evergreen": 30,
        "shrub_broadleaf_deciduous": 5,
        "shrub_needleleaf_evergreen": 5,
        "grass": 30,
        "bare": 30,
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_every_row_sums_to_100_and_bears_an_explained_mark(name: str) -> None:
    table = read_table(name)
    header = " ".join(table.header)
    assert "source:" in header and "doi:" in header
    for row in table.rows:
        assert sum(row.composition.values(), Decimal(0)) == 100
        assert f"mark {row.mark}:" in header


@pytest.mark.parametrize("legend", LEGENDS)
def test_every_class_is_there_in_every_zone(legend: str) -> None:
    matrix = source_matrix(legend)
    assert matrix.shape == (len(ZONES), len(GENERIC), len(LEGENDS[legend]))
    assert np.abs(matrix.sum(axis=1) - 1).max() < 1e-15


def test_published_rows_agree_with_a_second_listing() -> None:
    for row in read_table("esa_cci").rows:
        (code,) = row.classes
        if code in ELSEWHERE:
            assert {k: float(v) for k, v in row.composition.items()} == ELSEWHERE[code]


def test_cube_numbering_takes_the_rows_of_the_global_classes() -> None:
    by_class, by_code = source_matrix("land_cover"), source_matrix("esa_cci")
    assert LEGENDS["land_cover"] == tuple(LAND_COVER_CLASSES.names)
    for name, code in (("Urban areas", "190"), ("Water bodies", "210"), ("Grassland", "130")):
        k, c = LEGENDS["land_cover"].index(name), LEGENDS["esa_cci"].index(code)
        assert np.array_equal(by_class[:, :, k], by_code[:, :, c])
    assert by_class[0, GENERIC.index("ocean"), 0] == 1


def test_koeppen_zones_follow_the_letters() -> None:
    zones = koeppen_zones()
    assert zones[0] == -1
    for c in KOEPPEN_GEIGER.classes:
        zone = ZONES[zones[c.code]]
        assert (zone == "tropical") == (c.name[0] == "A")
        assert zone.startswith("arid") == (c.name[0] == "B")
        assert (zone == "boreal") == (c.name[0] == "D" and c.name[2] in "cd")
        assert (zone in ("polar", "ice")) == (c.name[0] == "E")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("*,a,P,x=60 y=30", "sum to 90"),
        ("*,a,P,x=130 y=-30", "sum to 100, not"),
        ("lunar,a,P,x=100", "lunar is no zone"),
        ("*,a,P,x", "not TYPE=PERCENT"),
    ],
)
def test_spoilt_rows_are_refused(row: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_table("spoilt", HEAD + row)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("tropical,a,P,x=100", "missing for zone arid_hot"),
        ("*,a,P,x=100\nboreal,a,P,y=100", "twice for zone boreal"),
        ("*,b,P,x=100", "not in the legend"),
        ("*,a,P,z=100", "'z' of class 'a'"),
    ],
)
def test_incomplete_tables_are_refused(rows: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse_table("spoilt", HEAD + rows).matrix(("a",), ("x", "y"))


def test_unknown_names_are_told_what_there_is() -> None:
    with pytest.raises(InputError, match=r"there are .*ctsm"):
        read_table("clm2")
    with pytest.raises(InputError, match="there are land_use"):
        source_matrix("corine")
