"""The whole comparison: both models trained on the same samples, scored, and their cost counted."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from pylandbc.cube.open import open_cube
from pylandbc.learn.compare.config import CompareConfig
from pylandbc.learn.compare.land_years import LandYears
from pylandbc.learn.compare.score import Tally, next_map, score_region, summary, tile_of
from pylandbc.learn.compare.train import fit, samples_of
from pylandbc.learn.leaf_area.data import VegetationData, normalisation, open_regions
from pylandbc.learn.run import versions
from pylandbc.models.land_tasks import RADIUS, LandTasks, pair_of_equal_size, parameters
from pylandbc.progress import Tell


def compare(config: CompareConfig, root: Path, tell: Tell | None = None) -> dict[str, Any]:
    """Train and score joint model and chain for every seed.

    Returns
    -------
    dict
        Ready for JSON: ``models[name]`` with ``cost`` and, by seed, ``scores``; what was scored, and on what.
    """
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    say = tell or (lambda text, share: None)
    data = open_regions(config, root)
    maps = {
        region.name: LandYears(open_cube(config.path(source, root)))
        for region, source in zip(data.regions, config.regions, strict=True)
    }
    scales = normalisation(data, config)
    scale = scales[config.quantity][1]
    fields = next(iter(maps.values())).fields
    result: dict[str, Any] = {
        "models": {"joint": {"scores": {}}, "chain": {"scores": {}}},
        "regions": [region.name for region in data.regions],
        "test_years": list(config.test_years),
        "rollout": config.rollout,
        "seeds": list(config.seeds),
        "steps": config.steps,
        "receptive_field_radius": RADIUS,
        "configuration": config.model_dump(mode="json"),
        "versions": versions(),
    }
    for number, seed in enumerate(config.seeds):
        torch.manual_seed(seed)
        models = dict(
            zip(
                ("joint", "chain"),
                pair_of_equal_size(config.inputs(), scales, fields, config.width),
                strict=True,
            )
        )

        def say_seed(text: str, share: float, number: int = number, seed: int = seed) -> None:
            say(f"seed {seed}: {text}", (number + share) / len(config.seeds))

        fitted = fit(models, samples_of(config, data, maps, seed), config, scale, say_seed)
        for name, one in fitted.items():
            tally = Tally()
            for region in data.regions:
                score_region(
                    one.model,
                    region,
                    maps[region.name],
                    data.splits[region.name],
                    config.inputs(),
                    list(config.test_years),
                    config.rollout,
                    tally,
                    partial(_say_of, say_seed, name),
                )
            scores = summary(tally)
            scores["training_seconds"] = one.seconds
            result["models"][name]["scores"][str(seed)] = scores
            result["models"][name]["cost"] = cost(one.model, config, data, maps)
    return result


def _say_of(say: Tell, name: str, text: str) -> None:
    say(f"{name}, {text}", 0.99)


def cost(
    model: LandTasks, config: CompareConfig, data: VegetationData, maps: dict[str, LandYears]
) -> dict[str, float]:
    """Parameters, and floating-point operations per pixel of the year's part and of each month's or dekad's
    (counted by torch on one region; a multiplication and an addition are two)."""
    region = data.regions[0]
    own = maps[region.name]
    year = config.test_years[0]
    step = int(region.usable([year], config.inputs())[0])
    tile, _ = tile_of(region, step, config.inputs())
    pixels = tile["past"].shape[2] * tile["past"].shape[3]
    prior = own.use(year - 1)
    with torch.inference_mode():
        with FlopCounterMode(display=False) as once:
            encoded, chances = next_map(model, own, year, prior, tile)
            model.cover(encoded, chances)
        with FlopCounterMode(display=False) as each:
            model.leaves(tile, encoded, chances)
    return {
        "parameters": parameters(model),
        "encoder_width": model.width,
        "operations_per_pixel_year": once.get_total_flops() / pixels,
        "operations_per_pixel_step": each.get_total_flops() / pixels,
    }
