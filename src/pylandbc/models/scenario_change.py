"""What a coarse cell gains and loses between the two years, in pixels.

From one year to the next a cell's fractions change by a few of its 625 pixels, by thousandths: beside the
fractions themselves a perceptron hardly sees it, yet which classes gain and which lose is what the scenario
is there to say. The inverse hyperbolic sine keeps the sign, tells one pixel from none, and does not let a
hundred of them drown the rest.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pylandbc.models.demand_scaling import SIDE
from pylandbc.models.inputs import InputSpec

PIXELS = float(SIDE * SIDE)
"""In a coarse cell."""
SEPARATOR = "_to_"
"""Between the two classes in the name of a transition."""


def changing(spec: InputSpec) -> list[tuple[int, int]]:
    """Scenario channels (prior, target) of each fraction that is given for both years. Transitions are no
    fractions: they have a way of their own (``pylandbc.models.told_transitions``)."""
    place = {(entry.name, entry.at): k for k, entry in enumerate(spec.scenario)}
    return [
        (place[entry.name, "prior"], k)
        for k, entry in enumerate(spec.scenario)
        if entry.at == "target"
        and entry.unit == "1"
        and (entry.name, "prior") in place
        and SEPARATOR not in entry.name
    ]


class ScenarioChange(nn.Module):
    """``asinh(625 (target - prior))`` of each fraction.

    Parameters
    ----------
    channels
        Scenario channels (prior, target), as of ``changing``.
    """

    before: Tensor
    after: Tensor

    def __init__(self, channels: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.pixels = PIXELS
        self.register_buffer("before", torch.tensor([a for a, _ in channels], dtype=torch.int64))
        self.register_buffer("after", torch.tensor([b for _, b in channels], dtype=torch.int64))

    def forward(self, scenario: Tensor) -> Tensor:
        """Raw coarse fields (B, C, h, w) to (B, changing, h, w)."""
        gain = scenario.index_select(1, self.after) - scenario.index_select(1, self.before)
        return (self.pixels * gain).asinh()
