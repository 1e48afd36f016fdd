"""Regions that are learnt from and not scored."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.batches import VegetationBatches
from pylandbc.learn.leaf_area.climatology import set_normal
from pylandbc.learn.leaf_area.config import parse
from pylandbc.learn.leaf_area.data import VegetationData
from pylandbc.learn.leaf_area.finish import wanted_of
from pylandbc.learn.leaf_area.region import Region, all_of

SETTINGS = {
    "quantity": "leaf_area_index",
    "name": "x",
    "licence": "CC0-1.0",
    "network": "pixel",
    "static": ["elevation", "land_mask", "land_use"],
    "climate": ["air_temperature"],
    "climate_steps": 3,
    "lags": [1, 12],
    "scattered": True,
    "size": 16,
}


def test_they_teach_with_all_their_blocks_and_are_not_scored(
    make: Callable[..., Region], held_out: Callable[[Region], Split]
) -> None:
    scored, teaches = make(), make()
    scored.name, teaches.name = "a.zarr", "b.zarr"
    splits = {"a.zarr": held_out(scored), "b.zarr": all_of(teaches)}
    for region in (scored, teaches):
        set_normal(region, splits[region.name], "pixel")
    data = VegetationData([scored, teaches], splits, frozenset({"b.zarr"}))
    config = parse(SETTINGS | {"regions": [{"cube": "a.zarr"}, {"cube": "b.zarr", "scored": False}]}, "x")
    batches = VegetationBatches(data, config)
    assert [part.region.name for part in batches.samples("train", 4).parts] == ["a.zarr", "b.zarr"]
    assert [part.region.name for part in batches.samples("validation", 4).parts] == ["a.zarr"]
    kept = data.scored()
    assert list(wanted_of(kept, "test")) == list(kept.test_years(config)) == ["a.zarr"]


@pytest.mark.parametrize(
    "region", [{"piave": "piave", "scored": False}, {"cube": "a.zarr", "truth": "b.zarr", "scored": False}]
)
def test_only_a_cube_without_a_truth_may(region: dict) -> None:
    with pytest.raises(InputError, match="scored: false is for a cube without a truth"):
        parse(SETTINGS | {"regions": [region]}, "x")
