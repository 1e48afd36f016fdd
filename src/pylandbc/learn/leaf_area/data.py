"""The regions of a run opened, split and given their climatology."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pylandbc.cube.open import open_cube
from pylandbc.cube.splits import Split, split_blocks
from pylandbc.learn.leaf_area.climatology import set_normal, spread
from pylandbc.learn.leaf_area.config import VegetationConfig
from pylandbc.learn.leaf_area.cube_region import cube_region, truth_of
from pylandbc.learn.leaf_area.real_regions import lisflood_region, piave_region, small_blocks
from pylandbc.learn.leaf_area.region import Region


@dataclass
class VegetationData:
    """Regions in the order of the configuration, their splits by name, and those that only teach."""

    regions: list[Region]
    splits: dict[str, Split]
    unscored: frozenset[str] = frozenset()

    def scored(self) -> VegetationData:
        """The regions whose held-out blocks are scored."""
        kept = [region for region in self.regions if region.name not in self.unscored]
        return VegetationData(kept, {region.name: self.splits[region.name] for region in kept})

    def test_years(self, config: VegetationConfig) -> dict[str, list[int]]:
        """Years to score by region: those of the configuration, else those after the training years, else the
        training years (a series of one year has no other)."""
        out = {}
        for region in self.regions:
            years = sorted(set(region.years.tolist()))
            later = [year for year in years if year > max(region.training_years)]
            out[region.name] = list(config.test_years) or later or list(region.training_years)
        return out


def open_regions(config: VegetationConfig, root: Path) -> VegetationData:
    """Open every region; ``InputError`` where one is missing or lacks an input."""
    inputs, shares = config.inputs(), config.split
    unscored = frozenset(Path(source.place).name for source in config.regions if not source.scored)
    data = VegetationData([], {}, unscored)
    for source in config.regions:
        path = config.path(source, root)
        if source.cube is not None:
            region = cube_region(open_cube(path), inputs)
            assert region.window is not None
            held = (shares.validation, shares.test) if source.scored else (0.0, 0.0)
            split = split_blocks(region.window, region.land, shares.seed, *held)
            if source.truth is not None:
                region.truth = truth_of(region, config.below(source.truth, root))
        else:
            region = (piave_region if source.piave is not None else lisflood_region)(path, inputs)
            split = small_blocks(region, shares.seed, shares.validation, shares.test)
        set_normal(region, split, config.normal)
        data.regions.append(region)
        data.splits[region.name] = split
    return data


def normalisation(data: VegetationData, config: VegetationConfig) -> dict[str, tuple[float, float]]:
    """Offset and scale of every numeric input and of the variable: mean and standard deviation, averaged
    over the regions."""
    inputs = config.inputs()
    scales: dict[str, list[tuple[float, float]]] = {}
    for region in data.regions:
        learnt = np.isin(
            region.climate_days.astype("datetime64[Y]").astype(int) + 1970, region.training_years
        )
        for name in inputs.climate:
            values = region.climate[learnt, region.climate_names.index(name)]
            scales.setdefault(name, []).append((float(values.mean()), float(values.std())))
        for name in inputs.fields:
            if name != "land_mask":
                scales.setdefault(name, []).append(region.statistics[name])
        scales.setdefault(inputs.variable, []).append(spread(region, data.splits[region.name]))
    out = {}
    for name, pairs in scales.items():
        mean = float(np.mean([m for m, _ in pairs]))
        square = float(np.mean([s**2 + m**2 for m, s in pairs]))
        out[name] = (mean, float(np.sqrt(max(square - mean**2, 1e-20))))
    return out
