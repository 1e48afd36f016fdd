"""What all emulators of vegetation series share: their arguments, their result, the pixel's own path, and no
leaves over water.

An architecture says what it makes of the features around a pixel. Where it has ``own_path``, the pixel's
response to the climate (``ClimateResponse``) moves the median, and its own features, with what that response
says of them, go through a small network beside it, which also says how much of the response counts: neither
needs neighbours, and both can be learnt from scattered pixels. All departures are in units of the pixel's own
climatology (``Features.reach``), so that what is learnt where leaves are many does little where they are few.
"""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from pylandbc.models.leaf_area.bounded_quantiles import LEVELS, BoundedQuantiles
from pylandbc.models.leaf_area.climate_response import ClimateResponse
from pylandbc.models.leaf_area.features import Features, spread
from pylandbc.models.leaf_area.inputs import WITHOUT_LEAVES, VegetationInputs
from pylandbc.models.leaf_area.variables import variable

SOFT = 0.02
"""Of the variable's spread: where the lower end of the range is felt."""


def begin_at_zero(last: nn.Conv2d) -> nn.Conv2d:
    """A last layer that says nothing until it has learned: the network begins as its climatology."""
    nn.init.zeros_(last.weight)
    if last.bias is not None:
        nn.init.zeros_(last.bias)
    return last


class VegetationEmulator(nn.Module):
    """Base of the emulators; also the one without neighbours.

    Parameters
    ----------
    inputs
        What comes in.
    normalisation
        (offset, scale) by input name, and of the variable.
    base
        Channels at full resolution; the pixel's own path has ``4 base``.
    """

    radius: int = 0
    """Largest distance, in pixels along an axis, over which an input reaches an output of the same step."""
    multiple: int = 1
    """Extents of a tile must be multiples of this."""
    state_channels: int = 0
    """Channels of the hidden state (0: none)."""
    state_pixels: int = 1
    """Pixels along a cell of the hidden state."""
    departures: bool = True
    """Whether the median is a departure from the climatology."""
    own_path: bool = True
    """Whether the pixel's own features and its response to the climate have a path beside the network."""
    cells: int = 0
    """Channels that the climate of a cell becomes for what looks around."""

    has_departures: Final[bool]
    has_own_path: Final[bool]
    has_response: Final[bool]

    def __init__(
        self, inputs: VegetationInputs, normalisation: Mapping[str, tuple[float, float]], base: int = 16
    ) -> None:
        super().__init__()
        limits = variable(inputs.variable)
        self.inputs, self.base = inputs, base
        self.features = Features(inputs, normalisation, self.cells, self.departures)
        scale = normalisation.get(inputs.variable, (0.0, 1.0))[1]
        # values that begin anywhere need a bound that lets them back
        self.head = BoundedQuantiles(
            limits.lower, limits.upper, scale * (SOFT if self.departures else 5 * SOFT)
        )
        self.quantiles = len(LEVELS)
        self.bare = limits.bare
        self.lower = limits.lower
        names = list(inputs.static)
        self.land_mask = names.index("land_mask") if "land_mask" in names else -1
        self.leafless: list[tuple[int, int]] = [
            (names.index(name), code)
            for name, codes in WITHOUT_LEAVES.items()
            if name in names
            for code in codes
        ]
        # how much of the last departures is left, by lag
        self.memory = nn.Parameter(torch.zeros(len(inputs.lags)))
        self.has_departures, self.has_own_path = self.departures, self.own_path
        self.own: nn.Module = nn.Identity()
        self.response: nn.Module = nn.Identity()
        self.has_response = self.own_path and bool(inputs.climate)
        if self.own_path:
            width = 4 * base
            last = begin_at_zero(nn.Conv2d(width, self.quantiles + int(self.has_response), 1))
            first = nn.Conv2d(self.features.channels + int(self.has_response), width, 1)
            self.own = nn.Sequential(
                first, nn.ReLU(inplace=True), nn.Conv2d(width, width, 1), nn.ReLU(inplace=True), last
            )
        if self.has_response:
            self.response = ClimateResponse(
                self.features.place, len(inputs.climate), inputs.climate_steps, 4 * base
            )
        # relative gain per doubling of carbon dioxide, and its zero in doublings from the middle
        self.fertilised = nn.Parameter(torch.zeros(()))
        self.reference = nn.Parameter(torch.zeros(()))

    def forward(
        self,
        static: Tensor,
        climate: Tensor,
        climate_row: Tensor,
        climate_col: Tensor,
        past: Tensor,
        known: Tensor,
        normal: Tensor,
        latitude: Tensor,
        time: Tensor,
        state: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Quantiles (B, Q, H, W) and the new state; arguments as in docs/leaf-area.md."""
        quantiles, state, _ = self.explained(
            static, climate, climate_row, climate_col, past, known, normal, latitude, time, state
        )
        return quantiles, state

    def explained(
        self,
        static: Tensor,
        climate: Tensor,
        climate_row: Tensor,
        climate_col: Tensor,
        past: Tensor,
        known: Tensor,
        normal: Tensor,
        latitude: Tensor,
        time: Tensor,
        state: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """As ``forward``, and what the climate's response alone says of the value, (B, H, W); the climatology
        where there is no response."""
        reach = self.features.reach(normal)
        x = self.features.of_pixels(static, past, known, normal, latitude, time)
        centre = self.centre(past, known, normal, time)
        own, alone, moved = x, normal[:, -1], torch.zeros_like(normal[:, -1])
        now, mean = self.features.of_climate(climate)
        if self.has_response:
            site = x[:, : self.features.place].contiguous(memory_format=torch.channels_last)
            found, usual = self.response(site, now, mean, climate_row, climate_col)
            moved = (found - usual) * reach
            alone = self.lower + found * reach
            own = torch.cat([x, ((alone - normal[:, -1]) / reach)[:, None]], 1)
        weather = self.features.with_departures(now, mean)
        if self.features.coarse:
            cells = self.features.cell(weather.flatten(1, 2))
            x = torch.cat([x, spread(cells, climate_row, climate_col)], 1)
        raw, state = self.around(x, weather, climate_row, climate_col, state)
        if self.has_own_path:
            said = self.own(own.contiguous(memory_format=torch.channels_last))
            raw = raw + said[:, : self.quantiles]
            if self.has_response:
                # how much of the response a place follows, at first all of it
                centre = centre + 2.0 * torch.sigmoid(said[:, self.quantiles]) * moved
        return self.without_leaves(self.head(raw, centre, reach), static), state, alone

    def around(
        self, x: Tensor, weather: Tensor, climate_row: Tensor, climate_col: Tensor, state: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Raw channels (B, Q, H, W) of what lies around a pixel and went before, and the new state.

        Parameters
        ----------
        x
            The features, (B, C, H, W).
        weather
            Normalised climate of the cells by step, (B, T, 2 Cc, h, w).
        """
        return torch.zeros_like(x[:, : self.quantiles]), state

    def centre(self, past: Tensor, known: Tensor, normal: Tensor, time: Tensor) -> Tensor:
        """What the network's median is added to, (B, H, W): the climatology with its gain from carbon
        dioxide, and what is left of the last departures; without ``departures`` the lower end of the
        range."""
        if not self.has_departures:
            return torch.full_like(normal[:, -1], self.lower)
        doublings = torch.log2(time[:, 1].clamp_min(1.0) / self.features.middle) - self.reference
        gain = torch.where(time[:, 1] > 0, self.fertilised * doublings, 0.0)
        last = (past - normal[:, :-1]) * known.to(past.dtype)
        return normal[:, -1] * (1.0 + gain[:, None, None]) + (last * self.memory[:, None, None]).sum(1)

    def without_leaves(self, quantiles: Tensor, static: Tensor) -> Tensor:
        """The quantiles with the value without vegetation over ocean, water and ice."""
        none = torch.zeros_like(static[:, 0], dtype=torch.bool)
        for channel, code in self.leafless:
            none = none | (static[:, channel].round() == code)
        if self.land_mask >= 0:
            none = none | (static[:, self.land_mask] < 0.5)
        return torch.where(none[:, None], torch.full_like(quantiles, self.bare), quantiles)

    def first_state(self, batch: int, rows: int, cols: int) -> Tensor:
        """The hidden state where nothing went before, zeros (B, channels, rows, cols of the state)."""
        of = self.state_pixels
        return torch.zeros(batch, self.state_channels, rows // of, cols // of)
