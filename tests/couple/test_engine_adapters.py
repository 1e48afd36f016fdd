"""Adapters in the engine: variables as Python makes them, sums, bounds, restart, order of cells."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import small_adapters
import small_bundle
import small_leaf_area
from forced_run import CELLS, DAY, IDS, START, forcing, start, years
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.couple.bundle import read_bundle
from pylandbc.couple.engine import LandbcError, log_to_python
from pylandbc.crosswalk import apply, read_adapter
from pylandbc.crosswalk.class_series import ClassSeries, read_series
from pylandbc.crosswalk.surfdata import write_surfdata
from pylandbc.errors import InputError

pytestmark = pytest.mark.engine
NAMES = ("ctsm", "ecland", "jules9")


@pytest.fixture(scope="module")
def adapted(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_adapters.add(bundle, tmp_path_factory.mktemp("adapted") / "bundle", NAMES)


def test_variables_are_those_of_the_python_crosswalk_in_every_year(adapted: Path) -> None:
    with start(adapted) as coupler:
        told = {v.name: v for v in coupler.outputs}
        assert (told["PCT_NAT_PFT"].unit, told["PCT_NAT_PFT"].class_count) == ("%", 15)
        assert coupler.classes_of["PCT_NAT_PFT"][14] == "natpft_14" and told["tvl"].classes is None
        assert "lai_lv" not in told  # no leaf area in this bundle
        steps = [(START, 365), ((START[0] + 1, 1, 1), 365), ((START[0] + 2, 1, 1), 1)]
        for date, days in steps:
            result = coupler.step(date, days * DAY, forcing())
            for name in NAMES:
                wanted = apply(name, result.land_use_fraction, small_adapters.zones(CELLS))
                for output, values in wanted.items():
                    got = result.outputs[output]
                    if read_adapter(name).output(output).kind == "category":
                        assert np.array_equal(got, values)
                    else:
                        assert got == pytest.approx(values, abs=1e-11)


def test_sums_hold_within_what_ctsm_allows(adapted: Path) -> None:
    with start(adapted) as coupler:
        out = years(coupler, 2).outputs
    assert np.abs(out["PCT_NAT_PFT"].sum(1) / 100 - 1).max() < 1e-13
    assert np.abs(out["PCT_NAT_PFT"].sum(1) - 100).max() < 1e-11
    single = sum(out[f"PCT_{n}"] for n in ("NATVEG", "CROP", "LAKE", "WETLAND", "GLACIER", "OCEAN"))
    assert np.abs((single + out["PCT_URBAN"].sum(1)) / 100 - 1).max() < 1e-13
    assert np.abs(out["frac"].sum(1) - 1).max() < 1e-13
    assert np.all(out["cvl"] + out["cvh"] <= 1)


def test_bounds_and_first_state_are_there_before_the_run(adapted: Path) -> None:
    with start(adapted) as coupler:
        before = coupler.current()
        first = coupler.step(START, DAY, forcing())
        for name in ("PCT_CROP", "PCT_NAT_PFT", "frac", "tvh"):
            assert np.array_equal(before[name], first.outputs[name])
        for name in ("PCT_CROP", "PCT_NAT_PFT", "PCT_URBAN", "PCT_LAKE", "PCT_CFT"):
            assert np.array_equal(before[f"{name}_MAX"], first.outputs[f"{name}_MAX"])
            assert np.all(first.outputs[name] <= before[f"{name}_MAX"] + 1e-9)


def test_leaf_area_goes_to_types_and_another_legend_is_refused(engine: Path, tmp_path: Path) -> None:
    plan = small_bundle.Plan(leaf_area="month", land_cover=True)
    plain = small_bundle.write(tmp_path / "plain", plan)
    names = ("ctsm", "ecland")
    inputs = forcing() | {small_leaf_area.CARBON_DIOXIDE: (np.full(CELLS, 385.0), "ppm")}
    with start(small_adapters.add(plain, tmp_path / "leafy", names)) as coupler:
        for day in (1, 16):
            out = coupler.step((2009, 1, day), 15 * DAY, inputs).outputs
            leaves = out["leaf_area_index"]
            assert leaves.max() > 0.1
            for name in names:
                zones = small_adapters.zones(CELLS)
                wanted = apply(name, out["land_use_fraction"], zones, leaf_area=leaves)
                for output, values in wanted.items():
                    assert out[output] == pytest.approx(values, abs=1e-11)
    assert {"LAI_PFT", "lai_lv", "lai_hv"} <= set(out)
    # the small bundle's land cover has other classes than ESA's 23
    with pytest.raises(LandbcError, match="needs 23 classes of land_cover"):
        start(small_adapters.add(plain, tmp_path / "cover", ("ctsm",), source="land_cover"))


LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTHLY = {
    "LAI_PFT": "MONTHLY_LAI",
    "SAI_PFT": "MONTHLY_SAI",
    "HEIGHT_TOP_PFT": "MONTHLY_HEIGHT_TOP",
    "HEIGHT_BOT_PFT": "MONTHLY_HEIGHT_BOT",
}


def surface_file(
    bundle: Path, adapter: str, fractions: np.ndarray, months: np.ndarray, folder: Path
) -> dict[str, np.ndarray]:
    """What ``pylandbc crosswalk surfdata`` writes of a year and its monthly leaf area, (12, PFT, cell)."""
    mesh, _ = read_bundle(bundle).mesh_and_overlap()
    year = np.array([2009], np.int32)
    series = ClassSeries("run", mesh, year, fractions[None], small_adapters.zones(CELLS))
    write_surfdata(series, read_adapter(adapter), folder / "landuse.nc", folder / "surface.nc", months)
    with netCDF4.Dataset(folder / "surface.nc") as file:
        made = {name: np.asarray(file[name][:]) for name in MONTHLY.values()}
    # rows of cells from the south
    return {name: v[:, :, ::-1].reshape(12, v.shape[1], CELLS) for name, v in made.items()}


@pytest.mark.parametrize(("adapter", "step"), [("ctsm", "month"), ("elm", "dekad")])
def test_canopies_are_those_of_the_surface_file(
    engine: Path, tmp_path: Path, adapter: str, step: str
) -> None:
    """Month by month, of the leaf area that the run itself gave in the last twelve, through a restart."""
    plain = small_bundle.write(tmp_path / "plain", small_bundle.Plan(leaf_area=step))
    leafy = small_adapters.add(plain, tmp_path / "leafy", (adapter,))
    inputs = forcing() | {small_leaf_area.CARBON_DIOXIDE: (np.full(CELLS, 385.0), "ppm")}
    months = small_adapters.leaf_months(CELLS)  # until the run has finished one
    first_days = {"month": (1,), "dekad": (1, 11, 21)}[step]
    restart, begun, seen = None, [], []
    for part in (range(5), range(5, 18)):
        whole = {"interpolation": "none", "restart": restart}  # the values of whole steps
        with start(leafy, IDS, None if restart else START, **whole) as coupler:
            told = {v.name: v for v in coupler.outputs}
            assert (told["SAI_PFT"].class_count, told["HEIGHT_TOP_PFT"].unit) == (17, "m")
            for number, day in [(number, day) for number in part for day in first_days]:
                year, month = divmod(number, 12)
                end = LENGTHS[month] if day == first_days[-1] else day + 9
                out = coupler.step((2009 + year, month + 1, day), (end - day + 1) * DAY, inputs).outputs
                if (number, day) != (0, 1):
                    begun.append(out["leaf_area_index"])
                if len(begun) < len(first_days):
                    continue
                months[month - 1] = np.mean(begun, axis=0)
                begun = []
                wanted = surface_file(leafy, adapter, out["land_use_fraction"], months, tmp_path)
                for name, monthly in MONTHLY.items():
                    if (name, step) == ("LAI_PFT", "dekad"):
                        continue  # that of the dekad, not of the month
                    made = wanted[monthly][month - 1].T
                    assert out[name] == pytest.approx(made, rel=1e-12, abs=1e-12), (name, number)
                seen.append(out["SAI_PFT"])
            restart = tmp_path / "state.nc"
            coupler.checkpoint(restart)
    assert len(seen) == 17 and seen[11].max() > 0.6
    assert (seen[0] != seen[5]).any()


def test_the_first_stem_area_is_that_of_the_mean_year(engine: Path, tmp_path: Path) -> None:
    plain = small_bundle.write(tmp_path / "plain", small_bundle.Plan(leaf_area="month"))
    leafy = small_adapters.add(plain, tmp_path / "leafy", ("ctsm",))
    with start(leafy) as coupler:
        out = coupler.current()
    wanted = surface_file(
        leafy, "ctsm", out["land_use_fraction"], small_adapters.leaf_months(CELLS), tmp_path
    )
    assert out["SAI_PFT"] == pytest.approx(wanted["MONTHLY_SAI"][11].T, rel=1e-12)


def test_a_long_step_finishes_all_its_months(engine: Path, tmp_path: Path) -> None:
    """A host that comes once a year gets the stem area of one that comes every month."""
    plain = small_bundle.write(tmp_path / "plain", small_bundle.Plan(leaf_area="month"))
    leafy = small_adapters.add(plain, tmp_path / "leafy", ("ctsm",))
    inputs = forcing() | {small_leaf_area.CARBON_DIOXIDE: (np.full(CELLS, 385.0), "ppm")}
    with start(leafy) as coupler:
        coupler.step(START, 365 * DAY, inputs)
        once = coupler.step((2010, 1, 1), DAY, inputs).outputs
    with start(leafy) as coupler:
        for month in range(1, 13):
            coupler.step((2009, month, 1), LENGTHS[month - 1] * DAY, inputs)
        monthly = coupler.step((2010, 1, 1), DAY, inputs).outputs
    assert np.array_equal(once["leaf_area_index"], monthly["leaf_area_index"])
    assert np.array_equal(once["SAI_PFT"], monthly["SAI_PFT"])


def test_exceeding_a_bound_is_told_once(
    bundle: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tight = small_adapters.add(bundle, tmp_path / "tight", ("ctsm",), crop_bound=0.5)
    log_to_python()
    with caplog.at_level(logging.WARNING, "pylandbc.engine"), start(tight) as coupler:
        years(coupler, 2)
    told = [r.message for r in caplog.records if "PCT_CROP exceeds the upper bound" in r.message]
    assert len(told) == 1


def test_order_of_cells_and_restart_change_no_bit(adapted: Path, tmp_path: Path) -> None:
    with start(adapted) as coupler:
        whole = years(coupler, 2).outputs
    order = np.random.default_rng(0).permutation(CELLS)
    with start(adapted, IDS[order]) as coupler:
        mixed = years(coupler, 1)
        assert mixed.outputs["PCT_NAT_PFT"].shape == (CELLS, 15)
        coupler.checkpoint(tmp_path / "a.nc")
    with start(adapted, IDS[order], None, restart=tmp_path / "a.nc") as coupler:
        coupler.step((START[0] + 1, 1, 2), 364 * DAY, forcing(IDS[order]))
        again = coupler.step((START[0] + 2, 1, 1), DAY, forcing(IDS[order])).outputs
    for name in ("land_use_fraction", "PCT_NAT_PFT", "PCT_CROP", "frac", "tvl", "PCT_NAT_PFT_MAX"):
        assert np.array_equal(again[name], whole[name][order])


def test_a_recording_becomes_ctsms_file(adapted: Path, tmp_path: Path) -> None:
    with start(adapted, recording=tmp_path / "run.nc") as coupler:
        last = years(coupler, 2)
    series = read_series(tmp_path / "run.nc")
    assert series.years.tolist() == [2009, 2010, 2011]
    assert np.array_equal(series.fractions[-1], last.land_use_fraction)
    assert np.array_equal(series.zones, small_adapters.zones(CELLS))
    words = ["crosswalk", "surfdata", str(tmp_path / "run.nc"), "--output", str(tmp_path / "landuse.nc")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    with netCDF4.Dataset(tmp_path / "landuse.nc") as file:
        assert file["PCT_NAT_PFT"].dimensions == ("time", "natpft", "lsmlat", "lsmlon")
        made = np.asarray(file["PCT_NAT_PFT"][2])[:, ::-1].reshape(15, CELLS)  # rows from the north
        assert pytest.approx(last.outputs["PCT_NAT_PFT"], abs=1e-11) == made.T
    with pytest.raises(InputError, match="leave out the mesh"):
        read_series(tmp_path / "run.nc", "healpix:64")
    words += ["--surface", str(tmp_path / "surface.nc"), "--leaf-area", str(tmp_path / "cube.zarr")]
    with pytest.raises(InputError, match="is a recording, whose cells have no overlaps"):
        CliRunner().invoke(app, words, catch_exceptions=False)
    assert not (tmp_path / "surface.nc").exists()


def test_an_adapter_that_does_not_fit_is_refused(adapted: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt"
    shutil.copytree(adapted, spoilt)
    with (spoilt / "adapter_ctsm.nc").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"x")
    with pytest.raises(LandbcError, match=r"adapter_ctsm\.nc: SHA-256 differs") as error:
        start(spoilt)
    assert error.value.name == "LANDBC_ERROR_BUNDLE"
