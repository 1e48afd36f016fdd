"""Land use, land cover and leaf area of a place by one network or by three, for comparing joint and chain.

The joint model has one encoder for all three tasks, and its leaf area reads the *probabilities* of its own
land use (soft coupling; hard parameter sharing after Caruana 1997, Mach. Learn. 28, 41). The chain has an
encoder for each task and shares no weight: its leaf area reads whatever land use it is given. Heads, inputs
and loss are the same for both; only the width of the encoders differs, so that parameters are as many.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.legend import LAND_USE
from pylandbc.models.leaf_area.climate_response import ClimateResponse
from pylandbc.models.leaf_area.emulator import VegetationEmulator
from pylandbc.models.leaf_area.inputs import CLASS_MAPS, VegetationInputs

USES, COVERS = len(LAND_USE), CLASS_MAPS["land_cover"]
BARE_USES = (LAND_USE.code("ocean"), LAND_USE.code("water"))
CHANGE_GAIN = 10.0
"""A year's change of a cell's fractions is a few per cent. The fractions themselves tell a cell from others,
and what was learnt of it by heart is wrong elsewhere."""
PATH = 64
"""Channels of the leaf-area head."""
RADIUS = 2
"""Pixels that an encoder sees around each."""


class Encoder(nn.Sequential):
    """Two 3x3 convolutions over the year's fields."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(channels, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )


class LeafAreaHead(VegetationEmulator):
    """The emulator without neighbours, which also reads the encoder and the probabilities of land use."""

    def __init__(
        self, inputs: VegetationInputs, normalisation: Mapping[str, tuple[float, float]], width: int
    ) -> None:
        super().__init__(inputs, normalisation)
        # site, encoder and land use stand for the site of the response and for the features of the own path
        more = width + USES
        self.response = ClimateResponse(
            self.features.place + more, len(inputs.climate), inputs.climate_steps, PATH
        )
        self.own = nn.Sequential(
            nn.Conv2d(self.features.channels + more + 1, PATH, 1),
            nn.ReLU(),
            nn.Conv2d(PATH, PATH, 1),
            nn.ReLU(),
            nn.Conv2d(PATH, self.quantiles + 1, 1),
        )

    def read(self, arguments: Mapping[str, Tensor], encoded: Tensor, uses: Tensor) -> tuple[Tensor, Tensor]:
        """Quantiles (B, Q, H, W), and what the climate's response alone says (B, H, W).

        Parameters
        ----------
        arguments
            The emulator's arguments by name.
        encoded
            (B, width, H, W).
        uses
            Probabilities of land use, (B, 8, H, W).
        """
        static, past, known, normal, latitude, time, row, col = (
            arguments[n]
            for n in (
                "static", "past", "known", "normal", "latitude", "time", "climate_row", "climate_col"
            )
        )  # fmt: skip
        x = self.features.of_pixels(static, past, known, normal, latitude, time)
        more = torch.cat([encoded, uses], 1)
        reach = self.features.reach(normal)
        site = torch.cat([x[:, : self.features.place], more], 1)
        now, mean = self.features.of_climate(arguments["climate"])
        found, usual = self.response(site, now, mean, row, col)
        alone = self.lower + found * reach
        departure = ((alone - normal[:, -1]) / reach)[:, None]
        said = self.own(torch.cat([x, more, departure], 1))
        followed = 2.0 * torch.sigmoid(said[:, self.quantiles])
        centre = self.centre(past, known, normal, time) + followed * (found - usual) * reach
        quantiles = self.head(said[:, : self.quantiles], centre, reach)
        bare = uses[:, list(BARE_USES)].sum(1, keepdim=True) > 0.5
        quantiles = torch.where(bare, torch.full_like(quantiles, self.bare), quantiles)
        return self.without_leaves(quantiles, static), alone


class LandTasks(nn.Module):
    """Three tasks with one encoder, or with three.

    Parameters
    ----------
    inputs
        Of the leaf area; its static fields also go to the encoders, and land use is not among them.
    normalisation
        As of the emulators.
    scenario
        Number of coarse fields of a year.
    width
        Channels of each encoder.
    joint
        One encoder for all tasks.
    """

    def __init__(
        self,
        inputs: VegetationInputs,
        normalisation: Mapping[str, tuple[float, float]],
        scenario: int,
        width: int,
        joint: bool,
    ) -> None:
        super().__init__()
        self.joint, self.width = joint, width
        self.leaf_area = LeafAreaHead(inputs, normalisation, width)
        fields = len(inputs.fields) + sum(self.leaf_area.features.class_counts)
        channels = fields + USES + scenario
        self.encoders = nn.ModuleList(Encoder(channels, width) for _ in range(1 if joint else 3))
        self.land_use = nn.Conv2d(width, USES, 1)
        self.keep = nn.Parameter(torch.full((USES,), 4.0))
        self.land_cover = nn.Conv2d(width + USES, COVERS, 1)

    def year(
        self, static: Tensor, prior: Tensor, scenario: Tensor, row: Tensor, col: Tensor
    ) -> tuple[list[Tensor], Tensor]:
        """What the encoders make of a year, and the logits of land use (B, 8, H, W).

        Parameters
        ----------
        static
            (B, Cs, H, W).
        prior
            Land use of the year before, codes (B, H, W).
        scenario
            Fractions of the year, then of the year before, (B, 2 Z, h, w), on the cells ``row``, ``col``.
        """
        before = one_hot(prior)
        now, last = scenario.chunk(2, 1)
        coarse = torch.tanh(CHANGE_GAIN * (now - last))
        cells = coarse.index_select(2, row).index_select(3, col)
        x = torch.cat([self.leaf_area.features.of_static(static), before, cells], 1)
        encoded = [encoder(x) for encoder in self.encoders]
        return encoded, self.land_use(encoded[0]) + self.keep[:, None, None] * before

    def cover(self, encoded: list[Tensor], uses: Tensor) -> Tensor:
        """Logits of land cover (B, 23, H, W) under given probabilities of land use."""
        return self.land_cover(torch.cat([encoded[1 % len(encoded)], uses], 1))

    def leaves(
        self, arguments: Mapping[str, Tensor], encoded: list[Tensor], uses: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Quantiles of leaf area (B, Q, H, W) under given probabilities of land use, and the response."""
        return self.leaf_area.read(arguments, encoded[-1], uses)


def one_hot(codes: Tensor) -> Tensor:
    """(B, H, W) codes as (B, 8, H, W); what is no class is all zeros."""
    classes = torch.arange(USES, device=codes.device)[:, None, None]
    return (codes[:, None].long() == classes).float()


def pair_of_equal_size(
    inputs: VegetationInputs,
    normalisation: Mapping[str, tuple[float, float]],
    scenario: int,
    width: int,
) -> tuple[LandTasks, LandTasks]:
    """A joint model of a width, and the chain whose number of parameters comes nearest."""
    joint = LandTasks(inputs, normalisation, scenario, width, joint=True)
    wanted = parameters(joint)
    chains = [LandTasks(inputs, normalisation, scenario, narrow, joint=False) for narrow in range(1, width)]
    return joint, min(chains, key=lambda chain: abs(parameters(chain) - wanted))


def parameters(model: nn.Module) -> int:
    """Number of weights that are learnt."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


def cross_entropy(logits: Tensor, codes: Tensor, weight: Tensor) -> Tensor:
    """Weighted mean cross-entropy; codes outside the classes do not count."""
    counted = codes.long() < logits.shape[1]
    loss = F.cross_entropy(logits, torch.where(counted, codes.long(), 0), reduction="none")
    weight = weight * counted
    return (loss * weight).sum() / weight.sum().clamp_min(1e-6)
