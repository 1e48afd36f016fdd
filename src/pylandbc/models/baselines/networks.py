"""Two small networks that the literature compares with: a pixel's LSTM and a shallow CNN.

Both add the persistence term of the project's emulator (a learnt gain on the visible prior), so that copying
costs them nothing. They are trained with Adam for a fixed number of steps, minutes on a laptop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.errors import InputError
from pylandbc.models.baselines.fitting import Example, FittedPredictor
from pylandbc.models.baselines.neighbourhood import own_class
from pylandbc.models.baselines.predictor import one_hot
from pylandbc.models.inputs import InputSpec
from pylandbc.progress import Tell

RATE = 3.0e-3
CROP = 96
BATCH = 8
REACH = 16
"""Pixels at a crop's edge that carry no weight: the CNN sees so far."""


class PixelLstm(nn.Module):
    """Two steps of an LSTM (Hochreiter & Schmidhuber 1997, Neural Comput. 9, 1735) per pixel, which sees
    nothing of its surroundings: the year of the prior, then the target year."""

    def __init__(self, first: int, second: int, classes: int, hidden: int = 48) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(first, hidden), nn.Linear(second, hidden)
        self.cell = nn.LSTMCell(hidden, hidden)
        self.out = nn.Linear(hidden, classes)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """(B, F1, H, W), (B, F2, H, W) to logits (B, K, H, W)."""
        batch, _, rows, cols = first.shape
        steps = [s.permute(0, 2, 3, 1).reshape(batch * rows * cols, -1) for s in (first, second)]
        state = self.cell(torch.tanh(self.first(steps[0])))
        hidden, _ = self.cell(torch.tanh(self.second(steps[1])), state)
        return self.out(hidden).reshape(batch, rows, cols, -1).permute(0, 3, 1, 2)


class ShallowCnn(nn.Module):
    """Four 3 x 3 convolutions of 32 channels with dilations 1, 2, 4, 8: a view of 31 pixels."""

    def __init__(self, first: int, second: int, classes: int, width: int = 32) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = first + second
        for dilation in (1, 2, 4, 8):
            layers += [nn.Conv2d(channels, width, 3, padding=dilation, dilation=dilation), nn.ReLU()]
            channels = width
        self.body = nn.Sequential(*layers, nn.Conv2d(width, classes, 1))

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """(B, F1, H, W), (B, F2, H, W) to logits (B, K, H, W)."""
        return self.body(torch.cat([first, second], 1))


class SmallNetwork(FittedPredictor):
    """A small network behind the predictor interface.

    Parameters
    ----------
    spec, classes
        As of ``Predictor``.
    steps
        Of the optimiser, each on 8 crops of 96 pixels.
    """

    kind: type[nn.Module]

    def __init__(self, spec: InputSpec, classes: Sequence[str], steps: int = 400) -> None:
        super().__init__(spec, classes)
        self.steps = steps
        self.network: nn.Module | None = None
        self.gain = nn.Parameter(torch.full((len(self.classes),), 4.0))
        self.scales: tuple[Tensor, Tensor] | None = None

    def fit(self, examples: Iterable[Example], seed: int = 0, tell: Tell | None = None) -> None:
        """See ``FittedPredictor``."""
        known = list(examples)
        stage = f"fitting {self.name}"
        self._scale(known)
        random = torch.Generator().manual_seed(seed)
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(seed)
            self._build()
            network = self.network
            if network is None:
                raise InputError(f"the {self.name} could not be built")
            parameters = [*network.parameters(), self.gain]
            optimiser = torch.optim.Adam(parameters, RATE)
            schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=self.steps)
            for step in range(self.steps):
                if tell is not None:
                    tell(stage, step / self.steps)
                crops = [_crop(self.spec, len(self.classes), known, random) for _ in range(BATCH)]
                inputs, targets, weights = zip(*crops, strict=True)
                logits = self.logits(*(torch.cat(part) for part in zip(*inputs, strict=True)))
                target, weight = torch.cat(targets), torch.cat(weights)
                usable = torch.where(target < len(self.classes), target, 0).long()
                loss = (F.cross_entropy(logits, usable, reduction="none") * weight).sum()
                optimiser.zero_grad()
                (loss / weight.sum().clamp(min=1.0)).backward()
                optimiser.step()
                schedule.step()

    def state(self) -> dict[str, Any]:
        """See ``FittedPredictor``."""
        if self.network is None:
            return {}
        return {"network": self.network.state_dict(), "gain": self.gain.detach(), "scales": self.scales}

    def restore(self, state: dict[str, Any]) -> None:
        """See ``FittedPredictor``."""
        self.scales = state["scales"]
        self._build()
        if self.network is not None:
            self.network.load_state_dict(state["network"])
        self.gain = nn.Parameter(state["gain"])

    def logits(
        self, static: Tensor, climate: Tensor, before: Tensor, after: Tensor, own: Tensor, time: Tensor
    ) -> Tensor:
        """Logits (B, K, H, W) from fields at 1 km; see ``fields``."""
        if self.network is None or self.scales is None:
            raise InputError(f"the {self.name} is not fitted yet: call fit on training blocks first")
        place = torch.cat([static, climate], 1)
        place = ((place - self.scales[0]) / self.scales[1]).clamp(-5, 5)
        seen = one_hot(own, len(self.classes) + 1)
        second = torch.cat([place, after, after - before, time / 10.0], 1)
        copied = seen[:, :-1] * self.gain[:, None, None]
        return self.network(torch.cat([seen, before], 1), second) + copied

    def classify(self, *arguments: Tensor) -> Tensor:
        """See ``Predictor``."""
        return self.distribution(*arguments)[0]

    def distribution(self, *arguments: Tensor) -> tuple[Tensor, Tensor]:
        """See ``Predictor``."""
        logits = self.logits(*fields(self.spec, arguments, len(self.classes)))
        return logits.argmax(1), logits.softmax(1)

    def _build(self) -> None:
        pairs = _pairs(self.spec)
        k = len(self.classes)
        first = k + 1 + len(pairs)
        second = len(self.spec.static) + len(self.spec.climate) + 2 * len(pairs) + 2
        self.network = self.kind(first, second, k)
        self.gain = nn.Parameter(torch.full((k,), 4.0))

    def _scale(self, examples: Sequence[Example]) -> None:
        place = [torch.cat(e.arguments[:2], 1)[0, :, ::8, ::8].flatten(1) for e in examples]
        values = torch.cat(place, 1).float()
        mean, scale = values.mean(1), values.std(1).clamp(min=1e-12)
        self.scales = (mean[None, :, None, None], scale[None, :, None, None])


class LstmPredictor(SmallNetwork):
    """See ``PixelLstm``."""

    name = "pixel LSTM"
    kind = PixelLstm


class CnnPredictor(SmallNetwork):
    """See ``ShallowCnn``."""

    name = "small CNN"
    kind = ShallowCnn


def _pairs(spec: InputSpec) -> list[tuple[int, int]]:
    """Scenario channels of the target year with those of the prior year, or with themselves where the prior
    year's are no inputs."""
    channel = {(entry.name, entry.at): i for i, entry in enumerate(spec.scenario)}
    return [(channel.get((e.name, "prior"), i), i) for i, e in enumerate(spec.scenario) if e.at == "target"]


def fields(spec: InputSpec, arguments: Sequence[Tensor], classes: int) -> tuple[Tensor, ...]:
    """What the networks take: static, climate, scenario of both years, own class or K, direction and span,
    all (B, ., H, W) but the class, (B, H, W)."""
    static, climate, scenario, row, col, _, _, time = arguments
    fine = scenario.float().index_select(2, row).index_select(3, col)
    pairs = _pairs(spec)
    before = fine[:, [a for a, _ in pairs]]
    after = fine[:, [b for _, b in pairs]]
    moment = time.float()[:, :, None, None].expand(-1, -1, *fine.shape[2:])
    return static.float(), climate.float(), before, after, own_class(arguments, classes), moment


def _crop(
    spec: InputSpec, classes: int, examples: Sequence[Example], random: torch.Generator
) -> tuple[tuple[Tensor, ...], Tensor, Tensor]:
    """Fields, target and weight of a crop around a random pixel that carries weight."""
    example = examples[int(torch.randint(len(examples), (1,), generator=random))]
    places = torch.nonzero(example.weight[0] > 0)
    row, col = places[int(torch.randint(len(places), (1,), generator=random))].tolist()
    size = min(CROP, *example.weight.shape[1:])
    rows, cols = (
        slice(start, start + size)
        for start in (
            min(max(row - size // 2, 0), example.weight.shape[1] - size),
            min(max(col - size // 2, 0), example.weight.shape[2] - size),
        )
    )
    static, climate, scenario, coarse_row, coarse_col, prior, visible, time = example.arguments
    arguments = (
        static[..., rows, cols],
        climate[..., rows, cols],
        scenario,
        coarse_row[rows],
        coarse_col[cols],
        prior[:, rows, cols],
        visible[:, rows, cols],
        time,
    )
    weight = torch.zeros(1, size, size)
    inner = np.s_[:, REACH : size - REACH, REACH : size - REACH]
    weight[inner] = example.weight[:, rows, cols][inner]
    return fields(spec, arguments, classes), example.target[:, rows, cols], weight
