"""What leaf area follows from a place and the climate before a step, without its own past and the date.

A network learns the value itself from everything that varies, between places, seasons and years; what counts
is its *difference* between the climate there was and the climatology of the same steps. A few years hold few
independent anomalies, but the seasons and places hold many temperatures and soils, and those teach the same
response (space for time). The climate enters as memories of several fading times, which are learnt
(antecedent conditions: Ogle et al. 2015, Ecol. Lett. 18, 221). Dates are left out, because a calendar would
explain the seasons without any climate.
"""

import torch
from torch import Tensor, nn

from pylandbc.models.leaf_area.features import spread

KEPT = (0.15, 0.5, 0.85)
"""What is left of a step one step later, for each memory, before training."""


class ClimateResponse(nn.Module):
    """The response, in spreads of the variable about its mean.

    Parameters
    ----------
    site
        Channels that say what a place is.
    variables, steps
        Of the climate.
    width
        Channels within.
    """

    lag: Tensor

    def __init__(self, site: int, variables: int, steps: int, width: int) -> None:
        super().__init__()
        self.register_buffer("lag", torch.arange(steps - 1, -1, -1, dtype=torch.float32).reshape(-1, 1))
        self.kept = nn.Parameter(torch.logit(torch.tensor(KEPT))[:, None].repeat(1, variables))
        self.of_site = nn.Conv2d(site, width, 1)
        self.of_climate = nn.Conv2d(len(KEPT) * variables, width, 1, bias=False)
        self.response = nn.Sequential(
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, 1, 1),
        )

    def memories(self, climate: Tensor) -> Tensor:
        """Fading means over the steps, (B, 3 Cc, h, w), of normalised climate (B, T, Cc, h, w)."""
        weight = torch.sigmoid(self.kept)[:, None] ** self.lag
        weight = weight / weight.sum(1, keepdim=True)
        return torch.einsum("btchw,ktc->bkchw", climate, weight).flatten(1, 2)

    def forward(
        self, site: Tensor, climate: Tensor, mean: Tensor, row: Tensor, col: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The responses (B, H, W) of pixels (B, C, H, W) to the climate (B, T, Cc, h, w) of their cells and
        to its climatology."""
        place = self.of_site(site)
        return self.of_place(place, climate, row, col), self.of_place(place, mean, row, col)

    def of_place(self, place: Tensor, climate: Tensor, row: Tensor, col: Tensor) -> Tensor:
        """The response to a climate of pixels whose place has said its part, (B, width, H, W)."""
        cells = self.of_climate(self.memories(climate))
        return self.response(place + spread(cells, row, col))[:, 0]
