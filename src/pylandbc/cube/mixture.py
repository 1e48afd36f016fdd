"""Samples from several cubes, drawn with given weights.

The choice is a function of (seed, index), like the samples themselves. All parts should have the same
inputs, size, seed and ``phase_group``, so that batches collate.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.utils.data import Dataset

from pylandbc.cube.samples import Samples
from pylandbc.errors import InputError


class Mixture(Dataset):
    """A dataset whose sample ``i`` is sample ``i`` of one of its parts.

    Parameters
    ----------
    parts
        Datasets of single cubes.
    weights
        Relative probability of each; need not sum to 1.
    count
        Length; the longest part's by default.

    Raises
    ------
    InputError
        No parts, weights that do not fit them, or parts of different crop size.
    """

    def __init__(
        self, parts: list[Samples], weights: list[float], count: int | None = None, seed: int = 0
    ) -> None:
        if not parts or len(parts) != len(weights) or min(weights) < 0 or sum(weights) <= 0:
            raise InputError(
                f"a mixture needs one non-negative weight per cube; got {len(parts)} and {weights}"
            )
        if len({part.size for part in parts}) > 1:
            raise InputError(f"cubes of a mixture need one crop size; got {[part.size for part in parts]}")
        self.parts, self.seed, self.epoch = parts, seed, 0
        self.count = max(len(part) for part in parts) if count is None else count
        self._ends = np.cumsum(weights) / np.sum(weights)

    def __len__(self) -> int:
        return self.count

    def set_epoch(self, epoch: int) -> None:
        """Draw other samples, as :meth:`Samples.set_epoch`."""
        self.epoch = epoch

    def part_of(self, number: int) -> int:
        """Which part sample ``number`` comes from."""
        draw = np.random.default_rng([self.seed, 2, number]).random()
        return int(np.searchsorted(self._ends, draw, side="right"))

    def __getitem__(self, index: int | tuple[int, int]) -> dict[str, torch.Tensor]:
        """Sample ``index`` of the present epoch, or of the one in a pair (epoch, index)."""
        epoch, index = index if isinstance(index, tuple) else (self.epoch, index)
        if not 0 <= index < self.count:
            raise IndexError(f"sample {index} of {self.count}")
        number = epoch * self.count + index
        return self.parts[self.part_of(number)].sample(number)
