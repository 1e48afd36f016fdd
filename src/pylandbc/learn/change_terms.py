"""Terms of the training loss that see more than one pixel: areas of coarse cells, and the overlap of change.

Cross-entropy judges each pixel for itself. The area term asks that the class fractions of every 0.25 degree
cell be right, wherever in it the classes lie. The Tversky term (Salehi et al. 2017, MLMI, eq. 3) judges the
pixels that change or are said to change as one set: with both its weights at one it is one less a soft
figure of merit.
"""

from __future__ import annotations

import torch
from torch import Tensor

FALSE_ALARMS, MISSES = 0.3, 0.7
"""Weights of the two errors; Salehi et al. found these best where the set to be found is small."""
LEAST = 1e-12


def area_error(probability: Tensor, label: Tensor, weight: Tensor, row: Tensor, col: Tensor) -> Tensor:
    """Half the sum over classes of the absolute error of a cell's fractions, mean over cells by area.

    A cell that is cut by the sample's edge counts with the part that is there.

    Parameters
    ----------
    probability
        (B, K, H, W).
    label
        Observed class, int64 (B, H, W).
    weight
        Area or zero, float32 (B, H, W).
    row, col
        Coarse row (H) and column (W) of the pixels.
    """
    classes = probability.shape[1]
    rows, cols = int(row.max()) + 1, int(col.max()) + 1
    observed = torch.nn.functional.one_hot(label, classes).permute(0, 3, 1, 2)
    difference = (probability - observed) * weight[:, None]

    def by_cell(field: Tensor) -> Tensor:
        lines = field.new_zeros(*field.shape[:-2], rows, field.shape[-1]).index_add(-2, row, field)
        return lines.new_zeros(*lines.shape[:-1], cols).index_add(-1, col, lines)

    return 0.5 * by_cell(difference).abs().sum() / weight.sum().clamp_min(LEAST)


def tversky_loss(
    probability: Tensor,
    label: Tensor,
    prior: Tensor,
    weight: Tensor,
    false_alarms: float = FALSE_ALARMS,
    misses: float = MISSES,
) -> Tensor:
    """One less the Tversky index of change; zero where nothing changed in the batch.

    Parameters
    ----------
    probability
        (B, K, H, W).
    label, prior
        Observed and prior class, int64 (B, H, W).
    weight
        Area where the prior is visible and known, else zero, float32 (B, H, W).
    """
    right = probability.gather(1, label[:, None])[:, 0]
    changed = weight * (label != prior)
    hit = (changed * right).sum()
    missed = (changed * (1.0 - right)).sum()
    alarm = ((weight - changed) * (1.0 - right)).sum()
    index = hit / (hit + false_alarms * alarm + misses * missed).clamp_min(LEAST)
    return torch.where(changed.sum() > 0, 1.0 - index, torch.zeros_like(index))
