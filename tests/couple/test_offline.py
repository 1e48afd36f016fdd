"""The engine over xarray datasets: the bits of a coupler's steps, of a recording's, and refusals."""

from __future__ import annotations

from pathlib import Path

import cftime
import numpy as np
import pytest
import small_bundle
import xarray as xr
from forced_run import DAY, IDS, forcing, start

from pylandbc.couple.offline import run
from pylandbc.couple.recording import Recording
from pylandbc.errors import InputError

pytestmark = pytest.mark.engine
MONTHS = 26
LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
ORDER = np.random.default_rng(5).permutation(len(IDS))


def months() -> list[tuple[int, int]]:
    return [(2009 + m // 12, m % 12 + 1) for m in range(MONTHS + 1)]


@pytest.fixture(scope="module")
def weather() -> xr.Dataset:
    """26 months, noleap; one field in single precision and with its axes the other way round."""
    moments = [cftime.datetime(y, m, 1, calendar="noleap") for y, m in months()]
    given = [forcing(IDS[ORDER], level=3.0 * np.sin(m)) for m in range(MONTHS)]
    warm = np.stack([g["air_temperature"][0] for g in given])
    wet = np.stack([g["precipitation_flux"][0] for g in given]).astype(np.float32)
    return xr.Dataset(
        {
            "air_temperature": (("time", "cell"), warm, {"units": "K"}),
            "precipitation_flux": (("cell", "time"), wet.T, {"units": "kg m-2 s-1"}),
            "time_bnds": (("time", "bounds"), np.array([moments[:-1], moments[1:]]).T),
            "snow": (("time", "cell"), np.zeros_like(warm), {"units": "1"}),
        },
        {"time": ("time", moments[:-1], {"bounds": "time_bnds"}), "cell_id": ("cell", IDS[ORDER])},
    )


@pytest.fixture(scope="module")
def steps(bundle: Path, weather: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same run through the coupler, recorded."""
    path = tmp_path_factory.mktemp("steps") / "run.nc"
    with start(bundle, IDS[ORDER], recording=path) as coupler:
        for m, (year, month) in enumerate(months()[:-1]):
            inputs = {
                name: (weather[name].isel(time=m).values, weather[name].units)
                for name in ("air_temperature", "precipitation_flux")
            }
            coupler.step((year, month, 1), LENGTHS[month - 1] * DAY, inputs)
    return path


def test_it_is_the_run_of_a_coupler(bundle: Path, weather: xr.Dataset, steps: Path, tmp_path: Path) -> None:
    told: list[float] = []
    made = run(bundle, weather, tell=lambda _, done: told.append(done), recording=tmp_path / "r.nc")
    assert made.land_use_fraction.dims == ("time", "cell", "land_use_class")
    assert list(made.land_use_class.values) == small_bundle.LAND_USE.names
    assert made.coverage.units == "1" and made.sizes["time"] == MONTHS and told[-1] == 1.0
    assert np.flatnonzero(made.changed).tolist() == [0, 12, 24]
    with Recording(steps) as recording, Recording(tmp_path / "r.nc") as own:
        wanted = recording.outputs_dataset()
        xr.testing.assert_identical(made, wanted)
        assert [s.fingerprints for s in own.steps()] == [s.fingerprints for s in recording.steps()]


def test_the_inputs_of_a_recording_are_forcing(bundle: Path, steps: Path, tmp_path: Path) -> None:
    with Recording(steps) as recording:
        given, wanted = recording.inputs_dataset(), recording.outputs_dataset()
    assert given.precipitation_flux.dtype == np.float32
    given.to_netcdf(tmp_path / "forcing.nc")
    with xr.open_dataset(
        tmp_path / "forcing.nc", decode_times=xr.coders.CFDatetimeCoder(use_cftime=True)
    ) as lazy:
        again = run(bundle, lazy)
    for name in ("land_use_fraction", "coverage", "changed"):
        assert np.array_equal(again[name], wanted[name]), name


def test_chosen_outputs_and_lengths_without_bounds(bundle: Path) -> None:
    """Days of a calendar that NumPy has."""
    days = np.arange("2009-01-01", "2009-01-11", dtype="datetime64[D]").astype("datetime64[ns]")
    inputs = {
        name: (("time", "cell"), np.tile(values, (10, 1)), {"units": unit})
        for name, (values, unit) in forcing().items()
    }
    made = run(bundle, xr.Dataset(inputs, {"time": days, "cell_id": ("cell", IDS)}), ["coverage"])
    assert "land_use_fraction" not in made and made.attrs["calendar"] == "proleptic_gregorian"
    last = made.time_bnds.values[-1]
    assert (last[1] - last[0]).days == 1


def test_backwards(bundle: Path, weather: xr.Dataset, tmp_path: Path) -> None:
    """Intervals are taken from the last to the first, and told in the order of time."""
    from test_engine_time import backwards_bundle

    folder = backwards_bundle(bundle, tmp_path, 2011)
    path = tmp_path / "back.nc"
    two = weather.isel(time=slice(0, 24))
    made = run(folder, two, direction=-1, recording=path)
    assert np.flatnonzero(made.changed).tolist() == [11, 23]
    with Recording(path) as recording:
        assert next(iter(recording.steps())).date == (2010, 12, 1, 0)
        wanted = recording.outputs_dataset()
    assert np.array_equal(made.land_use_fraction, wanted.land_use_fraction)
    assert list(made.time.values) == list(wanted.time.values) == sorted(made.time.values)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.rename(cell="station"), r"no dimension 'cell' .*stack\(cell="),
        (lambda d: d.drop_vars("cell_id"), "no cell_id"),
        (lambda d: d.drop_vars("air_temperature"), "lacks air_temperature .*it has precipitation_flux, snow"),
        (
            lambda d: d.isel(time=[0, 2]),
            "interval 0 of the forcing ends at 2009-02-01.*next begins at 2009-03-01",
        ),
        (lambda d: d.drop_vars("time_bnds").isel(time=[0]), "one time and no bounds"),
        (
            lambda d: d.drop_vars("time_bnds").isel(time=[0, 1, 3]),
            "no bounds and are not regular: from 2009-02-01.* is 59 days, elsewhere 31",
        ),
        (lambda d: d.assign_coords(time=np.arange(MONTHS)), "no time coordinate: decode it"),
        (lambda d: d.assign(snow=d.snow.drop_attrs()), "snow has no attribute units"),
    ],
)
def test_what_is_wrong_is_said(bundle: Path, weather: xr.Dataset, change, says: str) -> None:
    with pytest.raises(InputError, match=says):
        run(bundle, change(weather))


def test_inputs_of_updates_are_not_there(bundle: Path, weather: xr.Dataset, tmp_path: Path) -> None:
    made = run(bundle, weather, recording=tmp_path / "u.nc", record="updates")
    with Recording(tmp_path / "u.nc") as recording:
        with pytest.raises(InputError, match="record every step"):
            recording.inputs_dataset()
        few = recording.outputs_dataset()
    assert few.sizes["time"] == 3
    assert np.array_equal(few.coverage, made.coverage.isel(time=[0, 12, 24]))
