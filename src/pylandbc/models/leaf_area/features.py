"""What every network of a vegetation emulator sees: raw fields made into channels.

Climate stays on its coarse cells: for networks that look around, a small network makes of the steps of each
cell, and of their departures from the climatology, a few channels, which are then looked up for each pixel.
Nothing depends on the whole tile.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.models.leaf_area.day_length import day_length
from pylandbc.models.leaf_area.inputs import CLASS_MAPS, VegetationInputs
from pylandbc.models.leaf_area.variables import variable

LIMIT = 5.0
"""Normalised fields are limited to this many scales."""
DEPARTURE_GAIN = 3.0
"""Departures from the climatology are a fraction of the spread over space and season."""
REST = 0.1
"""Of the variable's spread: the least that departures are measured by."""
CO2_MIDDLE, CO2_SCALE = 380.0, 50.0


def spread(cells: Tensor, row: Tensor, col: Tensor) -> Tensor:
    """What coarse cells say, at their pixels: (B, C, h, w) to (B, C, H, W) in channels_last.

    Parameters
    ----------
    row, col
        Coarse row of each of H pixel rows, coarse column of each of W pixel columns.
    """
    batch, channels, rows, cols = cells.shape
    number = torch.arange(batch, device=cells.device)[:, None, None] * (rows * cols)
    number = number + row[:, None] * cols + col
    return F.embedding(number, cells.permute(0, 2, 3, 1).reshape(-1, channels)).permute(0, 3, 1, 2)


class Features(nn.Module):
    """Channels of the networks.

    Parameters
    ----------
    inputs
        What comes in, in which order.
    normalisation
        (offset, scale) by name, and of the variable itself.
    coarse
        Channels that the climate of a cell becomes for networks that look around; 0: none.
    departures
        Whether the past enters as departure from the climatology, with the climatology beside it (else as it
        is).
    """

    static_offset: Tensor
    static_scale: Tensor
    climate_offset: Tensor
    climate_scale: Tensor
    field_channels: Tensor

    def __init__(
        self,
        inputs: VegetationInputs,
        normalisation: Mapping[str, tuple[float, float]],
        coarse: int = 0,
        departures: bool = True,
    ) -> None:
        super().__init__()
        self.departures = departures
        self.limit, self.gain = LIMIT, DEPARTURE_GAIN
        self.middle, self.co2_scale = CO2_MIDDLE, CO2_SCALE
        names = list(inputs.static)
        self.class_channels: list[int] = [k for k, name in enumerate(names) if name in CLASS_MAPS]
        self.class_counts: list[int] = [CLASS_MAPS[names[k]] for k in self.class_channels]
        fields = [k for k, name in enumerate(names) if name not in CLASS_MAPS]
        self.register_buffer("field_channels", torch.tensor(fields, dtype=torch.int64))

        def table(chosen: list[str], column: int) -> Tensor:
            pairs = [normalisation.get(name, (0.0, 1.0)) for name in chosen]
            return torch.tensor([pair[column] for pair in pairs], dtype=torch.float32).reshape(-1, 1, 1)

        self.register_buffer("static_offset", table([names[k] for k in fields], 0))
        self.register_buffer("static_scale", table([names[k] for k in fields], 1))
        self.register_buffer("climate_offset", table(list(inputs.climate), 0))
        self.register_buffer("climate_scale", table(list(inputs.climate), 1))
        self.value_offset, self.value_scale = normalisation.get(inputs.variable, (0.0, 1.0))
        self.weather = len(inputs.climate)
        self.coarse = coarse if self.weather else 0
        self.cell: nn.Module = nn.Identity()
        if self.coarse:
            steps = 2 * self.weather * inputs.climate_steps
            self.cell = nn.Sequential(
                nn.Conv2d(steps, 2 * coarse, 1), nn.ReLU(), nn.Conv2d(2 * coarse, coarse, 1)
            )
        past = len(inputs.lags)
        self.lower = variable(inputs.variable).lower
        self.rest = REST
        # what a place is: fields and classes, and with departures the shape of its climatology
        self.place = len(fields) + sum(self.class_counts) + (3 if departures else 0)
        self.channels = self.place + 2 * past + 3
        if departures:
            self.channels += past + 1
        else:
            self.channels += 1

    def of_climate(self, climate: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised climate, and its climatology, each (B, T, Cc, h, w)."""
        both = climate.unflatten(2, (2, self.weather))
        both = ((both - self.climate_offset) / self.climate_scale).clamp(-self.limit, self.limit)
        return both[:, :, 0], both[:, :, 1]

    def with_departures(self, now: Tensor, mean: Tensor) -> Tensor:
        """Climate of each step and its departure from the climatology, (B, T, 2 Cc, h, w)."""
        return torch.cat([now, self.gain * (now - mean)], 2)

    def reach(self, normal: Tensor) -> Tensor:
        """What departures are measured by, (B, H, W): how far the climatology of the steps at hand rises
        above the lower end of the range, and a little; without ``departures`` the spread of the variable."""
        if not self.departures:
            return torch.full_like(normal[:, -1], self.value_scale)
        return (normal.amax(1) - self.lower).clamp_min(0.0) + self.rest * self.value_scale

    def of_static(self, static: Tensor) -> Tensor:
        """Normalised fields, and one channel for each class of the class maps, (B, C, H, W)."""
        fields = static.index_select(1, self.field_channels)
        parts = [((fields - self.static_offset) / self.static_scale).clamp(-self.limit, self.limit)]
        for channel, count in zip(self.class_channels, self.class_counts):  # noqa: B905 (TorchScript)
            code = static[:, channel : channel + 1].round().to(torch.int64)
            parts.append((code == torch.arange(count, device=static.device)[:, None, None]).to(static.dtype))
        return torch.cat(parts, 1)

    def of_pixels(
        self, static: Tensor, past: Tensor, known: Tensor, normal: Tensor, latitude: Tensor, time: Tensor
    ) -> Tensor:
        """All channels but those of the climate, (B, C, H, W).

        With ``departures`` carbon dioxide is not among them: rising every year, it tells the years apart and
        lets a network learn their weather by heart. It acts on the climatology (``VegetationEmulator``).
        """
        batch, rows, cols = static.shape[0], past.shape[2], past.shape[3]
        parts = [self.of_static(static)]
        seen = known.to(static.dtype)
        offset, scale = self.value_offset, self.value_scale
        if self.departures:
            reach = self.reach(normal)[:, None]
            curve = (normal - self.lower) / reach
            parts += [torch.log(reach / scale), curve.amin(1, keepdim=True), curve.mean(1, keepdim=True)]
            parts.append((past - normal[:, :-1]) * seen / reach)
            parts.append(curve)
        else:
            parts.append((past - offset) * seen / scale)
        parts.append(seen)
        day = time[:, 0:1]
        hours = (day_length(latitude, day) - 12.0) / 4.0
        parts.append(hours[:, None, :, None].expand(batch, 1, rows, cols))
        angle = day * (2.0 * 3.141592653589793 / 365.2425)
        moment = torch.cat([torch.sin(angle), torch.cos(angle)], 1)
        if not self.departures:
            co2 = torch.where(time[:, 1:2] > 0, (time[:, 1:2] - self.middle) / self.co2_scale, 0.0)
            moment = torch.cat([moment, co2], 1)
        parts.append(moment[:, :, None, None].expand(batch, moment.shape[1], rows, cols))
        return torch.cat(parts, 1)
