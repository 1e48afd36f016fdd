"""What all emulators of vegetation series share: their arguments, their result, the pixel's own path, and no
leaves over water.

An architecture says what it makes of the features around a pixel. Where it has ``own_path``, the pixel's own
features go through a small network of their own beside it: what climate does to a pixel needs no neighbours,
and can be learnt from scattered pixels.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from pylandbc.models.leaf_area.bounded_quantiles import LEVELS, BoundedQuantiles
from pylandbc.models.leaf_area.features import Features
from pylandbc.models.leaf_area.inputs import WITHOUT_LEAVES, VegetationInputs
from pylandbc.models.leaf_area.variables import variable


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
    """Whether the pixel's own features have a path beside the network."""

    def __init__(
        self, inputs: VegetationInputs, normalisation: Mapping[str, tuple[float, float]], base: int = 16
    ) -> None:
        super().__init__()
        limits = variable(inputs.variable)
        self.inputs, self.base = inputs, base
        self.features = Features(inputs, normalisation, departures=self.departures)
        scale = normalisation.get(inputs.variable, (0.0, 1.0))[1]
        self.head = BoundedQuantiles(limits.lower, limits.upper, scale)
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
        if self.own_path:
            last = nn.Conv2d(4 * base, self.quantiles, 1)
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]
            self.own = nn.Sequential(
                nn.Conv2d(self.features.channels, 4 * base, 1),
                nn.ReLU(),
                nn.Conv2d(4 * base, 4 * base, 1),
                nn.ReLU(),
                last,
            )

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
        weather = self.features.steps_of_cells(climate)
        x = self.features(static, weather, climate_row, climate_col, past, known, normal, latitude, time)
        raw, state = self.around(x, weather, climate_row, climate_col, state)
        if self.has_own_path:
            raw = raw + self.own(x)
        quantiles = self.head(raw, self.centre(past, known, normal))
        return self.without_leaves(quantiles, static), state

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

    def centre(self, past: Tensor, known: Tensor, normal: Tensor) -> Tensor:
        """What the network's median is added to, (B, H, W): climatology and what is left of the last
        departures; without ``departures`` the lower end of the range."""
        if not self.has_departures:
            return torch.full_like(normal[:, -1], self.lower)
        last = (past - normal[:, :-1]) * known.to(past.dtype)
        return normal[:, -1] + (last * self.memory[:, None, None]).sum(1)

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
