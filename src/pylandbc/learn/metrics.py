"""Scores of categorical maps, accumulated over any number of tiles.

Everything derives from one table: the area of each combination of (class before, class observed, class
predicted), (..., K, K, K); leading axes are blocks or bootstrap draws. Formulas: overall accuracy and
intersection over union (Everingham et al. 2010, IJCV 88, 303); F1 (van Rijsbergen 1979); hits, wrong hits,
misses, false alarms and the figure of merit (Pontius et al. 2008, Ann. Reg. Sci. 42, 11; Pontius et al.
2011, Ann. AAG 101, 45); quantity and allocation disagreement (Pontius & Millones 2011, Int. J. Remote Sens.
32, 4407); gross and net change (Pontius, Shusas & McEachern 2004, Agric. Ecosyst. Environ. 101, 251).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pylandbc.errors import InputError

Array = NDArray[np.float64]


def ratio(part: Array, whole: Array) -> Array:
    """``part / whole``, NaN where the whole is 0."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def mean_of_known(values: Array) -> Array:
    """Mean over the last axis of what is not NaN; NaN where nothing is."""
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0).sum(-1), known.sum(-1))


def confusion_of(table: Array) -> Array:
    """Area by (observed, predicted), (..., K, K)."""
    return table.sum(axis=-3)


def accuracy_of(table: Array) -> Array:
    """Area on which prediction and observation agree, over all area."""
    confusion = confusion_of(table)
    return ratio(np.einsum("...kk", confusion), confusion.sum((-2, -1)))


def iou_of(table: Array) -> Array:
    """``n_kk / (n_k. + n_.k - n_kk)`` of each class, (..., K); NaN where it occurs in neither map."""
    confusion = confusion_of(table)
    both = np.einsum("...kk->...k", confusion)
    return ratio(both, confusion.sum(-1) + confusion.sum(-2) - both)


def f1_of(table: Array) -> Array:
    """``2 n_kk / (n_k. + n_.k)`` of each class, (..., K): harmonic mean of precision and recall."""
    confusion = confusion_of(table)
    return ratio(2 * np.einsum("...kk->...k", confusion), confusion.sum(-1) + confusion.sum(-2))


def components_of(table: Array) -> Array:
    """Area of hits, wrong hits, misses and false alarms, (..., 4)."""
    before, observed, predicted = np.indices(table.shape[-3:])
    changed, claimed, right = observed != before, predicted != before, predicted == observed
    kinds = (changed & right, changed & claimed & ~right, changed & ~claimed, ~changed & claimed)
    return np.stack([table[..., kind].sum(-1) for kind in kinds], -1)


def figure_of_merit(components: Array) -> Array:
    """hits / (hits + wrong hits + misses + false alarms); NaN where nothing changed in either map."""
    return ratio(components[..., 0], components.sum(-1))


def transition_merit_of(table: Array) -> Array:
    """Figure of merit of each transition i to j, (..., K, K): ``n_ijj / (n_ij. + n_i.j - n_ijj)``; NaN on
    the diagonal and where neither map has the transition."""
    hits = np.einsum("...ijj->...ij", table)
    merit = ratio(hits, table.sum(-1) + table.sum(-2) - hits)
    k = table.shape[-1]
    merit[..., np.arange(k), np.arange(k)] = np.nan
    return merit


def gain_merit_of(table: Array) -> Array:
    """Figure of merit of change into each class, (..., K): hits over the area that either map lets become
    that class."""
    k = table.shape[-1]
    other = 1.0 - np.eye(k)
    hits = np.einsum("...ijj,ij->...j", table, other)
    either = np.einsum("...ijp,ij->...j", table, other) + np.einsum("...ioj,ij->...j", table, other)
    return ratio(hits, either - hits)


def disagreement_of(table: Array) -> tuple[Array, Array]:
    """(quantity, allocation) disagreement, fractions of the area: ``sum_k |n_k. - n_.k| / 2`` and the rest;
    their sum is one less the accuracy."""
    confusion = confusion_of(table)
    apart = np.abs(confusion.sum(-2) - confusion.sum(-1)).sum(-1) / 2
    quantity = ratio(apart, confusion.sum((-2, -1)))
    return quantity, 1.0 - accuracy_of(table) - quantity


def gross_and_net_of(transitions: Array) -> tuple[Array, Array]:
    """Gross change, all area off the diagonal, and net change, ``sum_k |gain_k - loss_k| / 2``, of
    transitions (..., K, K), in their unit."""
    stay = np.einsum("...kk->...k", transitions)
    gain, loss = transitions.sum(-2) - stay, transitions.sum(-1) - stay
    return gain.sum(-1), np.abs(gain - loss).sum(-1) / 2


@dataclass(frozen=True)
class ChangeComponents:
    """The four parts of the three-map comparison, in the unit of the weights."""

    hits: float
    wrong_hits: float
    misses: float
    false_alarms: float

    @property
    def figure_of_merit(self) -> float:
        """hits / (hits + wrong hits + misses + false alarms); NaN where nothing changed in either map."""
        parts = (self.hits, self.wrong_hits, self.misses, self.false_alarms)
        return float(figure_of_merit(np.array(parts)))


class MapScores:
    """Streaming comparison of a predicted map with the observed one and the map before.

    Parameters
    ----------
    classes
        Number of classes K; pixels with a code beyond it in any of the three maps are left out.
    """

    def __init__(self, classes: int = 8) -> None:
        self.classes = classes
        self.table: NDArray[np.float64] = np.zeros((classes, classes, classes))
        self.pixels = 0

    def update(
        self, before: ArrayLike, observed: ArrayLike, predicted: ArrayLike, weight: ArrayLike | None = None
    ) -> None:
        """Add pixels.

        Parameters
        ----------
        before, observed, predicted
            Class codes, any shape, all the same.
        weight
            Weight of each pixel (its area, 0 to leave it out), broadcast to that shape; one if not given.
        """
        k = self.classes
        maps = [np.asarray(m).astype(np.int64) for m in (before, observed, predicted)]
        if len({m.shape for m in maps}) != 1:
            raise InputError(f"maps to compare differ in shape: {', '.join(str(m.shape) for m in maps)}")
        weights = np.broadcast_to(
            np.asarray(1.0 if weight is None else weight, dtype=np.float64), maps[0].shape
        )
        used = weights > 0
        for m in maps:
            used &= (m >= 0) & (m < k)
        index = (maps[0][used] * k + maps[1][used]) * k + maps[2][used]
        self.table += np.bincount(index, weights[used], minlength=k**3).reshape(k, k, k)
        self.pixels += int(used.sum())

    @property
    def confusion(self) -> Array:
        """See ``confusion_of``."""
        return confusion_of(self.table)

    @property
    def accuracy(self) -> float:
        """See ``accuracy_of``."""
        return float(accuracy_of(self.table))

    @property
    def iou(self) -> Array:
        """See ``iou_of``."""
        return iou_of(self.table)

    def mean_iou(self, without: tuple[int, ...] = ()) -> float:
        """Mean of ``iou`` over the classes that occur, less those in ``without`` (the ocean flatters)."""
        return float(mean_of_known(np.delete(self.iou, without)))

    @property
    def change(self) -> ChangeComponents:
        """Three-map comparison over all transitions."""
        return ChangeComponents(*(float(part) for part in components_of(self.table)))

    @property
    def disagreement(self) -> tuple[float, float]:
        """See ``disagreement_of``."""
        quantity, allocation = disagreement_of(self.table)
        return float(quantity), float(allocation)

    def summary(self, names: list[str], ocean: int = 0) -> dict[str, object]:
        """All scores ready for JSON; ``names`` in code order. What is undefined is ``None``."""

        change = self.change
        quantity, allocation = self.disagreement
        return {
            "pixels": self.pixels,
            "accuracy": plain(self.accuracy),
            "mean_iou": plain(self.mean_iou()),
            "mean_iou_without_ocean": plain(self.mean_iou(without=(ocean,))),
            "iou": {name: plain(value) for name, value in zip(names, self.iou, strict=True)},
            "figure_of_merit": plain(change.figure_of_merit),
            "hits_km2": plain(change.hits / 1e6),
            "wrong_hits_km2": plain(change.wrong_hits / 1e6),
            "misses_km2": plain(change.misses / 1e6),
            "false_alarms_km2": plain(change.false_alarms / 1e6),
            "quantity_disagreement": plain(quantity),
            "allocation_disagreement": plain(allocation),
        }


def plain(value: float) -> float | None:
    """A number for JSON, six digits behind the point; ``None`` where it is undefined."""
    return None if np.isnan(value) else round(float(value), 6)
