"""Every product of the catalogue can be found, cited and read."""

from __future__ import annotations

import inspect
import json
import re

import pytest

from pylandbc.sources.catalogue import CATALOGUE

FROM_THE_ISSUE = {
    "luh2_v2h_states", "luh2_v2f_states", "luh2_management", "luh2_transitions", "luh2_static", "luh3_states",
    "hilda", "gebco", "land_cover", "cgls_lai_1km", "cgls_lai_300m", "modis_lai", "era5", "era5_land",
    "koeppen", "soilgrids", "hwsd", "noaa_co2", "cmip_co2", "population",
}  # fmt: skip


def test_all_products_are_listed() -> None:
    assert set(CATALOGUE) >= FROM_THE_ISSUE


@pytest.mark.parametrize("key", sorted(CATALOGUE))
def test_entry(key: str) -> None:
    product = CATALOGUE[key]
    assert product.key == key
    reader = product.read()
    assert "path" in next(iter(inspect.signature(reader).parameters)) or key == "hwsd"
    assert product.licence
    assert product.where
    assert product.files
    assert re.fullmatch(r"10\.\d{4,5}/\S+", product.doi) or not product.doi
    assert product.purpose in {"land_use", "land_cover", "lai", "alternative"}
    assert len(product.years) in {0, 2}
    assert (product.step == "fixed") == (not product.years)
    assert json.loads(json.dumps(product.as_json()))["reader"] == product.reader
