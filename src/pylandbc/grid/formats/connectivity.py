"""Corners of cells from a table of node numbers, with the index base checked.

Formats differ in their base: ESMF counts from 1 unless ``start_index`` says otherwise, UGRID from 0, ICON
from 1. A wrong base shows as a number outside the nodes that exist; the message then names the base in force,
the first offender, and the base under which all numbers would fit.
"""

from __future__ import annotations

import numpy as np

from pylandbc.errors import InputError


def resolve(
    table: np.ndarray, count: np.ndarray, nodes: int, start: int, declared: bool, name: str, title: str
) -> np.ndarray:
    """0-based node numbers.

    Parameters
    ----------
    table
        Node numbers as in the file (cells, corners).
    count
        Number of corners of each cell (cells,).
    nodes
        Number of nodes.
    start
        The number of the first node.
    declared
        True where the file states ``start``, False where it is the format's default.
    name, title
        The variable and the mesh, for messages.

    Returns
    -------
    numpy.ndarray
        int64 (cells, corners), 0 beyond ``count``.

    Raises
    ------
    InputError
        A number lies outside ``start ... start + nodes - 1``.
    """
    used = np.arange(table.shape[1]) < count[:, None]
    index = np.where(used, table, start).astype(np.int64)
    wrong = (index < start) | (index >= start + nodes)
    if wrong.any():
        cell, corner = np.argwhere(wrong)[0]
        low, high = int(index[used].min()), int(index[used].max())
        base = (
            f"attribute start_index = {start}"
            if declared
            else f"no start_index: the format's default {start}"
        )
        other = 1 - start
        if low >= other and high < other + nodes:
            remedy = f"all numbers fit a base of {other}: set {name}:start_index = {other}"
        else:
            remedy = "no base makes them fit: is the file damaged, or the node table of another mesh?"
        raise InputError(
            f"{title}: cell {cell + 1} refers in {name} to node {index[cell, corner]}, but the "
            f"{nodes} nodes are "
            f"numbered {start} ... {start + nodes - 1} ({base}). Numbers run {low} ... {high}; {remedy}"
        )
    return index - start


def padded_count(table: np.ndarray, missing: np.ndarray, name: str, title: str) -> np.ndarray:
    """Number of corners of each cell where short rows are padded at their end.

    Parameters
    ----------
    table
        Node numbers (cells, corners).
    missing
        True where an entry is padding (cells, corners).

    Raises
    ------
    InputError
        Padding stands before a node.
    """
    count = (~missing).sum(axis=1)
    gap = np.flatnonzero((np.arange(table.shape[1]) < count[:, None]) & missing)
    if gap.size:
        cell = int(gap[0] // table.shape[1])
        raise InputError(
            f"{title}: cell {cell + 1} has a missing corner in {name} before its last one "
            f"({np.asarray(table)[cell].tolist()}); padding belongs at the end"
        )
    return count
