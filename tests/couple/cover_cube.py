"""The small cube with land cover, slope, soil and climate classes, and an emulator of land cover."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import zarr
from small_cube import UNITS, write_cube

from pylandbc.cube.categories import Category
from pylandbc.grid.window import Window
from pylandbc.learn.export import save
from pylandbc.models.inputs import land_cover_inputs
from pylandbc.models.land_cover import LandCoverEmulator

FURTHER = ("slope", "sand_fraction", "silt_fraction", "clay_fraction")


def write_cover_cube(path: Path, held: Window) -> Path:
    """Random content; land cover of 2009 and 2012 follows the land use of its year, two classes each."""
    statistics = {name: {"mean": 0.5, "std": 0.3} for name in (*UNITS, *FURTHER)}
    kind = Category("koeppen_geiger_1991_2020", "koeppen_geiger", {15: "Cfb"}, (1991, 2020))
    write_cube(
        path,
        held,
        training_years=[2009, 2012],
        categories=[kind.as_dict()],
        statistics=statistics,
        units={**UNITS, "slope": "degree"},
    )
    rng = np.random.default_rng(9)
    group = zarr.open_group(path)
    static = np.asarray(group["static"][:])
    names = [*np.asarray(group["static_variable"][:]), *FURTHER]
    more = rng.random((len(FURTHER), *held.shape)).astype(np.float32)
    land = static[2] == 1
    land_use = np.where(land, np.maximum(np.asarray(group["land_use"][:]), 1), 0).astype(np.uint8)
    cover = np.where(land, land_use + 8 * (rng.random(held.shape) > 0.5), 0).astype(np.uint8)
    cover[:, :5, 20:40] = 255
    koeppen = rng.integers(0, 31, (1, *held.shape)).astype(np.uint8)
    for name, values, dimensions in (
        ("static", np.concatenate([static, more]), ("static_variable", "y", "x")),
        ("static_variable", np.array(names, dtype=np.dtypes.StringDType()), None),
        ("land_use", land_use, ("year", "y", "x")),
        ("land_cover", cover, ("land_cover_year", "y", "x")),
        ("land_cover_year", np.array([2009, 2012], np.int32), ("land_cover_year",)),
        ("categories", koeppen, ("category", "y", "x")),
        ("category", np.array([kind.name], dtype=np.dtypes.StringDType()), None),
    ):
        if name in group:
            del group[name]
        group.create_array(name, data=values, dimension_names=dimensions)
    return path


def lively(seed: int = 0, base: int = 2) -> LandCoverEmulator:
    """An emulator whose heads all have weights and whose persistence does not drown them."""
    torch.manual_seed(seed)
    network = LandCoverEmulator(land_cover_inputs(), {"elevation": (0.5, 0.3)}, base=base).eval()
    with torch.no_grad():
        for parameter in (*network.site.parameters(), *network.pairs.parameters()):
            parameter.copy_(torch.randn_like(parameter))
        network.persistence_gain.fill_(0.5)
    return network


def write_cover_emulator(path: Path) -> Path:
    """A ``lively`` one as an archive."""
    save(lively(), land_cover_inputs(), path, name="tiny-cover", version="0", licence="CC0-1.0")
    return path
