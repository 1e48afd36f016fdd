"""The samples of a training run, in batches, for Lightning."""

from __future__ import annotations

import lightning
from torch.utils.data import DataLoader

from pylandbc.cube.collate import collate
from pylandbc.cube.mixture import Mixture
from pylandbc.cube.order import SampleOrder
from pylandbc.learn.config import TrainConfig
from pylandbc.learn.data import TrainingData


def loader(samples: Mixture, batch_size: int, workers: int, order: SampleOrder | None = None) -> DataLoader:
    """Batches of samples in an order, or one after the other."""
    return DataLoader(
        samples,
        batch_size=batch_size,
        sampler=order,
        num_workers=workers,
        persistent_workers=workers > 0,
        collate_fn=collate,
    )


class Batches(lightning.LightningDataModule):
    """Batches of a run: the training samples dealt to the processes, the validation samples the same for all.

    Loaders are made when Lightning asks for them, when it is known which process of how many this is.
    """

    def __init__(self, data: TrainingData, config: TrainConfig) -> None:
        super().__init__()
        self.data, self.config = data, config

    def train_dataloader(self) -> DataLoader:
        """This process's share of each epoch, in an order of seed and epoch alone."""
        number = self.config.stage(self.trainer.current_epoch if self.trainer else 0)
        samples, size = self.data.training[number], self.config.stages[number].batch_size
        return loader(samples, size, self.config.workers, SampleOrder(len(samples), size))

    def val_dataloader(self) -> DataLoader | list[DataLoader]:
        """All validation samples, or none."""
        if self.data.validation is None:
            return []
        return loader(self.data.validation, self.config.batch_size, self.config.workers)
