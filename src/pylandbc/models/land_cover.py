"""The land-cover emulator: the map of a neighbouring year, the land use of the target year and the place in,
logits of ESA's classes out.

The interface is that of land use (docs/contracts.md, "Emulator interface"); class maps travel in ``static``.
Around the same U-Net and the same persistence and change heads stand two heads that take the place of the
scenario's transitions: a table of logits by the visible prior's class and the land use of the target year,
and a perceptron of the pixel's own fields, climate and height among them, which learns at once what a
convolution would find late. Nothing depends on the whole tile.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.errors import InputError
from pylandbc.models.class_maps import ClassMaps, Pairs, Site, known_codes
from pylandbc.models.inputs import InputSpec
from pylandbc.models.land_use import LandUseEmulator
from pylandbc.models.multiscale_unet import BRIEF, MultiscaleUNet, joined, unseen
from pylandbc.models.unet import cropped

USE = "land_use"
KEPT = 8.0
"""First logit of the visible class. Under one pixel in a hundred changes in a year; half of this would leave
persistence 0.7 beside twenty other classes, and a rare class has too few pixels to learn better from."""


class LandCoverEmulator(LandUseEmulator):
    """U-Net emulator of the land-cover map of a neighbouring year.

    Parameters as of ``LandUseEmulator``; the inputs must hold ``land_use`` of the target year.

    Raises
    ------
    InputError
        They do not.
    """

    field_channel: Tensor

    def __init__(
        self,
        spec: InputSpec,
        normalisation: Mapping[str, tuple[float, float]] | None = None,
        classes: int = 23,
        ocean_class: int = 0,
        base: int = 8,
        residual: bool = True,
    ) -> None:
        super().__init__(spec, normalisation, classes, ocean_class, base, residual)
        place = [k for k, e in enumerate(spec.static) if e.name == USE and e.at == "target" and e.codes]
        if not place:
            raise InputError("a land-cover emulator needs the static input land_use at target, a class map")
        self.use_channel = place[0]
        self.use_codes = int(spec.static[place[0]].codes or 0)
        fields = [k for k, entry in enumerate(spec.static) if entry.codes is None]
        self.register_buffer("field_channel", torch.tensor(fields, dtype=torch.int64))
        self.maps = ClassMaps(spec.static)
        self.pairs = Pairs(classes, self.use_codes, BRIEF, classes)
        if residual:
            nn.init.constant_(self.persistence_gain, KEPT)
        fine = len(fields) + len(spec.climate) + self.maps.channels_out
        out = classes + 1 if residual else classes
        self.site = Site(fine + classes + 1 + len(spec.time), out)
        self.unet = MultiscaleUNet(
            fine=fine,
            encoding=classes + 1,
            cell=len(spec.time),
            block=len(spec.climate),
            channels_out=out,
            base=base,
        )

    def forward(
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
        """Logits per class, float32 (B, K, H - 2 margin, W - 2 margin); arguments as in docs/contracts.md,
        "Emulator interface"."""
        limit, margin = self.limit, self.margin
        batch, height, width = static.shape[0], static.shape[2] - 2 * margin, static.shape[3] - 2 * margin
        seen = self.seen(prior, visible)
        encoded = F.embedding(seen, self.encoding).permute(0, 3, 1, 2)
        relief = (static - self.static_offset[:, None, None]) / self.static_scale[:, None, None]
        weather = (climate - self.climate_offset[:, None, None]) / self.climate_scale[:, None, None]
        moment = (time.index_select(1, self.time_column) - self.time_offset) / self.time_scale
        moment = moment.clamp(-limit, limit)[:, :, None, None]
        weather = weather.clamp(-limit, limit)
        numbers = torch.cat([relief.index_select(1, self.field_channel).clamp(-limit, limit), weather], 1)
        fine = torch.cat([numbers, self.maps(static, visible)], 1)
        cell = moment.expand(batch, moment.shape[1], scenario.shape[2], scenario.shape[3])
        block = F.avg_pool2d(weather, 16) if weather.shape[1] > 0 else weather[:, :, ::16, ::16]
        rows = self.pairs(seen, known_codes(static[:, self.use_channel], self.use_codes))
        brief = rows.shape[3] - self.classes
        entering = joined(fine, encoded, rows[..., :brief], unseen(margin))
        raw = self.unet(entering, encoded, cell, scenario_row, scenario_col, block, margin)
        encoded, seen = cropped(encoded, margin), cropped(seen, margin)
        moment = moment.expand(batch, moment.shape[1], height, width)
        raw = raw + self.site(torch.cat([cropped(fine, margin), encoded, moment], 1))
        logits = raw[:, : self.classes] + cropped(rows[..., brief:].permute(0, 3, 1, 2), margin)
        if self.residual:
            logits = logits + encoded[:, : self.classes] * raw[:, self.classes :]
            logits = logits + F.embedding(seen, self.persistence()).permute(0, 3, 1, 2)
        return self.with_ocean(logits, cropped(static, margin))
