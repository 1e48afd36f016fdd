"""A predictor over a whole window of a cube, tile by tile.

Tiles have a core of a multiple of 400 pixels (of 16, so that the poolings fall alike, and of 25) and a halo
of 112, more than the receptive field; the result therefore equals one big pass. Beyond the window static
fields and climate repeat its edge and the state is unknown, as in a bundle.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from pylandbc.cube.channels import Channels
from pylandbc.cube.open import Cube
from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE
from pylandbc.legend import HISTORY, UNKNOWN
from pylandbc.models.baselines import Predictor
from pylandbc.models.inputs import InputSpec
from pylandbc.models.unet import HALO

CORE = 400


@dataclass(frozen=True)
class Scene:
    """The fields of one step over a window: from the map of ``prior_year`` to that of ``target_year``.

    Parameters
    ----------
    static
        (Cs, rows, cols).
    climate, scenario
        (Cc, lat, lon), (Cz, lat, lon) at 0.25 degree.
    prior, target
        Class codes, uint8 (rows, cols).
    time
        (direction, elapsed years).
    """

    static: np.ndarray
    climate: np.ndarray
    scenario: np.ndarray
    prior: np.ndarray
    target: np.ndarray
    time: tuple[float, float]

    def history(self, spec: InputSpec) -> np.ndarray | None:
        """The codes of the prior's history, uint8 (rows, cols); None where it is no input."""
        channel = history_channel(spec)
        return None if channel is None else self.static[channel].astype(np.uint8)

    def with_history(self, spec: InputSpec, codes: np.ndarray | None) -> Scene:
        """The same with another history of the prior, or itself if there is none to give."""
        channel = history_channel(spec)
        if channel is None or codes is None:
            return self
        static = self.static.copy()
        static[channel] = codes
        return replace(self, static=static)


def history_channel(spec: InputSpec) -> int | None:
    """Which of the static inputs is the prior's history; None where it is no input."""
    return next((k for k, entry in enumerate(spec.static) if entry.name == HISTORY), None)


def scene(cube: Cube, spec: InputSpec, prior_year: int, target_year: int) -> Scene:
    """Collect a step's fields from a cube; ``InputError`` names an input or year that it lacks."""

    def positions(source: str, known: tuple[str, ...]) -> list[int]:
        names = [entry.name for entry in spec.of(source)]
        missing = [name for name in names if name not in known]
        if missing:
            raise InputError(
                f"{cube.path} lacks the {source} input(s) {', '.join(missing)} that the emulator needs "
                f"(scenario_source {cube.scenario_source}; found: {', '.join(known)})"
            )
        return [known.index(name) for name in names]

    if prior_year == target_year:
        raise InputError(f"prior and target year are both {prior_year}")
    years = {"prior": prior_year, "target": target_year}
    channels = positions("scenario", cube.scenario_variables)
    coarse = [
        np.asarray(cube.scenario[cube.scenario_index(years[str(entry.at)])])[k]
        for entry, k in zip(spec.scenario, channels, strict=True)
    ]
    lat, lon = cube.window.coarse_shape
    climate = np.asarray(cube.climate[cube.climate_index(max(prior_year, target_year) - 1)])
    channels_1km = Channels(
        cube,
        [entry.name for entry in spec.static],
        prior=[entry.name for entry in spec.maps if entry.at == "prior"],
    )
    rows, cols = (slice(0, extent) for extent in cube.window.shape)
    return Scene(
        channels_1km.read(cube, rows, cols, target_year, prior_year),
        climate[positions("climate", cube.climate_variables)],
        np.stack(coarse).astype(np.float32) if coarse else np.zeros((0, lat, lon), np.float32),
        cube.class_map(spec.quantity, prior_year),
        cube.class_map(spec.quantity, target_year),
        (float(np.sign(target_year - prior_year)), float(abs(target_year - prior_year))),
    )


def tile_arguments(
    scene: Scene, visible: np.ndarray, row: int, col: int, rows: int, cols: int
) -> tuple[Tensor, ...]:
    """The emulator's arguments for the tile that begins at (row, col), which may reach beyond the window
    (batch of one)."""
    height, width = scene.prior.shape
    r, c = np.arange(row, row + rows), np.arange(col, col + cols)
    inside = ((r >= 0) & (r < height))[:, None] & ((c >= 0) & (c < width))[None, :]
    r, c = np.clip(r, 0, height - 1), np.clip(c, 0, width - 1)
    here = np.ix_(r, c)
    coarse_row, coarse_col = r // COARSE, c // COARSE
    block = (
        slice(None),
        slice(coarse_row[0], coarse_row[-1] + 1),
        slice(coarse_col[0], coarse_col[-1] + 1),
    )
    prior = np.where(inside, scene.prior[here], UNKNOWN).astype(np.uint8)
    return (
        torch.from_numpy(scene.static[:, r[:, None], c[None, :]])[None],
        torch.from_numpy(scene.climate[:, coarse_row[:, None], coarse_col[None, :]])[None],
        torch.from_numpy(np.ascontiguousarray(scene.scenario[block]))[None],
        torch.from_numpy(coarse_row - coarse_row[0]),
        torch.from_numpy(coarse_col - coarse_col[0]),
        torch.from_numpy(prior)[None],
        torch.from_numpy(np.where(inside, visible[here], 0).astype(np.uint8))[None],
        torch.tensor([scene.time], dtype=torch.float32),
    )


def cores(wanted: np.ndarray, core: int = CORE) -> Iterator[tuple[int, int]]:
    """First row and column of every core that holds a wanted pixel, of bool (rows, cols)."""
    for row in range(0, wanted.shape[0], core):
        for col in range(0, wanted.shape[1], core):
            if wanted[row : row + core, col : col + core].any():
                yield row, col


def classify(
    predictor: Predictor,
    scene: Scene,
    visible: np.ndarray,
    wanted: np.ndarray,
    core: int = CORE,
    device: str | torch.device = "cpu",
) -> np.ndarray:
    """Classes over the window, uint8 (rows, cols); 255 where no pixel of the core was wanted.

    Parameters
    ----------
    predictor
        Emulator or baseline.
    visible
        1 where the prior may be seen, uint8 (rows, cols).
    wanted
        Pixels whose class is needed, bool (rows, cols).
    core
        Pixels along a tile's core, a multiple of 400.

    Raises
    ------
    InputError
        A core that is no multiple of 400.
    """
    if core % CORE:
        raise InputError(f"core {core} is not a multiple of {CORE} pixels")
    result = np.full(scene.prior.shape, UNKNOWN, dtype=np.uint8)
    size = core + 2 * HALO
    for row, col in cores(wanted, core):
        arguments = tile_arguments(scene, visible, row - HALO, col - HALO, size, size)
        classes = predictor(*(a.to(device) for a in arguments))[0].cpu().numpy()
        target = result[row : row + core, col : col + core]
        target[:] = classes[HALO : HALO + target.shape[0], HALO : HALO + target.shape[1]]
    return result
