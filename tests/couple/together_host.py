"""A host of four months: ``together_host.py BUNDLE FOLDER [record | until STEP STATE | from STEP STATE]``.

Under mpirun each rank takes every n-th cell. Writes FOLDER/rankN.npz: all outputs by name (step, cell,
[class]) and the last maps.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from pylandbc.couple.bundle import read_bundle
from pylandbc.couple.engine import Coupler

MONTHS = ((2015, 11, 30), (2015, 12, 31), (2016, 1, 31), (2016, 2, 28))
DAY = 86400


def weather(ids: np.ndarray, month: int) -> dict[str, tuple[np.ndarray, str]]:
    """By cell id, so that every rank gives its cells what one rank would."""
    wave = np.sin(0.7 * (ids % 1000) + month)
    return {
        "air_temperature": (280 + 5 * wave, "K"),
        "precipitation_flux": (2e-5 + 1e-5 * wave, "kg m-2 s-1"),
        "surface_downwelling_shortwave_flux_in_air": (120 + 20 * wave, "W m-2"),
        "soil_moisture_layer_1": (0.3 + 0.05 * wave, "m3 m-3"),
        "mole_fraction_of_carbon_dioxide_in_air": (400 + 0 * wave, "ppm"),
    }


def main(bundle: str, folder: str, *arguments: str) -> None:
    ids = np.sort(read_bundle(Path(bundle)).mesh().cell_id)
    rank, ranks = (
        int(os.environ.get(f"OMPI_COMM_WORLD_{name}", at)) for name, at in (("RANK", 0), ("SIZE", 1))
    )
    settings: dict[str, Any] = {"calendar": "noleap", "threads": 1, "scenario": "hold"}
    mpi = None
    if ranks > 1:
        mpi = ctypes.CDLL("libmpi.so.40", ctypes.RTLD_GLOBAL)
        mpi.MPI_Init(None, None)
        settings["communicator"] = 0  # MPI_COMM_WORLD in Open MPI's Fortran
    first, last, start = 0, len(MONTHS), (2015, 11, 1)
    action = arguments[0] if arguments else ""
    if action == "record":
        settings["recording"] = Path(folder) / "run.nc"
    if action == "until":
        last = int(arguments[1])
    if action == "from":
        first, start, settings["restart"] = int(arguments[1]), None, Path(arguments[2])
    with Coupler(bundle, ids[rank::ranks], start, **settings) as coupler:
        steps = []
        for year, month, days in MONTHS[first:last]:
            given = weather(coupler.cell_ids, month)
            inputs = {variable.name: given[variable.name] for variable in coupler.inputs}
            steps.append(coupler.step((year, month, 1), days * DAY, inputs).outputs)
        if action == "until":
            coupler.checkpoint(Path(arguments[2]))
        maps = {f"map_{name}": coupler.map(name) for name in ("land_use", "land_cover")}
        maps["map_leaf_area_index"] = coupler.values("leaf_area_index")
        outputs = {name: np.stack([step[name] for step in steps]) for name in steps[0]}
        np.savez(Path(folder) / f"rank{rank}.npz", cell_id=coupler.cell_ids, **outputs, **maps)
    if mpi is not None:
        mpi.MPI_Finalize()


if __name__ == "__main__":
    main(*sys.argv[1:])
