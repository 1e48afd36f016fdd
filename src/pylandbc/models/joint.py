"""Land use and land cover from one encoder: the multiscale network with a second head.

Land use is predicted as by ``MultiscaleLandUseEmulator``. The second head has its own channels of the
decoder, its own persistence and change heads, and the table and the perceptron of ``LandCoverEmulator``,
which see the first head's probabilities in place of the land use of the target year. Seen from outside it is
an emulator of one quantity, whichever is shown; the other quantity's prior is a class map in ``static``.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.errors import InputError
from pylandbc.models.class_maps import ClassMaps, Site
from pylandbc.models.inputs import QUANTITIES, InputSpec
from pylandbc.models.land_use import LandUseEmulator
from pylandbc.models.multiscale_unet import BRIEF, MultiscaleUNet, joined
from pylandbc.models.transitions import Transitions

COVER_CLASSES = 23


class JointEmulator(LandUseEmulator):
    """Two heads on one U-Net.

    Parameters
    ----------
    spec
        The inputs as the land-use head's emulator sees them (``joint_inputs``).
    others
        As of ``LandUseEmulator``, for land use.
    """

    field_channel: Tensor
    map_channel: Tensor
    cover_encoding: Tensor

    def __init__(
        self,
        spec: InputSpec,
        normalisation: Mapping[str, tuple[float, float]] | None = None,
        classes: int = 8,
        ocean_class: int = 0,
        base: int = 16,
        residual: bool = True,
    ) -> None:
        if not residual:
            raise InputError("an emulator with a second head needs the residual head")
        super().__init__(spec, normalisation, classes, ocean_class, base, residual)
        self.cover_classes = COVER_CLASSES
        self.shows_cover = False
        self.other_channel = next(k for k, e in enumerate(spec.static) if e.name in QUANTITIES)
        fields = [k for k, entry in enumerate(spec.static) if entry.codes is None]
        self.register_buffer("field_channel", torch.tensor(fields, dtype=torch.int64))
        # The map of the other quantity is encoded by itself: which it is depends on what is shown.
        self.maps = ClassMaps([entry for entry in spec.static if entry.name not in QUANTITIES])
        channels = [k for k, entry in enumerate(spec.static) if entry.name not in QUANTITIES]
        self.register_buffer("map_channel", torch.tensor(channels, dtype=torch.int64))
        encoding = torch.zeros(COVER_CLASSES + 1, COVER_CLASSES + 1)
        encoding[:COVER_CLASSES, :COVER_CLASSES] = torch.eye(COVER_CLASSES)
        encoding[:COVER_CLASSES, COVER_CLASSES] = 1.0
        self.register_buffer("cover_encoding", encoding)
        self.cover_gain = nn.Parameter(torch.full((COVER_CLASSES,), 4.0))
        self.cover_bias = nn.Parameter(torch.zeros(COVER_CLASSES))
        cell = len(spec.scenario) + len(spec.time)
        self.transitions = Transitions(cell, classes, BRIEF)
        place = len(fields) + len(spec.climate) + self.maps.channels_out
        self.site = Site(place + classes + COVER_CLASSES + 1 + len(spec.time), COVER_CLASSES + 1)
        # Logits of each land cover by the land use's probabilities, for each class of the visible land cover.
        self.walk = nn.Parameter(torch.zeros(COVER_CLASSES + 1, classes, COVER_CLASSES))
        self.unet = MultiscaleUNet(
            fine=place + COVER_CLASSES + 1,
            encoding=classes + 1,
            cell=cell,
            block=len(spec.climate),
            channels_out=classes + COVER_CLASSES + 2,
            base=base,
        )

    def show(self, quantity: str) -> None:
        """Choose what ``forward`` gives: ``land_use`` or ``land_cover``."""
        self.shows_cover = quantity == "land_cover"

    def other_codes(self, static: Tensor) -> Tensor:
        """The map of the other quantity in the prior year, uint8 (B, H, W), 255 unknown."""
        return static[:, self.other_channel].clamp(0.0, 255.0).to(torch.uint8)

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
        """Logits of what is shown, float32 (B, K, H, W); arguments as in docs/contracts.md."""
        other = self.other_codes(static)
        use = other if self.shows_cover else prior
        cover = prior if self.shows_cover else other
        both = self.both(static, climate, scenario, scenario_row, scenario_col, use, cover, visible, time)
        return both[1] if self.shows_cover else both[0]

    def both(
        self,
        static: Tensor,
        climate: Tensor,
        scenario: Tensor,
        scenario_row: Tensor,
        scenario_col: Tensor,
        use: Tensor,
        cover: Tensor,
        visible: Tensor,
        time: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Logits of land use and of land cover from both priors; other arguments as of ``forward``."""
        limit = self.limit
        batch, _, height, width = static.shape
        seen = self.seen(use, visible)
        encoded = F.embedding(seen, self.encoding).permute(0, 3, 1, 2)
        known = (visible != 0) & (cover < self.cover_classes)
        seen_cover = torch.where(known, cover, self.cover_classes).to(torch.int64)
        encoded_cover = F.embedding(seen_cover, self.cover_encoding).permute(0, 3, 1, 2)
        relief = (static - self.static_offset[:, None, None]) / self.static_scale[:, None, None]
        weather = (climate - self.climate_offset[:, None, None]) / self.climate_scale[:, None, None]
        weather = weather.clamp(-limit, limit)
        numbers = relief.index_select(1, self.field_channel).clamp(-limit, limit)
        place = torch.cat([numbers, weather, self.maps(static.index_select(1, self.map_channel), visible)], 1)
        cell = (scenario - self.scenario_offset[:, None, None]) / self.scenario_scale[:, None, None]
        moment = (time.index_select(1, self.time_column) - self.time_offset) / self.time_scale
        moment = moment[:, :, None, None].clamp(-limit, limit)
        here = moment.expand(batch, moment.shape[1], height, width)
        cell = torch.cat([cell, moment.expand(batch, moment.shape[1], cell.shape[2], cell.shape[3])], 1)
        cell = cell.clamp(-limit, limit)
        rows = self.transitions(cell, scenario_row, scenario_col, seen, self.persistence())
        brief = rows.shape[3] - self.classes
        raw = self.unet(
            joined(torch.cat([place, encoded_cover], 1), encoded, rows[..., :brief], 0),
            encoded,
            cell,
            scenario_row,
            scenario_col,
            F.avg_pool2d(weather, 16),
        )
        logits = raw[:, : self.classes] + rows[..., brief:].permute(0, 3, 1, 2)
        logits = logits + encoded[:, : self.classes] * raw[:, self.classes : self.classes + 1]
        logits = self.with_ocean(logits, static)

        chance = logits.softmax(1)
        second = raw[:, self.classes + 1 :] + self.site(torch.cat([place, chance, encoded_cover, here], 1))
        own = encoded_cover[:, : self.cover_classes]
        walk = F.embedding(seen_cover, self.walk.flatten(1)).reshape(
            batch, height, width, self.classes, self.cover_classes
        )
        walked = (chance.permute(0, 2, 3, 1)[..., None, :] @ walk)[..., 0, :].permute(0, 3, 1, 2)
        stays = self.cover_gain[:, None, None] + second[:, self.cover_classes :]
        bias = self.cover_bias[:, None, None] * encoded_cover[:, self.cover_classes :]
        covers = second[:, : self.cover_classes] + walked + own * stays + bias
        return logits, self.with_ocean(covers, static)
