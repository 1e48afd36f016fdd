"""A folder of downloads: recognised by content, years, gaps, missing products, damage of every kind."""

from __future__ import annotations

import shutil
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from typer.testing import CliRunner

from pylandbc.cli.sources import app
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LUH2_STATES
from pylandbc.sources.check import check_file, check_folder
from pylandbc.sources.luh2 import VARIABLES
from sources import layouts

WINDOW = Window.from_degrees(10, 50, 11, 51)
LAT25, LON25 = layouts.centres(51.375, -0.25, 8), layouts.centres(9.625, 0.25, 8)


def luh2(path: Path, names: tuple[str, ...] = VARIABLES, base: int = 850, scale: float = 1 / 12) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "time", np.arange(2015, 2018) - base, f"years since {base}-01-01 0:0:0")
        file["time"].calendar = "noleap"
        layouts.axis(file, "lat", LAT25)
        layouts.axis(file, "lon", LON25)
        for name in names:
            variable = file.createVariable(name, "f4", ("time", "lat", "lon"))
            variable.missing_value = np.float32(1e20)
            variable[:] = scale if name in LUH2_STATES else 30.0
    return path


def static(path: Path) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "lat", LAT25)
        layouts.axis(file, "lon", LON25)
        file.createVariable("icwtr", "f4", ("lat", "lon"))[:] = 0.0
    return path


def hilda(path: Path, years: list[int]) -> Path:
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "time", np.array(years), "year")
        layouts.axis(file, "latitude", layouts.centres(50.995, -0.01, 100))
        layouts.axis(file, "longitude", layouts.centres(10.005, 0.01, 100))
        file.createVariable("LULC_states", "i2", ("time", "latitude", "longitude"))[:] = 44
    return path


def lai(folder: Path, date: str, first: float = 3.0, scale: float = 1 / 30) -> Path:
    lat = 80 - np.arange(29 * 112, 30 * 112) / 112
    lon = -180 + np.arange(190 * 112, 191 * 112) / 112
    return layouts.cgls_lai(folder, np.full((112, 112), int(first * 30)), lat, lon, date, scale=scale)


def climate(path: Path, step: float, name: str = "t2m", level: float = 285.0, count: int = 24) -> Path:
    months = np.arange("2001-01", "2003-01", dtype="datetime64[M]")[:count]
    lat, lon = layouts.centres(51.5, -step, 20), layouts.centres(9.5, step, 20)
    values = np.full((months.size, 20, 20), level)
    return layouts.era5_land(path, {name: values}, months, lat, lon, {name: "K"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One good file of many products, under names that say nothing."""
    luh2(tmp_path / "a.nc")
    luh2(tmp_path / "b.nc", base=2015)
    static(tmp_path / "c.nc")
    hilda(tmp_path / "d.nc", [1999, 2000, 2003])
    for date in ("20190110", "20190120", "20190210"):
        lai(tmp_path, date)
    climate(tmp_path / "e.nc", 0.25)
    climate(tmp_path / "f.nc", 0.1)
    codes = np.full((72, 72), 130, dtype=np.uint8)
    layouts.land_cover(tmp_path / "g.nc", codes, 10.0, 51.0, kind="i1")
    layouts.raster(tmp_path / "P1Y-2018-x.tif", codes, 10.0, 51.0, 1 / 360)
    layouts.raster(
        tmp_path / "koppen_geiger_1991_2020.tif", np.full((60, 60), 15, np.uint8), 10.0, 51.0, 1 / 120
    )
    layouts.raster(tmp_path / "sand_0-5cm_mean.tif", np.full((99, 99), 500, np.int16), 10.0, 51.0, 0.0025)
    layouts.raster(tmp_path / "states_2009.tif", np.full((90, 90), 22.0, np.float32), 10.0, 51.0, 0.01)
    (tmp_path / "record.txt").write_text(
        "# Mauna Loa\n" + "".join(f"1990 {m} 1990.1 354 353 30 0.1 0.1\n" for m in (1, 2))
    )
    (tmp_path / "notes.txt").write_text("nothing to see\n")
    layouts.era5_land(
        tmp_path / "other.nc",
        {"wind": np.ones((2, 4, 4))}, np.arange("2001-01", "2001-03", dtype="datetime64[M]"),
        layouts.centres(51, -1, 4), layouts.centres(9, 1, 4), {"wind": "m s-1"},
    )  # fmt: skip
    return tmp_path


def test_everything_is_recognised_by_content(folder: Path) -> None:
    told = []
    report = check_folder(folder, lambda path, done, total: told.append((done, total)))
    assert report.damaged == [], report.damaged
    found = {Path(f.path).name: f.product for f in report.findings}
    assert found == {
        "a.nc": "luh2_v2h_states",
        "b.nc": "luh2_v2f_states",
        "c.nc": "luh2_static",
        "d.nc": "hilda",
        **{
            f"c_gls_LAI-RT6_{d}0000_GLOBE_PROBAV_V2.0.1.nc": "cgls_lai_1km"
            for d in ("20190110", "20190120", "20190210")
        },
        "e.nc": "era5",
        "f.nc": "era5_land",
        "g.nc": "land_cover",
        "P1Y-2018-x.tif": "land_cover",
        "koppen_geiger_1991_2020.tif": "koeppen",
        "sand_0-5cm_mean.tif": "soilgrids",
        "states_2009.tif": "hilda",
        "record.txt": "noaa_co2",
        "notes.txt": "",
        "other.nc": "",
    }
    assert told[-1] == (len(found), len(found))
    years = {Path(f.path).name: f.years for f in report.findings}
    assert years["a.nc"] == years["b.nc"] == (2015, 2016, 2017)
    assert years["states_2009.tif"] == (2009,)
    assert years["f.nc"] == (2001, 2002)
    assert (years["g.nc"], years["P1Y-2018-x.tif"]) == ((2015,), (2018,))
    assert report.gaps("cgls_lai_1km") == ["2019-01-31"]
    assert report.gaps("hilda") == ["2001", "2002", *map(str, range(2004, 2009))]
    assert report.gaps("land_cover") == ["2016", "2017"]
    assert "population" in report.missing
    assert "gebco" in report.missing
    assert "hilda" not in report.missing
    assert "modis_lai" not in report.missing, "an alternative is not missed"


DAMAGE = {
    "cut.nc": "cannot be read as netCDF",
    "cut.tif": "cut short|cannot be read as GeoTIFF",
    "empty.nc": "is empty",
    "page.nc": "web page",
    "percent.nc": "states are fractions between 0 and 1",
    "partial.nc": "'secma' missing",
    "degrees.nc": "neither K nor degC",
    "codes.nc": "codes \\[99\\]",
}


def damage(folder: Path) -> None:
    whole = luh2(folder / "whole.nc").read_bytes()
    (folder / "cut.nc").write_bytes(whole[: len(whole) // 2])
    noise = np.random.default_rng(0).choice([10, 130, 210], (400, 400)).astype(np.uint8)
    whole = layouts.raster(folder / "whole.tif", noise, 10.0, 51.0, 1 / 360).read_bytes()
    (folder / "cut.tif").write_bytes(whole[: len(whole) * 2 // 3])
    (folder / "whole.nc").unlink()
    (folder / "whole.tif").unlink()
    (folder / "empty.nc").touch()
    (folder / "page.nc").write_text("<html>Please log in</html>")
    luh2(folder / "percent.nc", scale=8.0)
    luh2(folder / "partial.nc", names=LUH2_STATES)
    climate(folder / "degrees.nc", 0.25, level=100.0)
    layouts.land_cover(folder / "codes.nc", np.full((72, 72), 99, dtype=np.uint8), 10.0, 51.0)


def test_damage_is_named(tmp_path: Path) -> None:
    damage(tmp_path)
    report = check_folder(tmp_path)
    found = {Path(f.path).name: f for f in report.findings}
    assert set(found) == set(DAMAGE)
    for name, problem in DAMAGE.items():
        assert found[name].status == "damaged", name
        with pytest.raises(InputError, match=problem):
            raise InputError(found[name].problem)
        assert name in found[name].problem


def test_other_forms_are_no_damage(tmp_path: Path, real_data: Path) -> None:
    (tmp_path / "MCD15A2H.A2019001.h18v03.061.hdf").write_bytes(b"\x0e\x03\x13\x01" + bytes(600))
    (tmp_path / "download.nc").write_bytes(b"PK\x03\x04" + bytes(600))
    shutil.copy(real_data / "uk/koppen_main5_beck2018_1km.tif", tmp_path)
    report = check_folder(tmp_path)
    assert [f.status for f in report.findings] == ["unusable"] * 3
    assert "AppEEARS" in report.findings[0].problem


def test_wrong_units_that_can_be_put_right_are_said(real_data: Path) -> None:
    finding = check_file(real_data / "uk/era5_monthly_climatology_2000_2025.nc")
    assert (finding.status, finding.product) == ("good", "era5")
    assert "attribute says K, values are degC" in finding.remark


def test_thorough_reading_finds_a_hole(tmp_path: Path) -> None:
    path = tmp_path / "noise.nc"
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "latitude", layouts.centres(50.995, -0.01, 400))
        layouts.axis(file, "longitude", layouts.centres(10.005, 0.01, 400))
        layouts.axis(file, "time", np.arange(2000, 2010), "year")
        data = file.createVariable(
            "LULC_states",
            "i2",
            ("time", "latitude", "longitude"),
            zlib=True,
            fletcher32=True,
            chunksizes=(1, 400, 400),
        )
        data[:] = np.random.default_rng(0).choice([11, 22, 33, 44], (10, 400, 400))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    assert check_file(path).status == "good", "the samples are the first and the last year"
    finding = check_file(path, thorough=True)
    assert finding.status == "damaged"
    assert "noise.nc" in finding.problem


def test_commands(folder: Path) -> None:
    runner = CliRunner()
    listed = runner.invoke(app, ["list", "--json"])
    assert listed.exit_code == 0
    assert '"key": "cgls_lai_300m"' in listed.stdout
    assert "luh2_v2f_states" in runner.invoke(app, ["list"], env={"COLUMNS": "200"}).stdout
    good = runner.invoke(app, ["check", str(folder)], env={"COLUMNS": "200"})
    assert good.exit_code == 0, good.output
    assert "1999" in good.stdout
    assert "not recognised: notes.txt, other.nc" in good.stdout
    damage(folder)
    bad = runner.invoke(app, ["check", str(folder)], env={"COLUMNS": "200"})
    assert bad.exit_code == 1
    assert "damaged: fetch again" in bad.stdout
    as_json = runner.invoke(app, ["check", str(folder), "--json"])
    assert as_json.exit_code == 1
    assert '"damaged": 8' in as_json.stdout
    missing = runner.invoke(app, ["check", str(folder / "nowhere")])
    assert isinstance(missing.exception, InputError)


def test_a_synthetic_file_says_so(tmp_path: Path) -> None:
    path = hilda(tmp_path / "planet.nc", [2000])
    with netCDF4.Dataset(path, "a") as file:
        file.product = "synthetic planet (HILDA+ layout)"
    assert "not an observation: synthetic planet" in check_file(path).remark
