"""Scores of categorical maps, accumulated over any number of tiles.

Everything derives from one table: the area of each combination of (class before, class observed, class
predicted). Formulas: overall accuracy and intersection over union (Everingham et al. 2010, IJCV 88, 303);
hits, wrong hits, misses, false alarms and the figure of merit (Pontius et al. 2008, Ann. Reg. Sci. 42, 11;
Pontius et al. 2011, Ann. AAG 101, 45); quantity and allocation disagreement (Pontius & Millones 2011, Int.
J. Remote Sens. 32, 4407).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pylandbc.errors import InputError


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
        whole = self.hits + self.wrong_hits + self.misses + self.false_alarms
        return self.hits / whole if whole > 0 else float("nan")


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
    def confusion(self) -> NDArray[np.float64]:
        """Area by (observed, predicted), (K, K)."""
        return self.table.sum(axis=0)

    @property
    def accuracy(self) -> float:
        """Area on which prediction and observation agree, over all area; NaN without any."""
        confusion = self.confusion
        whole = confusion.sum()
        return float(np.trace(confusion) / whole) if whole > 0 else float("nan")

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each class, ``n_kk / (n_k. + n_.k - n_kk)``; NaN where it occurs in
        neither map."""
        confusion = self.confusion
        both = np.diag(confusion)
        union = confusion.sum(axis=0) + confusion.sum(axis=1) - both
        return np.divide(both, union, out=np.full(self.classes, np.nan), where=union > 0)

    def mean_iou(self, without: tuple[int, ...] = ()) -> float:
        """Mean of ``iou`` over the classes that occur, less those in ``without`` (the ocean flatters)."""
        kept = [v for k, v in enumerate(self.iou) if k not in without and not np.isnan(v)]
        return float(np.mean(kept)) if kept else float("nan")

    @property
    def change(self) -> ChangeComponents:
        """Three-map comparison over all transitions."""
        k = self.classes
        before, observed, predicted = np.meshgrid(*[np.arange(k)] * 3, indexing="ij")
        changed, claimed = observed != before, predicted != before

        def area(where: NDArray[np.bool_]) -> float:
            return float(self.table[where].sum())

        return ChangeComponents(
            hits=area(changed & (predicted == observed)),
            wrong_hits=area(changed & claimed & (predicted != observed)),
            misses=area(changed & ~claimed),
            false_alarms=area(~changed & claimed),
        )

    @property
    def disagreement(self) -> tuple[float, float]:
        """(quantity, allocation) disagreement, fractions of the area; their sum is one less the accuracy."""
        confusion = self.confusion
        whole = confusion.sum()
        if whole == 0:
            return float("nan"), float("nan")
        quantity = float(np.abs(confusion.sum(axis=0) - confusion.sum(axis=1)).sum() / 2 / whole)
        return quantity, 1.0 - self.accuracy - quantity

    def summary(self, names: list[str], ocean: int = 0) -> dict[str, object]:
        """All scores ready for JSON; ``names`` in code order. What is undefined is ``None``."""

        def plain(value: float) -> float | None:
            return None if np.isnan(value) else round(float(value), 6)

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
