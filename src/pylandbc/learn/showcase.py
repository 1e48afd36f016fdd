"""One example of an emulator at work, chosen by rule and not by eye: the square with the most held-out
land."""

from __future__ import annotations

import numpy as np
import torch

from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.learn.evaluate import mask
from pylandbc.learn.export import LoadedEmulator
from pylandbc.learn.inference import classify, scene, tile_arguments
from pylandbc.learn.region import Region
from pylandbc.legend import UNKNOWN
from pylandbc.models.baselines import CoarseMajority, Emulator
from pylandbc.models.unet import HALO
from pylandbc.report.panel_fields import Panels

SIZE = 500
"""Pixels along the square, a multiple of 25; smaller windows are drawn whole."""
HIDDEN = 0.75
"""Share of hidden patches of the prior."""


def busiest_square(held_out: np.ndarray, size: int) -> tuple[int, int]:
    """First row and column, multiples of 25, of the square of ``size`` pixels with the most held-out land,
    bool (rows, cols);
    ``InputError`` if the maps are smaller than that."""
    sums = np.zeros((held_out.shape[0] + 1, held_out.shape[1] + 1), dtype=np.int64)
    sums[1:, 1:] = held_out.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
    rows = np.arange(0, held_out.shape[0] - size + 1, COARSE)
    cols = np.arange(0, held_out.shape[1] - size + 1, COARSE)
    if rows.size == 0 or cols.size == 0:
        raise InputError(f"the window is smaller than the figure's {size} pixels")
    r, c = rows[:, None], cols[None, :]
    inside = sums[r + size, c + size] - sums[r, c + size] - sums[r + size, c] + sums[r, c]
    best = int(inside.argmax())
    return int(rows[best // cols.size]), int(cols[best % cols.size])


def showcase(
    emulator: LoadedEmulator,
    region: Region,
    pair: tuple[int, int],
    *,
    device: str | torch.device = "cpu",
) -> Panels:
    """What ``pylandbc.report.panels`` draws, for one step of a cube.

    Parameters
    ----------
    emulator, region
        What predicts, and the truth with the blocks that were held out.
    pair
        (prior year, target year).
    """
    names = [entry["name"] for entry in emulator.card["classes"]]
    cube = region.cube
    fields = scene(cube, emulator.inputs, *pair)
    land = cube.static_field("land_mask") == 1
    held_out = region.mask("test")
    size = min(SIZE, *cube.window.shape)
    row, col = busiest_square(held_out & land & (fields.target != UNKNOWN), size)
    here = np.s_[row : row + size, col : col + size]
    wanted = np.zeros(cube.window.shape, dtype=bool)
    wanted[here] = True
    visible = mask(cube.window.shape, HIDDEN)
    network = Emulator(emulator.inputs, names, emulator.module)
    predicted = classify(network, fields, visible, wanted, device=device)
    # The tile begins one halo outside, so that the index of coarse rows is that of an ordinary tile.
    if emulator.inputs.quantity == "land_use":
        whole = tile_arguments(fields, visible, row - HALO, col - HALO, size + 2 * HALO, size + 2 * HALO)
        coarse = CoarseMajority(emulator.inputs, names)(*whole)[0].numpy()[HALO:, HALO:][:size, :size]
    else:
        coarse = cube.land_use_map(pair[1])[here]
    window = Window(cube.window.row + row, (cube.window.col + col) % COLS, size, size)
    return Panels(
        window,
        coarse,
        cube.static_field("elevation")[here],
        fields.prior[here],
        visible[here] == 1,
        predicted[here],
        fields.target[here],
        land[here],
        held_out[here],
    )
