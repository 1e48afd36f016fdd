"""The loss against a plain loop, and the removal of its bias against a problem with a known answer."""

from __future__ import annotations

import math

import pytest
import torch

from pylandbc.learn.loss import LandUseLoss, class_weights, remove_bias
from pylandbc.models.inputs import hilda_inputs
from pylandbc.models.land_use import LandUseEmulator


def test_class_weights_follow_the_formula() -> None:
    weights = class_weights([0.0, 80.0, 15.0, 5.0], 0.5)
    raw = [0.8**-0.5, 0.15**-0.5, 0.05**-0.5]
    mean = 0.8 * raw[0] + 0.15 * raw[1] + 0.05 * raw[2]
    assert weights.tolist() == pytest.approx([1.0, *(r / mean for r in raw)], rel=1e-6)
    assert class_weights([1.0, 9.0], 0.0).tolist() == [1.0, 1.0]
    full = class_weights([1.0, 9.0], 1.0)
    assert float(full[0] * 1.0) == pytest.approx(float(full[1] * 9.0), rel=1e-6)


def test_the_loss_is_that_of_a_plain_loop() -> None:
    random = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 5, generator=random)
    target = torch.randint(0, 3, (2, 4, 5), generator=random, dtype=torch.uint8)
    target[0, 0] = 255
    prior = torch.randint(0, 3, (2, 4, 5), generator=random, dtype=torch.uint8)
    prior[1, 2] = 255
    visible = torch.randint(0, 2, (2, 4, 5), generator=random, dtype=torch.uint8)
    weight = torch.rand(2, 4, 5, generator=random)
    class_weight = [0.5, 1.0, 2.0]
    total = area = 0.0
    for index in torch.cartesian_prod(torch.arange(2), torch.arange(4), torch.arange(5)).tolist():
        b, i, j = index
        t, p = int(target[b, i, j]), int(prior[b, i, j])
        if t == 255:
            continue
        scores = [math.exp(float(logits[b, k, i, j])) for k in range(3)]
        factor = class_weight[t] * (4.0 if visible[b, i, j] and p != 255 and p != t else 1.0)
        total += float(weight[b, i, j]) * factor * -math.log(scores[t] / sum(scores))
        area += float(weight[b, i, j])
    loss = LandUseLoss(torch.tensor(class_weight), change_weight=4.0)
    assert float(loss(logits, target, prior, visible, weight)) == pytest.approx(total / area, rel=1e-5)


def test_a_batch_without_weight_costs_nothing() -> None:
    loss = LandUseLoss(torch.ones(3))
    logits = torch.randn(1, 3, 2, 2, requires_grad=True)
    nothing = loss(
        logits, torch.full((1, 2, 2), 255), torch.zeros(1, 2, 2), torch.ones(1, 2, 2), torch.ones(1, 2, 2)
    )
    nothing.backward()
    assert nothing.item() == 0
    assert torch.isfinite(logits.grad).all()


def test_removing_the_bias_restores_the_probabilities() -> None:
    """One kind of pixel: prior class 1 visible; 1 stays with p = 0.6, else 2 (0.3) or 3 (0.1).

    The weighted optimum is p(k) w_k c^[k != 1] up to a constant; removing the bias must give back p.
    """
    chance = torch.tensor([0.0, 0.6, 0.3, 0.1, 0.0, 0.0, 0.0, 0.0])
    weights = torch.tensor([1.0, 0.5, 1.5, 4.0, 1.0, 1.0, 1.0, 1.0])
    loss = LandUseLoss(weights, change_weight=3.0)
    network = LandUseEmulator(hilda_inputs(), base=2).eval()
    changed = torch.tensor([1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    with torch.no_grad():
        # The head alone makes the logits: those of the weighted optimum.
        network.unet.head.weight.zero_()
        network.persistence_gain.zero_()
        network.unet.head.bias.copy_((chance * weights * 3.0**changed).clamp_min(1e-12).log())
    given = (
        torch.ones(1, 3, 16, 16),
        torch.zeros(1, 2, 16, 16),
        torch.zeros(1, 14, 1, 1),
        torch.zeros(16, dtype=torch.int64),
        torch.zeros(16, dtype=torch.int64),
        torch.ones(1, 16, 16, dtype=torch.uint8),
        torch.ones(1, 16, 16, dtype=torch.uint8),
        torch.zeros(1, 2),
    )
    biased = network(*given).softmax(1)[0, :, 0, 0]
    assert not torch.allclose(biased, chance, atol=0.05)
    remove_bias(network, loss)
    torch.testing.assert_close(network(*given).softmax(1)[0, :, 0, 0], chance, rtol=1e-4, atol=1e-6)
