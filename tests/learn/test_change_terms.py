"""The terms of areas and of change against plain loops, and what they do to a loss."""

from __future__ import annotations

import math

import pytest
import torch

from pylandbc.learn.change_terms import area_error, tversky_loss
from pylandbc.learn.loss import LandUseLoss

K = 3


def fields(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Probabilities (2, 3, 30, 40), labels, priors and weights."""
    random = torch.Generator().manual_seed(seed)
    probability = torch.randn(2, K, 30, 40, generator=random).softmax(1)
    label, prior = (torch.randint(0, K, (2, 30, 40), generator=random) for _ in range(2))
    return probability, label, prior, torch.rand(2, 30, 40, generator=random)


def test_the_area_term_is_that_of_a_plain_loop() -> None:
    probability, label, _, weight = fields()
    row, col = (torch.arange(30) + 7) // 25, (torch.arange(40) + 20) // 25
    total = 0.0
    for b in range(2):
        for r in (0, 1):
            for c in (0, 1, 2):
                here = (row == r)[:, None] & (col == c)[None, :]
                w = weight[b][here]
                for k in range(K):
                    wanted = float((w * (label[b][here] == k)).sum())
                    total += abs(float((w * probability[b, k][here]).sum()) - wanted) / 2
    found = area_error(probability, label, weight, row, col)
    assert float(found) == pytest.approx(total / float(weight.sum()), rel=1e-5)


def test_areas_that_are_right_cost_nothing_wherever_the_classes_lie() -> None:
    label = torch.arange(25 * 25).reshape(1, 25, 25) % K
    elsewhere = torch.nn.functional.one_hot(label.flip(-1), K).permute(0, 3, 1, 2).float()
    cell = torch.zeros(25, dtype=torch.int64)
    assert float(area_error(elsewhere, label, torch.ones(1, 25, 25), cell, cell)) == pytest.approx(
        0, abs=1e-6
    )


def test_the_tversky_term_of_a_certain_map_is_less_its_figure_of_merit() -> None:
    _, label, prior, weight = fields(1)
    guess = torch.where(
        torch.rand(label.shape, generator=torch.Generator().manual_seed(2)) < 0.6, label, prior
    )
    certain = torch.nn.functional.one_hot(guess, K).permute(0, 3, 1, 2).float()
    changed, said = label != prior, guess != prior
    hits = float((weight * (changed & (guess == label))).sum())
    either = float((weight * (changed | said)).sum())
    found = tversky_loss(certain, label, prior, weight, false_alarms=1.0, misses=1.0)
    assert 0.2 < hits / either < 0.9
    assert float(found) == pytest.approx(1 - hits / either, rel=1e-5)
    low = tversky_loss(certain, label, prior, weight, false_alarms=0.0, misses=0.5)
    missed = float((weight * (changed & (guess != label))).sum())
    assert float(low) == pytest.approx(1 - hits / (hits + 0.5 * missed), rel=1e-5)


def test_without_change_there_is_nothing_to_overlap() -> None:
    probability, label, _, weight = fields()
    probability.requires_grad_()
    nothing = tversky_loss(probability, label, label, weight)
    nothing.backward()
    assert nothing.item() == 0
    assert torch.isfinite(probability.grad).all()


def test_the_loss_adds_its_terms_over_known_and_visible_pixels() -> None:
    probability, label, prior, weight = fields()
    logits, target, before = probability.log(), label.to(torch.uint8), prior.to(torch.uint8)
    target[0, :9] = 255
    before[1, 3:20] = 255
    visible = (torch.arange(40) % 5 > 0).to(torch.uint8).expand(2, 30, 40)
    cells = torch.arange(30) // 25, torch.arange(40) // 25
    plain = LandUseLoss(torch.ones(K))(logits, target, before, visible, weight)
    both = LandUseLoss(torch.ones(K), area_term=2.0, tversky_term=0.5)
    known = weight * (target != 255)
    area = area_error(probability, torch.where(target != 255, label, 0), known, *cells)
    overlap = tversky_loss(probability, label, before.long(), known * (visible == 1) * (before != 255))
    found = both(logits, target, before, visible, weight, cells)
    assert float(found) == pytest.approx(float(plain + 2.0 * area + 0.5 * overlap), rel=1e-5)
    assert math.isfinite(float(area)) and float(area) > 0.01 and float(overlap) > 0.1
