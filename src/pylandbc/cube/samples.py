"""Training samples from a cube: random crops, two years, a masked prior, in the tensors of the emulator
interface.

A sample is a function of (seed, index) alone, so that any number of workers gives the same ones. Held-out
blocks are absent from a training sample: their prior is hidden and 255, their target is 255 with weight 0.
What a network does see there are the fields that it would have anywhere: relief, land mask, climate and the
coarse scenario of those cells. Crops may be mirrored east-west, which no input notices (the grid's pixels
are symmetric); never north-south, because sun-facing slopes would change sides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from pylandbc.cube.channels import MAPS, Channels
from pylandbc.cube.crops import Crops, check_size
from pylandbc.cube.open import Cube
from pylandbc.cube.patches import MaskSchedule, Ratio, check_ratio, visible_patches
from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE
from pylandbc.legend import UNKNOWN

IN_MEMORY = 2 << 30
"""So many bytes of a cube are held in memory, whole arrays, the smallest first."""
TURNING = ("aspect", "eastward_gradient", "eastward_wind", "wind_direction")
"""Inputs that an east-west mirror image would falsify."""
QUANTITIES = ("land_use", "land_cover")


class Plane:
    """One map of a stacked array, indexed without reading the others."""

    def __init__(self, array: Any, position: int) -> None:
        self._array, self._position = array, position

    def __getitem__(self, index: Any) -> np.ndarray:
        index = index if isinstance(index, tuple) else (index,)
        return np.asarray(self._array[(self._position, *index)])


class Samples(Dataset):
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
        self.epoch = 0
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
        self.pairs = _year_pairs(cube, quantity, years, max_elapsed, bool(self._scenario), second)
        layers = {*self._channels.arrays(), *(q for q in (quantity, second) if q and q != "land_use")}
        self.cube = cube.loaded(layers, IN_MEMORY)
        self._latitude_weight = np.cos(np.deg2rad(cube.window.latitude)).astype(np.float32)
        shape = cube.window.shape
        used = split.mask(role) if split is not None else np.ones(shape, dtype=bool)
        self._used = used
        self._hidden = split.hidden_from(role) if split is not None else np.zeros(shape, dtype=bool)
        self._land = cube.static_field("land_mask") == 1
        active = np.zeros(shape, dtype=bool)
        for year in sorted({year for pair in self.pairs for year in pair}):
            active |= self._land & (np.asarray(self._map(year)[...]) != UNKNOWN)
        self._crops = Crops(cube.window, active & used, size, min_active)
        if self._crops.empty:
            raise InputError(f"{cube.path} has no known land in role {role!r}")

    def __len__(self) -> int:
        return self.count

    def set_epoch(self, epoch: int) -> None:
        """Draw other samples: index i then stands for ``epoch * count + i``."""
        self.epoch = epoch

    def __getitem__(self, index: int | tuple[int, int]) -> dict[str, torch.Tensor]:
        """Sample ``index`` of the present epoch, or of that in a pair (epoch, index); see :meth:`sample`."""
        epoch, index = index if isinstance(index, tuple) else (self.epoch, index)
        if not 0 <= index < self.count:
            raise IndexError(f"sample {index} of {self.count}")
        return self.sample(epoch * self.count + index)

    def sample(self, number: int) -> dict[str, torch.Tensor]:
        """Sample of any non-negative number.

        Returns
        -------
        dict
            The emulator's arguments without batch dimension, and ``target`` uint8 (H, W) and ``weight``
            float32 (H, W): cosine of latitude on known land of the role, 0 elsewhere; with a second quantity
            ``second_target``, uint8 (H, W).
        """
        rng = np.random.default_rng([self.seed, 0, number])
        shared = np.random.default_rng([self.seed, 1, number // self.phase_group])
        phase = shared.integers(0, COARSE, size=2)
        mirrored = bool(shared.integers(0, 2)) and self.mirror
        row, col = self._crops.place(rng, phase)
        prior_year, target_year = self.pairs[int(rng.integers(len(self.pairs)))]
        rows, cols = slice(row, row + self.size), slice(col, col + self.size)
        cube = self.cube

        prior = np.array(self._map(prior_year)[rows, cols])
        target = np.array(self._map(target_year)[rows, cols])
        ratio = self.mask_ratio.at(number) if isinstance(self.mask_ratio, MaskSchedule) else self.mask_ratio
        visible = visible_patches(rng, self.size, self.patch, ratio)
        hidden = self._hidden[rows, cols]
        visible[hidden] = 0
        prior[visible == 0] = UNKNOWN
        target[hidden] = UNKNOWN
        usable = self._used[rows, cols] & self._land[rows, cols] & (target != UNKNOWN)
        weight = usable * self._latitude_weight[rows, None]

        tile_row, tile_col = self._crops.within_block(row, col)
        block = self._crops.block(row, col)
        year = cube.climate_index(max(prior_year, target_year) - 1)
        weather = np.asarray(cube.climate[year])[np.ix_(np.array(self._climate, dtype=np.int64), *block)]
        static = self._channels.read(cube, rows, cols, target_year, prior_year)
        fields = [
            weather[:, tile_row[:, None], tile_col[None, :]],
            prior,
            visible,
            target,
            weight.astype(np.float32),
        ]
        names = ["climate", "prior", "visible", "target", "weight"]
        if self.second is not None:
            other = np.array(self._map(target_year, self.second)[rows, cols])
            other[hidden] = UNKNOWN
            fields.append(other)
            names.append("second_target")
        if mirrored:
            static, fields = self._channels.mirrored(static), [field[..., ::-1] for field in fields]
            tile_col = tile_col[::-1]
        out = {"static": torch.from_numpy(static)}
        out |= {n: torch.from_numpy(np.ascontiguousarray(f)) for n, f in zip(names, fields, strict=True)}
        out["scenario"] = torch.from_numpy(self._scenario_block(prior_year, target_year, block))
        out["scenario_row"] = torch.from_numpy(tile_row)
        out["scenario_col"] = torch.from_numpy(np.ascontiguousarray(tile_col))
        span = target_year - prior_year
        out["time"] = torch.tensor([np.sign(span), abs(span)], dtype=torch.float32)
        return out

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


def _year_pairs(
    cube: Cube,
    quantity: str,
    years: list[int] | None,
    max_elapsed: int,
    scenario: bool,
    second: str | None,
) -> list[tuple[int, int]]:
    """(prior year, target year) in both directions."""
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
    return pairs
