"""In which order a training run draws samples: split among processes, and resumable at any sample.

Samples are functions of their number, so an order is a way of counting. Whole groups of consecutive numbers
(a batch, which shares its position within the 0.25 degree cells) are dealt to the ranks in turn; together
the ranks draw what one process alone would. The state counts what was *used*, not what a data loader has
prefetched, and holds for any number of ranks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch.distributed
from torch.utils.data import Sampler

from pylandbc.errors import InputError


class SampleOrder(Sampler[tuple[int, int]]):
    """Yields (epoch, index), which :class:`pylandbc.cube.samples.Samples` and ``Mixture`` understand, so that
    persistent workers need not be told of a new epoch.

    Parameters
    ----------
    count
        Samples of one epoch; a last group that not every rank gets is left out.
    group
        Consecutive samples that stay together: the batch size of one process.
    rank, world
        This process and how many there are; from ``torch.distributed`` where it is initialised.

    Raises
    ------
    InputError
        A rank outside the world, or fewer samples than one group for each rank.
    """

    def __init__(self, count: int, group: int = 1, rank: int | None = None, world: int | None = None) -> None:
        started = torch.distributed.is_available() and torch.distributed.is_initialized()
        self.rank = rank if rank is not None else (torch.distributed.get_rank() if started else 0)
        self.world = world if world is not None else (torch.distributed.get_world_size() if started else 1)
        self.count, self.group = int(count), int(group)
        if not 0 <= self.rank < self.world:
            raise InputError(f"rank {self.rank} is not among {self.world} processes")
        if self.group < 1 or self.count < self.group * self.world:
            raise InputError(
                f"{count} samples are fewer than one group of {group} for each of {self.world} processes"
            )
        self.epoch, self._used = 0, 0

    @property
    def _step(self) -> int:
        """Samples that all ranks together use in one turn."""
        return self.group * self.world

    def __len__(self) -> int:
        """Samples of this rank that are left in the epoch."""
        return (self.count - self._used) // self._step * self.group

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """What is left of the epoch, for this rank."""
        epoch, start = self.epoch, self._used
        for turn in range((self.count - start) // self._step):
            first = start + turn * self._step + self.rank * self.group
            for index in range(first, first + self.group):
                yield epoch, index

    def used(self, batches: int = 1) -> None:
        """Note that so many groups of every rank were trained on; an epoch that is used up gives way to the
        next."""
        self._used += batches * self._step
        if self.count - self._used < self._step:
            self.set_epoch(self.epoch + 1)

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch."""
        self.epoch, self._used = int(epoch), 0

    def state_dict(self) -> dict[str, int]:
        """Epoch and samples used by all ranks, for a checkpoint."""
        return {"epoch": self.epoch, "used": self._used, "count": self.count}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where a state was taken, also with another number of ranks or another group.

        Raises
        ------
        InputError
            The epochs of the state had another length.
        """
        if state["count"] != self.count:
            raise InputError(
                f"the state belongs to epochs of {state['count']} samples, this run has {self.count}"
            )
        self.epoch, self._used = int(state["epoch"]), int(state["used"])
        if self.count - self._used < self._step:
            self.set_epoch(self.epoch + 1)
