"""The regions of a run opened, split and given their climatology, and the samples drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import lightning
import numpy as np
from torch.utils.data import DataLoader

from pylandbc.cube.collate import collate
from pylandbc.cube.mixture import Mixture
from pylandbc.cube.open import open_cube
from pylandbc.cube.order import SampleOrder
from pylandbc.cube.splits import Split, split_blocks
from pylandbc.learn.leaf_area.climatology import set_normal, spread
from pylandbc.learn.leaf_area.config import VegetationConfig
from pylandbc.learn.leaf_area.cube_region import cube_region, truth_of
from pylandbc.learn.leaf_area.real_regions import lisflood_region, piave_region, small_blocks
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.leaf_area.samples import RegionSamples


@dataclass
class VegetationData:
    """Regions in the order of the configuration, and their splits by name."""

    regions: list[Region]
    splits: dict[str, Split]

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
    data = VegetationData([], {})
    for source in config.regions:
        path = config.path(source, root)
        if source.cube is not None:
            region = cube_region(open_cube(path), inputs)
            assert region.window is not None
            split = split_blocks(region.window, region.land, shares.seed, shares.validation, shares.test)
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


class VegetationBatches(lightning.LightningDataModule):
    """Batches of a run: the training samples dealt to the processes, the validation samples the same for
    all."""

    def __init__(self, data: VegetationData, config: VegetationConfig) -> None:
        super().__init__()
        self.data, self.config = data, config

    def samples(self, role: str, count: int) -> Mixture:
        """The mixture of all regions."""
        config = self.config
        parts = [
            RegionSamples(
                region,
                config.inputs(),
                self.data.splits[region.name],
                role=role,
                years=list(region.training_years),
                size=config.size,
                count=count,
                scattered=config.scattered,
                unroll=config.unroll,
                mask_ratio=config.mask_ratio,
                patch=config.patch,
                seed=config.seed,
                phase_group=config.batch_size,
            )
            for region in self.data.regions
        ]
        shares = [source.share for source in config.regions]
        return Mixture(parts, shares, count=count, seed=config.seed)  # type: ignore[arg-type]

    def train_dataloader(self) -> DataLoader:
        """This process's share of each epoch, in an order of seed and epoch alone."""
        samples = self.samples("train", self.config.samples_per_epoch)
        return self._loader(samples, SampleOrder(len(samples), self.config.batch_size))

    def val_dataloader(self) -> DataLoader | list[DataLoader]:
        """All validation samples, or none."""
        count = self.config.validation_samples
        return self._loader(self.samples("validation", count), None) if count else []

    def _loader(self, samples: Mixture, order: SampleOrder | None) -> DataLoader:
        return DataLoader(
            samples,
            batch_size=self.config.batch_size,
            sampler=order,
            num_workers=self.config.workers,
            persistent_workers=self.config.workers > 0,
            collate_fn=collate,
        )
