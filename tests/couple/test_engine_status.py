"""Every status of ``landbc.h``, reached by the input that earns it, with its sentence. Nothing aborts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import small_bundle
import torch
from forced_run import DAY, IDS, START, forcing, start

from pylandbc.couple.engine import Coupler, LandbcError
from pylandbc.couple.library import load_library

pytestmark = pytest.mark.engine


def refused(name: str, sentence: str, call: Callable[[], Any]) -> LandbcError:
    """Asserts that ``call`` fails with this status and a one-line sentence that matches."""
    with pytest.raises(LandbcError) as caught:
        call()
    error = caught.value
    assert error.name == f"LANDBC_ERROR_{name}", error
    assert re.search(sentence, error.message), error.message
    assert "\n" not in error.message
    return error


@pytest.fixture
def copy(bundle: Path, tmp_path: Path) -> Path:
    """A bundle to be spoilt."""
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def test_bundle_that_is_missing(bundle: Path, tmp_path: Path) -> None:
    refused("BUNDLE", r"none/bundle.json: file missing", lambda: start(tmp_path / "none"))


@pytest.mark.parametrize("name", ["emulator.pt", "domain.nc", "mesh.nc", "scenario.nc"])
def test_bundle_file_missing_cut_short_or_changed(copy: Path, name: str) -> None:
    path = copy / name
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused("BUNDLE", f"{name}: SHA-256 differs.*cut short or changed", lambda: start(copy))
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 1
    path.write_bytes(changed)
    refused("BUNDLE", f"{name}: SHA-256 differs", lambda: start(copy))
    path.unlink()
    refused("BUNDLE", f"{name}: file missing", lambda: start(copy))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": "something"}, "not a bundle"),
        ({"format_version": 1}, "bundle format 1; this library reads format 2"),
        ({"window": [3950, 17950, 110, 150]}, "'window' is no rectangle"),
        ({"window": [3950, 17950]}, "entry 'window' is missing or of the wrong type"),
        ({"core": 500}, "'core' must be a multiple of 400"),
        ({"halo": 100}, "'halo' must be a multiple of 16"),
        ({"margin": 100}, "mesh.nc: overlap .* is out of range"),
        ({"state_year": "2009"}, "entry 'state_year' is missing or of the wrong type"),
    ],
)
def test_manifest_that_does_not_fit(copy: Path, change: dict, sentence: str) -> None:
    manifest = json.loads((copy / "bundle.json").read_text())
    (copy / "bundle.json").write_text(json.dumps(manifest | change))
    refused("BUNDLE", sentence, lambda: start(copy))
    (copy / "bundle.json").write_text(json.dumps(manifest)[:-9])
    refused("BUNDLE", "not valid JSON", lambda: start(copy))


def edit(folder: Path, file: str, variable: str, where: Any, value: Any) -> None:
    with netCDF4.Dataset(folder / file, "a") as dataset:
        dataset[variable][where] = value
    small_bundle.seal(folder)


@pytest.mark.parametrize(
    ("file", "variable", "where", "value", "sentence"),
    [
        ("domain.nc", "land_use", (3, 200), 9, "land_use holds class 9"),
        ("mesh.nc", "cell_id", 1, 1000, "cell_id is not in ascending order"),
        ("mesh.nc", "cell_area", 2, -1.0, "the area of cell 1014 is -1"),
        ("mesh.nc", "overlap_cell", 5, 30, "overlap 5 .* is out of range"),
        ("mesh.nc", "overlap_pixel", 5, 3, "overlap 5 is out of order"),
        ("mesh.nc", "overlap_pixel", -1, 139998, "pixel 139999 of the extended window lies in no cell"),
        ("scenario.nc", "year", 2, 2020, "the years have a gap before 2020"),
        (
            "scenario.nc",
            "urban_fraction",
            (0, 0, 0),
            np.nan,
            "'urban_fraction' holds values that are not finite",
        ),
    ],
)
def test_bundle_content_that_does_not_fit(
    copy: Path, file: str, variable: str, where: Any, value: Any, sentence: str
) -> None:
    if variable == "overlap_pixel" and where == -1:
        # The last pixel may lie in several cells.
        with netCDF4.Dataset(copy / file, "a") as dataset:
            pixel = dataset[variable][:]
            pixel[pixel == 139999] = value
            cells = dataset["overlap_cell"][:]
            cells[pixel == value] = np.arange((pixel == value).sum())
            dataset[variable][:], dataset["overlap_cell"][:] = pixel, cells
        small_bundle.seal(copy)
    else:
        edit(copy, file, variable, where, value)
    refused("BUNDLE", sentence, lambda: start(copy))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"interface_version": 2}, "'interface_version' is '2' where this library needs '1'"),
        ({"format": "other"}, "'format' is 'other'"),
        ({"step": "month"}, "'step' is 'month'"),
        ({"quantity": "land_cover"}, "input 'land_use' comes from 'state', which .* for 'land_cover'"),
        ({"receptive_field_radius": 120}, "halo 112 is smaller than its receptive_field_radius 120"),
        (
            {"receptive_field_radius": 120, "halo": 128},
            "receptive field of 120 pixels is wider than the bundle's halo",
        ),
        ({"multiple": 32}, "needs tiles on multiples of 32"),
        ({"grid": {"pixel_degrees": 0.02, "coarse_degrees": 0.25}}, "'pixel_degrees' is '0.02'"),
        ({"output": {"name": "land_use", "kind": "class_logits", "classes": 9}}, "'classes' is '9'"),
        (
            {"inputs": [{"name": "land_use", "source": "state"}]},
            "time inputs must be direction and elapsed_years",
        ),
        ({"quantity": "soil_depth"}, "classes of 'soil_depth'; known are land_use and land_cover"),
        ({"inputs": [{"name": "soil", "source": "host"}]}, "input 'soil' comes from 'host'"),
        ({"classes": "many"}, "entry 'classes' is missing or of the wrong type"),
    ],
)
def test_emulator_whose_card_does_not_fit(copy: Path, change: dict, sentence: str) -> None:
    small_bundle.write_emulator(copy / "emulator.pt", **change)
    small_bundle.seal(copy)
    refused("MODEL", sentence, lambda: start(copy))


def test_emulator_that_is_none(copy: Path) -> None:
    (copy / "emulator.pt").write_bytes(b"not an archive")
    small_bundle.seal(copy)
    refused("MODEL", "not a TorchScript emulator", lambda: start(copy))
    torch.jit.save(torch.jit.script(small_bundle.SmallEmulator()), str(copy / "emulator.pt"))
    small_bundle.seal(copy)
    refused("MODEL", r"no model card \(card.json\)", lambda: start(copy))


def test_emulator_that_breaks_its_card(copy: Path) -> None:
    eight = small_bundle.card()["classes"]
    nine = [*eight, {"code": 8, "name": "ninth", "colour": "#000000"}]
    output = {"name": "land_use", "kind": "class_logits", "classes": 9}
    small_bundle.write_emulator(copy / "emulator.pt", classes=nine, output=output)
    small_bundle.seal(copy)
    refused(
        "MODEL", r"result is Float \[1, 8, 624, 624\] where Float \[1, 9, 624, 624\]", lambda: start(copy)
    )
    one = [e for e in small_bundle.card()["inputs"] if e["name"] != "precipitation_flux"]
    small_bundle.write_emulator(copy / "emulator.pt", inputs=one)
    small_bundle.seal(copy)
    refused("MODEL", "the emulator's forward failed", lambda: start(copy))


def test_emulator_that_gives_nan(bundle: Path) -> None:
    huge = {name: (np.full(30, 1e300), unit) for name, (_, unit) in forcing().items()}
    with start(bundle) as coupler:
        # Infinite in single precision, and the emulator takes one from the other.
        coupler.step(START, 365 * DAY, huge)
        before = coupler.map()
        refused(
            "MODEL", "the emulator gave NaN in the tile", lambda: coupler.step((2010, 1, 1), DAY, forcing())
        )
        assert np.array_equal(coupler.map(), before)


def test_cells(bundle: Path) -> None:
    wrong = np.concatenate([IDS, [7, 5]])
    refused("CELLS", "the bundle does not know: the first is 7, 2 in all", lambda: start(bundle, wrong))
    refused(
        "CELLS",
        "the host does not give: the first is 1014, 2 in all",
        lambda: start(bundle, np.delete(IDS, [2, 9])),
    )
    refused("CELLS", "cell id 1007 is given twice", lambda: start(bundle, np.concatenate([IDS, [1007]])))
    refused("ARGUMENT", "'cell_count' is 0", lambda: start(bundle, []))


def test_configuration(bundle: Path) -> None:
    refused(
        "ARGUMENT",
        "calendar 'julian' is not known; known are standard",
        lambda: start(bundle, calendar="julian"),
    )
    refused("ARGUMENT", "'core' is 500; it must be a multiple of 400", lambda: start(bundle, core=500))
    refused("ARGUMENT", "'bundle' is empty", lambda: Coupler("", IDS, START))
    refused("ARGUMENT", "'threads' is -1", lambda: start(bundle, threads=-1))
    refused("ARGUMENT", "'device_graphs' is 2; it is 0 or 1", lambda: start(bundle, device_graphs=2))
    refused(
        "DEVICE",
        "device 'gpu' is not known; known are cpu, cuda and cuda:N",
        lambda: start(bundle, device="gpu"),
    )
    refused(
        "DEVICE", r"'cuda:99' is not there: libtorch finds \d+ CUDA", lambda: start(bundle, device="cuda:99")
    )
    refused("IO", "run.nc: cannot be created", lambda: start(bundle, recording=bundle / "none" / "run.nc"))
    with pytest.raises(ValueError, match="missing='skip'"):
        start(bundle, missing="skip")


def test_fields(bundle: Path) -> None:
    good = forcing()
    temperature, precipitation = good["air_temperature"], good["precipitation_flux"]
    both = [("air_temperature", *temperature), ("precipitation_flux", *precipitation)]
    k, flux = temperature[0], precipitation[0]
    cases = [
        (
            "FIELD_NAME",
            "input 'snow' is not known; the emulators' inputs are air_temp",
            [*both, ("snow", k, "1")],
        ),
        ("FIELD_NAME", "input 'air_temperature' is given twice", [*both, both[0]]),
        ("FIELD_NAME", "input 'precipitation_flux' is missing; every step needs air_temp", both[:1]),
        (
            "FIELD_SHAPE",
            r"'air_temperature': extent 1 is 29 where 30 is needed \(cells\)",
            [(both[0][0], k[1:], "K")],
        ),
        ("FIELD_SHAPE", "'air_temperature': rank 2 where 1", [(both[0][0], k[:, None], "K")]),
        (
            "FIELD_UNIT",
            "unit 'F' cannot be converted exactly; accepted are 'K', 'degC'",
            [(both[0][0], k, "F")],
        ),
        (
            "FIELD_UNIT",
            "unit 'K' .* accepted are 'kg m-2 s-1', 'mm s-1', 'mm day-1'",
            [(both[1][0], flux, "K")],
        ),
        (
            "FIELD_VALUE",
            "'air_temperature' is NaN or infinite in 2 cells, the first is id 1021; missing_policy can hold",
            [(both[0][0], np.where(np.isin(IDS, (1021, 1035)), np.nan, k), "K"), both[1]],
        ),
    ]
    with start(bundle) as coupler:
        for name, sentence, inputs in cases:
            refused(name, sentence, lambda i=inputs: coupler.step(START, DAY, i))
        for seconds in (0, -DAY, 367 * DAY):
            refused("ARGUMENT", "a coupling interval lasts", lambda s=seconds: coupler.step(START, s, good))
        refused("FIELD_NAME", "map 'soil' is not known", lambda: coupler.map("soil"))
        coupler.step(START, DAY, good)


def test_recorded_fields_keep_unit_and_type(bundle: Path, tmp_path: Path) -> None:
    celsius = forcing()
    celsius["air_temperature"] = (celsius["air_temperature"][0] - 273.15, "degC")
    with start(bundle, recording=tmp_path / "run.nc") as coupler:
        coupler.step(START, DAY, forcing())
        again = (2009, 1, 2)
        refused(
            "FIELD_UNIT",
            "unit 'degC', but it is being recorded in 'K'",
            lambda: coupler.step(again, DAY, celsius),
        )
        single = forcing(kind=np.float32)
        refused(
            "FIELD_SHAPE",
            "its type differs from the one being recorded",
            lambda: coupler.step(again, DAY, single),
        )
        coupler.step(again, DAY, forcing())


class RawInterface:
    """Calls of the C interface that the Python coupler cannot make."""

    def __init__(self, bundle: Path) -> None:
        self.ffi, self.library = load_library()
        self.null = self.ffi.NULL
        self.texts = [self.ffi.new("char[]", str(bundle).encode())]
        self.config = self.ffi.new("landbc_config *")
        assert self.library.landbc_config_default(self.config) == 0
        self.ids = self.ffi.new("int64_t[]", IDS.tolist())
        self.config.bundle, self.config.cell_ids, self.config.cell_count = self.texts[0], self.ids, len(IDS)
        self.config.start = self.ffi.new("landbc_date *", START)[0]
        self.handle = self.ffi.new("landbc_handle **")

    def check(self, status: int, name: str, sentence: str, handle: Any = None) -> None:
        error = self.ffi.string(self.library.landbc_last_error(handle or self.null)).decode()
        found = self.ffi.string(self.library.landbc_status_name(status)).decode()
        assert found == f"LANDBC_ERROR_{name}", error
        assert re.search(sentence, error), error

    def field(self, name: str, /, **changes: Any) -> Any:
        array = np.ones(30)
        text = [self.ffi.new("char[]", name.encode()), self.ffi.new("char[]", b"K")]
        self.texts += [array, *text]
        entries = {
            "struct_size": self.ffi.sizeof("landbc_field"),
            "name": text[0],
            "unit": text[1],
            "data": self.ffi.cast("void *", array.ctypes.data),
            "type": 2,
            "rank": 1,
            "shape": [30],
        }
        return self.ffi.new("landbc_field *", entries | changes)


def test_pointers_handles_and_sizes(bundle: Path) -> None:
    raw = RawInterface(bundle)
    ffi, library, null = raw.ffi, raw.library, raw.null
    raw.check(library.landbc_config_default(null), "NULL_ARGUMENT", "argument 'config' is null")
    raw.check(library.landbc_init(null, raw.handle), "NULL_ARGUMENT", "argument 'config' is null")
    raw.check(library.landbc_init(raw.config, null), "NULL_ARGUMENT", "argument 'handle' is null")
    raw.check(library.landbc_finalize(null), "NULL_ARGUMENT", "argument 'handle' is null")
    for member in ("bundle", "cell_ids"):
        kept = getattr(raw.config, member)
        setattr(raw.config, member, null)
        raw.check(library.landbc_init(raw.config, raw.handle), "NULL_ARGUMENT", f"'{member}' is null")
        setattr(raw.config, member, kept)
    raw.config.struct_size += 8
    raw.check(
        library.landbc_init(raw.config, raw.handle),
        "ABI",
        r"configuration: struct_size \d+ where landbc_config has",
    )
    raw.config.struct_size -= 8
    for policy in ("missing_policy", "scenario_policy"):
        setattr(raw.config, policy, 2)
        raw.check(library.landbc_init(raw.config, raw.handle), "ARGUMENT", f"'{policy}' 2 is not")
        setattr(raw.config, policy, 0)

    assert raw.handle[0] == null
    assert library.landbc_init(raw.config, raw.handle) == 0
    handle = raw.handle[0]
    assert ffi.string(library.landbc_last_error(handle)) == b""
    begin = ffi.new("landbc_date *", START)

    def step(inputs: Any, count: int, outputs: Any = null, outs: int = 0, date: Any = begin) -> int:
        return library.landbc_step(handle, date, DAY, inputs, count, outputs, outs, null)

    name = "air_temperature"
    raw.check(step(null, 0, date=null), "NULL_ARGUMENT", "argument 'begin' is null", handle)
    raw.check(step(null, 2), "NULL_ARGUMENT", "argument 'inputs' is null", handle)
    raw.check(step(null, -1), "ARGUMENT", "the number of inputs is -1", handle)
    raw.check(step(raw.field(name, struct_size=8), 1), "ABI", "input 0: struct_size 8 where", handle)
    for member in ("name", "unit", "data"):
        raw.check(step(raw.field(name, **{member: null}), 1), "NULL_ARGUMENT", f"'{member}' is null", handle)
    raw.check(step(raw.field(name, type=7), 1), "FIELD_SHAPE", "type 7 is neither", handle)

    flux = ffi.new("char[]", b"kg m-2 s-1")
    good = ffi.new("landbc_field[2]", [raw.field(name)[0], raw.field("precipitation_flux", unit=flux)[0]])
    raw.check(step(good, 2, raw.field("albedo"), 1), "FIELD_NAME", "output 'albedo' is not known", handle)
    raw.check(step(good, 2, raw.field("coverage"), 1), "FIELD_UNIT", "'coverage'.*accepted are '1'", handle)
    raw.check(step(good, 2, raw.field("land_use_fraction"), 1), "FIELD_SHAPE", r"rank 1 where 2", handle)
    one = ffi.new("char[]", b"1")
    twice = ffi.new("landbc_field[2]", [raw.field("coverage", unit=one)[0]] * 2)
    raw.check(step(good, 2, twice, 2), "FIELD_NAME", "output 'coverage' is given twice", handle)
    assert step(good, 2) == 0

    count, text = ffi.new("int32_t *"), ffi.new("char **")
    raw.check(library.landbc_class_count(handle, null), "NULL_ARGUMENT", "'count' is null", handle)
    raw.check(
        library.landbc_class_name(handle, 8, text), "ARGUMENT", "class index 8 is not in 0 ... 7", handle
    )
    raw.check(library.landbc_class_name(handle, 1, null), "NULL_ARGUMENT", "'name' is null", handle)
    raw.check(library.landbc_get_window(handle, null), "NULL_ARGUMENT", "'window' is null", handle)
    land_use, buffer = ffi.new("char[]", b"land_use"), ffi.new("uint8_t[]", 15000)
    raw.check(
        library.landbc_get_map(handle, land_use, buffer, 14999), "FIELD_SHAPE", "14999 bytes where", handle
    )
    raw.check(library.landbc_get_map(handle, land_use, null, 15000), "NULL_ARGUMENT", "'map' is null", handle)
    raw.check(library.landbc_get_map(handle, null, buffer, 15000), "NULL_ARGUMENT", "'name' is null", handle)
    raw.check(library.landbc_get_timings(handle, null), "NULL_ARGUMENT", "'timings' is null", handle)
    raw.check(
        library.landbc_get_timings(handle, ffi.new("landbc_timings *")),
        "ABI",
        "timings: struct_size 0",
        handle,
    )

    stale = ffi.new("landbc_handle **", handle)
    assert library.landbc_finalize(raw.handle) == 0
    assert raw.handle[0] == null
    raw.check(library.landbc_finalize(raw.handle), "INVALID_HANDLE", "the handle is null")
    foreign = ffi.cast("landbc_handle *", ffi.addressof(raw.config[0]))
    for dead in (null, stale[0], foreign, ffi.cast("landbc_handle *", 1)):
        calls = (
            library.landbc_step(dead, begin, DAY, good, 2, null, 0, null),
            library.landbc_class_count(dead, count),
            library.landbc_class_name(dead, 0, text),
            library.landbc_get_window(dead, ffi.new("landbc_window *")),
            library.landbc_get_map(dead, land_use, buffer, 15000),
            library.landbc_get_timings(dead, ffi.new("landbc_timings *")),
        )
        for status in calls:
            raw.check(
                status, "INVALID_HANDLE", "the handle is null|the handle was finalized, or was not made"
            )
    raw.check(library.landbc_finalize(stale), "INVALID_HANDLE", "finalized before, or was not made by")
    assert stale[0] == null


def test_handles_are_never_used_again(bundle: Path) -> None:
    raw = RawInterface(bundle)
    seen = set()
    for _ in range(3):
        assert raw.library.landbc_init(raw.config, raw.handle) == 0
        seen.add(int(raw.ffi.cast("uintptr_t", raw.handle[0])))
        assert raw.library.landbc_finalize(raw.handle) == 0
    assert len(seen) == 3


def test_status_names(engine: Path) -> None:
    ffi, library = load_library()
    header = (Path(__file__).parents[2] / "bindings" / "include" / "landbc.h").read_text()
    named = {int(v): n for n, v in re.findall(r"^  (LANDBC_(?:OK|ERROR_\w+)) = (\d+)", header, re.MULTILINE)}
    assert len(named) == 18
    for value, name in named.items():
        assert ffi.string(library.landbc_status_name(value)).decode() == name
    for value in (-1, 18, 1000):
        assert ffi.string(library.landbc_status_name(value)).decode() == "unknown status"


LITTLE_MEMORY = """
import resource, sys
sys.path.insert(0, {tests!r})
import forced_run, pylandbc.couple.library as library
library.load_library()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**30, used + 2**30))
try:
    forced_run.start({bundle!r}, core=36000)
except forced_run.Coupler.__init__.__globals__["LandbcError"] as error:
    print(error)
"""


def test_too_little_memory_is_an_error_not_an_abort(bundle: Path) -> None:
    """A tile core of 36000 pixels wants some 30 GB; the process may have one."""
    script = LITTLE_MEMORY.format(tests=str(Path(__file__).parent), bundle=str(bundle))
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("LANDBC_ERROR_MEMORY: the host ran out of memory"), run.stdout + run.stderr


def test_nothing_is_printed(copy: Path) -> None:
    """Failures and successes alike leave standard output and standard error to the host."""
    (copy / "spoilt").mkdir()
    script = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import forced_run as f\n"
        f"c = f.start({str(copy)!r}); f.years(c, 1); c.finalize()\n"
        f"open({str(copy / 'mesh.nc')!r}, 'wb').write(b'CDF nonsense')\n"
        f"import small_bundle, pathlib; small_bundle.seal(pathlib.Path({str(copy)!r}))\n"
        f"for options in (dict(), dict(recording='/none/x.nc'), dict(device='cuda:9')):\n"
        f"    try: f.start({str(copy)!r}, **options)\n"
        "    except RuntimeError as error: failed = True\n"
        "    assert failed\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True
    )
    assert (run.stdout, run.stderr) == ("", "")


def test_coupler_reports_the_engine_s_words(bundle: Path) -> None:
    error = refused("ARGUMENT", "threads", lambda: Coupler(bundle, IDS, START, threads=-3))
    assert error.status == 4
    assert str(error) == f"LANDBC_ERROR_ARGUMENT: {error.message}"
