"""Scores of a joint model or chain on held-out blocks and years, under several land uses.

Leaf area is forecast with its past hidden, as a projection must, and with the land use of the year ``true``,
``predicted`` (from the true map of the year before) and ``rolled out`` (from the model's own maps of several
years). Land cover is scored in the last year that has a map: the map of its own year is never an input.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pylandbc.cube.splits import Split
from pylandbc.learn.compare.land_years import LandYears
from pylandbc.learn.leaf_area.arguments import ARGUMENTS, UNBATCHED
from pylandbc.learn.leaf_area.metrics import FieldScores
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.metrics import MapScores
from pylandbc.learn.probability_scores import binned, calibration_error_of, losses
from pylandbc.models.land_tasks import COVERS, USES, LandTasks, one_hot
from pylandbc.models.leaf_area.bounded_quantiles import LEVELS
from pylandbc.progress import TellStage

UNDER = ("true", "predicted", "rolled out")
"""Land uses that the leaf area is given."""
WRONG = "where rolled-out land use is wrong"


@dataclass
class Tally:
    """What is gathered of one model over regions and years."""

    uses: MapScores = field(default_factory=lambda: MapScores(USES))
    rolled: MapScores = field(default_factory=lambda: MapScores(USES))
    covers: MapScores = field(default_factory=lambda: MapScores(COVERS))
    probabilities: list[tuple[np.ndarray, ...]] = field(default_factory=list)
    leaves: dict[str, FieldScores] = field(default_factory=dict)
    seconds: float = 0.0
    pixels: int = 0

    def leaf(self, group: str, levels: tuple[float, ...] = LEVELS) -> FieldScores:
        """The scores of a group, begun if need be."""
        return self.leaves.setdefault(group, FieldScores(levels))


def tile_of(region: Region, step: int, inputs: Any) -> tuple[dict[str, Tensor], tuple[int, int]]:
    """The leaf-area arguments of a whole region as a batch of one, its past hidden, padded to multiples of
    four; and its shape."""
    rows, cols = (np.arange(-(-n // 4) * 4) for n in region.shape)
    hidden = np.zeros(region.shape, dtype=bool)
    one = region.arguments(inputs, step, rows, cols, hidden)
    return {n: one[n] if n in UNBATCHED else one[n][None] for n in ARGUMENTS}, region.shape


@torch.inference_mode()
def next_map(
    model: LandTasks, maps: LandYears, year: int, prior: np.ndarray, tile: dict[str, Tensor]
) -> tuple[list[Tensor], Tensor]:
    """Encoded fields and probabilities of land use (1, 8, H, W) of a year from a map of the year before."""
    height, width = tile["past"].shape[2:]
    before = np.pad(prior, [(0, height - prior.shape[0]), (0, width - prior.shape[1])], mode="edge")
    scenario = torch.from_numpy(maps.scenario(year))[None]
    encoded, logits = model.year(
        tile["static"],
        torch.from_numpy(before)[None],
        scenario,
        tile["climate_row"],
        tile["climate_col"],
    )
    return encoded, logits.softmax(1)


def as_map(chances: Tensor, prior: np.ndarray) -> np.ndarray:
    """Most probable classes within the region, uint8 (rows, cols), of chances (1, class, H, W) and the map
    before; what was ocean or unknown stays so."""
    found = chances[0].argmax(0).numpy().astype(np.uint8)[: prior.shape[0], : prior.shape[1]]
    return np.where((prior == 0) | (prior >= USES), prior, found)


def score_region(
    model: LandTasks,
    region: Region,
    maps: LandYears,
    split: Split,
    inputs: Any,
    years: list[int],
    rollout: int,
    tally: Tally,
    tell: TellStage,
) -> None:
    """Add a region's scores."""
    counted = split.mask("test") & region.land
    area = np.broadcast_to(region.area[:, None], region.shape)
    for year in years:
        steps = [int(k) for k in region.usable([year], inputs)]
        if not steps:
            continue
        tell(f"{region.name} {year}")
        tile, _ = tile_of(region, steps[0], inputs)
        rolled = maps.use(year - rollout)
        for number in range(year - rollout + 1, year):
            rolled = as_map(next_map(model, maps, number, rolled, tile)[1], rolled)
        began = time.process_time()
        encoded, chances = next_map(model, maps, year, maps.use(year - 1), tile)
        tally.seconds += time.process_time() - began
        free, free_chances = next_map(model, maps, year, rolled, tile)
        before, truth = maps.use(year - 1), maps.use(year)
        predicted, far = as_map(chances, before), as_map(free_chances, rolled)
        weight = area * counted
        tally.uses.update(before, truth, predicted, weight)
        tally.rolled.update(maps.use(year - rollout), truth, far, weight)
        known = counted & (truth < USES)
        flat = chances[0].numpy()[:, : region.shape[0], : region.shape[1]][:, known].T
        tally.probabilities.append((flat, truth[known].astype(np.int64), area[known]))
        true = one_hot(torch.from_numpy(_padded(truth, tile))[None])
        given = {"true": (encoded, true), "predicted": (encoded, chances), "rolled out": (free, free_chances)}
        wrong = counted & (far != truth)
        for step in steps:
            tile, (height, width) = tile_of(region, step, inputs)
            observed = np.where(counted, region.observed(step), np.nan)
            assert region.normal is not None
            normal = region.normal[region.season[step]]
            tally.leaf("climatology", (0.5,)).update(normal[None], observed, normal, area)
            for name, (fields, uses) in given.items():
                began = time.process_time()
                with torch.inference_mode():
                    quantiles = model.leaves(tile, fields, uses)[0][0, :, :height, :width].numpy()
                if name == "predicted":
                    tally.seconds += time.process_time() - began
                    tally.pixels += height * width
                tally.leaf(name).update(quantiles, observed, normal, area)
                if wrong.any():
                    tally.leaf(f"{name}, {WRONG}").update(
                        quantiles[:, wrong], observed[wrong], normal[wrong], area[wrong]
                    )
    _score_cover(model, region, maps, counted, area, inputs, tally)


def _score_cover(
    model: LandTasks,
    region: Region,
    maps: LandYears,
    counted: np.ndarray,
    area: np.ndarray,
    inputs: Any,
    tally: Tally,
) -> None:
    """Land cover of the last year that has a map, under the model's own land use."""
    years = [int(y) for y in maps.cube.layers.land_cover_years if (maps.cube.years == y - 1).any()]
    for year in years[-1:]:
        steps = region.usable([year], inputs)
        if not steps.size:
            continue
        tile, (height, width) = tile_of(region, int(steps[0]), inputs)
        encoded, chances = next_map(model, maps, year, maps.use(year - 1), tile)
        with torch.inference_mode():
            found = model.cover(encoded, chances)[0].argmax(0).numpy().astype(np.uint8)[:height, :width]
        truth = maps.cover(year)
        tally.covers.update(truth, truth, found, area * counted)


def _padded(codes: np.ndarray, tile: dict[str, Tensor]) -> np.ndarray:
    height, width = tile["past"].shape[2:]
    return np.pad(codes, [(0, height - codes.shape[0]), (0, width - codes.shape[1])], mode="edge")


def summary(tally: Tally) -> dict[str, Any]:
    """The scores of a tally, ready for JSON."""
    chances, truth, area = (np.concatenate(parts) for parts in zip(*tally.probabilities, strict=True))
    log_loss, brier = losses(chances, truth)
    whole = area.sum()
    right = chances.argmax(1) == truth
    bins = binned(chances.max(1), right, area, np.zeros(truth.size, np.int64), 1)
    null = tally.leaves["climatology"]

    def of(scored: FieldScores) -> dict[str, Any]:
        return scored.summary()

    return {
        "land_use": {
            "accuracy": tally.uses.accuracy,
            "figure_of_merit": tally.uses.change.figure_of_merit,
            "mean_iou": tally.uses.mean_iou((0,)),
            "log_loss": float((log_loss * area).sum() / whole),
            "brier": float((brier * area).sum() / whole),
            "calibration_error": float(calibration_error_of(bins)[0]),
            "persistence_accuracy": float(_persistence(tally.uses)),
            "rolled_out_accuracy": tally.rolled.accuracy,
            "rolled_out_persistence_accuracy": float(_persistence(tally.rolled)),
        },
        "land_cover": {"accuracy": tally.covers.accuracy, "mean_iou": tally.covers.mean_iou()},
        "leaf_area": {name: of(scored) for name, scored in tally.leaves.items()},
        "skill": {
            name: 1.0 - (scored.rmse / null.rmse) ** 2
            for name, scored in tally.leaves.items()
            if name in UNDER
        },
        "seconds_per_million_pixels": tally.seconds / max(tally.pixels, 1) * 1e6,
    }


def _persistence(scored: MapScores) -> float:
    """Accuracy of the map before."""
    table = scored.table.sum(axis=2)
    return float(np.trace(table) / table.sum())
