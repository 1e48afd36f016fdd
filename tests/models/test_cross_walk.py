"""The cross-walk against counts written plainly."""

from __future__ import annotations

import pytest
import torch

from pylandbc.errors import InputError
from pylandbc.learn.export import example_arguments
from pylandbc.legend import LAND_COVER_FLAGS
from pylandbc.models.baselines import CrossWalk, Example, baselines
from pylandbc.models.baselines.cross_walk import TRUST
from pylandbc.models.inputs import land_cover_inputs

SPEC, NAMES = land_cover_inputs(), LAND_COVER_FLAGS.names


def example(seed: int) -> Example:
    arguments = example_arguments(SPEC, 32, seed=seed)
    arguments[0][:, 6] = arguments[0][:, 6] % 3
    arguments[5].remainder_(4)
    random = torch.Generator().manual_seed(seed)
    target = torch.randint(1, 5, (1, 32, 32), generator=random, dtype=torch.uint8)
    return Example(arguments, target, torch.rand(1, 32, 32, generator=random))


def test_each_table_is_joined_by_a_few_pixels_of_the_coarser_one() -> None:
    examples = [example(0), example(1)]
    walk = CrossWalk(SPEC, NAMES)
    walk.fit(examples)

    kinds: dict[tuple[int, ...], torch.Tensor] = {}
    for part in examples:
        static, prior, visible = part.arguments[0][0], part.arguments[5][0], part.arguments[6][0]
        for r in range(32):
            for c in range(32):
                own = int(prior[r, c]) if visible[r, c] else 23
                place = (own, int(static[7, r, c]), int(static[6, r, c]))
                for key in (place, place[:2], place[1:2], ()):
                    kinds.setdefault(key, torch.zeros(23, dtype=torch.float64))
                    kinds[key][int(part.target[0, r, c])] += float(part.weight[0, r, c])

    def mixed(key: tuple[int, ...], coarser: torch.Tensor) -> torch.Tensor:
        return (kinds[key] + TRUST * coarser) / (kinds[key].sum() + TRUST)

    arguments = examples[0].arguments
    share = walk.predict(*arguments)[1]
    for r, c in ((3, 4), (10, 20), (31, 0)):
        own = int(arguments[5][0, r, c]) if arguments[6][0, r, c] else 23
        use, zone = int(arguments[0][0, 7, r, c]), int(arguments[0][0, 6, r, c])
        plain = kinds[()] / kinds[()].sum()
        for key in ((use,), (own, use), (own, use, zone)):
            plain = mixed(key, plain)
        if arguments[0][0, 2, r, c] >= 0.5:
            torch.testing.assert_close(share[0, :, r, c].double(), plain, rtol=1e-5, atol=1e-7)


def test_it_must_be_fitted_and_survives_its_state() -> None:
    walk, again = CrossWalk(SPEC, NAMES), CrossWalk(SPEC, NAMES)
    part = example(2)
    with pytest.raises(InputError, match="not fitted yet"):
        walk(*part.arguments)
    walk.fit([part])
    again.restore(walk.state())
    assert torch.equal(walk(*part.arguments), again(*part.arguments))


def test_land_cover_has_its_own_list_of_baselines() -> None:
    names = [predictor.name for predictor in baselines(SPEC, NAMES, "all")]
    assert names == [
        "persistence",
        "nearest fill",
        "Gaussian fill",
        "cross-walk",
        "logistic regression",
        "random forest",
        "gradient boosting",
    ]


def test_fills_do_without_a_scenario() -> None:
    """Where the prior is unknown everywhere but in one corner, that corner's commonest class stands in."""
    arguments = example_arguments(SPEC, 32)
    arguments[0][:, 2] = 1.0
    arguments[5][:] = 255
    arguments[5][0, :2, :2] = torch.tensor([[7, 7], [7, 3]], dtype=torch.uint8)
    arguments[6][:] = 1
    persistence, nearest, *_ = baselines(SPEC, NAMES)
    found = persistence(*arguments)
    assert found[0, 1, 1] == 3 and bool((found[0, 5:, 5:] == 7).all())
    assert nearest(*arguments)[0, 31, 31] == 3
