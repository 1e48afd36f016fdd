"""Priors with the emulator's own confusions: their frequencies, what they leave alone, what they remember."""

from __future__ import annotations

import torch

from pylandbc.learn.corruption import MEMORY, PATCH, Corruption


def corruption(share: float = 1.0) -> Corruption:
    part = Corruption(3, share, seed=4)
    part.confusion.copy_(torch.tensor([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]]))
    return part


def test_classes_are_replaced_as_often_as_the_table_says() -> None:
    part = corruption()
    side = 300 * PATCH
    prior = torch.zeros(1, side, side, dtype=torch.uint8)
    prior[:, side // 3 :] = 1
    prior[:, 2 * side // 3 :] = 2
    found = part(prior, torch.ones_like(prior), step=0)
    for k in range(3):
        of_class = found[prior == k].long()
        share = torch.bincount(of_class, minlength=3) / of_class.numel()
        # 30,000 independent patches a class: four standard errors are 0.012.
        torch.testing.assert_close(share.double(), part.confusion[k], atol=0.012, rtol=0)


def test_a_draw_is_a_function_of_seed_and_step() -> None:
    prior = torch.randint(0, 3, (2, 40, 30), dtype=torch.uint8)
    seen = torch.ones_like(prior)
    first = corruption()(prior, seen, 7)
    assert torch.equal(first, corruption()(prior, seen, 7))
    assert not torch.equal(first, corruption()(prior, seen, 8))


def test_hidden_and_unknown_pixels_stay() -> None:
    prior = torch.randint(0, 3, (1, 64, 64), dtype=torch.uint8)
    prior[:, :9] = 255
    visible = (torch.rand(1, 64, 64) > 0.5).to(torch.uint8)
    found = corruption()(prior, visible, 1)
    still = (visible == 0) | (prior == 255)
    assert torch.equal(found[still], prior[still])
    assert not torch.equal(found, prior)


def test_only_the_share_of_samples_is_touched() -> None:
    prior = torch.zeros(400, 8, 8, dtype=torch.uint8)
    found = corruption(0.25)(prior, torch.ones_like(prior), 3)
    touched = (found != prior).flatten(1).any(1).float().mean().item()
    assert 0.15 < touched < 0.35
    assert torch.equal(corruption(0.0)(prior, torch.ones_like(prior), 3), prior)


def test_the_table_remembers_what_was_predicted() -> None:
    part = Corruption(2, 0.5, seed=0)
    target = torch.tensor([[[0, 0, 0, 1, 255]]], dtype=torch.uint8)
    predicted = torch.tensor([[[0, 1, 1, 1, 0]]])
    logits = torch.nn.functional.one_hot(predicted, 2).permute(0, 3, 1, 2).float()
    visible = torch.tensor([[[1, 1, 0, 1, 1]]], dtype=torch.uint8)
    part.observe(logits, target, visible, torch.ones(1, 1, 5))
    expected = MEMORY * torch.eye(2) + (1 - MEMORY) * torch.tensor([[0.5, 0.5], [0.0, 1.0]])
    torch.testing.assert_close(part.confusion, expected.double())
