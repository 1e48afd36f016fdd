"""Every product of a small planet through its own reader, and `pylandbc sources check` over all of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtri

from pylandbc.grid.window import Window
from pylandbc.legend import KOEPPEN_GEIGER, LAND_COVER
from pylandbc.planet import lai_files, land_cover, phenology
from pylandbc.planet.build import build_planet
from pylandbc.planet.climate_files import sunshine, wetness
from pylandbc.planet.fixed_files import growth, people
from pylandbc.planet.noise import white
from pylandbc.planet.plan import PRODUCTS, read_plan
from pylandbc.planet.products import PRODUCT_WRITERS
from pylandbc.sources import check
from pylandbc.sources.catalogue import CATALOGUE
from pylandbc.sources.cgls_lai import FLAGS, read_cgls_lai
from pylandbc.sources.climate_means import annual_means
from pylandbc.sources.co2 import read_co2
from pylandbc.sources.era5 import read_era5
from pylandbc.sources.era5_land import read_era5_land
from pylandbc.sources.gebco import read_gebco
from pylandbc.sources.hilda import read_hilda
from pylandbc.sources.koeppen import read_koeppen
from pylandbc.sources.land_cover import read_land_cover
from pylandbc.sources.landmask import read_landmask
from pylandbc.sources.luh2 import read_luh2_transitions
from pylandbc.sources.population import read_population
from pylandbc.sources.soilgrids import read_soilgrids

WINDOW = Window(3250, 17400, 100, 125)
YEARS = [2013, 2014, 2015, 2016]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A planet with every product and a scenario."""
    return build_planet(
        tmp_path_factory.mktemp("whole") / "planet",
        window=WINDOW,
        first_year=YEARS[0],
        years=len(YEARS),
        products=PRODUCTS,
        scenarios=("ssp245",),
        scenario_end=2018,
        land_cover_years=(2015, 2016),
        lai_years=(2013, 2014),
    )


def land_use(folder: Path, year: int) -> np.ndarray:
    return read_hilda(folder / "hilda_states.nc", WINDOW, [year])["land_use"].values[0]


def test_nothing_is_missing_and_nothing_damaged(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = check._windows
    monkeypatch.setattr(check, "_windows", lambda extent: places(extent)[:1])
    report = check.check_folder(whole)
    assert report.missing == []
    assert report.damaged == []
    assert [f.path for f in report.findings if f.status != "good"] == []
    wanted = {key for key, product in CATALOGUE.items() if product.purpose != "alternative"}
    assert wanted - set(report.products) == {"luh2_management"}
    for key in ("land_cover", "cgls_lai_1km", "hilda", "era5_land"):
        assert report.gaps(key) == []


def test_every_product_has_a_writer_and_the_plan_is_kept(whole: Path) -> None:
    assert set(PRODUCT_WRITERS) | {"transitions"} == set(PRODUCTS)
    plan = read_plan(whole)
    assert plan.window == WINDOW and plan.products == PRODUCTS and plan.lai_years == (2013, 2014)


def test_hilda_as_geotiff_is_the_netcdf(whole: Path) -> None:
    for year in YEARS:
        path = whole / "hilda_plus" / f"hilda_plus_{year}_states_GLOB-v1-0_wgs84-nn.tif"
        np.testing.assert_array_equal(
            read_hilda(path, WINDOW, [year])["land_use"].values[0], land_use(whole, year)
        )


def test_climate_series(whole: Path) -> None:
    names = ("air_temperature", "precipitation_flux", "surface_downwelling_shortwave_flux_in_air",
             "soil_moisture_layer_1")  # fmt: skip
    era5 = read_era5(sorted((whole / "era5").glob("*.nc")), WINDOW, variables=names)
    assert era5.sizes["time"] == 12 * len(YEARS)
    assert "attribute says" not in era5.attrs["note"]
    means = annual_means(era5)
    assert means["year"].values.tolist() == YEARS
    assert 270 < float(means["air_temperature"].mean()) < 292
    assert 300 < float(means["precipitation_flux"].mean()) * 86400 * 365 < 4000
    assert 60 < float(means["surface_downwelling_shortwave_flux_in_air"].mean()) < 250
    assert (
        0.05
        <= float(era5["soil_moisture_layer_1"].min())
        <= float(era5["soil_moisture_layer_1"].max())
        <= 0.45
    )
    land = read_era5_land(sorted((whole / "era5_land").glob("*.nc")), WINDOW, native=True)
    mask = np.isfinite(land["air_temperature"].values)
    assert mask.any() and not mask.all(), "sea is missing"
    assert (mask == mask[0]).all()
    both = read_era5_land(sorted((whole / "era5_land").glob("*.nc")), WINDOW)
    difference = (both["air_temperature"] - era5["air_temperature"]).values
    assert np.nanmax(np.abs(difference)) < 6, "they differ by height only"


def test_climate_of_a_scenario_goes_on_from_the_past(whole: Path) -> None:
    def warmth(folder: str) -> xr.DataArray:
        files = sorted((whole / folder).glob("t2m*.nc"))
        return read_era5(files, WINDOW, variables=("air_temperature",))["air_temperature"]

    past, future = warmth("era5"), warmth("era5_ssp245")
    assert future["time"].dt.year.values.tolist() == [y for y in range(2015, 2019) for _ in range(12)]
    same = {"time": "2015"}
    np.testing.assert_allclose(past.sel(same), future.sel(same), atol=1e-4)


def test_solar_radiation_has_the_closed_forms() -> None:
    """At the top, twice the surface's: S sin(23.44 deg) at a solstice's pole, S / pi at the equator."""
    top = 2 * sunshine(np.array([90.0, 0.0, -90.0]))
    assert top[5, 0] == pytest.approx(1361 * np.sin(np.deg2rad(23.44)), rel=0.01)
    assert top[5, 2] == pytest.approx(0, abs=1e-6)
    assert top[2, 1] == pytest.approx(1361 / np.pi, rel=0.01)


def test_wetness_remembers() -> None:
    temperature = np.full((24, 1), 283.15)
    rain = np.zeros((24, 1))
    assert not wetness(temperature, rain).any()
    rain[12] = 1.0
    fading = wetness(temperature, rain)[:, 0]
    np.testing.assert_allclose(fading[1:] / fading[:-1], 0.6, rtol=1e-5)
    np.testing.assert_allclose(wetness(temperature, np.ones((24, 1))), 1.0, rtol=1e-5)


def test_climate_classes(whole: Path) -> None:
    folder = whole / "koppen_geiger_tif"
    present = read_koeppen(folder / "1991_2020" / "koppen_geiger_0p00833333.tif", WINDOW)
    assert present.attrs["period"] == "1991-2020" and present.attrs["scenario"] == "historical"
    codes = present["koeppen_geiger"].values
    assert set(np.unique(codes)) <= {0, *KOEPPEN_GEIGER.codes}
    sea = land_use(whole, 2013) == 0
    assert ((codes == 0) == sea).mean() > 0.97
    assert (folder / "2071_2099" / "ssp245" / "koppen_geiger_0p00833333.tif").is_file()


def test_soil_mask_and_population(whole: Path) -> None:
    soil = read_soilgrids(sorted((whole / "soil").glob("*.tif")), WINDOW)
    total = sum(soil[f"{part}_fraction"] for part in ("sand", "silt", "clay")).values
    known = np.isfinite(total)
    np.testing.assert_allclose(total[known], 1.0, atol=1e-5)
    sea = land_use(whole, 2013) == 0
    assert (known != sea).mean() > 0.95
    mask = read_landmask(whole / "globe_landmask_1km.tif", WINDOW)
    field = next(iter(mask.data_vars.values())).values
    assert ((field > 0.5) == ~sea).mean() > 0.97
    path = next(whole.glob("population_*"))
    population = read_population(path, WINDOW)
    assert population["year"].values.tolist() == YEARS
    assert (
        np.nanmin(population["population"].values) >= 0 and np.nanmax(population["population"].values) > 1000
    )


def test_people_are_the_same_from_any_window() -> None:
    latitude, longitude = np.array([57.25, 56.75]), np.array([-8.75, -8.25, -7.75])
    np.testing.assert_array_equal(
        people(latitude[1:], longitude[1:], 1), people(latitude, longitude, 1)[1:, 1:]
    )
    assert growth(np.array([2000]))[0] == pytest.approx(1.0)
    assert 0.05 < growth(np.array([1900]))[0] < 0.2


def test_carbon_dioxide_of_both_makers(whole: Path) -> None:
    assert read_co2(whole / "co2_mm_mlo.txt").sizes["time"] == 48
    scenario = read_co2(next(whole.glob("mole_fraction*ssp245*")))
    assert scenario["year"].values.tolist() == [2015, 2016, 2017, 2018]
    assert 398 < float(scenario["co2"][0]) < 404


def test_transitions_are_recognised(whole: Path) -> None:
    assert read_luh2_transitions(whole / "transitions.nc", WINDOW).sizes["year"] == 3


def test_land_cover_follows_land_use(whole: Path) -> None:
    path = whole / "land_cover" / "C3S-LC-L4-LCCS-Map-300m-P1Y-2016-v2.1.1.nc"
    assert (whole / "land_cover" / "ESACCI-LC-L4-LCCS-Map-300m-P1Y-2015-v2.0.7cds.nc").is_file()
    cover = read_land_cover(path, WINDOW, 2016)
    codes, use = cover["land_cover"].values[0], land_use(whole, 2016)
    assert set(np.unique(codes)) <= set(LAND_COVER.codes)
    groups = {
        1: {190},
        2: {10, 11, 20, 30},
        3: {11, 40, 130},
        4: {50, 60, 70, 72, 80, 90},
        0: {210},
        7: {210},
    }
    for land_class, expected in groups.items():
        here = use == land_class
        if here.sum() > 50:
            assert np.isin(codes[here], list(expected)).mean() > 0.6, land_class
    ocean = use == 0
    assert (codes[ocean] == 210).mean() > 0.95
    with netCDF4.Dataset(path) as file:
        assert file["lccs_class"].dtype == np.uint8 and file["lat"][0] > file["lat"][1]


def test_cover_classes_by_climate() -> None:
    use = np.array([[1, 4, 4, 4, 4, 6, 6, 7, 0]], dtype=np.uint8)
    t = np.array([[285, 300, 285, 282, 275, 260, 290, 285, 285.0]])
    rain = np.full(t.shape, 800 / (365.25 * 86400))
    found = land_cover.classes_of(use, t, rain, np.zeros(t.shape))
    assert found.tolist() == [[190, 50, 60, 90, 70, 220, 150, 210, 210]]


def lai_paths(folder: Path, year: int) -> list[Path]:
    return sorted(path for path in (folder / "lai").glob("*.nc") if f"_{year}" in path.name)


def test_leaf_area_through_the_reader(whole: Path) -> None:
    months = {"winter": slice(0, 6), "summer": slice(18, 24)}
    seasons = {}
    for year, platform in ((2013, "SPOT/VGT"), (2014, "PROBA-V")):
        paths = lai_paths(whole, year)
        assert len(paths) == 36
        lai = read_cgls_lai(paths, WINDOW)
        assert set(lai["sensor"].values.tolist()) == {platform}
        values = lai["leaf_area_index"].values
        assert np.nanmin(values) >= 0 and np.nanmax(values) <= 7
        forest = land_use(whole, year) == 4
        seasons[year] = {k: float(np.nanmean(values[m][:, forest])) for k, m in months.items()}
        assert seasons[year]["summer"] > seasons[year]["winter"] + 0.5
        sea = land_use(whole, year) == 0
        assert np.isnan(values[:, sea]).mean() > 0.9
        flags = lai["quality_flags"].values
        assert (flags & FLAGS["climatology_filled"] > 0).mean() > 0.02
        land = ~sea & (land_use(whole, year) != 7)
        assert 0.03 < np.isnan(values[:, land]).mean() < 0.4, "clouds leave gaps"


def test_leaf_area_is_quantised_and_its_best_scores_are_the_noise(whole: Path) -> None:
    with netCDF4.Dataset(lai_paths(whole, 2014)[20]) as file:
        file.set_auto_maskandscale(False)
        numbers = np.asarray(file["LAI"][0])
        assert numbers.dtype == np.uint8 and float(file["LAI"].scale_factor) == pytest.approx(1 / 30)
        assert float(file["lat"][0]) * 112 == pytest.approx(round(float(file["lat"][0]) * 112)), "centres"
        assert set(numbers[numbers > 210].tolist()) <= {255}
    best = json.loads((whole / "attainable.json").read_text())["lai"]
    assert best["years"] == [2013, 2014] and best["observations"] > 1e4
    assert 0.08 < best["rmse"] < 0.6 and 0.5 < best["r2"] < 1
    assert -0.1 < best["anomaly_correlation"] < 1


def test_scores_of_known_noise() -> None:
    """Gaussian noise of known size on a known signal: RMSE^2 = s^2 + q^2 / 12, and R2, correlation follow."""
    index = np.arange(400_000)
    normal = 3 + white(index, 1, 1).astype(np.float64)
    anomaly = 0.4 * ndtri(np.clip(white(index, 1, 2), 1e-6, 1 - 1e-6))
    s, q = 0.3, 1 / 30
    noise = s * ndtri(np.clip(white(index, 1, 3), 1e-6, 1 - 1e-6))
    truth = normal + anomaly
    skill = lai_files.Skill()
    for part in np.array_split(index, 3):
        observed = np.round((truth + noise)[part] / q) * q
        skill.add(truth[part], observed, normal[part])
    found = skill.scores()
    error = s**2 + q**2 / 12
    assert found["rmse"] == pytest.approx(np.sqrt(error), rel=0.005)
    assert found["r2"] == pytest.approx(1 - error / (1 / 12 + 0.16 + error), abs=0.01)
    assert found["anomaly_correlation"] == pytest.approx(0.4 / np.sqrt(0.16 + error), abs=0.01)


def test_noise_and_sensor_change_in_the_numbers() -> None:
    truth = np.full(3, 4.0)
    np.testing.assert_allclose(lai_files.sensor(truth, 2014) / lai_files.sensor(truth, 2013), 1.03)
    np.testing.assert_allclose(lai_files.sigma(truth, 2013) / lai_files.sigma(truth, 2014), 1.3)


def test_leaves_follow_warmth_water_and_carbon_dioxide() -> None:
    def leaves(use: int, warmth: float, wet: float, year: float = 2000.0, mean: float = 286.0) -> float:
        arrays = (np.array([x], dtype=np.float32) for x in (mean, warmth, wet, 1.0))
        return float(phenology.leaf_area(np.array([use], dtype=np.uint8), *arrays, year)[0])

    assert leaves(0, 300, 1) == leaves(7, 300, 1) == 0
    assert leaves(4, 270, 1) == pytest.approx(0.7) and leaves(4, 295, 1) == pytest.approx(5.6, rel=0.01)
    assert leaves(4, 270, 1, mean=278) == pytest.approx(3.4), "evergreen in the cold"
    values = [leaves(2, t, 0.5) for t in (274, 278, 282, 286, 290)]
    assert values == sorted(values) and values[0] < values[-1]
    assert leaves(5, 290, 0.1) < leaves(5, 290, 0.3) < leaves(5, 290, 0.6)
    assert leaves(4, 295, 1, 2020) > leaves(4, 295, 1, 1980)


def test_memory_lags_behind_the_season() -> None:
    from pylandbc.planet.noise import sphere_points

    points = sphere_points(np.array([55.0]), np.array([-5.0]))
    flat = np.zeros((1, 1), dtype=np.float32)
    warm, wet = phenology.memories(points, flat, 2000, 1, mean=True)
    assert warm.shape == wet.shape == (14, 1, 1)
    assert int(warm[1:13, 0, 0].argmax()) in (6, 7), "July or August"
    np.testing.assert_allclose(warm[0], warm[12], atol=1e-3)
    np.testing.assert_allclose(wet[0], wet[12], atol=1e-3)
    assert phenology.at_day(warm, 6.5)[0, 0] == pytest.approx(float(warm[7, 0, 0]))


def test_relief_is_what_the_mask_says(whole: Path) -> None:
    height = read_gebco(whole / "gebco.nc", WINDOW)["elevation"].values
    assert ((height > 0) == (land_use(whole, 2013) != 0)).mean() > 0.97


def test_products_do_not_depend_on_the_window(whole: Path, tmp_path: Path) -> None:
    inner = Window(WINDOW.row + 25, WINDOW.col + 25, 50, 75)
    part = build_planet(
        tmp_path / "inner",
        window=inner,
        first_year=YEARS[0],
        years=len(YEARS),
        products=("koeppen", "soil", "population", "land_cover", "lai", "climate"),
        land_cover_years=(2016,),
        lai_years=(2014,),
    )
    inside = (slice(None), slice(25, 75), slice(25, 100))
    pairs = []
    for name in ("koppen_geiger_tif/1991_2020/koppen_geiger_0p00833333.tif",):
        pairs.append(
            [
                read_koeppen(f / name, w)["koeppen_geiger"].values[None]
                for f, w in ((whole, WINDOW), (part, inner))
            ]
        )
    paths = [sorted((f / "soil").glob("*.tif")) for f in (whole, part)]
    pairs.append(
        [
            read_soilgrids(p, w)["sand_fraction"].values[None]
            for p, w in zip(paths, (WINDOW, inner), strict=True)
        ]
    )
    cover = "land_cover/C3S-LC-L4-LCCS-Map-300m-P1Y-2016-v2.1.1.nc"
    pairs.append(
        [
            read_land_cover(f / cover, w, 2016)["land_cover"].values
            for f, w in ((whole, WINDOW), (part, inner))
        ]
    )
    dates = [lai_paths(f, 2014)[19:21] for f in (whole, part)]
    pairs.append(
        [read_cgls_lai(d, w)["leaf_area_index"].values for d, w in zip(dates, (WINDOW, inner), strict=True)]
    )
    for large, small in pairs:
        # the outermost pixels look at neighbours that the smaller window lacks
        a, b = large[inside][:, 2:-2, 2:-2], small[:, 2:-2, 2:-2]
        same = (a == b) | (np.isnan(a.astype(float)) & np.isnan(b.astype(float)))
        if a.dtype.kind == "f":
            same |= np.isclose(a, b, atol=1e-5)
        assert same.mean() > 0.9995
    people_of = [next(f.glob("population_*")) for f in (whole, part)]
    large, small = (read_population(p, inner)["population"].values for p in people_of)
    np.testing.assert_allclose(large, small, rtol=1e-5)
    warm = [
        read_era5(sorted((f / "era5").glob("t2m*")), inner, variables=("air_temperature",))
        for f in (whole, part)
    ]
    np.testing.assert_allclose(*(w["air_temperature"].values for w in warm), atol=1e-3)


def test_strips_of_leaf_area_make_one_map(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lai_files, "STRIP_PIXELS", 4000)
    plan = read_plan(whole)
    (tmp_path / "hilda_states.nc").symlink_to(whole / "hilda_states.nc")
    lai_files.write_lai(tmp_path, replace(plan, lai_years=(2014,)), lambda text: None)
    for whole_path in lai_paths(whole, 2014)[10:25:7]:
        with netCDF4.Dataset(whole_path) as a, netCDF4.Dataset(tmp_path / "lai" / whole_path.name) as b:
            for file in (a, b):
                file.set_auto_maskandscale(False)
            for name in ("LAI", "NOBS", "QFLAG", "lat"):
                assert (np.asarray(a[name][:]) == np.asarray(b[name][:])).mean() > 0.9999, name
