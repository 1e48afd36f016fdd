"""Realistic, evolving land boundary conditions at 1 km for Earth-system models.

Two halves: emulators of land use, land cover and leaf area index (``pylandbc.models``, ``pylandbc.learn``),
and their coupling to a running model through ``liblandbc`` (``pylandbc.couple`` speaks its C interface).
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("pylandbc")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"
