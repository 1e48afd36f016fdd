"""Baselines that are fitted: features against plain counts, the regression against scikit-learn's, the
allocation against its demand, all behind the predictor interface."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression as Reference

from pylandbc.errors import InputError
from pylandbc.legend import LAND_USE
from pylandbc.models.baselines import (
    CnnPredictor,
    DemandAllocation,
    Emulator,
    Example,
    FittedPredictor,
    GradientBoosting,
    LogisticRegression,
    LstmPredictor,
    NearestFill,
    Persistence,
    RandomForest,
    ScaledRegression,
    baselines,
)
from pylandbc.models.baselines.allocation import cells, demand, meet
from pylandbc.models.baselines.logistic_regression import PENALTY, regress
from pylandbc.models.baselines.neighbourhood import WINDOWS, feature_names, features
from pylandbc.models.inputs import hilda_inputs, transition_inputs

SIZE = 100
SPEC, NAMES = hilda_inputs(), LAND_USE.names


def scene(seed: int, hidden: float = 0.0) -> Example:
    """A map of patches in which pixels tend to their right neighbour's class, driven by true fractions."""
    random = np.random.default_rng(seed)
    prior = np.repeat(np.repeat(random.integers(1, 6, (20, 20)), 5, 0), 5, 1).astype(np.uint8)
    moved = random.random(prior.shape) < 0.3
    target = np.where(moved, np.roll(prior, -1, 1), prior)
    prior[:3] = target[:3] = 0
    visible = (random.random(prior.shape) >= hidden).astype(np.uint8)
    land = (prior != 0).astype(np.float32)
    static = torch.from_numpy(np.stack([land * 100, land * 0, land])[None])
    coarse = np.zeros((14, 4, 4), np.float32)
    for offset, classes in ((0, prior), (7, target)):
        for k in range(1, 8):
            share = ((classes == k) * land).reshape(4, 25, 4, 25).sum((1, 3))
            coarse[offset + k - 1] = share / land.reshape(4, 25, 4, 25).sum((1, 3))
    index = torch.arange(SIZE) // 25
    arguments = (
        static,
        torch.zeros(1, 2, SIZE, SIZE),
        torch.from_numpy(coarse)[None],
        index,
        index,
        torch.from_numpy(prior)[None],
        torch.from_numpy(visible)[None],
        torch.tensor([[1.0, 3.0]]),
    )
    return Example(arguments, torch.from_numpy(target.astype(np.uint8))[None], torch.from_numpy(land)[None])


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [scene(1), scene(2), scene(3, 0.6)]


def test_features_equal_plain_counts() -> None:
    example = scene(4, 0.5)
    wanted = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    places = [(3, 0), (10, 99), (50, 50), (99, 99), (60, 7)]
    for row, col in places:
        wanted[0, row, col] = True
    found = features(SPEC, NAMES, example.arguments, wanted).numpy()
    names = feature_names(SPEC, NAMES)
    assert found.shape == (5, len(names))
    prior, visible = (example.arguments[i][0].numpy() for i in (5, 6))
    coarse = example.arguments[2][0].numpy()
    for values, (row, col) in zip(found, sorted(places), strict=True):
        given = dict(zip(names, values, strict=True))
        for size in WINDOWS:
            r = size // 2
            box = np.s_[max(row - r, 0) : row + r + 1, max(col - r, 0) : col + r + 1]
            seen = visible[box] == 1
            assert given[f"visible within {size}"] == pytest.approx(seen.sum() / size**2, rel=1e-6)
            for k, name in enumerate(NAMES):
                count = (seen & (prior[box] == k)).sum()
                expected = count / max(seen.sum(), 1)
                assert given[f"share of {name} within {size}"] == pytest.approx(expected, rel=1e-6)
        here = coarse[:, row // 25, col // 25]
        assert given["forest_fraction (target)"] == here[10]
        assert given["change of forest_fraction"] == pytest.approx(here[10] - here[3], abs=1e-7)
        assert given["direction"] == 1.0
        assert given["elapsed_years"] == 3.0


def test_features_have_the_transitions_and_not_their_sums() -> None:
    spec, example = transition_inputs(), scene(4)
    scenario = torch.rand(1, len(spec.scenario), 4, 4)
    place = {(entry.name, entry.at): k for k, entry in enumerate(spec.scenario)}
    wanted = torch.zeros(1, SIZE, SIZE, dtype=torch.bool)
    wanted[0, 60, 30] = True
    arguments = (*example.arguments[:2], scenario, *example.arguments[3:])
    names = feature_names(spec, NAMES)
    given = dict(zip(names, features(spec, NAMES, arguments, wanted)[0].tolist(), strict=True))
    assert len(given) == len(names) == len(feature_names(SPEC, NAMES)) + 30
    for a, b in (("forest", "urban"), ("urban", "forest")):
        more, back = (
            float(scenario[0, place[name, "target"], 2, 1] - scenario[0, place[name, "prior"], 2, 1])
            for name in (f"{a}_to_{b}", f"{b}_to_{a}")
        )
        assert given[f"{a}_to_{b}"] == pytest.approx(max(more, 0) + max(-back, 0), abs=1e-6)


def test_the_regression_is_scikit_learns() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(400, 4))
    target = np.argmax(x @ random.normal(size=(4, 3)) + random.gumbel(size=(400, 3)), 1)
    weight = random.random(400) + 0.5
    table = regress(
        *(torch.from_numpy(a).float() for a in (x,)),
        torch.from_numpy(target),
        torch.from_numpy(weight).float(),
        4,
    )
    found = (torch.from_numpy(x).float() @ table[:-1] + table[-1]).softmax(1).numpy()
    reference = Reference(C=1 / (2 * PENALTY), max_iter=2000, tol=1e-8).fit(x, target, sample_weight=weight)
    np.testing.assert_allclose(found[:, :3], reference.predict_proba(x), atol=2e-3)
    assert (found[:, 3] == 0).all(), "a class that never occurred stays impossible"


@pytest.mark.parametrize(
    "predictor",
    [
        Persistence(SPEC, NAMES),
        NearestFill(SPEC, NAMES),
        LogisticRegression(SPEC, NAMES, 0.2),
        DemandAllocation(SPEC, NAMES, LogisticRegression(SPEC, NAMES, 0.2)),
        RandomForest(SPEC, NAMES, 0.3, size=5),
        GradientBoosting(SPEC, NAMES, 0.1, size=3),
        LstmPredictor(SPEC, NAMES, steps=3),
        CnnPredictor(SPEC, NAMES, steps=3),
    ],
    ids=lambda p: p.name,
)
def test_fitted_predictors_give_probabilities_and_keep_the_ocean_rule(
    predictor: FittedPredictor, examples: list[Example]
) -> None:
    predictor.fit(examples, seed=0)
    given = scene(9, 0.4).arguments
    classes, share = predictor.predict(*given)
    assert share.dtype == torch.float32
    assert share.shape == (1, 8, SIZE, SIZE)
    np.testing.assert_allclose(share.sum(1), 1.0, atol=1e-5)
    assert (share >= 0).all()
    assert (classes[0, :3] == 0).all()
    assert (share[0, 0, :3] == 1).all()
    assert torch.equal(classes, predictor(*given))
    state = predictor.state()
    if state:
        other = type(predictor)(SPEC, NAMES)
        other.restore(state)
        assert torch.equal(other.predict(*given)[1], share)
    again = type(predictor)(SPEC, NAMES)
    for name in ("share", "steps", "size"):
        if hasattr(predictor, name):
            setattr(again, name, getattr(predictor, name))
    if isinstance(again, DemandAllocation):
        again.regression.share = 0.2
    again.fit(examples, seed=0)
    assert torch.equal(again.predict(*given)[1], share), "one seed, one result"


def test_the_regression_learns_what_persistence_cannot(examples: list[Example]) -> None:
    """Pixels whose right neighbour differs change in 30 % of cases, and only they."""
    regression, persistence = LogisticRegression(SPEC, NAMES, 0.5), Persistence(SPEC, NAMES)
    given = scene(11)
    losses = []
    for predictor in (regression, persistence):
        predictor.fit(examples)
        share = predictor.probabilities(*given.arguments)
        own = share.gather(1, given.target[:, None].long())[:, 0]
        losses.append(float(-own[given.weight > 0].clamp(min=1e-7).log().mean()))
    assert losses[0] < losses[1]


def test_persistence_is_softened_by_how_often_classes_stayed() -> None:
    example = scene(5)
    predictor = Persistence(SPEC, NAMES)
    predictor.fit([example])
    share = predictor.probabilities(*example.arguments)[0].numpy()
    prior, target = example.arguments[5][0].numpy(), example.target[0].numpy()
    for i in range(1, 6):
        for j in range(1, 6):
            expected = ((prior == i) & (target == j)).sum() / (prior == i).sum()
            assert share[j][prior == i] == pytest.approx(expected, abs=2e-3)


def test_the_allocation_meets_the_demand_better_than_the_regression(examples: list[Example]) -> None:
    allocation = DemandAllocation(SPEC, NAMES, LogisticRegression(SPEC, NAMES, 0.3))
    allocation.fit(examples)
    given = scene(12).arguments
    land = given[0][:, 2] >= 0.5
    wanted, told = demand(SPEC, NAMES, given, land, cells(given))
    target = scene(12).target
    cell = cells(given)

    def miss(classes: torch.Tensor) -> float:
        held = torch.bincount((cell * 8 + classes.long())[land], minlength=16 * 8).reshape(16, 8)
        return float(((wanted - held) * told).abs().sum())

    assert miss(target) < 0.1, "the demand is the truth's"
    assert miss(allocation(*given)) < 0.25 * miss(allocation.regression(*given))


def test_iteration_variables_swap_the_least_certain_pixels() -> None:
    chance = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.7, 0.3]])
    cell = torch.zeros(4, dtype=torch.int64)
    shift = meet(chance.log(), cell, torch.tensor([[1.0, 3.0]]), torch.ones(1, 2, dtype=torch.bool))
    chosen = (chance.log() + shift[cell]).argmax(1)
    assert chosen.tolist() == [0, 1, 1, 1]


def test_an_emulator_gives_the_softmax_of_its_logits() -> None:
    given = scene(6).arguments
    logits = torch.randn(1, 8, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    classes, share = Emulator(SPEC, NAMES, lambda *_: logits).predict(*given)
    expected = torch.from_numpy(np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(1, keepdims=True))
    np.testing.assert_allclose(share[0, :, 3:], expected[0, :, 3:], rtol=1e-5)
    assert torch.equal(classes[0, 3:], logits.argmax(1)[0, 3:].to(torch.uint8))


def test_the_scaled_regression_meets_the_demand_and_is_likelier(examples: list[Example]) -> None:
    plain = LogisticRegression(SPEC, NAMES)
    scaled = ScaledRegression(SPEC, NAMES, plain)
    scaled.fit(examples)
    example = scene(9, 0.5)
    land = example.weight[0] > 0
    target = example.target.long()[:, None]
    losses = [
        -p.predict(*example.arguments)[1].gather(1, target).log()[0, 0][land].mean() for p in (plain, scaled)
    ]
    assert losses[1] < losses[0] - 0.01
    share = scaled.predict(*example.arguments)[1][0, :, 25:50, 25:50].mean((1, 2))
    torch.testing.assert_close(share[1:], example.arguments[2][0, 7:, 1, 1], atol=0.004, rtol=0)


def test_choices_of_baselines() -> None:
    fast, everything = (baselines(SPEC, NAMES, choice) for choice in ("fast", "all"))
    assert [p.name for p in fast][-2:] == ["logistic regression", "regression, scaled"]
    assert len({p.name for p in everything}) == len(everything) == 11
    with pytest.raises(InputError, match="no choice of baselines 'some'"):
        baselines(SPEC, NAMES, "some")
    with pytest.raises(InputError, match="not fitted yet"):
        fast[-1].predict(*scene(1).arguments)
