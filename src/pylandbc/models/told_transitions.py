"""The transitions that a scenario tells of each coarse cell, between the years of prior and target.

The scenario counts them up over the years (``<class>_to_<class>``, docs/contracts.md): what went from a to b
between two years is the difference of two sums. Backwards the map of the later year is the prior, and what
had gone from a to b then goes from b to a.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pylandbc.models.inputs import InputSpec
from pylandbc.models.scenario_change import PIXELS, SEPARATOR


def transition_channels(spec: InputSpec, classes: Sequence[str]) -> dict[tuple[int, int], tuple[int, int]]:
    """Scenario channels (prior, target) of each transition, by the codes (before, after) of its classes.

    Only those given for both years, and whose opposite is, too.
    """
    place = {(entry.name, entry.at): k for k, entry in enumerate(spec.scenario)}
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for a, before in enumerate(classes):
        for b, after in enumerate(classes):
            name = f"{before}{SEPARATOR}{after}"
            if (name, "prior") in place and (name, "target") in place:
                found[a, b] = (place[name, "prior"], place[name, "target"])
    return {pair: channels for pair, channels in found.items() if pair[::-1] in found}


class ToldTransitions(nn.Module):
    """Fractions of a cell's known land that go from one class to another on the way from prior to target.

    Parameters
    ----------
    channels
        As of ``transition_channels``; the pairs are kept in their order.
    """

    before: Tensor
    after: Tensor
    opposite: Tensor

    def __init__(self, channels: dict[tuple[int, int], tuple[int, int]]) -> None:
        super().__init__()
        pairs = list(channels)
        self.register_buffer("before", torch.tensor([a for a, _ in channels.values()], dtype=torch.int64))
        self.register_buffer("after", torch.tensor([b for _, b in channels.values()], dtype=torch.int64))
        opposite = [pairs.index((b, a)) for a, b in pairs]
        self.register_buffer("opposite", torch.tensor(opposite, dtype=torch.int64))
        self.pixels = PIXELS

    def forward(self, scenario: Tensor) -> Tensor:
        """Raw coarse fields (B, C, h, w) to fractions (B, pairs, h, w), in the direction of the step."""
        more = scenario.index_select(1, self.after) - scenario.index_select(1, self.before)
        return more.clamp_min(0.0) + (-more).clamp_min(0.0).index_select(1, self.opposite)

    def in_pixels(self, scenario: Tensor) -> Tensor:
        """``asinh`` of their pixels, (B, pairs, h, w): as ``ScenarioChange`` has gains and losses."""
        return (self.pixels * self.forward(scenario)).asinh()
