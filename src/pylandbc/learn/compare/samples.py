"""Training samples of all three tasks: a tile and month of leaf area with the year's land use and cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from pylandbc.learn.compare.land_years import LandYears
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.leaf_area.samples import RegionSamples


class TaskSamples(RegionSamples):
    """Samples as of the base, of one step, with the maps beside them."""

    def __init__(self, region: Region, maps: LandYears, *arguments: Any, **options: Any) -> None:
        super().__init__(region, *arguments, **options)
        self.maps = maps

    def sample(self, number: int) -> dict[str, Tensor]:
        """The base's arguments of one step, ``target``, ``weight``; ``prior``, ``land_use``, ``land_cover``
        uint8 (H, W), ``scenario`` float32 (2 Z, h, w) on the climate's cells, and ``counted`` float32 (H, W),
        the area where land use and cover count."""
        rows, cols, step = self.place(number)
        out = super().sample(number)
        alone = ("climate_row", "climate_col")
        out = {name: value if name in alone else value[0] for name, value in out.items()}
        year = int(self.region.years[step])
        box = np.ix_(rows, cols)
        for name, values in (
            ("prior", self.maps.use(year - 1)),
            ("land_use", self.maps.use(year)),
            ("land_cover", self.maps.cover(year)),
        ):
            out[name] = torch.from_numpy(values[box])
        cells = [
            slice(int(index[place[0]]), int(index[place[-1]]) + 1)
            for index, place in ((self.region.climate_row, rows), (self.region.climate_col, cols))
        ]
        out["scenario"] = torch.from_numpy(self.maps.scenario(year)[:, cells[0], cells[1]].copy())
        area = (self.region.area / self.region.area.mean())[rows, None]
        out["counted"] = torch.from_numpy((self._used[box] * area).astype(np.float32))
        return out
