"""The overlap kernels on numpy arrays, against plain sums."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pytest

from pylandbc.grid.native import find_kernels

pytestmark = pytest.mark.engine

PIXELS, CELLS = 500, 40


@pytest.fixture(scope="module")
def native() -> ModuleType:
    """The compiled module: the installed one, else the one beside ``LANDBC_LIBRARY``."""
    module = find_kernels()
    if module is None:
        pytest.skip("pylandbc._native is not built; install the package with `pip install .`")
    return module


@pytest.fixture(scope="module")
def overlaps() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Runs of pixels in one cell with equal areas, pixels that cells share, and ten pixels without a cell."""
    rng = np.random.default_rng(1)
    pixel, cell, area = [], [], []
    for p in range(PIXELS - 10):
        first = p * CELLS // PIXELS
        for c in range(first, min(first + 1 + (p % 9 == 0) * 2, CELLS)):
            pixel.append(p)
            cell.append(c)
            area.append(1e6 if p % 9 else rng.uniform(1, 1e6))
    return np.array(pixel, np.int32), np.array(cell, np.int32), np.array(area)


def dense(overlaps: tuple[np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
    pixel, cell, area = overlaps
    matrix = np.zeros((PIXELS, CELLS))
    matrix[pixel, cell] = area
    return matrix


@pytest.mark.parametrize("width", [1, 2, 3, 4, 7, 8, 16, 21, 33])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_both_directions_equal_the_plain_product(native, overlaps, width, kind):
    rng = np.random.default_rng(2)
    areas = dense(overlaps)
    on_cells = rng.normal(size=(CELLS, width)).astype(kind)
    on_pixels = rng.normal(size=(PIXELS, width)).astype(kind)
    out = np.full((PIXELS, width), -1.0)
    found = native.Gather(*overlaps, PIXELS, CELLS).apply(on_cells, out=out)
    assert found is out and np.isnan(found[-10:]).all()
    share = areas[:-10] / areas[:-10].sum(1, keepdims=True)
    np.testing.assert_allclose(found[:-10], share @ on_cells.astype(float), rtol=1e-13, atol=1e-14)
    alone = np.count_nonzero(areas, axis=1) == 1
    np.testing.assert_array_equal(found[alone], on_cells[areas.argmax(1)[alone]])
    sums = native.Scatter(*overlaps, PIXELS, CELLS).apply(on_pixels)
    np.testing.assert_allclose(sums, areas.T @ on_pixels.astype(float), rtol=1e-12, atol=1e-7)


def test_sums_of_millions_of_pixels_lose_no_digits(native):
    pixels = 2_000_000
    rng = np.random.default_rng(4)
    area = rng.uniform(1e5, 1e6, pixels)
    pixel, cell = np.arange(pixels, dtype=np.int32), np.zeros(pixels, np.int32)
    total = native.Scatter(pixel, cell, area, pixels, 1).apply(np.ones((pixels, 1)))[0, 0]
    assert total == pytest.approx(math.fsum(area), rel=1e-15)
    halves = native.ClassAreas(pixel, cell, area, pixels, 1).sum((pixel % 2).astype(np.uint8), 2)
    assert halves.sum() == pytest.approx(total, rel=1e-15)


@pytest.mark.parametrize("classes", [1, 3, 8, 9, 255])
def test_class_areas_equal_plain_sums(native, overlaps, classes):
    codes = np.random.default_rng(3).choice(np.array([0, 1, 2, 8, 255], np.uint8), PIXELS)
    out = native.ClassAreas(*overlaps, PIXELS, CELLS).sum(codes, classes)
    areas = dense(overlaps)
    expected = np.stack([areas[codes == c].sum(0) for c in range(classes)], 1)
    np.testing.assert_allclose(out, expected, rtol=1e-13)


@pytest.mark.parametrize("name", ["Gather", "Scatter", "ClassAreas"])
def test_overlaps_that_do_not_fit_are_refused(native, overlaps, name):
    make = getattr(native, name)
    pixel, cell, area = overlaps
    with pytest.raises(TypeError):
        make(pixel.astype(np.int64), cell, area, PIXELS, CELLS)
    for broken, words in (
        ((pixel[::-1].copy(), cell, area, PIXELS, CELLS), "pixel must ascend"),
        ((pixel, cell, area, PIXELS - 11, CELLS), "pixel must ascend within"),
        ((pixel, cell, area, PIXELS, CELLS - 1), "cell must lie within"),
        ((pixel, cell - np.int32(1), area, PIXELS, CELLS), "cell must lie within"),
        ((pixel, cell, area * np.nan, PIXELS, CELLS), "area must be positive"),
        ((pixel, cell, area[1:].copy(), PIXELS, CELLS), "of one length"),
        ((pixel, cell, area, 2**31, CELLS), "must be 0"),
    ):
        with pytest.raises(ValueError, match=words):
            make(*broken)


def test_fields_of_wrong_types_layouts_and_extents_are_refused(native, overlaps):
    gather, scatter = (getattr(native, name)(*overlaps, PIXELS, CELLS) for name in ("Gather", "Scatter"))
    for weights, rows, others in ((gather, CELLS, PIXELS), (scatter, PIXELS, CELLS)):
        fields = np.ones((rows, 2))
        with pytest.raises(TypeError):
            weights.apply(fields.astype(int))
        with pytest.raises(TypeError):
            weights.apply(np.asfortranarray(fields))
        with pytest.raises(ValueError, match=rf"fields must be \({rows}, any number\)"):
            weights.apply(fields[1:].copy())
        for out in (np.empty((others, 3)), np.empty((others + 1, 2))):
            with pytest.raises(ValueError, match=rf"out must be \({others}, 2\)"):
                weights.apply(fields, out=out)
        frozen = np.empty((others, 2))
        frozen.flags.writeable = False
        with pytest.raises(ValueError, match="writeable"):
            weights.apply(fields, out=frozen)
    areas = native.ClassAreas(*overlaps, PIXELS, CELLS)
    with pytest.raises(ValueError, match="codes must be"):
        areas.sum(np.zeros(3, np.uint8), 8)
    with pytest.raises(ValueError, match="classes must be 1"):
        areas.sum(np.zeros(PIXELS, np.uint8), 256)
