"""Training samples of a region: random tiles, or scattered pixels, and steps; the past hidden in patches, a
run of steps for recurrent networks.

A sample is a function of (seed, number) alone. In held-out blocks the past is hidden and nothing counts.
"""

from __future__ import annotations

from collections.abc import Sequence

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

REACH = 512
"""Pixels within which the rows and columns of a scattered sample lie."""


def other_years(
    rng: np.random.Generator, training_years: Sequence[int], targets: Sequence[int]
) -> tuple[int, ...] | None:
    """Half of the training years without those of the targets; None where fewer than two are left.

    A climatology of all years tells the target, and one that leaves out the target's year still does: what it
    lacks is what was left out, and a network that knows the place finds the difference. Among many halves
    (delete-d jackknife, Shao & Wu 1989, Ann. Statist. 17, 1176) that trace drowns.
    """
    others = sorted(set(training_years) - {int(year) for year in targets})
    if len(others) < 2:
        return None
    return tuple(sorted(rng.choice(others, max(2, -(-len(others) // 2)), replace=False).tolist()))


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
    scattered
        Random rows and columns, as many as ``size``, in place of a tile: many unlike pixels, for emulators
        without neighbours.
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
        scattered: bool = False,
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
        self.scattered = scattered
        self.extent = tuple(-(-n // 16) * 16 for n in region.shape)
        if scattered:
            self.extent = (size, size)
        elif region.window is not None:
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
        rows, cols, last = self.place(number)
        rng = np.random.default_rng([self.seed, 3, number])
        inside = np.ix_(rows[rows < self.region.shape[0]], cols[cols < self.region.shape[1]])
        tall, wide = inside[0].size, inside[1].size
        patches = visible_patches(rng, max(self.extent), self.patch, self.mask_ratio) == 1
        seen = np.zeros(self.region.shape, dtype=bool)
        seen[inside] = patches[:tall, :wide] & ~self._hidden[inside]
        used, area = self._used[inside], (self.region.area / self.region.area.mean())[inside[0]]
        steps = np.arange(last - self.unroll + 1, last + 1)
        years = other_years(rng, self.region.training_years, self.region.years[steps].tolist())
        parts = []
        for step in steps.tolist():
            one = self.region.arguments(self.inputs, step, rows, cols, seen, normal_years=years)
            if self.scattered:
                # each pixel brings the climate of its own cell
                row, col = one["climate_row"], one["climate_col"]
                one["climate"] = one["climate"][..., row, :][..., col]
                one["climate_row"], one["climate_col"] = torch.arange(rows.size), torch.arange(cols.size)
            observed = self.region.observed(step, inside)
            counts = np.isfinite(observed) & used
            target, weight = (np.zeros(self.extent, dtype=np.float32) for _ in range(2))
            target[:tall, :wide] = np.where(counts, observed, 0)
            weight[:tall, :wide] = counts * area
            parts.append(one | {"target": torch.from_numpy(target), "weight": torch.from_numpy(weight)})
        once = ("climate_row", "climate_col")
        return {
            name: parts[0][name] if name in once else torch.stack([part[name] for part in parts])
            for name in parts[0]
        }

    def place(self, number: int) -> tuple[np.ndarray, np.ndarray, int]:
        """Rows, columns and last step of a sample."""
        rng = np.random.default_rng([self.seed, 0, number])
        shared = np.random.default_rng([self.seed, 1, number // self.phase_group])
        if self.scattered:
            near = []
            for extent, wanted in zip(self.region.shape, self.extent, strict=True):
                first = int(rng.integers(0, max(extent - REACH, 0) + 1))
                near.append(np.sort(rng.integers(first, min(first + REACH, extent), wanted)))
            rows, cols = near
        else:
            row = col = 0
            if self._crops is not None:
                row, col = self._crops.place(rng, shared.integers(0, COARSE, size=2))
            rows, cols = row + np.arange(self.extent[0]), col + np.arange(self.extent[1])
        return rows, cols, int(self.steps[int(rng.integers(len(self.steps)))])
