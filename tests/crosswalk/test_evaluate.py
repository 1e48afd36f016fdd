"""Applying cross-walks, against a reference in exact fractions; what each model is promised."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import xarray as xr

from pylandbc.crosswalk import adapter_names, apply, apply_dataset, read_adapter
from pylandbc.crosswalk.adapters import Adapter, parse_adapter
from pylandbc.crosswalk.canopy import read_canopy
from pylandbc.crosswalk.evaluate import targets
from pylandbc.crosswalk.tables import GENERIC, LEGENDS, ZONES, read_table
from pylandbc.crosswalk.zones import zones_of_climate, zones_of_koeppen, zones_on_mesh
from pylandbc.errors import InputError
from pylandbc.grid.overlap import OverlapSet

CELLS = 40


def cells(classes: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Class fractions and zone shares that are sums of few powers of two, so that they are exact."""
    rng = np.random.default_rng(seed)
    fractions = rng.multinomial(1024, rng.dirichlet(np.full(classes, 0.3)), CELLS) / 1024
    zones = rng.multinomial(64, rng.dirichlet(np.full(len(ZONES), 0.4)), CELLS) / 64
    return fractions, zones


def plainly(adapter: Adapter, legend: str, fractions: np.ndarray, zones: np.ndarray) -> list[list[Fraction]]:
    """Target fractions of each cell, row by row through both tables in exact arithmetic."""
    first, second = read_table(legend), read_table(adapter.table)
    out = []
    for cell, where in zip(fractions, zones, strict=True):
        area = dict.fromkeys(adapter.targets, Fraction(0))
        for zone, part in zip(ZONES, where, strict=True):
            for name, share in zip(LEGENDS[legend], cell, strict=True):
                (row,) = [r for r in first.rows if zone in r.zones and name in r.classes]
                for generic, percent in row.composition.items():
                    (to,) = [r for r in second.rows if zone in r.zones and generic in r.classes]
                    for target, per_hundred in to.composition.items():
                        share_of = Fraction(percent) / 100 * Fraction(per_hundred) / 100
                        area[target] += Fraction(part) * Fraction(share) * share_of
        out.append(list(area.values()))
    return out


@pytest.mark.parametrize("legend", ["land_use", "esa_cci", "luh2"])
@pytest.mark.parametrize("name", ["ctsm", "orchidee", "ecland"])
def test_area_is_conserved_as_in_exact_arithmetic(name: str, legend: str) -> None:
    adapter = read_adapter(name)
    fractions, zones = cells(len(LEGENDS[legend]))
    fractions, zones = fractions[:6], zones[:6]
    wanted = plainly(adapter, legend, fractions, zones)
    assert all(sum(row) == 1 for row in wanted)
    got = targets(adapter, legend, fractions, zones)
    assert np.abs(got - np.array(wanted, dtype=float)).max() < 1e-15
    area = np.linspace(1e9, 3e9, len(got))
    assert area @ got.sum(axis=1) == pytest.approx(area.sum(), rel=1e-15)


@pytest.mark.parametrize("legend", LEGENDS)
@pytest.mark.parametrize("name", adapter_names())
def test_groups_sum_to_one_within_what_ctsm_allows(name: str, legend: str) -> None:
    adapter = read_adapter(name)
    fractions, zones = cells(len(LEGENDS[legend]), seed=2)
    fractions[0] = 0.0
    fractions[1] = 1.0 / fractions.shape[1]
    values = apply(adapter, fractions, zones, legend)
    for number, group in enumerate(adapter.groups):
        total, seen = np.zeros(CELLS), set()
        for output in adapter.outputs:
            if output.kind != "share" or output.group != number or seen & set(output.rows):
                continue
            seen |= set(output.rows)
            part = values[output.name] / output.scale
            assert np.all(part >= 0) and np.all(part <= 1)
            total += part.sum(axis=-1) if output.dimension else part
        if seen == set(range(len(group.rows))):
            assert np.abs(total - 1).max() < 1e-13


def test_every_group_of_ctsm_is_complete() -> None:
    adapter = read_adapter("ctsm")
    for number, group in enumerate(adapter.groups[1:], 1):
        written = {r for o in adapter.outputs if (o.kind, o.group) == ("share", number) for r in o.rows}
        assert written == set(range(len(group.rows)))


def test_ctsm_of_one_class() -> None:
    fractions = np.eye(len(LEGENDS["land_use"]))
    temperate = np.full(len(fractions), 15)
    got = apply("ctsm", fractions, temperate)
    ocean, urban, cropland, _, forest, _, _, water = range(8)
    assert got["PCT_OCEAN"][ocean] == 100 and got["LANDFRAC_PFT"].tolist() == [0] + [1] * 7
    assert got["PCT_URBAN"][urban].tolist() == [0, 0, 100]
    assert got["PCT_CROP"][cropland] == 100 and got["PCT_CFT"][cropland].tolist() == [100, 0]
    assert got["PCT_LAKE"][water] == 100
    # what has no area has mksurfdata's defaults
    assert got["PCT_NAT_PFT"][cropland].tolist() == [100] + [0] * 14
    assert got["PCT_CFT"][forest].tolist() == [100, 0]
    # temperate forest: 55 % broadleaf deciduous, 40 % needleleaf evergreen, 5 % broadleaf evergreen
    assert got["PCT_NAT_PFT"][forest, [7, 1, 5]] == pytest.approx([55, 40, 5], abs=1e-12)


def test_a_coast_has_per_cent_of_its_land() -> None:
    fractions = np.zeros((1, 8))
    fractions[0, [0, 2, 4]] = 0.5, 0.25, 0.25
    got = apply("ctsm", fractions, np.array([15]))
    assert got["LANDFRAC_PFT"] == 0.5
    assert (got["PCT_CROP"], got["PCT_NATVEG"], got["PCT_OCEAN"]) == (50, 50, 0)


def test_ecland_takes_the_largest_type_and_never_a_mean() -> None:
    classes = LEGENDS["esa_cci"]
    fractions = np.zeros((3, len(classes)))
    fractions[0, classes.index("10")] = 0.6  # crops
    fractions[0, classes.index("130")] = 0.4  # grassland: 60 % grass
    fractions[1, classes.index("70")] = 0.5  # needleleaf evergreen: 70 % trees
    fractions[1, classes.index("60")] = 0.5  # broadleaf deciduous: 70 % trees, a tie
    fractions[2, classes.index("200")] = 1.0  # bare
    got = apply("ecland", fractions, np.array([15, 15, 4]), "esa_cci")
    assert got["tvl"].tolist() == [1, 2, 0]
    assert got["tvh"].tolist() == [0, 3, 0]
    assert got["cvl"] == pytest.approx([0.6 + 0.24, 0.3, 0], abs=1e-15)
    assert got["cvh"] == pytest.approx([0, 0.7, 0], abs=1e-15)
    assert np.all(got["cvl"] + got["cvh"] <= 1)


def test_leaf_area_goes_to_what_bears_leaves_and_keeps_its_mean() -> None:
    fractions, zones = cells(8, seed=5)
    fractions = 0.5 * fractions + 0.5 / 8
    mean = np.linspace(0.1, 1, CELLS)
    ctsm = apply("ctsm", fractions, zones, leaf_area=mean)
    natural = ctsm["PCT_NATVEG"][:, None] * ctsm["PCT_NAT_PFT"]
    crops = ctsm["PCT_CROP"][:, None] * ctsm["PCT_CFT"]
    area = np.concatenate([natural, crops], axis=1) / 1e4
    assert (area * ctsm["LAI_PFT"]).sum(1) == pytest.approx(mean, abs=1e-12)
    ecland = apply("ecland", fractions, zones, leaf_area=mean)
    # of land without lakes there, and covers are too
    assert ecland["cvl"] * ecland["lai_lv"] + ecland["cvh"] * ecland["lai_hv"] == pytest.approx(
        mean, abs=1e-12
    )
    # where there are both, in the ratio of what their types bear (type 0 is none)
    typical = np.zeros(21)
    for name, row in read_canopy("ecland").items():
        typical[int(name.rpartition("_")[2])] = row["leaf_weight"]
    low, high = (typical[ecland[name].astype(int)] for name in ("tvl", "tvh"))
    both = (ecland["cvl"] > 0) & (ecland["cvh"] > 0)
    assert both.any()
    assert (ecland["lai_lv"] * high)[both] == pytest.approx((ecland["lai_hv"] * low)[both], abs=1e-12)
    assert "LAI_PFT" not in apply("ctsm", fractions, zones)


def test_elm_has_the_crops_of_ctsm_among_its_pfts() -> None:
    fractions, zones = cells(8, seed=3)
    ctsm, elm = apply("ctsm", fractions, zones), apply("elm", fractions, zones)
    land = ctsm["LANDFRAC_PFT"] > 0
    crops = elm["PCT_NATVEG"][:, None] * elm["PCT_NAT_PFT"][:, 15:] / 100
    assert crops[land] == pytest.approx((ctsm["PCT_CROP"][:, None] * ctsm["PCT_CFT"] / 100)[land], abs=1e-11)


def test_sea_needs_no_zone_but_forest_does() -> None:
    fractions = np.eye(8)[[0, 1, 7]]
    assert apply("jules5", fractions, np.zeros(3, int))["frac"][1, 5] == 1
    with pytest.raises(InputError, match="1 cells with land have no climate zone"):
        apply("jules5", np.eye(8)[[0, 4]], np.zeros(2, int))


@pytest.mark.parametrize(
    ("fractions", "zones", "sentence"),
    [
        (np.full((2, 7), 1 / 7), np.array([1, 1]), "8 classes"),
        (np.full((2, 8), 0.2), np.array([1, 1]), "do not sum to 1"),
        (np.full((2, 8), np.nan), np.array([1, 1]), "missing"),
        (np.full((2, 8), 0.125), np.array([1, 1, 1]), "do not fit"),
        (np.full((2, 8), 0.125), np.array([31, 1]), "0 ... 30"),
        (np.full((2, 8), 0.125), np.full((2, 9), 0.2), "zone shares"),
    ],
)
def test_what_does_not_fit_is_refused(fractions: np.ndarray, zones: np.ndarray, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        apply("ctsm", fractions, zones)


def test_xarray_keeps_dimensions_and_agrees_with_numpy() -> None:
    fractions, _ = cells(8, seed=4)
    koeppen = np.random.default_rng(0).integers(1, 31, (4, 5))
    array = xr.DataArray(
        fractions.reshape(2, 4, 5, 8),
        dims=("time", "lat", "lon", "land_use_class"),
        coords={"time": [2001, 2002]},
    ).transpose("land_use_class", "time", "lat", "lon")
    got = apply_dataset("ctsm", array, xr.DataArray(koeppen, dims=("lat", "lon")))
    assert got.PCT_NAT_PFT.dims == ("time", "lat", "lon", "natpft")
    assert got.PCT_NAT_PFT.attrs["units"] == "%" and got.time.values.tolist() == [2001, 2002]
    plain = apply("ctsm", fractions.reshape(2, 20, 8)[1], koeppen.ravel())
    assert np.array_equal(got.PCT_NAT_PFT[1].values.reshape(20, 15), plain["PCT_NAT_PFT"])
    with pytest.raises(InputError, match="no dimension 'land_use_class'"):
        apply_dataset("ctsm", array.rename(land_use_class="k"), xr.DataArray(koeppen, dims=("lat", "lon")))


def test_zones_by_area_and_from_climate() -> None:
    # two cells share pixel 1; pixel 2 has no class
    overlap = OverlapSet(
        np.array([0, 1, 1, 2], np.int32),
        np.array([0, 0, 1, 2], np.int32),
        np.array([1.0, 3.0, 2.0, 5.0]),
        3,
        3,
        "x",
    )
    codes = np.array([1, 27, 0], np.uint8)
    polar = zones_of_koeppen(np.array([29, 29, 29]))
    got = zones_on_mesh(codes, overlap, polar)
    tropical, boreal = ZONES.index("tropical"), ZONES.index("boreal")
    assert got[0, [tropical, boreal]].tolist() == [0.25, 0.75]
    assert got[1, boreal] == 1 and got[2, ZONES.index("polar")] == 1
    assert not zones_on_mesh(codes, overlap)[2].any()
    # 25 degC and 200 mm a month all the year: rain forest
    warm = zones_of_climate(np.full((12, 2), 298.15), np.full((12, 2), 200 / (365.25 * 86400 / 12)))
    assert warm[:, tropical].tolist() == [1, 1]
    with pytest.raises(InputError, match="not in K"):
        zones_of_climate(np.full((12, 1), 25.0), np.full((12, 1), 1e-5))


def test_descriptions_that_contradict_themselves_are_refused() -> None:
    base = (
        "title: t\ntable: ctsm\ntargets: [a, b]\ngroups: {g: {empty: %s, rows: {x: [a], y: [%s]}}}\n"
        "outputs: {o: {group: g, rows: [x%s], unit: '1', long_name: l}}"
    )
    assert parse_adapter("n", base % ("x", "b", "")).groups[0].rows == {"x": (0,), "y": (1,)}
    for words, sentence in (
        (("z", "b", ""), "z is no row"),
        (("x", "c", ""), "c is no target"),
        (("x", "a", ""), "in two rows"),
        (("x", "b", ", y"), "2 rows without a dimension"),
    ):
        with pytest.raises(InputError, match=sentence):
            parse_adapter("n", base % words)
    with pytest.raises(InputError, match="there are ctsm"):
        read_adapter("clm2")


def test_generic_types_all_have_a_place_in_every_model() -> None:
    for name in adapter_names():
        adapter = read_adapter(name)
        matrix = read_table(adapter.table).matrix(GENERIC, adapter.targets)
        assert np.abs(matrix.sum(axis=1) - 1).max() < 1e-15
        placed = {t for g in adapter.groups for row in g.rows.values() for t in row}
        assert set(range(len(adapter.targets))) - placed <= {
            adapter.targets.index(t) for t in ("unknown", "ocean")
        }
