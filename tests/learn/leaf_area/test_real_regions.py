"""The small real sets as regions, against their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.climatology import set_normal
from pylandbc.learn.leaf_area.real_regions import lisflood_region, piave_region, small_blocks
from pylandbc.models.leaf_area.inputs import VegetationInputs

PIAVE = VegetationInputs(
    "leaf_area_index",
    "month",
    ("elevation", "land_cover"),
    ("air_temperature", "precipitation_flux"),
    12,
    (1,),
)
FRASER = VegetationInputs("leaf_area_index", "dekad", ("elevation", "forest_fraction"), (), 0, (1,))


def test_piave(real_data: Path) -> None:
    region = piave_region(real_data / "piave", PIAVE)
    with xr.open_dataset(real_data / "piave" / "staticmaps.nc", decode_times=False) as file:
        lai, cover = file["vegetation_leaf_area_index"].values, file["meta_landuse"].values
    july = region.observed(18)  # of 2001
    np.testing.assert_allclose(july, np.where(region.land, lai[6], np.nan), atol=5.1e-4)
    np.testing.assert_array_equal(np.isfinite(july), np.isfinite(lai[6]))
    static = region.static(slice(None), slice(None), 2001)
    # GlobCover's closed deciduous forest is the sixth of ESA's classes, bare areas the twentieth
    assert (static[1][cover == 50] == 6).all() and (static[1][cover == 200] == 20).all()
    split = small_blocks(region, 0, 0.0, 0.3)
    set_normal(region, split, "land_cover")
    a = region.arguments(PIAVE, 18, *map(np.arange, region.shape))
    # August 2000 to July 2001; of a climatology nothing departs
    assert a["climate"].shape[:2] == (12, 4)
    np.testing.assert_array_equal(a["climate"][:, :2], a["climate"][:, 2:])
    assert 285 < float(a["climate"][11, 0].mean()) < 300 > float(a["climate"][5, 0].mean()) + 10
    assert 0.2 < split.mask("test")[region.land].mean() < 0.45


def test_fraser(real_data: Path) -> None:
    region = lisflood_region(real_data / "lisflood_fraser", FRASER)
    with xr.open_dataset(real_data / "lisflood_fraser" / "lai.nc", decode_times=False) as file:
        lai = file["lai"].values
    assert region.series.times.size == 72 and region.shape == (14, 31)
    np.testing.assert_allclose(region.observed(36 + 20), lai[20], atol=5.1e-4)
    assert region.usable([2001], FRASER).tolist() == list(range(36, 72))


def test_what_is_not_there(real_data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        piave_region(tmp_path, PIAVE)
    wanted = VegetationInputs("leaf_area_index", "month", ("population",), (), 0, (1,))
    with pytest.raises(InputError, match="piave has no population"):
        piave_region(real_data / "piave", wanted)
    with pytest.raises(InputError, match="by dekad, the configuration wants month"):
        lisflood_region(
            real_data / "lisflood_fraser",
            VegetationInputs("leaf_area_index", "month", ("elevation",), (), 0, (1,)),
        )
