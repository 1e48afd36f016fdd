"""Gradient-boosted trees of single pixels: the strongest forecast that an emulator is compared with."""

from __future__ import annotations

import numpy as np

from pylandbc.cube.splits import Split
from pylandbc.errors import InputError
from pylandbc.learn.leaf_area.arguments import UNBATCHED
from pylandbc.learn.leaf_area.forecasts import Climatology
from pylandbc.learn.leaf_area.region import Region
from pylandbc.learn.leaf_area.samples import RegionSamples
from pylandbc.models.leaf_area.inputs import VegetationInputs

SIDE, MOST_SAMPLES = 8, 5000
"""Rows and columns of the scattered samples that trees learn from, and how many are drawn at most."""


class GradientBoosting:
    """Gradient-boosted trees on each pixel's own inputs, for its departure from the climatology.

    Histogram trees after Ke et al. 2017 (NIPS 30), by scikit-learn.

    Parameters
    ----------
    regions, splits, years
        What is learnt from: training pixels of these years.
    pixels
        Number of pixels and steps to learn from.
    past
        Whether the last values are among the inputs.
    wanted
        Pixels by region that are to be forecast; the climatology stands elsewhere.

    Raises
    ------
    InputError
        scikit-learn is not installed.
    """

    name, levels = "gradient boosting", (0.5,)

    def __init__(
        self,
        inputs: VegetationInputs,
        regions: list[Region],
        splits: dict[str, Split],
        years: dict[str, list[int]],
        pixels: int = 40_000,
        seed: int = 0,
        past: bool = True,
        wanted: dict[str, np.ndarray] | None = None,
    ) -> None:
        try:
            from sklearn.ensemble import HistGradientBoostingRegressor
        except ImportError as error:
            raise InputError("gradient boosting needs scikit-learn: pip install 'pylandbc[trees]'") from error
        self.inputs, self.past = inputs, past
        self.wanted = wanted or {}
        tables, targets = [], []
        for region in regions:
            samples = RegionSamples(
                region,
                inputs,
                splits[region.name],
                role="train",
                years=years[region.name],
                size=SIDE,
                count=1,
                scattered=True,
                seed=seed,
            )
            number = found = 0
            while found < pixels // len(regions) and number < MOST_SAMPLES:
                a = samples.sample(number)
                rows, cols = np.nonzero(a["weight"][0].numpy() > 0)
                number, found = number + 1, found + rows.size
                one = {n: t.numpy() if n in UNBATCHED else t[0].numpy() for n, t in a.items()}
                if not rows.size:
                    continue
                table, normal = self._table(one, rows, cols)
                tables.append(table)
                targets.append(one["target"][rows, cols] - normal)
        self.model = HistGradientBoostingRegressor(max_iter=200, learning_rate=0.08, random_state=seed)
        self.model.fit(np.concatenate(tables), np.concatenate(targets))

    def _table(
        self, a: dict[str, np.ndarray], rows: np.ndarray, cols: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Inputs of some pixels of a tile, (pixel, column), and their climatology."""
        normal = a["normal"][:, rows, cols]
        climate = a["climate"].reshape(-1, *a["climate"].shape[2:])
        columns = [a["static"][:, rows, cols], normal[-1:], np.repeat(a["time"][:, None], rows.size, 1)]
        columns += [climate[:, a["climate_row"][rows], a["climate_col"][cols]], a["latitude"][rows][None]]
        if self.past:
            departure = a["past"][:, rows, cols] - normal[:-1]
            columns.append(np.where(a["known"][:, rows, cols] == 1, departure, np.nan))
        return np.concatenate(columns).T, normal[-1]

    def __call__(self, region: Region, step: int) -> np.ndarray:
        """See ``Forecast``."""
        rows, cols = np.nonzero(region.land & self.wanted.get(region.name, region.land))
        whole = region.arguments(self.inputs, step, np.arange(region.shape[0]), np.arange(region.shape[1]))
        tile = {n: t.numpy() for n, t in whole.items()}
        out = Climatology()(region, step)[0].copy()
        out[rows, cols] += self.model.predict(self._table(tile, rows, cols)[0]).astype(np.float32)
        return np.maximum(out, 0)[None]
