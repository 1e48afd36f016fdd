"""The ERA5 and ERA5-Land variables that the project reads: short names, project names, units.

An accumulation (``tp``, ``ssrd``, ...) becomes a flux by division through its interval; the newer archives
also hold the flux itself (``avg_...``, older ``m...``). Source: ECMWF parameter database and the
documentation of ERA5 and ERA5-Land (Hersbach et al. 2020; Munoz-Sabater et al. 2021).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Era5Variable:
    """One variable.

    Parameters
    ----------
    name, units, standard_name
        In the project; ``standard_name`` is CF's, or empty.
    states
        Short names of fields that hold the value itself.
    totals
        Short names of accumulations.
    factor
        Units of the accumulation to units of flux times seconds (1000 for metres of water).
    largest
        Largest flux that occurs on Earth as a mean over an hour, in ``units``.
    """

    name: str
    units: str
    standard_name: str
    states: tuple[str, ...]
    totals: tuple[str, ...] = ()
    factor: float = 1.0
    largest: float = float("inf")
    signed: bool = False

    @property
    def is_flux(self) -> bool:
        """Whether the variable is a flux, hence a mean over an interval."""
        return bool(self.totals)

    @property
    def short_names(self) -> tuple[str, ...]:
        """All short names, the values themselves first."""
        return self.states + self.totals


def _soil(layer: int) -> Era5Variable:
    return Era5Variable(
        f"soil_moisture_layer_{layer}",
        "m3 m-3",
        "volume_fraction_of_condensed_water_in_soil",
        (f"swvl{layer}",),
    )


ERA5_VARIABLES: dict[str, Era5Variable] = {
    variable.name: variable
    for variable in (
        Era5Variable("air_temperature", "K", "air_temperature", ("t2m",)),
        Era5Variable("dew_point_temperature", "K", "dew_point_temperature", ("d2m",)),
        Era5Variable(
            "precipitation_flux",
            "kg m-2 s-1",
            "precipitation_flux",
            ("avg_tprate", "mtpr"),
            ("tp",),
            1000.0,
            0.3,
        ),
        Era5Variable(
            "surface_downwelling_shortwave_flux_in_air",
            "W m-2",
            "surface_downwelling_shortwave_flux_in_air",
            ("avg_sdswrf", "msdwswrf"),
            ("ssrd",),
            largest=1500.0,
        ),
        Era5Variable(
            "surface_downwelling_longwave_flux_in_air",
            "W m-2",
            "surface_downwelling_longwave_flux_in_air",
            ("avg_sdlwrf", "msdwlwrf"),
            ("strd",),
            largest=700.0,
        ),
        Era5Variable(
            "surface_net_downward_shortwave_flux",
            "W m-2",
            "surface_net_downward_shortwave_flux",
            ("avg_snswrf", "msnswrf"),
            ("ssr",),
            largest=1500.0,
        ),
        Era5Variable(
            "surface_net_downward_longwave_flux",
            "W m-2",
            "surface_net_downward_longwave_flux",
            ("avg_snlwrf", "msnlwrf"),
            ("str",),
            largest=500.0,
            signed=True,
        ),
        *(_soil(layer) for layer in (1, 2, 3, 4)),
    )
}
"""Project name to variable. Soil layers: 0-7, 7-28, 28-100 and 100-289 cm."""

SHORT_NAMES = {short: v.name for v in ERA5_VARIABLES.values() for short in v.short_names}
"""Short name in the files to project name."""
