"""CO2: NOAA's text formats with their missing values, the weekly record at hand, input4MIPs files."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest

from pylandbc.errors import InputError
from pylandbc.sources.co2 import annual_co2, read_co2
from sources import layouts

NAME = "mole_fraction_of_carbon_dioxide_in_air"


def series(months: np.ndarray) -> np.ndarray:
    position = np.arange(months.size)
    return 350 + 0.15 * position + 3 * np.sin(2 * np.pi * position / 12)


def write_noaa(path: Path, missing: str, columns: int = 8) -> tuple[np.ndarray, np.ndarray]:
    months = np.arange("1990-03", "1996-01", dtype="datetime64[M]")
    values = series(months)
    lines = [
        "# " + "-" * 70,
        "# USE OF NOAA GML DATA",
        "#            decimal       monthly    de-season  #days",
    ]
    for i, (month, value) in enumerate(zip(months, values, strict=True)):
        year, number = str(month).split("-")
        text = missing if i in (20, 21, 40) else f"{value:.2f}"
        tail = ["350.00", "-1", "-9.99", "-0.99"][: columns - 4]
        lines.append(
            f"  {year}   {int(number):2d}    {int(year) + int(number) / 12:.4f}   {text}  {'  '.join(tail)}"
        )
    path.write_text("\n".join(lines) + "\n")
    return months, values


@pytest.mark.parametrize(("missing", "columns"), [("-9.99", 8), ("-99.99", 7)])
def test_monthly_text(tmp_path: Path, missing: str, columns: int) -> None:
    months, values = write_noaa(tmp_path / "co2_mm_mlo.txt", missing, columns)
    dataset = read_co2(tmp_path / "co2_mm_mlo.txt")
    np.testing.assert_array_equal(dataset["time"].values.astype("datetime64[M]"), months)
    found = dataset["co2"].values
    assert np.flatnonzero(np.isnan(found)).tolist() == [20, 21, 40]
    good = np.isfinite(found)
    np.testing.assert_allclose(found[good], values[good], atol=0.006)
    years = annual_co2(dataset)
    # 1990 starts in March; the gaps are filled with the seasonal cycle, which was sin
    assert years["year"].values.tolist() == [1991, 1992, 1993, 1994, 1995]
    for year in (1991, 1993, 1995):
        inside = months.astype("datetime64[Y]").astype(int) + 1970 == year
        assert float(years["co2"].sel(year=year)) == pytest.approx(values[inside].mean(), abs=0.15)
    strict = annual_co2(dataset, longest_gap=1)
    assert 1991 not in strict["year"].values


def test_weekly_and_annual_text(tmp_path: Path) -> None:
    weekly = tmp_path / "co2_weekly_mlo.txt"
    weekly.write_text(
        "# comment\n 1974   5  19  1974.3795    333.37  5 -999.99 -999.99  50.40\n"
        " 1974   5  26  1974.3986    332.95  6 -999.99 -999.99  50.06\n"
        " 1974   6   2  1974.4178   -999.99  0 -999.99 -999.99  49.60\n"
    )
    dataset = read_co2(weekly)
    np.testing.assert_allclose(dataset["co2"].values[0], (333.37 + 332.95) / 2)
    assert np.isnan(dataset["co2"].values[1])
    annual = tmp_path / "co2_annmean_mlo.txt"
    annual.write_text("# year     mean      unc\n  1959   315.98     0.12\n  1960   316.91     0.12\n")
    assert read_co2(annual)["co2"].sel(year=1960).item() == 316.91
    assert annual_co2(read_co2(annual)).equals(read_co2(annual))


def test_genuine_weekly_record(real_data: Path) -> None:
    dataset = read_co2(real_data / "global/mauna_loa_co2_weekly_statsmodels.csv")
    assert str(dataset["time"].values[0])[:7] == "1958-03"
    years = annual_co2(dataset)["co2"]
    # NOAA's published annual means of Mauna Loa
    for year, published in ((1959, 315.98), (1975, 331.13), (1990, 354.45), (2000, 369.71)):
        assert float(years.sel(year=year)) == pytest.approx(published, abs=0.5)


def write_cmip(
    path: Path, yearly: bool, units: str = "1.e-6", base: int = 1850, name: str = NAME
) -> np.ndarray:
    first, last = "2015-01", "2018-01"
    months = np.arange(first, last, dtype="datetime64[M]")
    values = series(months)
    if yearly:
        months, values = months[::12], values.reshape(3, 12).mean(axis=1)
    days = (months.astype("datetime64[D]") - np.datetime64(f"{base:04d}-01-01")).astype(float) + (
        182 if yearly else 15
    )
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "time", days, f"days since {base}-01-01 00:00:00")
        file["time"].calendar = "gregorian" if base > 1600 else "proleptic_gregorian"
        layouts.axis(file, "sector", np.arange(3), "", "i4")
        file["sector"].original_names = "0: Global; 1: Northern Hemisphere; 2: Southern Hemisphere"
        variable = file.createVariable(name, "f8", ("time", "sector"), fill_value=1e20)
        variable.units = units
        variable[:] = np.stack([values, values + 2, values - 2], axis=1) * (1e-6 if units == "1" else 1)
    return values


@pytest.mark.parametrize(("units", "base"), [("1.e-6", 1850), ("ppm", 1850), ("1", 1850), ("1.e-6", 0)])
def test_scenarios(tmp_path: Path, units: str, base: int) -> None:
    stem = f"{NAME}_input4MIPs_GHGConcentrations_ScenarioMIP_UoM-MESSAGE-GLOBIOM-ssp245-1-2-1_gr1-GMNHSH"
    monthly, yearly = tmp_path / f"{stem}_201501-201712.nc", tmp_path / f"{stem}_2015-2017.nc"
    values = write_cmip(monthly, False, units, base)
    dataset = read_co2(monthly)
    np.testing.assert_array_equal(
        dataset["time"].values.astype("datetime64[M]"), np.arange("2015-01", "2018-01", dtype="datetime64[M]")
    )
    np.testing.assert_allclose(dataset["co2"], values, rtol=1e-9)
    assert dataset.attrs["version"] == "UoM-MESSAGE-GLOBIOM-ssp245-1-2-1"
    means = write_cmip(yearly, True, units, base)
    assert read_co2(yearly)["year"].values.tolist() == [2015, 2016, 2017]
    np.testing.assert_allclose(read_co2(yearly)["co2"], means, rtol=1e-9)


def test_latitude_bands_and_cmip7_name(tmp_path: Path) -> None:
    path = tmp_path / "co2_input4MIPs_GHGConcentrations_CMIP_CR-CMIP-1-0-0_gnz_1750-2022.nc"
    lat = layouts.centres(-82.5, 15.0, 12)
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "time", np.array([60000.0, 60365.0]), "days since 1850-01-01")
        layouts.axis(file, "lat", lat, "degrees_north")
        variable = file.createVariable("co2", "f4", ("time", "lat"))
        variable.units = "ppm"
        variable[:] = np.stack([400 + lat / 10, np.full(12, 410.0)])
    np.testing.assert_allclose(read_co2(path)["co2"], [400.0, 410.0], rtol=1e-6)


def test_bad_files_are_named(tmp_path: Path) -> None:
    write_cmip(tmp_path / "units.nc", False, "kg m-3")
    with pytest.raises(InputError, match=r"units\.nc: CO2 has units 'kg m-3'"):
        read_co2(tmp_path / "units.nc")
    write_cmip(tmp_path / "other.nc", False, name="mole_fraction_of_methane_in_air")
    with pytest.raises(InputError, match=f"'{NAME}' missing in .*other"):
        read_co2(tmp_path / "other.nc")
    (tmp_path / "page.txt").write_text("<!DOCTYPE html>\n<html>not found</html>\n")
    with pytest.raises(InputError, match="is not a NOAA CO2 record"):
        read_co2(tmp_path / "page.txt")
    (tmp_path / "cut.txt").write_text("# x\n1990 1 1990.04 354.1 354.0 31 0.2 0.1\n1990 2 1990.12 355")
    with pytest.raises(InputError, match="may be cut short"):
        read_co2(tmp_path / "cut.txt")
    (tmp_path / "wrong.csv").write_text("date,co2\n19900101,1.2\n")
    with pytest.raises(InputError, match=r"1\.2 to 1\.2 ppm; CO2 lies between"):
        read_co2(tmp_path / "wrong.csv")
