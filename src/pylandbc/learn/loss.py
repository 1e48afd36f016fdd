"""The training loss: cross-entropy weighted by area, by class and by change, and how to undo its bias.

Terms that see more than a pixel may be added (``pylandbc.learn.change_terms``); their bias stays.

Few pixels change and few are urban or water, so their gradient is raised: a pixel of observed class k
weighs ``f_k^-balance`` (frequencies f_k, normalised to a mean of one over pixels) and ``change_weight``
times more where the visible prior differs. Such weights shift the log-odds that the network learns by the
logarithm of the weights (Elkan 2001, IJCAI, theorem 2; Menon et al. 2021, ICLR), so ``remove_bias``
subtracts them again and the argmax means the most likely class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.learn.change_terms import area_error, tversky_loss
from pylandbc.models.land_use import LandUseEmulator


def class_weights(frequencies: Sequence[float], balance: float) -> Tensor:
    """Weight of each class, ``f^-balance`` with a frequency-weighted mean of one; classes that do not occur
    weigh one.

    Parameters
    ----------
    frequencies
        Area of each class in the training data, any unit (K).
    balance
        0: all alike; 1: each class contributes the same in total.
    """
    f = torch.tensor(frequencies, dtype=torch.float64)
    present = f > 0
    f = f / f.sum()
    weights = torch.ones_like(f)
    weights[present] = f[present] ** -balance
    weights[present] /= (weights * f).sum()
    return weights.float()


class LandUseLoss(nn.Module):
    """Weighted cross-entropy of class logits, and terms of areas and change.

    Parameters
    ----------
    weights
        Weight of each class (K).
    change_weight
        Factor on pixels whose visible prior is known and differs from the observed class.
    area_term, tversky_term
        Weights of ``area_error`` and ``tversky_loss``.
    """

    weights: Tensor

    def __init__(
        self,
        weights: Tensor,
        change_weight: float = 1.0,
        area_term: float = 0.0,
        tversky_term: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("weights", weights.clone())
        self.change_weight = change_weight
        self.area_term, self.tversky_term = area_term, tversky_term

    def forward(
        self,
        logits: Tensor,
        target: Tensor,
        prior: Tensor,
        visible: Tensor,
        weight: Tensor,
        cells: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Weighted mean over pixels, and the further terms; zero where no pixel has weight.

        Parameters
        ----------
        logits
            (B, K, H, W).
        target, prior
            Class codes, uint8 (B, H, W), 255 unknown.
        visible
            1 where the prior may be seen, uint8 (B, H, W).
        weight
            Area or zero, float32 (B, H, W).
        cells
            Coarse row (H) and column (W) of the pixels; the area term needs them.
        """
        classes = logits.shape[1]
        known = target < classes
        label = torch.where(known, target, 0).long()
        cross_entropy = F.cross_entropy(logits, label, reduction="none")
        seen = (visible != 0) & (prior < classes)
        changed = seen & (prior != target)
        factor = 1.0 + (self.change_weight - 1.0) * changed
        # The denominator leaves the class and change factors out: a batch that is rich in change shall count
        # for more.
        area = weight * known
        loss = (cross_entropy * self.weights[label] * factor * area).sum() / area.sum().clamp_min(1e-12)
        if self.area_term > 0 or self.tversky_term > 0:
            probability = logits.softmax(1)
            if self.area_term > 0:
                assert cells is not None, "the area term needs the coarse rows and columns"
                loss = loss + self.area_term * area_error(probability, label, area, *cells)
            if self.tversky_term > 0:
                overlap = tversky_loss(probability, label, prior.long(), area * seen)
                loss = loss + self.tversky_term * overlap
        return loss


@torch.no_grad()
def remove_bias(emulator: LandUseEmulator, loss: LandUseLoss) -> None:
    """Take the log-weights of ``loss`` out of the emulator's logits, in place.

    With weights ``w_k`` and ``c`` for change the optimum is ``p(k) w_k c^[k != prior]``; subtracting ``log
    w_k`` and adding ``log c`` to the logit of the visible prior restores ``p(k)``. The latter needs the
    residual head.
    """
    bias = emulator.unet.head.bias
    assert bias is not None, "the head of the U-Net has a bias"
    bias[: emulator.classes] -= loss.weights.log().to(bias.device)
    if emulator.residual:
        emulator.persistence_gain += math.log(loss.change_weight)
