"""Classes and probabilities of a predictor over the wanted pixels of a cube, tile by tile.

Tiles are those of :mod:`pylandbc.learn.inference`; one pass gives both, and of the probabilities only the
wanted pixels' are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from pylandbc.learn.inference import CORE, Scene, cores, tile_arguments
from pylandbc.legend import UNKNOWN
from pylandbc.models.baselines import Predictor
from pylandbc.models.unet import HALO
from pylandbc.progress import TellShare


@dataclass(frozen=True)
class Prediction:
    """What a predictor says of a window.

    Parameters
    ----------
    classes
        uint8 (rows, cols); 255 where no pixel of a tile's core was wanted.
    probabilities
        Of the wanted pixels in row-major order, float32 (n, K).
    """

    classes: np.ndarray
    probabilities: np.ndarray


def predict(
    predictor: Predictor,
    scene: Scene,
    visible: np.ndarray,
    wanted: np.ndarray,
    device: str | torch.device = "cpu",
    tell: TellShare | None = None,
) -> Prediction:
    """Run a predictor over a window.

    Parameters
    ----------
    predictor
        Emulator or baseline.
    visible
        1 where the prior may be seen, uint8 (rows, cols).
    wanted
        Pixels that are needed, bool (rows, cols).
    tell
        Hears the share done.
    """
    classes = np.full(scene.prior.shape, UNKNOWN, dtype=np.uint8)
    place = np.cumsum(wanted.ravel()).reshape(wanted.shape) - 1
    share = np.zeros((int(wanted.sum()), len(predictor.classes)), np.float32)
    size = CORE + 2 * HALO
    tiles = list(cores(wanted))
    for number, (row, col) in enumerate(tiles):
        if tell is not None:
            tell(number / len(tiles))
        arguments = tile_arguments(scene, visible, row - HALO, col - HALO, size, size)
        found, chances = predictor.predict(*(a.to(device) for a in arguments))
        target = classes[row : row + CORE, col : col + CORE]
        inner = np.s_[HALO : HALO + target.shape[0], HALO : HALO + target.shape[1]]
        target[:] = found[0].cpu().numpy()[inner]
        here = wanted[row : row + CORE, col : col + CORE]
        share[place[row : row + CORE, col : col + CORE][here]] = (
            chances[0].permute(1, 2, 0).cpu().numpy()[inner][here]
        )
    return Prediction(classes, share)
