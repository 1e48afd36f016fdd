"""Gaussian grids against published latitudes, counts and plain boxes."""

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.formats import open_mesh
from pylandbc.grid.formats.gaussian import gaussian_latitudes, octahedral_points
from pylandbc.grid.formats.overlapping import SPHERE
from pylandbc.grid.formats.parallels import true_areas

from . import layouts

# ECMWF's classical N32 (TL63), from the pole to the equator
N32 = [20, 27, 36, 40, 45, 50, 60, 64, 72, 75, 80, 90, 90, 96, 100, 108, 108, *3 * [120], *12 * [128]]


def test_latitudes_are_the_published_ones():
    # rows of T42 (N32); ECMWF's table of the N80 grid, its last row as ecCodes gives it
    t42 = [87.863799, 85.096527, 82.312913, 79.525607, 76.736900]
    assert gaussian_latitudes(32)[:5] == pytest.approx(t42, abs=1e-6)
    lat = gaussian_latitudes(80)
    assert lat[1:5] == pytest.approx([88.0294, 86.9108, 85.7906, 84.6699], abs=5e-5)
    assert lat[79] == pytest.approx(0.560745, abs=1e-6)
    assert np.array_equal(lat, -lat[::-1])


def test_latitudes_are_roots():
    from numpy.polynomial.legendre import Legendre

    x = np.sin(np.deg2rad(gaussian_latitudes(32)))
    polynomial = Legendre.basis(64)
    assert np.abs(polynomial(x) / polynomial.deriv()(x)).max() < 1e-15


@pytest.mark.parametrize(("number", "cells"), [(32, 5248), (96, 40320), (320, 421120), (1280, 6599680)])
def test_octahedral_counts(number, cells):
    # the sizes that ECMWF publishes
    assert octahedral_points(number).sum() == cells


def test_rows_run_from_north_to_south_and_eastwards_from_greenwich():
    mesh = open_mesh("O32")
    assert mesh.cell_id[0] == 0 and mesh.cell_id[-1] == 5247
    assert mesh.lon[:20] % 360 == pytest.approx(np.arange(20) * 18.0)
    assert mesh.lat[20] == pytest.approx(85.0965, abs=1e-4)
    assert mesh.lon[20:22] == pytest.approx([0, 15])
    assert open_mesh("O32:one-based").cell_id[0] == 1


def test_cells_tile_the_sphere_without_gaps():
    """Every edge is walked once in each direction: nothing gapes, nothing overlaps."""
    mesh = open_mesh("O16")
    keys = np.round(mesh.corners * 1e10).astype(np.int64)
    edges = set()
    for cell, n in zip(keys, mesh.corner_count, strict=True):
        for i in range(n):
            edge = (tuple(cell[i]), tuple(cell[(i + 1) % n]))
            assert edge not in edges
            edges.add(edge)
    assert all((b, a) in edges for a, b in edges)
    assert mesh.area.sum() == pytest.approx(SPHERE, rel=1e-12)


def test_boxes_have_exact_strips():
    boxes, polygons = open_mesh("O32:boxes"), open_mesh("O32")
    areas = true_areas(boxes)
    assert areas.sum() == pytest.approx(SPHERE, rel=1e-12)
    assert np.array_equal(boxes.cell_id, polygons.cell_id)
    # the chord between corners 2.8 degrees apart leaves the parallel by a small part of a row
    assert np.abs(polygons.area / areas - 1).max() < 0.03
    assert boxes.corner_count.max() == 4


def test_classical_grid_from_a_list_and_from_a_file(tmp_path):
    assert len(N32) == 32
    listed = tmp_path / "n32"
    listed.write_text("# TL63\n" + "\n".join(map(str, N32)))
    mesh = open_mesh(f"N32:{listed}")
    assert len(mesh) == 6114
    assert mesh.area.sum() == pytest.approx(SPHERE, rel=1e-12)
    path = tmp_path / "cdo.nc"
    with netCDF4.Dataset(path, "w") as d:
        layouts.put(d, "lat", gaussian_latitudes(32), ("lat",), units="degrees_north")
        layouts.put(d, "reduced_points", np.array(N32 + N32[::-1], "i4"), ("lat",))
    assert np.array_equal(open_mesh(path).corners, mesh.corners)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O32:bxes", "'bxes' is not known"),
        ("N32:/nowhere/points", "does not exist"),
        ("O9999", "more than 8000"),
    ],
)
def test_bad_names(name, words):
    with pytest.raises(InputError, match=words):
        open_mesh(name)


def test_wrong_list(tmp_path):
    listed = tmp_path / "n"
    listed.write_text("20 27 36")
    with pytest.raises(InputError, match=r"needs 4 .* or 8 points per row.*found 3"):
        open_mesh(f"N4:{listed}")
    listed.write_text("20 27 x 36")
    with pytest.raises(InputError, match="whole numbers"):
        open_mesh(f"N4:{listed}")


def test_classical_name_needs_eccodes():
    try:
        import eccodes  # noqa: F401
    except ImportError:
        with pytest.raises(InputError, match=r"pip install .pylandbc\[gaussian\]"):
            open_mesh("N32")
    else:
        assert len(open_mesh("N32")) == 6114
