import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.grid.weight_file import read_weight_file

ROW, COL = np.array([1, 1, 2, 3]), np.array([1, 2, 2, 1])
SHARE = np.array([0.25, 0.75, 0.5, 1.0])
"""Parts of three targets that two sources cover; half of the second is bare."""
FRAC, AREA = np.array([1.0, 0.5, 1.0]), np.array([2e-6, 3e-6, 1e-6])


def esmf_file(path, weight, normalization, **left_out):
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("n_s", len(weight)), ("n_a", 2), ("n_b", 3)):
            file.createDimension(name, size)
        for name, values, dimension in (
            ("S", weight, "n_s"),
            ("row", ROW, "n_s"),
            ("col", COL, "n_s"),
            ("frac_b", FRAC, "n_b"),
            ("area_b", AREA, "n_b"),
        ):
            values = left_out.get(name, values)
            if values is not None:
                file.createVariable(name, np.asarray(values).dtype, (dimension,))[:] = values
        file.normalization = normalization
    return path


@pytest.mark.parametrize(
    ("truth", "weight"),
    [
        ("dstarea", SHARE),
        ("fracarea", SHARE / FRAC[ROW - 1]),
        ("none", SHARE * AREA[ROW - 1]),
    ],
)
@pytest.mark.parametrize("claim", ["destarea", "fracarea", "none"])
def test_the_sums_are_believed_not_the_attribute(tmp_path, truth, weight, claim):
    file = read_weight_file(esmf_file(tmp_path / "w.nc", weight, claim))
    assert file.normalisation == truth
    np.testing.assert_allclose(file.share, SHARE, rtol=1e-12)
    np.testing.assert_array_equal(file.row, ROW - 1)
    np.testing.assert_array_equal(file.col, COL - 1)


def test_scrip_and_yac_layouts(tmp_path):
    for name, version in (("SCRIP", None), ("YAC", "yac weight file 1.0")):
        path = tmp_path / f"{name}.nc"
        with netCDF4.Dataset(path, "w") as file:
            file.createDimension("num_links", 4)
            file.createDimension("num_wgts", 3)
            file.createVariable("src_address", "i4", ("num_links",))[:] = COL
            file.createVariable("dst_address", "i4", ("num_links",))[:] = ROW
            file.createVariable("remap_matrix", "f8", ("num_links", "num_wgts"))[:] = SHARE[:, None] * [
                1,
                9,
                9,
            ]
            if version:
                file.version = version
            else:
                file.createDimension("dst_grid_size", 3)
                file.createVariable("dst_grid_frac", "f8", ("dst_grid_size",))[:] = FRAC
                centre = file.createVariable("dst_grid_center_lon", "f8", ("dst_grid_size",))
                centre.units = "radians"
                centre[:] = np.deg2rad([1.0, 2.0, 3.0])
        weights = read_weight_file(path)
        assert (weights.layout, weights.normalisation) == (name, "dstarea")
        np.testing.assert_array_equal(weights.share, SHARE)
        if version is None:
            np.testing.assert_allclose(weights.target.lon, [1.0, 2.0, 3.0])
            assert weights.target.size == 3


@pytest.mark.parametrize(
    ("weight", "left_out", "words"),
    [
        (SHARE * 1.3, {}, "sum to 1.3, which is neither its frac_b"),
        (SHARE * 1.3, {"frac_b": None}, "sum to 1.3, and there is no frac_b"),
        (SHARE, {"row": ROW - 1}, "target addresses run from 0 to 2 for 3 cells; they should count from 1"),
        (SHARE, {"col": COL + 2}, "source addresses run from 3 to 4 for 2 cells"),
        (np.array([np.nan, 1, 1, 1]), {}, "missing or not finite"),
        (SHARE, {"S": None}, "is no weight file that is known here"),
    ],
)
def test_faulty_files_are_refused(tmp_path, weight, left_out, words):
    with pytest.raises(InputError, match=words):
        read_weight_file(esmf_file(tmp_path / "w.nc", weight, "destarea", **left_out))


def test_absent_and_truncated_files(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_weight_file(tmp_path / "nothing.nc")
    path = esmf_file(tmp_path / "w.nc", SHARE, "destarea")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"cannot be read|reading failed"):
        read_weight_file(path)
