"""What an emulator must beat: predictors without training, behind the emulator's own arguments.

Every predictor maps the arguments of the emulator interface to a class map, so that all are scored by the
same code on the same pixels. Persistence copies the prior, seen or not; the fills see only its visible
part; the coarse majority sees only the scenario. All respect the ocean rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from pylandbc.errors import InputError
from pylandbc.models.inputs import InputSpec

LUH2_GROUPS = {
    "urban": ("urban",),
    "cropland": ("c3ann", "c4ann", "c3per", "c4per", "c3nfx"),
    "pasture": ("pastr",),
    "forest": ("primf", "secdf"),
    "grass_shrub": ("primn", "secdn", "range"),
}
"""LUH2 states that stand for each class (potential forest and non-forest vegetation; Hurtt et al. 2020)."""

GAUSSIAN_SIGMA = 16.0
"""Width of the Gaussian fill, pixels: half a hidden patch."""
GAUSSIAN_REACH = 96
"""Where the Gaussian is cut, pixels: six sigma, within a tile's halo."""


class Predictor:
    """A map from the emulator's arguments to classes.

    Parameters
    ----------
    spec
        Inputs in channel order.
    classes
        Names of the classes in code order.
    """

    name = ""

    def __init__(self, spec: InputSpec, classes: Sequence[str]) -> None:
        self.spec = spec
        self.classes = list(classes)

    def classify(
        self,
        static: Tensor,
        climate: Tensor,
        scenario: Tensor,
        scenario_row: Tensor,
        scenario_col: Tensor,
        prior: Tensor,
        visible: Tensor,
        time: Tensor,
    ) -> Tensor:
        """Class of each pixel before the ocean rule, int64 (B, H, W)."""
        raise NotImplementedError

    @torch.inference_mode()
    def __call__(self, *arguments: Tensor) -> Tensor:
        """Class of each pixel, uint8 (B, H, W); arguments as in docs/contracts.md."""
        result = self.classify(*arguments)
        names = [entry.name for entry in self.spec.static]
        if "land_mask" in names:
            land = arguments[0][:, names.index("land_mask")] >= 0.5
            result = torch.where(land, result, 0)
        return result.to(torch.uint8)


class Emulator(Predictor):
    """The argmax of a network's logits (the lowest code wins a tie)."""

    name = "emulator"

    def __init__(self, spec: InputSpec, classes: Sequence[str], network: Callable[..., Tensor]) -> None:
        super().__init__(spec, classes)
        self.network = network

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return self.network(*arguments).argmax(dim=1)


class Persistence(Predictor):
    """Nothing changes: the whole prior, whatever is visible of it; unknown pixels take the coarse
    majority."""

    name = "persistence"

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        prior = arguments[5].long()
        return torch.where(
            prior < len(self.classes), prior, coarse_majority(self.spec, self.classes, arguments)
        )


class CoarseMajority(Predictor):
    """The land class with the largest fraction of the target year in each 0.25 degree cell."""

    name = "coarse majority"

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return coarse_majority(self.spec, self.classes, arguments)


class NearestFill(Predictor):
    """Hidden pixels take the class of the nearest visible land pixel (Euclidean, in pixels)."""

    name = "nearest fill"

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        prior, visible = arguments[5], arguments[6]
        result = coarse_majority(self.spec, self.classes, arguments)
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


class GaussianFill(Predictor):
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
        filled = torch.where(empty, coarse_majority(self.spec, self.classes, arguments), filled)
        return torch.where(seen, prior.long(), filled)


def _gaussian(extent: int, device: torch.device) -> Tensor:
    """Weights between all pairs of pixels along one axis, (extent, extent), symmetric."""
    place = torch.arange(extent, device=device)
    distance = place[:, None] - place[None, :]
    return torch.exp(-0.5 * (distance / GAUSSIAN_SIGMA) ** 2) * (distance.abs() <= GAUSSIAN_REACH)


def coarse_majority(spec: InputSpec, classes: Sequence[str], arguments: Sequence[Tensor]) -> Tensor:
    """Land class with the largest target fraction, int64 (B, H, W).

    Raises
    ------
    InputError
        The scenario has neither ``<class>_fraction`` nor LUH2's states at the target year.
    """
    scenario, scenario_row, scenario_col = arguments[2:5]
    channel = {entry.name: i for i, entry in enumerate(spec.scenario) if entry.at == "target"}
    fractions = []
    for name in classes:
        members: tuple[str, ...] = (f"{name}_fraction",)
        if members[0] not in channel:
            members = tuple(m for m in LUH2_GROUPS.get(name, ()) if m in channel)
        parts = [scenario[:, channel[m]] for m in members]
        fractions.append(torch.stack(parts).sum(0) if parts else torch.full_like(scenario[:, 0], -1.0))
    if all(bool((f < 0).all()) for f in fractions):
        raise InputError("the scenario holds no fractions of the target year: no coarse majority")
    winner = torch.stack(fractions, 1).argmax(1)
    return winner.index_select(1, scenario_row).index_select(2, scenario_col)


def baselines(spec: InputSpec, classes: Sequence[str]) -> list[Predictor]:
    """All predictors without training, in the order of the table."""
    return [kind(spec, classes) for kind in (Persistence, NearestFill, GaussianFill, CoarseMajority)]
