"""The arrays of figure 2's panels, without what draws them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import OCEAN, UNKNOWN


@dataclass(frozen=True)
class Panels:
    """The arrays of one figure, all (rows, cols) over ``window``.

    Parameters
    ----------
    coarse
        What drives the prediction, at 1 km, uint8: of land use the dominant class of each 0.25 degree cell,
        of land cover the land use of the target year.
    elevation
        m.
    prior, prediction, truth
        Class codes, uint8, 255 not known.
    visible
        True where the prior was seen.
    land
        True on land.
    held_out
        True on the blocks that were held out of training.
    """

    window: Window
    coarse: np.ndarray
    elevation: np.ndarray
    prior: np.ndarray
    visible: np.ndarray
    prediction: np.ndarray
    truth: np.ndarray
    land: np.ndarray
    held_out: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """Land whose true class is known and not the ocean, bool (rows, cols)."""
        return self.land & (self.truth != UNKNOWN) & (self.truth != OCEAN)

    @property
    def wrong(self) -> np.ndarray:
        """Known land that was predicted wrongly, bool (rows, cols)."""
        return self.known & (self.prediction != self.truth)

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if name != "window" and value.shape != self.window.shape:
                raise InputError(f"panel {name!r} has shape {value.shape}, the window {self.window.shape}")
