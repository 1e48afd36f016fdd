"""Back from the 1 km grid to the mesh that a field came from, without loss.

First-order remapping to pixels mixes the cells that share a pixel; remapping back mixes them again. The
least-squares fit ``min |G f - g|`` in the norm of pixel areas, with G the first-order conservative remapping
from mesh to pixels, undoes the first step exactly and conserves the integral of any pixel field: it is the
Galerkin projection on the remapped cells (Farrell and Maddison 2011, Comput. Methods Appl. Mech. Eng. 200,
89).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu

from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet

_SINGULAR = 1e-9


def project_to_mesh(overlap: OverlapSet, values: np.ndarray) -> np.ndarray:
    """Pixels to cells by conservative projection.

    Parameters
    ----------
    overlap
        Overlaps of mesh and window.
    values
        Per pixel, (pixels,) or (pixels, fields), without gaps where the mesh is.

    Returns
    -------
    numpy.ndarray
        Double precision, (cells,) or (cells, fields); NaN for cells outside the window. For
        ``values = overlap.to_grid(f)`` this is ``f``. Unlike `OverlapSet.to_mesh` it may overshoot the range
        of the pixels.

    Raises
    ------
    InputError
        If cells are so small that pixels cannot tell them apart.
    """
    values = np.asarray(values, dtype=np.float64)
    used = np.flatnonzero(overlap.cell_area > 0)
    inside = np.flatnonzero(overlap.pixel_area > 0)
    area = overlap.matrix[inside][:, used]
    mass = (area.T @ sparse.diags_array(1.0 / overlap.pixel_area[inside]) @ area).tocsc()
    scale = 1.0 / np.sqrt(mass.diagonal())
    scaled = (sparse.diags_array(scale) @ mass @ sparse.diags_array(scale)).tocsc()
    try:
        factors = splu(scaled)
        pivots = np.abs(factors.U.diagonal())
        singular = pivots.min() < _SINGULAR * pivots.max()
    except RuntimeError:
        singular = True
    if singular:
        raise InputError(
            "the mesh has cells that share all their pixels with others, so that pixels cannot tell them "
            "apart; use first-order remapping (to_mesh)"
        )
    columns = values.reshape(overlap.pixel_count, -1)[inside]
    right = scale[:, None] * (area.T @ columns)
    result = np.full((overlap.cell_count, columns.shape[1]), np.nan)
    result[used] = scale[:, None] * factors.solve(right)
    return result.reshape(overlap.cell_count, *values.shape[1:])
