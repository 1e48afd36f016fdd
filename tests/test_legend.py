"""Legends against the products' published lists of codes."""

from __future__ import annotations

import re

from pylandbc.legend import KOEPPEN_GEIGER, LAND_COVER, LAND_COVER_GLOBAL, LAND_USE

ESA = (
    "0,10,11,12,20,30,40,50,60,61,62,70,71,72,80,81,82,90,100,110,120,121,122,130,140,150,151,152,153,160,170,"
    "180,190,200,201,202,210,220"
)
BECK = (
    "1 Af 2 Am 3 Aw 4 BWh 5 BWk 6 BSh 7 BSk 8 Csa 9 Csb 10 Csc 11 Cwa 12 Cwb 13 Cwc 14 Cfa 15 Cfb 16 Cfc "
    "17 Dsa 18 Dsb 19 Dsc 20 Dsd 21 Dwa 22 Dwb 23 Dwc 24 Dwd 25 Dfa 26 Dfb 27 Dfc 28 Dfd 29 ET 30 EF"
)


def test_land_cover_has_esas_38_codes_and_22_global_ones() -> None:
    assert LAND_COVER.codes == [int(code) for code in ESA.split(",")]
    assert len(LAND_COVER) == 38
    assert len(LAND_COVER_GLOBAL) == 22
    assert LAND_COVER_GLOBAL.codes == list(range(10, 230, 10))
    assert LAND_COVER.code("Urban areas") == 190
    assert LAND_COVER.colours[LAND_COVER.codes.index(190)] == "#C31400"
    assert LAND_COVER.colours[LAND_COVER.codes.index(210)] == "#0046C8"


def test_climate_has_becks_codes() -> None:
    pairs = re.findall(r"(\d+) (\S+)", BECK)
    assert list(zip(map(str, KOEPPEN_GEIGER.codes), KOEPPEN_GEIGER.names, strict=True)) == pairs


def test_land_use_codes_are_their_positions() -> None:
    assert LAND_USE.codes == list(range(8))
    for legend in (LAND_USE, LAND_COVER, KOEPPEN_GEIGER):
        assert legend.codes == sorted(set(legend.codes))
        assert all(re.fullmatch(r"#[0-9A-F]{6}", colour) for colour in legend.colours)
