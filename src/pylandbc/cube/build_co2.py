"""Build task for carbon dioxide: yearly and monthly concentrations from one record, or several in turn.

Of several files the first that has a year wins, so that a record goes before the scenario that continues it.
Months of a file that has only years are interpolated between the middles of the years.
"""

from __future__ import annotations

import numpy as np
import zarr

from pylandbc.cube.build_climate import DAYS
from pylandbc.cube.config import resolve
from pylandbc.cube.storage import Storage, write_region
from pylandbc.cube.tasks import Outcome, Place
from pylandbc.errors import InputError
from pylandbc.sources.co2 import annual_co2, read_co2
from pylandbc.sources.provenance import FIELDS


def write_co2(place: Place) -> Outcome:
    """``co2`` (co2_year) and ``co2_monthly`` (co2_month), ppm, without gaps inside a year; ``InputError`` if
    the files hold none of the training years."""
    config, outcome = place.config, Outcome()
    by_year: dict[int, float] = {}
    by_month: dict[int, float] = {}
    for file in config.co2:
        dataset = read_co2(resolve(file, place.root))
        outcome.provenance[file] = {
            name: str(dataset.attrs[name]) for name in FIELDS if name in dataset.attrs
        }
        annual = annual_co2(dataset)
        years = [int(year) for year in annual["year"].values]
        for year, value in zip(years, annual["co2"].values.tolist(), strict=True):
            if np.isfinite(value):
                by_year.setdefault(year, value)
        if "time" in dataset.dims:
            stamps = dataset["time"].values.astype("datetime64[M]").astype(np.int64)
            for month, value in zip(stamps.tolist(), dataset["co2"].values.tolist(), strict=True):
                if np.isfinite(value):
                    by_month.setdefault(month, value)
    years_held = np.array(sorted(by_year), dtype=np.int32)
    annual_values = np.array([by_year[year] for year in years_held.tolist()])
    months = (12 * (years_held[:, None].astype(np.int64) - 1970) + np.arange(12)).ravel()
    # the middle of a year lies between its sixth and seventh month
    middle = 12.0 * (years_held - 1970) + 5.5
    between = np.interp(months, middle, annual_values)
    monthly = np.array(
        [by_month.get(month, float(v)) for month, v in zip(months.tolist(), between, strict=True)]
    )
    ends = (months.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    group = zarr.open_group(str(place.cube), mode="r+", use_consolidated=False)
    storage = Storage(config.format, config.shard)
    for name, axis, values, attributes in (
        ("co2_year", "co2_year", years_held, {}),
        ("co2_month", "co2_month", ends.astype(np.int32), DAYS),
        ("co2", "co2_year", annual_values.astype(np.float32), {"units": "ppm"}),
        ("co2_monthly", "co2_month", monthly.astype(np.float32), {"units": "ppm"}),
    ):
        storage.ensure(group, name, values.shape, values.dtype, (axis,), **attributes)
        outcome.files += write_region(place.cube, name, (0,), values)
    first, last = min(config.training_years), max(config.training_years)
    inside = (years_held >= first) & (years_held <= last)
    if not inside.any():
        raise InputError(f"{', '.join(config.co2)} hold no CO2 of the training years {first} ... {last}")
    chosen = annual_values[inside]
    outcome.numbers["co2"] = [float(chosen.size), float(chosen.mean()), float(chosen.var() * chosen.size)]
    return outcome
