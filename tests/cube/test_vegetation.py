"""Packing of vegetation values, the time axis of a series, and several maps of one step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pylandbc.cube.build_vegetation import combine, survey
from pylandbc.cube.layer_config import VegetationFiles
from pylandbc.cube.tasks import Place
from pylandbc.cube.vegetation import FILLED, MISSING, NO_VALUE, OBSERVED, VEGETATION, Reading
from pylandbc.errors import InputError

from . import whole_planet

NAME = "c_gls_LAI_{}0000_GLOBE_PROBAV_V2.0.1.nc"


def test_packing() -> None:
    entry = VEGETATION["leaf_area_index"]
    numbers = entry.pack(np.array([0.0, 1.2344, 6.9999, np.nan, 70.0], dtype=np.float32))
    assert numbers.dtype == np.uint16
    assert numbers.tolist() == [0, 1234, 7000, NO_VALUE, NO_VALUE - 1]


def test_the_best_quality_is_averaged() -> None:
    values = np.array([[[1.0, 1.0, np.nan, 5.0]], [[3.0, 9.0, np.nan, 7.0]]], dtype=np.float32)
    quality = np.array(
        [[[OBSERVED, OBSERVED, MISSING, FILLED]], [[OBSERVED, FILLED, MISSING, FILLED]]], dtype=np.uint8
    )
    mean, best = combine(Reading(values, quality, {}))
    np.testing.assert_array_equal(mean, [[2.0, 1.0, np.nan, 6.0]])
    assert best.tolist() == [[OBSERVED, OBSERVED, MISSING, FILLED]]


def steps(tmp_path: Path, dates: list[str], **more: object) -> list[tuple[str, tuple[str, str], list[str]]]:
    """The axis of files that exist by name only: names say their dates."""
    files = [NAME.format(date.replace("-", "")) for date in dates]
    entry = VegetationFiles(product="cgls_lai", files=files, **more)  # type: ignore[arg-type]
    return survey(entry, Place(tmp_path, whole_planet.config(), tmp_path))


def test_an_axis_has_no_gaps(tmp_path: Path) -> None:
    axis = steps(tmp_path, ["2016-03-10", "2016-02-20"])
    assert [end for end, _, _ in axis] == ["2016-02-20", "2016-02-29", "2016-03-10"]
    assert [len(files) for _, _, files in axis] == [1, 0, 1]
    axis = steps(tmp_path, ["2015-12-31", "2016-02-20"], first="2015-11", last="2016-02")
    assert (axis[0][0], axis[-1][0], len(axis)) == ("2015-11-10", "2016-02-29", 12)
    axis = steps(tmp_path, ["2015-12-10", "2015-12-31", "2016-02-29"], step="month")
    assert [end for end, _, _ in axis] == ["2015-12-31", "2016-01-31", "2016-02-29"]
    assert axis[0][1] == ("2015-12-10", "2015-12-31") and [len(f) for *_, f in axis] == [2, 0, 1]
    with pytest.raises(InputError, match="ends no dekad"):
        steps(tmp_path, ["2016-02-19"])
    with pytest.raises(InputError, match=r"lies within 2018-01-10 ... 2018-01-31"):
        steps(tmp_path, ["2016-02-20"], first="2018-01", last="2018-01")
