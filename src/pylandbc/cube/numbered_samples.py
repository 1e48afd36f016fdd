"""Samples that are a function of a seed and a number, which stands for an epoch and an index in it."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from torch.utils.data import Dataset

from pylandbc.cube.crops import Crops
from pylandbc.grid.window import COARSE


class NumberedSamples(Dataset, ABC):
    """What samples of all quantities have in common.

    Attributes
    ----------
    count
        Samples of an epoch.
    seed
        Another seed, other samples.
    phase_group
        So many samples in a row begin at the same place within a 0.25 degree cell, mirrored or not.
    mirror
        Whether half of them are mirrored.
    """

    count: int
    seed: int
    phase_group: int
    mirror: bool
    epoch = 0
    _crops: Crops

    def __len__(self) -> int:
        return self.count

    def set_epoch(self, epoch: int) -> None:
        """Draw other samples: index i then stands for ``epoch * count + i``."""
        self.epoch = epoch

    def __getitem__(self, index: int | tuple[int, int]) -> dict[str, torch.Tensor]:
        """Sample ``index`` of the present epoch, or of that in a pair (epoch, index); see :meth:`sample`."""
        epoch, index = index if isinstance(index, tuple) else (self.epoch, index)
        if not 0 <= index < self.count:
            raise IndexError(f"sample {index} of {self.count}")
        return self.sample(epoch * self.count + index)

    @abstractmethod
    def sample(self, number: int) -> dict[str, torch.Tensor]:
        """Sample of any non-negative number."""

    def _placed(self, number: int) -> tuple[np.random.Generator, int, int, bool]:
        """A sample's random numbers, the first row and column of its crop, and whether it is mirrored."""
        rng = np.random.default_rng([self.seed, 0, number])
        shared = np.random.default_rng([self.seed, 1, number // self.phase_group])
        phase = shared.integers(0, COARSE, size=2)
        mirrored = bool(shared.integers(0, 2)) and self.mirror
        row, col = self._crops.place(rng, phase)
        return rng, row, col, mirrored
