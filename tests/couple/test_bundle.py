import hashlib
import json
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec

import netCDF4
import numpy as np
import pytest
import zarr
from small_cube import FRACTIONS, WINDOW, write_cube, write_emulator

from pylandbc.couple import bundle as module
from pylandbc.couple.bundle import compile_bundle, read_bundle, verify_bundle
from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.models.inputs import Input, InputSpec, hilda_inputs

needs_yac = pytest.mark.skipif(not find_spec("yac"), reason="needs the package yac")


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return write_cube(folder / "cube.zarr"), write_emulator(folder / "tiny.pt")


@pytest.fixture(scope="module")
def compiled(inputs, tmp_path_factory):
    if not find_spec("yac"):
        pytest.skip("needs the package yac")
    folder = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYLANDBC_CACHE", str(folder / "cache"))
        return compile_bundle(*inputs, "icosahedral:7", folder / "bundle", 2009)


@pytest.fixture
def copy(compiled, tmp_path):
    """A bundle that a test may damage."""
    for file in compiled.path.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    return tmp_path


def variables(path):
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        return {name: variable[:] for name, variable in file.variables.items()}


def test_bundle_json_is_what_the_contract_says(compiled):
    document = json.loads((compiled.path / "bundle.json").read_text())
    assert document.pop("created_by").startswith("pylandbc ")
    created = datetime.strptime(document.pop("created"), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(0) <= datetime.now(UTC) - created < timedelta(hours=1)
    assert document.pop("weights_engine").startswith("yac 3.")
    files = document.pop("files")
    assert document == {
        "format": "landbc-bundle",
        "format_version": 2,
        "emulators": [{"quantity": "land_use", "step": "year", "file": "land_use.pt"}],
        "window": [3800, 17900, 100, 200],
        "margin": 125,
        "core": 400,
        "halo": 112,
        "state_year": 2009,
        "mesh": {"kind": "icosahedral", "level": 7, "global_cells": 327680},
        "conservation": "off",
    }
    assert files == {
        name: hashlib.sha256((compiled.path / name).read_bytes()).hexdigest()
        for name in ("land_use.pt", "domain.nc", "mesh.nc", "scenario.nc", "series.nc")
    }
    assert {path.name for path in compiled.path.iterdir()} == {*files, "bundle.json"}


def test_domain_holds_the_cube_and_a_margin(compiled, inputs):
    cube, domain = zarr.open_group(inputs[0]), variables(compiled.path / "domain.nc")
    inside = (slice(125, 225), slice(125, 325))
    for i, name in enumerate(("elevation", "bathymetry", "land_mask")):
        field = cube["static"][i]
        assert domain[name].dtype == np.float32
        np.testing.assert_array_equal(domain[name], np.pad(field, 125, mode="edge"))
    assert domain["land_use"].dtype == np.uint8
    np.testing.assert_array_equal(domain["land_use"][inside], cube["land_use"][0])
    domain["land_use"][inside] = 255
    assert np.all(domain["land_use"] == 255)
    np.testing.assert_allclose(domain["y"], WINDOW.extended(125).latitude)


def test_scenario_has_every_year_and_a_margin(compiled, inputs):
    cube, scenario = zarr.open_group(inputs[0]), variables(compiled.path / "scenario.nc")
    assert scenario["year"].tolist() == [2009, 2010, 2011, 2012]
    assert set(scenario) == {"year", "lat", "lon", *FRACTIONS}
    given = cube["scenario"][:]
    for i, name in enumerate(FRACTIONS):
        expected = np.pad(given[:, i], ((0, 0), (5, 5), (5, 5)), mode="edge")
        np.testing.assert_array_equal(scenario[name][[0, 1, 3]], expected)
        np.testing.assert_allclose(scenario[name][2], (expected[1] + expected[2]) / 2, rtol=1e-6)


def test_mesh_covers_every_pixel_exactly(compiled):
    extended = WINDOW.extended(125)
    mesh = variables(compiled.path / "mesh.nc")
    pixel, cell, area = (mesh[f"overlap_{name}"] for name in ("pixel", "cell", "area"))
    assert (pixel.dtype, cell.dtype, area.dtype) == (np.int32, np.int32, np.float64)
    assert np.all(np.diff(pixel.astype(np.int64) * len(mesh["cell_id"]) + cell) > 0)
    strip = np.repeat(extended.pixel_area, extended.cols)
    np.testing.assert_allclose(np.bincount(pixel, area), strip, rtol=1e-15)
    assert np.all(np.diff(mesh["cell_id"]) > 0) and mesh["cell_id"].dtype == np.int64
    inside_mesh = np.bincount(cell, area, len(mesh["cell_id"]))
    assert np.all(inside_mesh > 0)
    assert np.all(inside_mesh < mesh["cell_area"] * (1 + 1e-8))


def test_reading_gives_back_mesh_and_overlaps(compiled):
    bundle = verify_bundle(compiled.path)
    assert bundle.window == WINDOW and bundle.state_year == 2009
    mesh, overlap = bundle.mesh_and_overlap()
    assert np.all(mesh.corner_count == 3)
    field = overlap.to_mesh(overlap.to_grid(np.full(len(mesh), 2.5)))
    np.testing.assert_allclose(field, 2.5, rtol=1e-14)


@needs_yac
def test_a_window_inside_the_cube_takes_its_margin_from_it(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("PYLANDBC_CACHE", str(tmp_path / "cache"))
    window = Window(3800, 17950, 100, 100)
    bundle = compile_bundle(*inputs, "healpix:64", tmp_path / "b", 2012, window)
    state = variables(bundle.path / "domain.nc")["land_use"]
    expected = np.full((350, 350), 255, dtype=np.uint8)
    expected[125:225, 75:275] = zarr.open_group(inputs[0])["land_use"][1]
    np.testing.assert_array_equal(state, expected)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state_year": 2010}, r"no land-use map of 2010 \(there are 2009, 2012\)"),
        ({"window": Window(3800, 18000, 100, 200)}, "does not lie in that of the cube"),
        ({"core": 500}, "tile core 500"),
        ({"mesh": "healpix:many"}, "is not understood"),
        ({"engine": "scissors"}, "'scissors' is not known"),
    ],
)
def test_inputs_that_do_not_fit_leave_nothing_behind(inputs, tmp_path, change, sentence):
    arguments = {"mesh": "icosahedral:7", "state_year": 2009} | change
    with pytest.raises(InputError, match=sentence):
        compile_bundle(*inputs, output=tmp_path / "b", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_an_emulator_that_needs_more_than_the_cube_has(inputs, tmp_path):
    spec = InputSpec((*hilda_inputs().inputs, Input("population", "km-2", "scenario", at="target")))
    emulator = write_emulator(tmp_path / "more.pt", spec)
    with pytest.raises(
        InputError, match=r"needs scenario input\(s\) population, the cube .* has urban_fraction"
    ):
        compile_bundle(inputs[0], emulator, "icosahedral:7", tmp_path / "b", 2009)


def test_a_cube_in_other_units(inputs, tmp_path):
    cube = write_cube(tmp_path / "cube.zarr", units={"air_temperature": "degC"})
    with pytest.raises(InputError, match=r"needs air_temperature in 'K', the cube .* has it in 'degC'"):
        compile_bundle(cube, inputs[1], "icosahedral:7", tmp_path / "b", 2009)


def test_no_cube_and_a_cube_of_another_version(inputs, tmp_path):
    with pytest.raises(InputError, match="no cube at"):
        compile_bundle(tmp_path / "none.zarr", inputs[1], "icosahedral:7", tmp_path / "b", 2009)
    cube = write_cube(tmp_path / "cube.zarr", format_version=2)
    with pytest.raises(InputError, match="format version 2; this pylandbc reads 1"):
        compile_bundle(cube, inputs[1], "icosahedral:7", tmp_path / "b", 2009)


@needs_yac
def test_an_existing_output_is_replaced_only_on_request(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("PYLANDBC_CACHE", str(tmp_path / "cache"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="pass --overwrite"):
        compile_bundle(*inputs, "healpix:64", tmp_path / "b", 2009)
    with pytest.raises(InputError, match="it is no bundle"):
        compile_bundle(*inputs, "healpix:64", tmp_path / "b", 2009, overwrite=True)
    assert (tmp_path / "b" / "mine.txt").read_text() == "keep"
    compile_bundle(*inputs, "healpix:64", tmp_path / "c", 2009)
    compile_bundle(*inputs, "healpix:64", tmp_path / "c", 2012, overwrite=True)
    assert verify_bundle(tmp_path / "c").state_year == 2012
    assert {p.name for p in tmp_path.iterdir()} == {"b", "c", "cache"}


def test_a_failure_while_writing_leaves_nothing(inputs, tmp_path, monkeypatch):
    if not find_spec("yac"):
        pytest.skip("needs the package yac")
    monkeypatch.setenv("PYLANDBC_CACHE", str(tmp_path / "cache"))

    def disk_full(*arguments):
        raise OSError("No space left on device")

    monkeypatch.setattr(module, "write_scenario", disk_full)
    with pytest.raises(OSError, match="No space left"):
        compile_bundle(*inputs, "healpix:64", tmp_path / "b", 2009)
    assert {p.name for p in tmp_path.iterdir()} == {"cache"}


@pytest.mark.parametrize("name", ["land_use.pt", "domain.nc", "mesh.nc", "scenario.nc"])
def test_every_file_is_guarded(copy, name):
    whole = (copy / name).read_bytes()
    (copy / name).write_bytes(whole[:-10])
    with pytest.raises(InputError, match=f"{name} was cut short or changed"):
        verify_bundle(copy)
    middle = len(whole) // 2
    (copy / name).write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
    with pytest.raises(InputError, match=f"{name} was cut short or changed"):
        verify_bundle(copy)
    (copy / name).unlink()
    with pytest.raises(InputError, match=f"{name} is missing"):
        read_bundle(copy)


def test_a_bundle_json_that_is_not_one(copy, tmp_path_factory):
    with pytest.raises(InputError, match="is no bundle"):
        read_bundle(tmp_path_factory.mktemp("empty"))
    document = json.loads((copy / "bundle.json").read_text())
    for change, sentence in (
        ({"format_version": 1}, r"\('landbc-bundle', 1\), this pylandbc reads \('landbc-bundle', 2\)"),
        ({"window": None}, None),
        ({"files": {}}, r"no SHA-256 of domain\.nc"),
    ):
        if sentence is None:
            changed = {k: v for k, v in document.items() if k not in change}
            sentence = "field 'window' is missing"
        else:
            changed = document | change
        (copy / "bundle.json").write_text(json.dumps(changed))
        with pytest.raises(InputError, match=sentence):
            read_bundle(copy)
    (copy / "bundle.json").write_text('{"format": "landbc-')
    with pytest.raises(InputError, match="cannot be read"):
        read_bundle(copy)
