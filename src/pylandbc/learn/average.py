"""The moving average of the weights over the steps of a training run.

A single small batch moves the weights by more than it teaches; their average over the last hundred steps
or so scores better and depends less on where training stops (Izmailov et al. 2018, UAI). Checkpoints hold
the average as the model, and the step's own weights beside it for resumption.
"""

from __future__ import annotations

from lightning.pytorch.callbacks import WeightAveraging
from torch import Tensor


class MovingAverage(WeightAveraging):
    """Exponential moving average of weights and BatchNorm statistics after every step.

    Parameters
    ----------
    decay
        Weight of the past. The first steps use less, ``(1 + n) / (10 + n)``, so that the random start is
        forgotten.
    """

    def __init__(self, decay: float) -> None:
        def blend(average: Tensor, current: Tensor, count: Tensor | int) -> Tensor:
            # Tables of indices and counters have no average; rounding would change them.
            if not current.is_floating_point():
                return current
            n = int(count)
            return average.lerp(current, 1.0 - min(decay, (1 + n) / (10 + n)))

        super().__init__(avg_fn=blend)
