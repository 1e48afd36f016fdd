"""The overlap kernels on numpy arrays, against sparse matrices and plain loops."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import scipy.sparse

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def native() -> ModuleType:
    """The compiled module: the installed one, else the one beside ``LANDBC_LIBRARY``."""
    try:
        return importlib.import_module("pylandbc._native")
    except ImportError:
        beside = sorted(Path(os.environ.get("LANDBC_LIBRARY", "none/none")).parent.glob("_native*.so"))
        if not beside:
            pytest.skip("pylandbc._native is not built; install the package with `pip install .`")
        spec = importlib.util.spec_from_file_location("_native", beside[0])
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


@pytest.fixture
def matrix() -> scipy.sparse.csr_matrix:
    return scipy.sparse.random_array(
        (50, 70), density=0.1, format="csr", dtype=np.float64, rng=np.random.default_rng(1)
    )


def test_apply_csr_equals_the_sparse_product(native: ModuleType, matrix: scipy.sparse.csr_matrix) -> None:
    fields = np.random.default_rng(2).normal(size=(70, 3))
    out = native.apply_csr(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data, fields
    )
    assert out.shape == (50, 3)
    np.testing.assert_allclose(out, matrix.toarray() @ fields, rtol=1e-13, atol=1e-15)


def test_class_areas_equal_plain_sums(native: ModuleType, matrix: scipy.sparse.csr_matrix) -> None:
    codes = np.random.default_rng(3).choice(np.array([0, 1, 2, 255], np.uint8), 70)
    start, index = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
    out = native.class_areas(start, index, matrix.data, codes, 3)
    dense = matrix.toarray()
    expected = np.stack([dense[:, codes == c].sum(1) for c in range(3)], 1)
    np.testing.assert_allclose(out, expected, rtol=1e-13, atol=1e-15)


def test_wrong_types_layouts_and_ranges_are_refused(native: ModuleType) -> None:
    start, index, weight = np.array([0, 1]), np.zeros(1, np.int32), np.ones(1)
    fields = np.ones((4, 2))
    native.apply_csr(start, index, weight, fields)
    with pytest.raises(TypeError):
        native.apply_csr(start, index.astype(np.int64), weight, fields)
    with pytest.raises(TypeError):
        native.apply_csr(start, index, weight, np.asfortranarray(fields))
    with pytest.raises(ValueError, match="index points outside"):
        native.apply_csr(start, index + np.int32(4), weight, fields)
    with pytest.raises(ValueError, match="start points outside"):
        native.apply_csr(start + 1, index, weight, fields)
    with pytest.raises(ValueError, match="one length"):
        native.apply_csr(start, index, np.ones(2), fields)
