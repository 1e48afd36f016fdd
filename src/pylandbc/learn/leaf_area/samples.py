"""Training samples of a region: random tiles and steps, the past hidden in patches, a run of steps for
recurrent networks.

A sample is a function of (seed, number) alone. In held-out blocks the past is hidden and nothing counts.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from pylandbc.cube.crops import Crops
from pylandbc.cube.patches import Ratio, check_ratio, visible_patches
from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE
from pylandbc.learn.leaf_area.region import Region
from pylandbc.models.leaf_area.inputs import VegetationInputs


class RegionSamples(Dataset):
    """Random samples of a region.

    Parameters
    ----------
    region, inputs, split
        What is drawn from, what a network takes, what is held out.
    role
        Whose pixels count.
    years
        Years of the target.
    size
        Pixels along a tile; a region off the 1 km grid is always one tile, padded to a multiple of 16.
    unroll
        Consecutive steps of a sample.
    mask_ratio, patch
        Share of the past's patches to hide, and their size.
    phase_group
        Consecutive numbers that share their position within the coarse cells.
    """

    def __init__(
        self,
        region: Region,
        inputs: VegetationInputs,
        split: Split,
        *,
        role: str,
        years: list[int],
        size: int,
        count: int,
        unroll: int = 1,
        mask_ratio: Ratio = 0.0,
        patch: int = 32,
        seed: int = 0,
        phase_group: int = 1,
    ) -> None:
        check_ratio(mask_ratio)
        self.region, self.inputs, self.count, self.seed = region, inputs, count, seed
        self.unroll, self.mask_ratio, self.patch = unroll, mask_ratio, patch
        self.phase_group = max(phase_group, 1)
        usable = region.usable(years, inputs)
        self.steps = usable[np.isin(usable - unroll + 1, region.usable(sorted(set(region.years)), inputs))]
        if not self.steps.size:
            raise InputError(
                f"{region.name}: no {region.series.step} of the years {years} has {unroll} steps and the "
                f"climate of {inputs.climate_steps} before it"
            )
        self._hidden = split.hidden_from(role)
        self._used = region.land & split.mask(role)
        self._crops = None
        self.extent = tuple(-(-n // 16) * 16 for n in region.shape)
        if region.window is not None:
            self._crops = Crops(region.window, self._used, size, 0.1)
            self.extent = (size, size)
        if not self._used.any():
            raise InputError(f"{region.name} has no land in role {role!r}")

    @property
    def size(self) -> tuple[int, ...]:
        """Pixels of a sample, so that a mixture can compare its parts."""
        return self.extent

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Sample ``index``."""
        return self.sample(index)

    def sample(self, number: int) -> dict[str, Tensor]:
        """Sample of any non-negative number.

        Returns
        -------
        dict
            The emulator's arguments for each of the ``unroll`` steps, stacked first; ``target`` float32
            (S, H, W), 0 where missing; ``weight`` float32 (S, H, W), relative area where it counts.
        """
        rng = np.random.default_rng([self.seed, 0, number])
        shared = np.random.default_rng([self.seed, 1, number // self.phase_group])
        row = col = 0
        if self._crops is not None:
            row, col = self._crops.place(rng, shared.integers(0, COARSE, size=2))
        last = int(self.steps[int(rng.integers(len(self.steps)))])
        height, width = self.extent
        seen = np.zeros(self.region.shape, dtype=bool)
        side = max(height, width)
        patches = visible_patches(rng, side, self.patch, self.mask_ratio) == 1
        inner = seen[row : row + height, col : col + width]
        inner[:] = patches[: inner.shape[0], : inner.shape[1]]
        seen &= ~self._hidden
        parts = []
        for step in range(last - self.unroll + 1, last + 1):
            one = self.region.arguments(self.inputs, step, row, col, height, width, seen)
            rows, cols = slice(row, row + height), slice(col, col + width)
            observed = self.region.observed(step, rows, cols)
            counts = np.isfinite(observed) & self._used[rows, cols]
            area = self.region.area[rows, None] / self.region.area.mean()
            target, weight = (np.zeros((height, width), dtype=np.float32) for _ in range(2))
            place = (slice(counts.shape[0]), slice(counts.shape[1]))
            target[place] = np.where(counts, observed, 0)
            weight[place] = counts * area
            parts.append(one | {"target": torch.from_numpy(target), "weight": torch.from_numpy(weight)})
        once = ("climate_row", "climate_col")
        return {
            name: parts[0][name] if name in once else torch.stack([part[name] for part in parts])
            for name in parts[0]
        }
