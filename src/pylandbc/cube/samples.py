"""Training samples from a cube: random crops, two years, a masked prior, in the tensors of the emulator
interface.

A sample is a function of (seed, index) alone, so that any number of workers gives the same ones. Held-out
blocks are absent from a training sample: their prior is hidden and 255, their target is 255 with weight 0.
What a network does see there are the fields that it would have anywhere: relief, land mask, climate and the
coarse scenario of those cells. Crops may be mirrored east-west, which no input notices (the grid's pixels
are symmetric); never north-south, because sun-facing slopes would change sides.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch

from pylandbc.cube.channels import MAPS, Channels
from pylandbc.cube.collate import LATER
from pylandbc.cube.crops import Crops, check_size
from pylandbc.cube.numbered_samples import NumberedSamples
from pylandbc.cube.open import Cube
from pylandbc.cube.patches import MaskSchedule, Ratio, check_ratio, visible_patches
from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.legend import HISTORY_YEARS, UNKNOWN

IN_MEMORY = 2 << 30
"""So many bytes of a cube are held in memory, whole arrays, the smallest first."""
TURNING = ("aspect", "eastward_gradient", "eastward_wind", "wind_direction")
"""Inputs that an east-west mirror image would falsify."""
QUANTITIES = ("land_use", "land_cover")
SHORTENED = 0.5
"""Share of samples whose history is cut short."""


class Plane:
    """One map of a stacked array, indexed without reading the others."""

    def __init__(self, array: Any, position: int) -> None:
        self._array, self._position = array, position

    def __getitem__(self, index: Any) -> np.ndarray:
        index = index if isinstance(index, tuple) else (index,)
        return np.asarray(self._array[(self._position, *index)])


class Samples(NumberedSamples):
    """Random samples of one cube.

    Parameters
    ----------
    cube
        An open cube.
    inputs
        The model card's ``inputs`` (a list of dicts).
    split, role
        Blocks held out, and whose pixels carry weight (``train``, ``validation``, ``test``). Without a
        split all do.
    size
        Pixels along a crop, a multiple of 16.
    count
        Length of the dataset.
    mask_ratio
        Share of hidden patches of the prior, the ends of a range to draw from, or a schedule of either.
    patch
        Pixels along a patch.
    years
        Land-use years to use; the cube's training years by default.
    max_elapsed
        Longest span between the two years of a sample; both directions are drawn alike.
    min_active
        Share of a crop that should carry weight; the best of 32 crops is taken if none reaches it.
    phase_group
        Consecutive indices that share the crop's position within the 0.25 degree cells, and its mirroring.
        With the batch size here (and no shuffling, which random samples do not need)
        :func:`pylandbc.cube.collate.collate` keeps the scenario coarse.
    mirror
        Whether to mirror crops east-west at random.
    unroll
        Steps of a sample, one after another at the same span and in the same direction of time. Static
        inputs are those of the first.
    quantity
        What is to be predicted, ``land_use`` or ``land_cover``. Static inputs may be static fields, class
        maps (``koeppen_geiger`` of the period nearest to the target year, ``soil_texture_class``), for
        land cover ``land_use`` of the target year, and the other of the two ``at`` the prior year; all come
        as float32 in ``static``, class maps as codes.
    second
        A second quantity to be predicted with it: its map of the target year comes as ``second_target``.

    Raises
    ------
    InputError
        An input that the cube lacks, a size that is no multiple of 16 or exceeds the window, no pair of
        years.
    """

    def __init__(
        self,
        cube: Cube,
        inputs: list[dict[str, Any]],
        *,
        split: Split | None = None,
        role: str = "train",
        size: int = 512,
        count: int = 1000,
        seed: int = 0,
        mask_ratio: Ratio | MaskSchedule = 0.75,
        patch: int = 32,
        years: list[int] | None = None,
        max_elapsed: int = 3,
        min_active: float = 0.1,
        phase_group: int = 1,
        mirror: bool = True,
        unroll: int = 1,
        quantity: str = "land_use",
        second: str | None = None,
    ) -> None:
        check_size(size, cube.window)
        if quantity not in QUANTITIES:
            raise InputError(f"samples are of {' or '.join(QUANTITIES)}, not of {quantity!r}")
        if not isinstance(mask_ratio, MaskSchedule):
            check_ratio(mask_ratio)
        turning = sorted({e["name"] for e in inputs} & set(TURNING))
        if mirror and turning:
            raise InputError(
                f"mirrored crops would turn {', '.join(turning)} the wrong way; pass mirror=False, or use "
                "inputs without an eastward direction"
            )
        self.size, self.count, self.seed, self.patch = size, count, seed, patch
        self.mask_ratio, self.min_active, self.mirror = mask_ratio, min_active, mirror
        self.phase_group = max(int(phase_group), 1)
        names = [e["name"] for e in inputs if e["source"] == "static"]
        before = {e["name"] for e in inputs if e["source"] == "static" and e.get("at") == "prior"}
        given = sorted(set(names) & set(MAPS[QUANTITIES.index(quantity) :]) - before)
        if given:
            raise InputError(f"{', '.join(given)} of the target year would tell the answer; leave it out")
        self._channels = Channels(cube, names, prior=before)
        self._climate = _channels(inputs, "climate", cube.climate_variables, cube)
        self._scenario = _channels(inputs, "scenario", cube.scenario_variables, cube)
        self._at_target = np.array(
            [e.get("at") == "target" for e in inputs if e["source"] == "scenario"], dtype=bool
        )
        self.quantity, self.second = quantity, second
        self.chains = _year_chains(
            cube, quantity, years, max_elapsed, bool(self._scenario), second, steps=unroll
        )
        maps = [name for name in (quantity, second) if name is not None and name != "land_use"]
        layers = {*self._channels.arrays(), *maps}
        self.cube = cube.loaded(layers, IN_MEMORY)
        # Years that are held out tell nothing of the past either.
        self._years = cube.class_training_years("land_use") if years is None else list(years)
        self._latitude_weight = np.cos(np.deg2rad(cube.window.latitude)).astype(np.float32)
        shape = cube.window.shape
        used = split.mask(role) if split is not None else np.ones(shape, dtype=bool)
        self._used = used
        self._hidden = split.hidden_from(role) if split is not None else np.zeros(shape, dtype=bool)
        self._land = cube.static_field("land_mask") == 1
        active = np.zeros(shape, dtype=bool)
        for year in sorted({year for chain in self.chains for year in chain}):
            active |= self._land & (np.asarray(self._map(year)[...]) != UNKNOWN)
        self._crops = Crops(cube.window, active & used, size, min_active)
        if self._crops.empty:
            raise InputError(f"{cube.path} has no known land in role {role!r}")

    def sample(self, number: int) -> dict[str, torch.Tensor]:
        """Sample of any non-negative number.

        Returns
        -------
        dict
            The emulator's arguments without batch dimension, and ``target`` uint8 (H, W) and ``weight``
            float32 (H, W): cosine of latitude on known land of the role, 0 elsewhere; with a second quantity
            ``second_target``, uint8 (H, W). With several steps ``later_climate``, ``later_scenario``,
            ``later_target`` and ``later_weight`` hold those of the steps after the first, (steps - 1, ...).
        """
        rng, row, col, mirrored = self._placed(number)
        prior_year, target_year, *later = self.chains[int(rng.integers(len(self.chains)))]
        rows, cols = slice(row, row + self.size), slice(col, col + self.size)
        cube = self.cube

        prior = np.array(self._map(prior_year)[rows, cols])
        ratio = self.mask_ratio.at(number) if isinstance(self.mask_ratio, MaskSchedule) else self.mask_ratio
        visible = visible_patches(rng, self.size, self.patch, ratio)
        hidden = self._hidden[rows, cols]
        visible[hidden] = 0
        prior[visible == 0] = UNKNOWN

        tile_row, tile_col = self._crops.within_block(row, col)
        block = self._crops.block(row, col)
        # Every other sample knows less of the past than there is, as a run does in its first years.
        longest = HISTORY_YEARS
        if self._channels.history is not None and rng.random() < SHORTENED:
            longest = int(rng.integers(HISTORY_YEARS))
        static = self._channels.read(
            cube, rows, cols, target_year, prior_year, years=self._years, longest=longest
        )
        fields = {"prior": prior, "visible": visible}
        years = [prior_year, target_year, *later]
        steps = [
            (
                *self._truth(after, rows, cols),
                self._weather(before, after, block)[:, tile_row[:, None], tile_col],
            )
            for before, after in pairwise(years)
        ]
        scenario = [self._scenario_block(before, after, block) for before, after in pairwise(years)]
        for place, name in enumerate(("target", "weight", "climate")):
            fields[name] = steps[0][place]
            if later:
                fields[LATER + name] = np.stack([step[place] for step in steps[1:]])
        if self.second is not None:
            other = np.array(self._map(target_year, self.second)[rows, cols])
            other[hidden] = UNKNOWN
            fields["second_target"] = other
        if mirrored:
            static = self._channels.mirrored(static)
            fields = {name: field[..., ::-1] for name, field in fields.items()}
            tile_col = tile_col[::-1]
        out = {"static": torch.from_numpy(static)}
        out |= {name: torch.from_numpy(np.ascontiguousarray(field)) for name, field in fields.items()}
        out["scenario"] = torch.from_numpy(scenario[0])
        if later:
            out[LATER + "scenario"] = torch.from_numpy(np.stack(scenario[1:]))
        out["scenario_row"] = torch.from_numpy(tile_row)
        out["scenario_col"] = torch.from_numpy(np.ascontiguousarray(tile_col))
        span = target_year - prior_year
        out["time"] = torch.tensor([np.sign(span), abs(span)], dtype=torch.float32)
        return out

    def _truth(self, year: int, rows: slice, cols: slice) -> tuple[np.ndarray, np.ndarray]:
        """Target and weight of a year's map."""
        target = np.array(self._map(year)[rows, cols])
        target[self._hidden[rows, cols]] = UNKNOWN
        usable = self._used[rows, cols] & self._land[rows, cols] & (target != UNKNOWN)
        return target, (usable * self._latitude_weight[rows, None]).astype(np.float32)

    def _weather(self, before: int, after: int, block: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Climate of the year before the later map on coarse cells, float32 (Cc, h, w)."""
        year = self.cube.climate_index(max(before, after) - 1)
        return np.asarray(self.cube.climate[year])[np.ix_(np.array(self._climate, dtype=np.int64), *block)]

    def _map(self, year: int, quantity: str | None = None) -> Plane:
        """The map of a year, of the first quantity unless another is named."""
        quantity = quantity or self.quantity
        array = self.cube.land_use if quantity == "land_use" else self.cube.layers.land_cover
        return Plane(array, self.cube.class_index(quantity, year))

    def _scenario_block(
        self, prior_year: int, target_year: int, block: tuple[np.ndarray, np.ndarray]
    ) -> np.ndarray:
        """Scenario channels in card order, each at its year, float32 (Cz, h, w)."""
        if not self._scenario:
            return np.zeros((0, *map(len, block)), np.float32)
        both = [
            np.asarray(self.cube.scenario[self.cube.scenario_index(y)]) for y in (prior_year, target_year)
        ]
        fields = [
            both[int(at)][k][np.ix_(*block)] for k, at in zip(self._scenario, self._at_target, strict=True)
        ]
        return np.stack(fields).astype(np.float32)


def _channels(inputs: list[dict[str, Any]], source: str, known: tuple[str, ...], cube: Cube) -> list[int]:
    """Positions in the cube of the inputs with this source."""
    out = []
    for entry in inputs:
        if entry["source"] == source:
            if entry["name"] not in known:
                raise InputError(
                    f"the emulator needs {source} input {entry['name']!r}, which {cube.path} lacks "
                    f"(scenario_source {cube.scenario_source}; found: {', '.join(known)})"
                )
            out.append(known.index(entry["name"]))
    return out


def _year_chains(
    cube: Cube,
    quantity: str,
    years: list[int] | None,
    max_elapsed: int,
    scenario: bool,
    second: str | None,
    steps: int,
) -> list[tuple[int, ...]]:
    """(prior year, target year, ...) in both directions, ``steps`` spans of one length."""
    cube.class_years(quantity)
    chosen = cube.class_training_years(quantity) if years is None else list(years)
    if second is not None:
        held = cube.class_years(second)
        chosen = [year for year in chosen if year in held]
    for year in chosen:
        cube.class_index(quantity, year)
        if scenario:
            cube.scenario_index(year)
    pairs = [(a, b) for a in chosen for b in chosen if 0 < abs(a - b) <= max_elapsed]
    if not pairs:
        raise InputError(
            f"{cube.path}: no two of the years {chosen} lie within {max_elapsed} years; allow a longer span"
        )
    chains = [tuple(a + n * (b - a) for n in range(steps + 1)) for a, b in pairs]
    chains = [chain for chain in chains if set(chain) <= set(chosen)]
    if not chains:
        raise InputError(
            f"{cube.path}: the years {chosen} hold no {steps} equal spans of at most {max_elapsed} years; "
            "unroll less"
        )
    return chains
