"""Fits of baselines: on training blocks alone, kept in a file, and refused nothing but what does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from pylandbc.cube.open import Cube, open_cube
from pylandbc.errors import InputError
from pylandbc.learn.data import cube_split
from pylandbc.learn.examples import training_examples, training_pairs
from pylandbc.learn.fits import fit_baselines
from pylandbc.learn.region import Region
from pylandbc.legend import LAND_USE
from pylandbc.models.baselines import LogisticRegression, Persistence
from pylandbc.models.inputs import hilda_inputs

SPEC, NAMES = hilda_inputs(), LAND_USE.names


@pytest.fixture(scope="module")
def cube(cubes: Path) -> Cube:
    return open_cube(cubes / "planet.zarr").loaded()


def test_examples_hold_nothing_of_held_out_blocks(cube: Cube) -> None:
    split = cube_split(cube, 0, 0.1, 0.2)
    found = training_examples(cube, SPEC, split, span=3, ratios=(0.0, 0.75))
    assert len(found) == 4, "one tile, two directions, two ratios"
    held_out = split.hidden_from("train")
    assert held_out.any()
    inner = np.s_[112:412, 112:512]
    for example in found:
        prior, visible = (example.arguments[i][0].numpy()[inner] for i in (5, 6))
        assert (prior[held_out] == 255).all()
        assert (visible[held_out] == 0).all()
        assert (example.weight[0].numpy()[inner][held_out] == 0).all()
        assert example.weight.sum() == example.weight[0, 112:412, 112:512].sum() > 0
    assert {tuple(e.arguments[7][0].tolist()) for e in found} == {(1.0, 3.0), (-1.0, 3.0)}


def test_pairs_of_training_years(cube: Cube) -> None:
    assert training_pairs(cube, 3) == [(2000, 2003), (2003, 2000)]
    assert training_pairs(cube, 1) == [(2000, 2001), (2001, 2000), (2002, 2003), (2003, 2002)]
    assert training_pairs(cube, 13) == [(2000, 2003), (2003, 2000)], "the longest there is"


def test_fits_are_kept_and_used_only_where_they_belong(cube: Cube, tmp_path: Path) -> None:
    split = cube_split(cube, 0, 0.1, 0.2)
    file = tmp_path / "fits.pt"

    def fitted(span: int) -> tuple[LogisticRegression, list[str]]:
        predictors = [Persistence(SPEC, NAMES), LogisticRegression(SPEC, NAMES, 0.02)]
        said: list[str] = []
        fit_baselines(
            predictors,
            [Region(cube, split)],
            SPEC,
            span=span,
            ratios=(0.0,),
            file=file,
            tell=lambda stage, _: said.append(stage),
        )
        return predictors[1], said

    first, said = fitted(3)
    assert "fitting logistic regression" in said
    again, said = fitted(3)
    assert said == []
    assert torch.equal(first.weights, again.weights)
    other, said = fitted(1)
    assert said
    assert not torch.equal(first.weights, other.weights)
    file.write_bytes(b"not a file of tensors")
    with pytest.raises(InputError, match="delete it to fit anew"):
        fitted(3)
