"""Soil texture: the USDA triangle, SoilGrids in g/kg and homolosine, HWSD's units and soils."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.warp import transform

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.sources.hwsd import COLUMNS, read_hwsd
from pylandbc.sources.soil_texture import TEXTURES, usda_texture
from pylandbc.sources.soilgrids import read_soilgrids
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 10.25, 50.25)
HOMOLOSINE = "+proj=igh +lon_0=0 +datum=WGS84 +units=m +no_defs"


@pytest.mark.parametrize(
    ("sand", "silt", "clay", "name"),
    [
        # one point well inside each field of the triangle (Soil Survey Manual, figure 3-7)
        (92, 5, 3, "sand"),
        (82, 12, 6, "loamy_sand"),
        (65, 25, 10, "sandy_loam"),
        (40, 40, 20, "loam"),
        (20, 65, 15, "silt_loam"),
        (7, 87, 6, "silt"),
        (60, 13, 27, "sandy_clay_loam"),
        (33, 33, 34, "clay_loam"),
        (10, 56, 34, "silty_clay_loam"),
        (52, 6, 42, "sandy_clay"),
        (6, 47, 47, "silty_clay"),
        (25, 25, 50, "clay_light"),
        (20, 10, 70, "clay_heavy"),
    ],
)  # fmt: skip
def test_texture_triangle(sand: int, silt: int, clay: int, name: str) -> None:
    code = usda_texture(np.array(sand / 100), np.array(silt / 100), np.array(clay / 100))
    assert TEXTURES[int(code) - 1] == name


def test_every_soil_has_a_texture() -> None:
    sand, silt = np.meshgrid(np.arange(0, 101) / 100, np.arange(0, 101) / 100)
    inside = sand + silt <= 1 + 1e-9
    codes = usda_texture(sand[inside], silt[inside], 1 - (sand + silt)[inside])
    assert set(codes.tolist()) == set(range(1, 14))
    assert usda_texture(np.array([np.nan]), np.array([0.5]), np.array([0.5])).tolist() == [0]
    # as HWSD numbers them
    assert (TEXTURES[0], TEXTURES[8], TEXTURES[12]) == ("clay_heavy", "loam", "sand")


def parts(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    sand = np.full(shape, 400, dtype=np.int16)
    sand[:, shape[1] // 2 :] = 900
    silt = np.where(sand == 400, 420, 60).astype(np.int16)
    # the three are predicted apart: their sum misses 1000 a little
    return {"sand": sand, "silt": silt, "clay": np.where(sand == 400, 200, 30).astype(np.int16)}


def test_soilgrids_in_degrees(tmp_path: Path) -> None:
    files = []
    for name, values in parts((120, 120)).items():
        values = values.copy()
        values[:20] = -32768
        path = tmp_path / f"{name}_0-5cm_mean.tif"
        files.append(layouts.raster(path, values, 9.975, 50.275, 0.0025, nodata=-32768))
    dataset = read_soilgrids(files, WINDOW)
    total = sum(dataset[f"{name}_fraction"] for name in ("sand", "silt", "clay")).values
    np.testing.assert_allclose(total[5:], 1.0, atol=1e-6)
    assert np.isnan(total[:2]).all()
    np.testing.assert_allclose(dataset["sand_fraction"].values[10:, :10], 400 / 1020, rtol=1e-5)
    classes = dataset["soil_texture_class"].values
    assert (classes[:2] == 0).all()
    assert TEXTURES[classes[15, 3] - 1] == "loam"
    assert TEXTURES[classes[15, 20] - 1] == "sand"
    with pytest.raises(InputError, match=r"0-5 cm lacks clay beside sand_0-5cm_mean\.tif"):
        read_soilgrids(files[:2], WINDOW)
    with pytest.raises(InputError, match="not named as SoilGrids does"):
        read_soilgrids([tmp_path / "soil.tif"], WINDOW)


def test_depths_count_by_thickness_and_percent_is_refused(tmp_path: Path) -> None:
    files, percent = [], []
    for depth, sand in (("0-5", 200), ("5-15", 500), ("15-30", 800)):
        for name, value in (("sand", sand), ("silt", 900 - sand), ("clay", 100)):
            path = tmp_path / f"{name}_{depth}cm_mean.tif"
            values = np.full((120, 120), value, dtype=np.int16)
            files.append(layouts.raster(path, values, 9.975, 50.275, 0.0025))
            if depth == "0-5":
                path = tmp_path / "percent" / path.name
                path.parent.mkdir(exist_ok=True)
                percent.append(layouts.raster(path, values // 10, 9.975, 50.275, 0.0025))
    expected = (5 * 0.2 + 10 * 0.5 + 15 * 0.8) / 30
    np.testing.assert_allclose(read_soilgrids(files, WINDOW)["sand_fraction"], expected, rtol=1e-5)
    with pytest.raises(InputError, match="about 100, not 1000 g/kg"):
        read_soilgrids(percent, WINDOW)


def test_soilgrids_as_distributed_in_homolosine(tmp_path: Path) -> None:
    xs, ys = transform("EPSG:4326", HOMOLOSINE, [9.8, 10.5, 9.8, 10.5], [50.4, 50.4, 49.8, 49.8])
    west, north, step = min(xs), max(ys), 250.0
    rows, cols = int((north - min(ys)) / step) + 1, int((max(xs) - west) / step) + 1
    # sand follows longitude: a misplaced warp would show
    px, py = np.meshgrid(west + (np.arange(cols) + 0.5) * step, north - (np.arange(rows) + 0.5) * step)
    lon = np.array(transform(HOMOLOSINE, "EPSG:4326", px.ravel(), py.ravel())[0]).reshape(rows, cols)
    sand = np.clip(500 + (lon - 10.125) * 1000, 0, 900)
    files = []
    for name, values in (("sand", sand), ("silt", 900 - sand), ("clay", np.full_like(sand, 100))):
        path = tmp_path / f"{name}_0-5cm_mean.tif"
        with rasterio.open(
            path, "w", driver="GTiff", height=rows, width=cols, count=1, dtype="int16", crs=HOMOLOSINE,
            transform=Affine(step, 0, west, 0, -step, north), nodata=-32768,
        ) as file:  # fmt: skip
            file.write(np.rint(values).astype(np.int16), 1)
        files.append(path)
    dataset = read_soilgrids(files, WINDOW)
    expected = np.broadcast_to(0.5 + (WINDOW.longitude - 10.125), WINDOW.shape)
    np.testing.assert_allclose(dataset["sand_fraction"], expected, atol=2e-3)


ROWS = [
    # unit, share, layer, sand, silt, clay, texture
    (11, 60, "D1", 40, 40, 20, 9),
    (11, 40, "D1", 80, 12, 8, 12),
    (11, 100, "D2", 10, 10, 80, 1),
    (12, 100, "D1", -9, -9, -9, -9),
    (13, 100, "D1", 20, 10, 70, 1),
]


def test_hwsd(tmp_path: Path) -> None:
    units = np.full((36, 36), 11, dtype=np.uint16)
    units[:, 12:24], units[:, 24:] = 12, 13
    raster = layouts.raster(tmp_path / "HWSD2.tif", units, 9.975, 50.275, 1 / 120, nodata=65535)
    table = tmp_path / "HWSD2_LAYERS.csv"
    with table.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["ID", *COLUMNS])
        for number, (unit, share, layer, *rest) in enumerate(ROWS):
            writer.writerow([number, unit, share, layer, *rest])
    dataset = read_hwsd(raster, table, WINDOW)
    assert dataset["sand_fraction"].values[10, 3] == pytest.approx(0.6 * 0.4 + 0.4 * 0.8)
    assert dataset["clay_fraction"].values[10, 3] == pytest.approx(0.6 * 0.2 + 0.4 * 0.08)
    assert dataset["soil_texture_class"].values[10].tolist()[3] == 9
    assert np.isnan(dataset["sand_fraction"].values[10, 12])
    assert dataset["soil_texture_class"].values[10, 12] == 0
    assert dataset["soil_texture_class"].values[10, 22] == 1
    deep = read_hwsd(raster, table, WINDOW, "D2")
    assert deep["clay_fraction"].values[10, 3] == pytest.approx(0.8)
    database = tmp_path / "HWSD2.sqlite"
    with sqlite3.connect(database) as connection:
        connection.execute(f"CREATE TABLE HWSD2_LAYERS ({', '.join(COLUMNS)})")
        connection.executemany("INSERT INTO HWSD2_LAYERS VALUES (?, ?, ?, ?, ?, ?, ?)", ROWS)
    connection.close()
    same = read_hwsd(raster, database, WINDOW)
    for name in dataset.data_vars:
        np.testing.assert_array_equal(same[name].values, dataset[name].values)
    with pytest.raises(InputError, match="no layer 'D9'"):
        read_hwsd(raster, table, WINDOW, "D9")
    access = tmp_path / "HWSD2.mdb"
    access.write_bytes(b"\x00\x01\x00\x00Standard Jet DB\x00" + bytes(50))
    with pytest.raises(InputError, match="Microsoft Access"):
        read_hwsd(raster, access, WINDOW)
