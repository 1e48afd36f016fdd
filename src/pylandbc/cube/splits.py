"""Spatial blocks held out for validation and test.

Blocks are whole degrees of the global grid (100 x 100 pixels). Those that hold active pixels are ordered by
a hash of seed and place, and the first ones are held out: the same seed and window give the same split on
any machine, and the shares are met to within one block.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.window import COLS, Window

ROLES = ("train", "validation", "test")
BLOCK = 100
"""Pixels along a block: one degree."""


def check_role(role: str) -> None:
    """``InputError`` unless ``role`` is one of :data:`ROLES`, or ``all``."""
    if role not in (*ROLES, "all"):
        raise InputError(f"no split {role!r}; there are {', '.join((*ROLES, 'all'))}")


@dataclass(frozen=True)
class Split:
    """The role of each pixel: index into :data:`ROLES`, uint8 (rows, cols)."""

    roles: np.ndarray
    seed: int

    def mask(self, role: str) -> np.ndarray:
        """True on the pixels of ``role``, bool (rows, cols)."""
        if role not in ROLES:
            raise InputError(f"no role {role!r}; there are {', '.join(ROLES)}")
        return self.roles == ROLES.index(role)

    def hidden_from(self, role: str) -> np.ndarray:
        """Pixels whose land use must not be seen in ``role``: training sees only its own, validation not
        the test blocks."""
        return self.roles > ROLES.index(role)


def blocks_of(window: Window) -> np.ndarray:
    """Number of each pixel's block, row by row from 90 N and 180 W, int64 (rows, cols)."""
    rows = (window.row + np.arange(window.rows)) // BLOCK
    cols = ((window.col + np.arange(window.cols)) % COLS) // BLOCK
    return rows[:, None].astype(np.int64) * (COLS // BLOCK) + cols[None, :]


def split_blocks(
    window: Window, active: np.ndarray, seed: int = 0, validation: float = 0.1, test: float = 0.2
) -> Split:
    """Deal blocks to training, validation and test.

    Parameters
    ----------
    active
        Pixels that count, bool (rows, cols): blocks without any stay in training.
    validation, test
        Shares of the blocks with active pixels.

    Raises
    ------
    InputError
        Shares outside 0 ... 1, or too few blocks to give every role with a share at least one.
    """
    if min(validation, test) < 0 or validation + test >= 1:
        raise InputError(f"shares validation={validation} and test={test} leave nothing to train on")
    block = blocks_of(window)
    blocks = np.unique(block[active])
    order = sorted(blocks.tolist(), key=lambda place: hashlib.sha256(f"{seed} {place}".encode()).digest())
    counts = [int(np.ceil(share * blocks.size)) if share > 0 else 0 for share in (validation, test)]
    if sum(counts) >= blocks.size:
        raise InputError(f"{blocks.size} blocks of one degree with land are too few for validation and test")
    roles = np.zeros(window.shape, dtype=np.uint8)
    start = 0
    for role, count in enumerate(counts, start=1):
        roles[np.isin(block, order[start : start + count])] = role
        start += count
    return Split(roles, seed)
