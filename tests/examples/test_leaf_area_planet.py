"""The example on a smaller planet, by the commands of its README."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import yaml
from sources import layouts
from typer.testing import CliRunner

from pylandbc.cli.main import app
from pylandbc.cube.open import open_cube
from pylandbc.learn.leaf_area.cube_region import cube_region
from pylandbc.learn.leaf_area.export import load
from pylandbc.models.leaf_area.inputs import VegetationInputs

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "07_leaf_area"
BOX = {"west": 0.0, "south": 49.0, "east": 3.0, "north": 50.0}

pytest.importorskip("lightning")


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == 0, f"{arguments}: {result.output} {result.exception}"
    return result.output


def check_region(path: Path) -> None:
    """The region of a cube, against the cube."""
    cube = open_cube(path)
    inputs = VegetationInputs(
        "leaf_area_index", "month", ("elevation", "land_use"), ("precipitation_flux",), 12, (1,)
    )
    region = cube_region(cube, inputs)
    water = np.isin(np.asarray(cube.land_use), (0, 7)).any(axis=0)
    water |= np.isin(np.asarray(cube.layers.land_cover), (0, 21, 22)).any(axis=0)
    np.testing.assert_array_equal(region.land, (cube.static_field("land_mask") == 1) & ~water)
    assert water.any() and region.land.any()
    climate, months = np.asarray(cube.layers.climate_monthly), cube.layers.climate_months
    july = (months.astype("datetime64[M]").astype(int) % 12 == 6) & (
        months.astype("datetime64[Y]").astype(int) == 43
    )
    np.testing.assert_allclose(region.climate_normal[6], climate[july].mean(axis=0), rtol=1e-6)
    # 2012 has climate but no leaf area; each step of 2013 has twelve months before it
    assert region.usable([2013], inputs).tolist() == list(range(12))
    codes = np.asarray(cube.layers.categories[0])
    for code, main in ((7, 2), (14, 3), (25, 4), (29, 5)):
        assert (region.groups["climate_class"][0][codes == code] == main).all()


def write_ndvi(path: Path) -> Path:
    """Monthly NDVI (MOD13A3 by AppEEARS) of the window in 2013 and 2014: a season, and noise of 0.02."""
    lat, lon = layouts.centres(50.05, -1 / 120, 132), layouts.centres(-0.05, 1 / 120, 372)
    first_days = [datetime(2013 + k // 12, k % 12 + 1, 1) for k in range(24)]
    months = [(day - datetime(2000, 1, 1)).days for day in first_days]
    season = 0.5 - 0.3 * np.cos(2 * np.pi * (np.arange(24) + 0.5) / 12)
    noise = np.random.default_rng(3).normal(0, 0.02, (24, lat.size, lon.size))
    with netCDF4.Dataset(path, "w") as file:
        layouts.axis(file, "time", np.array(months), "days since 2000-01-01 00:00:00", "i4")
        file["time"].calendar = "julian"
        layouts.axis(file, "lat", lat, "degrees_north")
        layouts.axis(file, "lon", lon, "degrees_east")
        for name, kind, fill in (
            ("NDVI", "i2", -3000),
            ("pixel_reliability", "i1", -1),
            ("VI_Quality", "u2", 65535),
        ):
            variable = file.createVariable(
                f"_1_km_monthly_{name}", kind, ("time", "lat", "lon"), fill_value=fill
            )
            variable.set_auto_maskandscale(False)
            variable[:] = np.round(1e4 * (season[:, None, None] + noise)) if name == "NDVI" else 0
    return path


def check_ndvi(folder: Path, training: dict) -> None:
    """The same training with another ``quantity``: nothing but the configuration says that it is NDVI."""
    series = open_cube(folder / "north.zarr").layers.vegetation["ndvi"]
    packed = np.asarray(series.values[:]).astype(float)
    means = [np.mean(month[month < 65535]) * 1e-4 - 0.2 for month in packed]
    np.testing.assert_allclose(
        means[:12], 0.5 - 0.3 * np.cos(2 * np.pi * (np.arange(12) + 0.5) / 12), atol=2e-3
    )

    training = training | {"quantity": "ndvi", "name": "ndvi-monthly", "network": "pixel", "unroll": 1}
    (folder / "ndvi.yaml").write_text(yaml.safe_dump(training))
    run("train", folder / "ndvi.yaml", "--data", folder, "--output", folder / "ndvi")
    found = json.loads((folder / "ndvi" / "scores.json").read_text())["scores"]["emulator"]["all"]
    # The season is known of the year before; the noise is not.
    assert found["observations"] > 1000 and 0.01 < found["rmse"] < 0.1
    run("export", folder / "ndvi", "--output", folder / "ndvi.pt")
    card = load(folder / "ndvi.pt").card
    output = card["output"]
    assert (card["quantity"], output["name"], output["unit"]) == ("ndvi", "ndvi", "1")
    assert (output["lower"], output["upper"]) == (-0.2, 1.0)


def check_compare(folder: Path) -> None:
    """Joint or chain of the example, small: twenty steps, the warm-up of which is one."""
    small = {
        "test_years": [2014], "split": {"seed": 0, "validation": 0.2, "test": 0.3}, "width": 4, "seeds": [1],
        "rollout": 2, "batch_size": 2, "samples_per_epoch": 40, "epochs": 1, "learning_rate": 0.0005,
    }  # fmt: skip
    config = yaml.safe_load((EXAMPLE / "compare.yaml").read_text()) | small
    (folder / "compare.yaml").write_text(yaml.safe_dump(config))
    output = folder / "comparison"
    shown = run("compare", folder / "compare.yaml", "--output", output)
    assert "20 training steps each, seeds 1" in (output / "compare.md").read_text()
    assert "Cost" in shown and "<table" in (output / "compare.html").read_text()
    models = json.loads((output / "compare.json").read_text())["models"]
    sizes = {name: model["cost"]["parameters"] for name, model in models.items()}
    assert sizes["joint"] == pytest.approx(sizes["chain"], rel=0.1)
    for model in models.values():
        scores = model["scores"]["1"]
        leaf, use = scores["leaf_area"], scores["land_use"]
        assert {"true", "predicted", "rolled out", "climatology"} <= leaf.keys()
        assert leaf["true"]["observations"] == leaf["climatology"]["observations"] > 1000
        # It begins at the climatology and at persistence.
        assert leaf["predicted"]["rmse"] < 2 * leaf["climatology"]["rmse"]
        assert use["accuracy"] == pytest.approx(use["persistence_accuracy"], abs=0.02)


@pytest.mark.slow
def test_the_example(tmp_path: Path) -> None:
    planet = tmp_path / "north"
    run(
        "planet", "build", planet, "--window", "0,49,300,100", "--years", "2012-2014", "--products",
        "climate,koeppen,soil,co2,land_cover,lai", "--land-cover-years", "2013", "--lai-years", "2013-2014",
    )  # fmt: skip
    cube = yaml.safe_load((EXAMPLE / "north.yaml").read_text())
    cube |= {"window": BOX, "training_years": [2013], "output": str(tmp_path / "north.zarr")}
    for entry in (*cube["land_use"], cube["scenario"]):
        entry |= {"first_year": 2012, "last_year": 2014}
    write_ndvi(planet / "MOD13A3.061_1km_aid0001.nc")
    ndvi = {"variable": "ndvi", "product": "modis_vegetation", "files": ["MOD13A3*.nc"], "step": "month"}
    cube["vegetation"].append(ndvi)
    (tmp_path / "north.yaml").write_text(yaml.safe_dump(cube))
    run("cube", "build", tmp_path / "north.yaml", "--data", planet)

    check_region(tmp_path / "north.zarr")

    training = yaml.safe_load((EXAMPLE / "monthly.yaml").read_text())
    training |= {
        "regions": [{"cube": "north.zarr"}], "test_years": [2014], "base": 1, "batch_size": 2, "epochs": 1,
        "samples_per_epoch": 4, "validation_samples": 2, "gradient_boosting": 0, "network": "conv_gru",
        "scattered": False, "patch": 32, "size": 64,
        "unroll": 2, "split": {"seed": 0, "validation": 0.2, "test": 0.3},
    }  # fmt: skip
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(training))
    output = tmp_path / "run"
    shown = run("train", tmp_path / "train.yaml", "--data", tmp_path, "--output", output)
    assert "previous year" in shown and "start (days)" in shown
    scores = json.loads((output / "scores.json").read_text())
    assert scores["years"] == {"north.zarr": [2014]} and scores["split"] == "test"
    best = scores["scores"]["emulator"]["all"]
    assert (
        best["observations"] > 1000
        and 0 < best["rmse"] < 1
        and set(best["coverage"]) == {"0.9", "0.8", "0.5"}
    )

    archive = tmp_path / "lai.pt"
    run("export", output, "--output", archive)
    run(
        "evaluate",
        archive,
        "--cube",
        tmp_path / "north.zarr",
        "--years",
        "2014",
        "--json",
        tmp_path / "again.json",
    )
    again = json.loads((tmp_path / "again.json").read_text())
    check_ndvi(tmp_path, training)
    check_compare(tmp_path)
    for name in ("rmse", "crps"):
        assert again["scores"]["emulator"]["all"][name] == pytest.approx(best[name], abs=2e-4)
