"""What ``pylandbc train`` and ``evaluate`` do for emulators of leaf area and other vegetation series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from pylandbc.cli.manner import MANNER


def train_vegetation(config: Path, output: Path, root: Path, resume: bool) -> None:
    """Train by a configuration, score on held-out blocks and years, tell where it went."""
    from pylandbc.cli.progress import stages
    from pylandbc.learn.leaf_area.config import load_config
    from pylandbc.learn.leaf_area.finish import score_run
    from pylandbc.learn.leaf_area.train import train

    run, data = train(load_config(config), output, root, resume=resume, progress=not MANNER.quiet)
    with stages() as tell:
        result = score_run(run, data, tell)
    _show(result)
    typer.echo(f"wrote {output}; export it with: pylandbc export {output} --output emulator.pt")


def evaluate_vegetation(
    emulator: Path,
    cube: Path,
    split: str,
    years: str,
    json: Path | None,
    device: str,
    truth: Path | None = None,
) -> None:
    """Score an exported emulator on a cube, with the baselines beside it."""
    import json as json_format

    import numpy as np

    from pylandbc.cli.progress import stages
    from pylandbc.cli.years import parse_list
    from pylandbc.learn.leaf_area.config import parse
    from pylandbc.learn.leaf_area.data import open_regions
    from pylandbc.learn.leaf_area.evaluate import evaluate
    from pylandbc.learn.leaf_area.export import load
    from pylandbc.learn.leaf_area.finish import baselines, emulator_forecasts
    from pylandbc.learn.score_maps import maps_beside

    loaded = load(emulator, device)
    config = parse(
        loaded.card["training"].get("configuration"), f"{emulator}: training.configuration of the card"
    )
    beside = None if truth is None else str(truth.resolve())
    changes: dict[str, Any] = {"regions": [{"cube": str(cube.resolve()), "truth": beside}]}
    if years:
        changes["test_years"] = list(parse_list(years))
    config = parse(config.model_dump() | changes, f"{emulator}: training.configuration of the card")
    data = open_regions(config, cube.parent)

    def make(**options: Any) -> Any:
        return loaded.forecast(device=device, **options)

    maps: dict[str, np.ndarray] = {}
    with stages() as tell:
        result = evaluate(
            [*emulator_forecasts(config, make), *baselines(config, data, split)],
            data.regions,
            data.splits,
            loaded.inputs,
            split,
            data.test_years(config),
            sensor_change=config.sensor_change,
            maps=maps,
            tell=tell,
        )
    result["emulator"] = {key: loaded.card[key] for key in ("name", "version", "weights_sha256")}
    _show(result)
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(json_format.dumps(result, indent=2) + "\n", encoding="utf-8")
        np.savez_compressed(maps_beside(json), **{name: maps[name] for name in sorted(maps)})  # type: ignore[arg-type]
        typer.echo(f"wrote {json} and its maps; `pylandbc report {json}` makes a page of it")


def _show(result: dict[str, Any]) -> None:
    from rich.console import Console

    from pylandbc.learn.leaf_area.score_tables import tables

    for table in tables(result):
        Console().print(table)
