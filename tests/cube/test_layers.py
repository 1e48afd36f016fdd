"""A cube of everything that the synthetic planet has, against plain recomputation from the readers."""

from __future__ import annotations

import calendar
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import zarr
from typer.testing import CliRunner

from pylandbc.cli import cube as command
from pylandbc.cube.build import build_cube
from pylandbc.cube.build_land_cover import pack_fractions
from pylandbc.cube.config import CubeConfig, load_config
from pylandbc.cube.open import Cube, open_cube
from pylandbc.cube.verify import verify_cube
from pylandbc.errors import InputError
from pylandbc.legend import LAND_COVER, LAND_COVER_CLASSES, land_cover_class
from pylandbc.sources.cgls_lai import FLAGS, read_cgls_lai
from pylandbc.sources.era5 import read_era5
from pylandbc.sources.koeppen import read_koeppen
from pylandbc.sources.land_cover import read_land_cover
from pylandbc.sources.population import read_population
from pylandbc.sources.slope import read_slope
from pylandbc.sources.soilgrids import read_soilgrids

from . import whole_planet
from .conftest import EXAMPLES
from .whole_planet import WINDOW

TESTS = str(Path(__file__).resolve().parents[1])
RADIATION = "surface_downwelling_shortwave_flux_in_air"


def digest(path: Path) -> str:
    """What a cube says of its content, after a look whether it is true."""
    assert verify_cube(path) == []
    return str(zarr.open_group(str(path), mode="r").attrs["content_sha256"])


def land_of(cube: Cube) -> np.ndarray:
    return cube.static_field("land_mask") == 1


def test_static_fields_and_classes(whole_cube: Cube, whole_folder: Path) -> None:
    slope, soil = (
        read_slope(whole_folder / "gebco.nc", WINDOW),
        read_soilgrids(sorted((whole_folder / "soil").glob("*.tif")), WINDOW),
    )
    assert whole_cube.static_variables[3:] == (
        "slope", "northness", "eastness", "sand_fraction", "silt_fraction", "clay_fraction",
    )  # fmt: skip
    for dataset, names in (
        (slope, ("slope", "northness", "eastness")),
        (soil, ("sand_fraction", "clay_fraction")),
    ):
        for name in names:
            np.testing.assert_allclose(
                whole_cube.static_field(name), np.nan_to_num(dataset[name].values), atol=1e-6
            )
    kinds = whole_cube.layers.kinds
    assert [k.name for k in kinds] == [
        "koeppen_geiger_1991_2020", "koeppen_geiger_2071_2099_ssp245", "soil_texture_class",
    ]  # fmt: skip
    folder = whole_folder / "koppen_geiger_tif"
    for position, place in enumerate(("1991_2020", "2071_2099/ssp245")):
        truth = read_koeppen(folder / place / "koppen_geiger_0p00833333.tif", WINDOW)["koeppen_geiger"].values
        np.testing.assert_array_equal(whole_cube.layers.categories[position], truth)
    np.testing.assert_array_equal(whole_cube.layers.categories[2], soil["soil_texture_class"].values)
    index = whole_cube.layers.category_index
    assert [index("koeppen_geiger", year) for year in (2000, 2044, 2046, 2300)] == [0, 0, 1, 1]
    assert index("soil_texture_class", 1900) == 2 and index("biome", 2000) is None


def test_land_cover_and_its_fractions(whole_cube: Cube, whole_folder: Path) -> None:
    layers = whole_cube.layers
    assert layers.land_cover_years.tolist() == [2015, 2016]
    path = next((whole_folder / "land_cover").glob("*P1Y-2016*"))
    truth = read_land_cover(path, WINDOW, 2016, level="global")
    land = land_of(whole_cube)
    held = np.asarray(layers.land_cover[1])
    assert not held[~land].any()
    names = [c.name for c in LAND_COVER_CLASSES.classes]
    by_code = {c.code: c.name for c in LAND_COVER.classes}
    for code in np.unique(truth["land_cover"].values[0][land]):
        here = land & (truth["land_cover"].values[0] == code)
        assert {names[c] for c in np.unique(held[here])} == {by_code[int(code)]}
    packed = np.asarray(layers.land_cover_fraction[1])
    assert (packed[:, ~land] == 255).all()
    assert (packed[:, land].sum(axis=0, dtype=int) == 250).all()
    share = truth["land_cover_fraction"].values[0]
    assert np.abs(packed[:, land] / 250 - share[:, land]).max() < 22 * 0.5 / 250
    assert np.abs(packed[:, land] / 250 - share[:, land]).mean() < 0.5 / 250


def test_every_esa_code_has_a_class() -> None:
    """All 38: 0 is unknown, the other 37 fall into the 22 global classes by their tens."""
    classes = {code: land_cover_class(code) for code in LAND_COVER.codes}
    assert classes.pop(0) == 255 and land_cover_class(255) == 255
    assert set(classes.values()) == set(range(1, 23)) and len(classes) == 37
    assert classes[10] == classes[11] == classes[12] == 1
    assert classes[60] == classes[61] == classes[62] and classes[150] == classes[153]
    assert LAND_COVER_CLASSES.names[classes[190]] == "Urban areas"


def test_packed_fractions_sum_to_one() -> None:
    rng = np.random.default_rng(0)
    share = rng.dirichlet(np.full(22, 0.3), size=(5, 7)).transpose(2, 0, 1)
    share[:, 0, 0] = np.nan
    packed = pack_fractions(share)
    assert (packed[:, 0, 0] == 255).all()
    assert (packed.reshape(22, -1)[:, 1:].sum(axis=0, dtype=int) == 250).all()


def test_leaf_area(whole_cube: Cube, whole_folder: Path) -> None:
    series = whole_cube.layers.vegetation["leaf_area_index"]
    assert series.times.size == 72 and series.step == "dekad"
    assert [str(day) for day in series.times[[0, 2, 5, -1]]] == [
        "2013-01-10", "2013-01-31", "2013-02-28", "2014-12-31",
    ]  # fmt: skip
    land, paths = land_of(whole_cube), sorted((whole_folder / "lai").glob("*.nc"))
    for position in (0, 19, 71):
        date = str(series.times[position]).replace("-", "")
        truth = read_cgls_lai(next(p for p in paths if f"_{date}" in p.name), WINDOW)
        lai = np.where(land, truth["leaf_area_index"].values[0], np.nan)
        held = series.unpack(np.asarray(series.values[position]))
        np.testing.assert_array_equal(np.isnan(held), np.isnan(lai))
        assert np.nanmax(np.abs(held - lai)) <= 0.00051
        flags, quality = truth["quality_flags"].values[0], np.asarray(series.quality[position])
        filled = flags & (FLAGS["climatology_filled"] | FLAGS["interpolated"]) > 0
        assert (quality[np.isnan(held)] == 0).all()
        np.testing.assert_array_equal(quality[~np.isnan(held)] == 1, filled[~np.isnan(held)])
        assert series.coverage[position] == pytest.approx(np.isfinite(lai[land]).mean(), abs=0.01)


def test_leaf_area_by_month_prefers_what_was_observed(whole_folder: Path, tmp_path: Path) -> None:
    entry = {"product": "cgls_lai", "files": ["lai/*_2013*.nc"], "step": "month", "last": "2014-02"}
    config = whole_planet.config(
        vegetation=[entry], land_cover=None, koeppen=[], soil=None, co2=[], population=None
    )
    cube = open_cube(build_cube(config, whole_folder, tmp_path / "months.zarr"))
    series = cube.layers.vegetation["leaf_area_index"]
    assert [str(d) for d in series.times[[0, 1, -1]]] == ["2013-01-31", "2013-02-28", "2014-02-28"]
    assert series.times.size == 14 and (series.coverage[12:] == 0).all() and (series.coverage[:12] > 0).all()
    assert (np.asarray(series.values[13]) == 65535).all(), "a month without a file is missing"
    truth = read_cgls_lai(sorted((whole_folder / "lai").glob("*_201307*.nc")), WINDOW)
    values, flags = truth["leaf_area_index"].values, truth["quality_flags"].values
    filled = flags & (FLAGS["climatology_filled"] | FLAGS["interpolated"]) > 0
    held = series.unpack(np.asarray(series.values[6]))
    checked = {"observed": 0, "filled": 0}
    for r, c in np.argwhere(land_of(cube))[::97]:
        good = [float(v) for v, f in zip(values[:, r, c], filled[:, r, c], strict=True) if v == v and not f]
        other = [float(v) for v in values[:, r, c] if v == v]
        expected = good or other
        if not expected:
            assert np.isnan(held[r, c])
            continue
        checked["observed" if good else "filled"] += 1
        assert held[r, c] == pytest.approx(np.mean(expected), abs=6e-4)
    assert checked["observed"] > 10


def test_climate_in_steps(whole_cube: Cube, whole_folder: Path) -> None:
    names = whole_cube.climate_variables
    assert names[2:] == (RADIATION, "soil_moisture_layer_1")
    truth = read_era5(sorted((whole_folder / "era5").glob("*.nc")), WINDOW, variables=names)
    monthly = np.asarray(whole_cube.layers.climate_monthly[...])
    for k, name in enumerate(names):
        np.testing.assert_allclose(monthly[:, k], truth[name].values, rtol=1e-6)
    assert str(whole_cube.layers.climate_months[37]) == "2016-02-29"
    days = np.array([calendar.monthrange(2016, m)[1] for m in range(1, 13)], dtype=float)
    annual = (monthly[36:] * days[:, None, None, None]).sum(axis=0) / 366
    np.testing.assert_allclose(whole_cube.climate[3], annual, rtol=1e-5)
    np.testing.assert_allclose(
        whole_cube.climatology[6], monthly[6::12].mean(axis=0, dtype=np.float64), rtol=1e-6
    )
    dekads = np.asarray(whole_cube.layers.climate_dekadal[...])
    ends = whole_cube.layers.climate_dekads
    assert ends.size == 144 and str(ends[5]) == "2013-02-28" and str(ends[113]) == "2016-02-29"
    lengths = np.tile([10.0, 10.0, 0.0], 48)
    lengths[2::3] = np.array(
        [calendar.monthrange(y, m)[1] - 20 for y in range(2013, 2017) for m in range(1, 13)]
    )
    mean = (dekads * lengths[:, None, None, None]).reshape(48, 3, *dekads.shape[1:]).sum(axis=1)
    mean /= lengths.reshape(48, 3).sum(axis=1)[:, None, None, None]
    np.testing.assert_allclose(mean, monthly, rtol=2e-5)
    # warming in spring: the dekads of April rise across the month, and go on from March to May
    april = dekads[3 * 3 - 1 : 3 * 4 + 1, 0].mean(axis=(1, 2))
    assert (np.diff(april) > 0).all()


def test_carbon_dioxide_and_people(whole_cube: Cube, whole_folder: Path) -> None:
    layers = whole_cube.layers
    assert layers.co2_years.tolist() == list(range(2013, 2019))
    lines = (whole_folder / "co2_mm_mlo.txt").read_text().splitlines()
    rows = [line.split() for line in lines if not line.startswith("#")]
    record = {(int(r[0]), int(r[1])): float(r[3]) for r in rows}
    monthly = np.asarray(layers.co2_monthly[...])
    assert monthly[5] == pytest.approx(record[2013, 6], abs=1e-3) and monthly.size == 72
    mean = sum(record[2016, m] * calendar.monthrange(2016, m)[1] for m in range(1, 13)) / 366
    assert layers.co2[3] == pytest.approx(mean, abs=1e-3)
    assert layers.co2[4] > layers.co2[3], "the scenario continues the record"
    assert monthly[53] == pytest.approx(float(layers.co2[4]), abs=1.5), "interpolated between years"
    path = next(whole_folder.glob("population_*"))
    truth = read_population(path, WINDOW, [2015])["population"].values[0]
    edges = np.sin(np.deg2rad(WINDOW.coarse_latitude + 0.125)) - np.sin(
        np.deg2rad(WINDOW.coarse_latitude - 0.125)
    )
    area = (6371.229**2 * np.deg2rad(0.25) * edges)[:, None]
    people = np.asarray(layers.population_density[2]) * area
    np.testing.assert_allclose(people, np.nan_to_num(truth), rtol=1e-5)


def test_statistics_are_of_training_years_and_known_land(whole_cube: Cube) -> None:
    known = np.zeros(WINDOW.shape, dtype=bool)
    for year in whole_cube.training_years:
        known |= whole_cube.active(year) & (whole_cube.land_use_map(year) > 0)
    area = np.broadcast_to(WINDOW.pixel_area[:, None], known.shape)
    series = whole_cube.layers.vegetation["leaf_area_index"]
    values = series.unpack(np.asarray(series.values[...]))[:, known].astype(np.float64)
    weights = np.broadcast_to(area[known], values.shape)[np.isfinite(values)]
    mean = np.average(values[np.isfinite(values)], weights=weights)
    numbers = whole_cube.statistics["leaf_area_index"]
    # packing moves each value by less than half a thousandth
    assert numbers["mean"] == pytest.approx(mean, abs=1e-4)
    assert numbers["std"] == pytest.approx(
        np.sqrt(np.average((values[np.isfinite(values)] - mean) ** 2, weights=weights)), abs=1e-4
    )
    slope = whole_cube.static_field("slope")[known].astype(np.float64)
    assert whole_cube.statistics["slope"]["mean"] == pytest.approx(
        np.average(slope, weights=area[known]), rel=1e-6
    )
    sand = whole_cube.static_field("sand_fraction")[known].astype(np.float64)
    soil = sand > 0
    assert whole_cube.statistics["sand_fraction"]["mean"] == pytest.approx(
        np.average(sand[soil], weights=area[known][soil]), rel=1e-6
    )
    shares = whole_cube.layers.class_shares["land_cover"]
    cover = np.stack([np.asarray(whole_cube.layers.land_cover[k]) for k in range(2)])[:, known]
    both = np.broadcast_to(area[known], cover.shape)
    for code, share in shares.items():
        assert share == pytest.approx(both[cover == int(code)].sum() / both.sum(), rel=1e-9)
    assert sum(shares.values()) == pytest.approx(1)
    assert whole_cube.units["leaf_area_index"] == "m2 m-2"
    assert whole_cube.units[f"{RADIATION}_monthly"] == "W m-2"


def test_xarray_decodes_it(whole_cube: Cube) -> None:
    dataset = xr.open_zarr(whole_cube.path)
    lai = dataset["leaf_area_index"].isel(leaf_area_index_time=20)
    assert str(lai["leaf_area_index_time"].values)[:10] == "2013-07-31"
    series = whole_cube.layers.vegetation["leaf_area_index"]
    np.testing.assert_allclose(lai.values, series.unpack(np.asarray(series.values[20])), rtol=1e-6)
    fraction = dataset["land_cover_fraction"].isel(land_cover_year=0).values
    np.testing.assert_allclose(np.nansum(fraction, axis=0)[land_of(whole_cube)], 1.0, rtol=1e-5)
    names = dataset["category"].values.tolist()
    assert "soil_texture_class" in names
    assert str(dataset["climate_month"].values[1])[:10] == "2013-02-28"


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from cube import whole_planet
from pylandbc.cube import build, journal

count, add = 0, journal.Journal.add
def counted(self, *rest):
    global count
    add(self, *rest)
    count += 1
    if count == {point}:
        os.kill(os.getpid(), signal.SIGKILL)
journal.Journal.add = counted
build.build_cube(whole_planet.config(), Path({data!r}), Path({output!r}))
"""


@pytest.mark.slow
def test_killed_among_the_layers_it_continues(whole_cube: Cube, whole_folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "cube.zarr"
    before = 0
    for point in (7, 3, 40, 36):
        script = KILLED.format(tests=TESTS, point=point, data=str(whole_folder), output=str(output))
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
        assert run.returncode == -signal.SIGKILL, run.stderr
        lines = (tmp_path / ".cube.zarr.partial/journal.jsonl").read_bytes().count(b"\n")
        assert lines == before + point, "nothing that was done is done again"
        before = lines
    build_cube(whole_planet.config(), whole_folder, output)
    assert digest(output) == digest(whole_cube.path)


def test_zarr_2_holds_the_same(whole_cube: Cube, whole_folder: Path, tmp_path: Path) -> None:
    config = whole_planet.config(
        format=2, vegetation=[], climate={"files": ["era5/*.nc"]}, training_years=[2015]
    )
    old = open_cube(build_cube(config, whole_folder, tmp_path / "v2.zarr"))
    for name in ("categories", "land_cover", "land_cover_fraction", "co2", "population_density"):
        np.testing.assert_array_equal(old.arrays()[name][...], whole_cube.arrays()[name][...])
    assert "climate_monthly" not in old.arrays() and old.climate_variables == whole_cube.climate_variables[:2]
    np.testing.assert_array_equal(old.climate[...], np.asarray(whole_cube.climate[...])[:, :2])
    assert verify_cube(old.path) == []


def test_info_plot_and_verify(whole_cube: Cube, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    runner = CliRunner()
    text = runner.invoke(command.app, ["info", str(whole_cube.path)]).output
    for piece in ("leaf_area_index: 72 dekads, 2013-01-10 ... 2014-12-31",
                  "land cover: 2015, 2016, with fractions",
                  "koeppen_geiger_2071_2099_ssp245: 30 classes, ssp245", "co2: 2013 ... 2018"):  # fmt: skip
        assert piece in text
    for variable, rest in (
        ("leaf_area_index", ["--year", "2014", "--month", "7"]),
        ("land_cover", ["--year", "2015"]),
        ("land_cover_fraction_19", []),
        ("koeppen_geiger_1991_2020", []),
        ("soil_texture_class", []),
        ("population_density", []),
        (RADIATION, ["--year", "2015", "--month", "6"]),
    ):
        figure = tmp_path / f"{variable}.png"
        arguments = ["plot", str(whole_cube.path), variable, "--output", str(figure), *rest]
        result = runner.invoke(command.app, arguments)
        assert result.exit_code == 0, (variable, result.output)
        assert imread(figure).shape[1] > 800
    assert runner.invoke(command.app, ["verify", str(whole_cube.path)]).exit_code == 0


def test_a_damaged_layer_is_found(whole_folder: Path, whole_cube: Cube, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(whole_cube.path, tmp_path / "copy.zarr"))
    chunk = copy / "leaf_area_index/c/3/0/0"
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 0xFF
    chunk.write_bytes(bytes(content))
    (fault,) = verify_cube(copy)
    assert "leaf_area_index_time 3" in str(fault)
    chunk.unlink()
    with pytest.raises(InputError, match="leaf_area_index has 71 of 72 chunks"):
        open_cube(copy)


def test_layers_of_an_earlier_attempt_do_not_stay(whole_folder: Path, tmp_path: Path) -> None:
    kept = {"vegetation": [], "koeppen": [], "soil": None, "co2": [], "training_years": [2016]}
    wrong = {"file": "states.nc", "first_year": 2013, "last_year": 2016}
    output = tmp_path / "cube.zarr"
    with pytest.raises(InputError, match="population variable"):
        build_cube(whole_planet.config(**kept, population=wrong), whole_folder, output)
    assert (tmp_path / ".cube.zarr.partial/cube/land_cover").is_dir()
    cube = open_cube(
        build_cube(whole_planet.config(**kept, population=None, land_cover=None), whole_folder, output)
    )
    assert set(cube.layers.arrays()) == {"climate_monthly", "climate_dekadal"}
    assert not (output / "land_cover").exists() and verify_cube(output) == []


def test_mistakes_are_one_sentence(whole_folder: Path, tmp_path: Path) -> None:
    for changes, message in (
        ({"land_cover": {"files": [{"file": "land_cover/*.tif"}]}}, r"no file matches .*land_cover/\*\.tif"),
        ({"koeppen": ["soil/sand_0-5cm_mean.tif"]}, "does not say its years"),
        ({"co2": ["gebco.nc"]}, "CO2 variable .* missing in .*gebco"),
        ({"population": {"file": "states.nc", "first_year": 2013, "last_year": 2016}}, "population variable"),
        ({"vegetation": [
            {"product": "cgls_lai", "files": ["lai/*.nc"], "first": "1999-01", "last": "1999-12"}]},
         "no file of leaf_area_index lies within 1999-01-10"),
    ):  # fmt: skip
        kept = {
            "vegetation": [],
            "land_cover": None,
            "koeppen": [],
            "soil": None,
            "co2": [],
            "population": None,
        }
        with pytest.raises(InputError, match=message) as caught:
            build_cube(whole_planet.config(**(kept | changes)), whole_folder, tmp_path / "cube.zarr")
        assert "\n" not in str(caught.value)
    example = whole_planet.config().model_dump()
    for key, value, message in (
        (
            "vegetation",
            [{"product": "modis_lai", "files": ["x"]}],
            "modis_lai has no dekads; use step: month",
        ),
        ("vegetation", [{"variable": "evi", "product": "x", "files": ["x"]}], "evi has no product 'x'"),
        (
            "vegetation",
            [{"variable": "fpar", "product": "x", "files": ["x"]}],
            "no vegetation variable 'fpar'",
        ),
        ("fields", [{"name": "slope", "file": "x.tif"}], "slope named twice"),
        ("classes", [{"name": "biome", "file": "x.tif", "classes": {300: "x"}}], "between 1 and 254"),
        ("soil", {"product": "hwsd", "files": ["x.bil"]}, "hwsd needs two files"),
    ):
        with pytest.raises(ValueError, match=message):
            CubeConfig.model_validate(example | {key: value})


def test_real_maps_of_the_united_kingdom(real_data: Path, tmp_path: Path) -> None:
    """Beck's main groups and IGBP classes as class maps, the NDVI maximum as a field."""
    config = load_config(EXAMPLES / "cube_maps.yaml")
    cube = open_cube(build_cube(config, real_data, tmp_path / "uk.zarr"))
    names = [kind.name for kind in cube.layers.kinds]
    assert names == ["koeppen_group", "igbp_2019"]
    known = cube.active(2012) & (cube.land_use_map(2012) > 0)
    groups = np.asarray(cube.layers.categories[0])
    # the United Kingdom is temperate (C) but for the Scottish mountains (D, E)
    assert (groups[known] == 3).mean() > 0.9
    igbp = np.asarray(cube.layers.categories[1])
    london = igbp[int((cube.window.north - 51.515) * 100), int((-0.12 - cube.window.west) * 100)]
    assert cube.layers.kinds[1].classes[int(london)] == "urban"
    ndvi = cube.static_field("ndvi_maximum")
    assert 0.4 < ndvi[known].mean() < 1.0 and np.isfinite(ndvi).all()
    assert cube.units["ndvi_maximum"] == "1" and "ndvi_maximum" in cube.statistics
