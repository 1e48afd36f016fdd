"""Hidden pixels from visible ones, by distance alone."""

from __future__ import annotations

import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from pylandbc.models.baselines.coarse_majority import without_map
from pylandbc.models.baselines.fitting import LabelPredictor

GAUSSIAN_SIGMA = 16.0
"""Width of the Gaussian fill, pixels: half a hidden patch."""
GAUSSIAN_REACH = 96
"""Where the Gaussian is cut, pixels: six sigma, within a tile's halo."""


class NearestFill(LabelPredictor):
    """Hidden pixels take the class of the nearest visible land pixel (Euclidean, in pixels)."""

    name = "nearest fill"

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        prior, visible = arguments[5], arguments[6]
        result = without_map(self.spec, self.classes, arguments)
        seen = (visible != 0) & (prior > 0) & (prior < len(self.classes))
        for b in range(prior.shape[0]):
            if not seen[b].any():
                continue
            rows, cols = distance_transform_edt(
                ~seen[b].cpu().numpy(), return_distances=False, return_indices=True
            )
            rows, cols = (torch.from_numpy(i).long().to(prior.device) for i in (rows, cols))
            result[b] = prior[b].long()[rows, cols]
        return result


class GaussianFill(LabelPredictor):
    """Hidden pixels take the class with the largest Gaussian-weighted area among visible land pixels."""

    name = "Gaussian fill"

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        prior, visible = arguments[5], arguments[6]
        seen = (visible != 0) & (prior > 0) & (prior < len(self.classes))
        share = torch.stack([(seen & (prior == k)).float() for k in range(len(self.classes))], 1)
        # A Gaussian is separable: one banded matrix along the rows, one along the columns.
        share = _gaussian(share.shape[2], share.device) @ share @ _gaussian(share.shape[3], share.device)
        filled = share.argmax(1)
        # Beyond the reach of every visible pixel only the scenario is left.
        empty = share.sum(1) == 0
        filled = torch.where(empty, without_map(self.spec, self.classes, arguments), filled)
        return torch.where(seen, prior.long(), filled)


def _gaussian(extent: int, device: torch.device) -> Tensor:
    """Weights between all pairs of pixels along one axis, (extent, extent), symmetric."""
    place = torch.arange(extent, device=device)
    distance = place[:, None] - place[None, :]
    return torch.exp(-0.5 * (distance / GAUSSIAN_SIGMA) ** 2) * (distance.abs() <= GAUSSIAN_REACH)
