"""The samples drawn from the regions of a run, in batches, for Lightning."""

from __future__ import annotations

import lightning
from torch.utils.data import DataLoader

from pylandbc.cube.mixture import Mixture
from pylandbc.cube.order import SampleOrder
from pylandbc.learn.batches import loader
from pylandbc.learn.leaf_area.config import VegetationConfig
from pylandbc.learn.leaf_area.data import VegetationData
from pylandbc.learn.leaf_area.samples import RegionSamples


class VegetationBatches(lightning.LightningDataModule):
    """Batches of a run: the training samples dealt to the processes, the validation samples the same for
    all."""

    def __init__(self, data: VegetationData, config: VegetationConfig) -> None:
        super().__init__()
        self.data, self.config = data, config

    def samples(self, role: str, count: int) -> Mixture:
        """The mixture of all regions; but for training, of those with held-out blocks."""
        config = self.config
        used = [
            (region, source.share)
            for region, source in zip(self.data.regions, config.regions, strict=True)
            if role == "train" or source.scored
        ]
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
            for region, _ in used
        ]
        return Mixture(parts, [share for _, share in used], count=count, seed=config.seed)  # type: ignore[arg-type]

    def train_dataloader(self) -> DataLoader:
        """This process's share of each epoch, in an order of seed and epoch alone."""
        samples = self.samples("train", self.config.samples_per_epoch)
        size, workers = self.config.batch_size, self.config.workers
        return loader(samples, size, workers, SampleOrder(len(samples), size))

    def val_dataloader(self) -> DataLoader | list[DataLoader]:
        """All validation samples, or none."""
        count = self.config.validation_samples
        if not count:
            return []
        return loader(self.samples("validation", count), self.config.batch_size, self.config.workers)
