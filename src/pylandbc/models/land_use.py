"""The land-use emulator: raw fields in, class logits out (docs/contracts.md, "Emulator interface").

Normalisation, one-hot encoding of the prior, expansion of the coarse fields and the ocean rule are inside,
so that whoever calls it passes physical fields. The optional residual head adds ``visible * (a_k
onehot(prior) + b_k)`` to the logits: copying the neighbouring year then costs the network nothing, and
hidden patches get no such help. Every tensor follows the inputs' device; nothing depends on the whole tile.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.errors import InputError
from pylandbc.legend import HISTORY, LAND_USE
from pylandbc.models.demand_scaling import known_land
from pylandbc.models.history import History
from pylandbc.models.inputs import TIME_INPUTS, InputSpec
from pylandbc.models.multiscale_unet import BRIEF, MultiscaleUNet, unseen
from pylandbc.models.neighbours import Neighbours
from pylandbc.models.scalings import Scaling
from pylandbc.models.scenario_change import SEPARATOR, ScenarioChange, changing
from pylandbc.models.told_transitions import ToldTransitions, transition_channels
from pylandbc.models.transitions import Transitions
from pylandbc.models.unet import UNet, cropped

NORMALISED_LIMIT = 5.0
"""Normalised fields are limited to this many scales, so that a value far outside the training range stays
usable."""
CERTAIN = 1.0e4
"""Logit of the ocean where the land mask decides; beyond any that the network gives, and finite for a
softmax."""
IDENTITY = (0.0, 1.0)


class LandUseEmulator(nn.Module):
    """U-Net emulator of the land-use map of a neighbouring year.

    Parameters
    ----------
    spec
        The inputs in card order.
    normalisation
        (offset, scale) by input name: the network sees ``(x - offset) / scale``. Names that are absent pass
        unchanged.
    classes
        Number of classes K.
    ocean_class
        Code of the ocean.
    base
        Channels of the U-Net at full resolution.
    residual
        Whether to add the persistence-residual head.
    scaling
        To what the scenario says of each cell (``pylandbc.models.scalings``).
    """

    static_offset: Tensor
    static_scale: Tensor
    climate_offset: Tensor
    climate_scale: Tensor
    scenario_offset: Tensor
    scenario_scale: Tensor
    time_offset: Tensor
    time_scale: Tensor
    time_column: Tensor
    encoding: Tensor
    persistence_gain: Tensor
    persistence_bias: Tensor

    def __init__(
        self,
        spec: InputSpec,
        normalisation: Mapping[str, tuple[float, float]] | None = None,
        classes: int = 8,
        ocean_class: int = 0,
        base: int = 16,
        residual: bool = True,
        scaling: Scaling | None = None,
    ) -> None:
        super().__init__()
        scales = dict(normalisation or {})
        names = [entry.name for entry in spec.static]
        self.classes = classes
        self.ocean_class = ocean_class
        self.residual = residual
        self.limit = NORMALISED_LIMIT
        self.certain = CERTAIN
        self.land_mask_channel = names.index("land_mask") if "land_mask" in names else -1
        self.history_channel = names.index(HISTORY) if HISTORY in names else -1
        for group in ("static", "climate", "scenario", "time"):
            pairs = [scales.get(entry.name, IDENTITY) for entry in spec.of(group)]
            table = torch.tensor(pairs, dtype=torch.float32).reshape(-1, 2)
            self.register_buffer(f"{group}_offset", table[:, 0].clone())
            self.register_buffer(f"{group}_scale", table[:, 1].clone())
        columns = [TIME_INPUTS.index(entry.name) for entry in spec.time]
        self.register_buffer("time_column", torch.tensor(columns, dtype=torch.int64))
        # Row p holds what the network sees of a visible class p: its one-hot code and the flag that it is
        # visible. The last row, all zero, stands for a hidden or unknown pixel.
        encoding = torch.zeros(classes + 1, classes + 1)
        encoding[:classes, :classes] = torch.eye(classes)
        encoding[:classes, classes] = 1.0
        self.register_buffer("encoding", encoding)
        if residual:
            self.persistence_gain = nn.Parameter(torch.full((classes,), 4.0))
            self.persistence_bias = nn.Parameter(torch.zeros(classes))
        else:
            self.register_buffer("persistence_gain", torch.zeros(classes))
            self.register_buffer("persistence_bias", torch.zeros(classes))
        self.scaling = scaling
        # Log-odds in favour of change that come after the scaling, which would take them back.
        self.favour = 0.0
        # Whether the U-Net is silent (``heads_only``, ``pylandbc.learn.config``).
        self.heads_only = False
        # Pixels at the tile's edges that whoever runs it does not want, and gets no logits of: 0, or at least
        # the receptive field's radius in whole cells.
        self.margin = 0
        self.unet: UNet | MultiscaleUNet = UNet(spec.channels(classes), classes, base)

    def seen(self, prior: Tensor, visible: Tensor) -> Tensor:
        """Row of the encoding table of each pixel, int64 (B, H, W): the class where it may be seen and is
        known, else K."""
        return torch.where((visible != 0) & (prior < self.classes), prior, self.classes).to(torch.int64)

    def features(
        self,
        static: Tensor,
        climate: Tensor,
        scenario: Tensor,
        scenario_row: Tensor,
        scenario_col: Tensor,
        seen: Tensor,
        time: Tensor,
    ) -> Tensor:
        """What enters the U-Net: (B, C, H, W) in channels_last, each part made in that order and joined
        once."""
        batch, rows, cols = seen.shape
        limit = self.limit
        # Fields that are constant over a coarse cell (scenario and time) make one table with a row per cell;
        # a single lookup per pixel then brings all of them.
        coarse = ((scenario.permute(0, 2, 3, 1) - self.scenario_offset) / self.scenario_scale).clamp(
            -limit, limit
        )
        moment = (time.index_select(1, self.time_column) - self.time_offset) / self.time_scale
        moment = moment.clamp(-limit, limit)[:, None, None, :]
        moment = moment.expand(batch, coarse.shape[1], coarse.shape[2], moment.shape[3])
        table = torch.cat([coarse, moment], 3)
        cells = table.shape[1] * table.shape[2]
        first = torch.arange(batch, device=seen.device)[:, None, None] * cells
        cell = first + scenario_row[:, None] * table.shape[2] + scenario_col

        fields = static.shape[1]
        weather = fields + climate.shape[1]
        constant = weather + table.shape[3]
        channels = constant + self.encoding.shape[1]
        x = torch.empty((batch, rows, cols, channels), dtype=torch.float32, device=seen.device)
        if fields > 0:
            x[..., :fields] = (
                ((static - self.static_offset[:, None, None]) / self.static_scale[:, None, None])
                .clamp(-limit, limit)
                .permute(0, 2, 3, 1)
            )
        if weather > fields:
            x[..., fields:weather] = (
                ((climate - self.climate_offset[:, None, None]) / self.climate_scale[:, None, None])
                .clamp(-limit, limit)
                .permute(0, 2, 3, 1)
            )
        x[..., weather:constant] = F.embedding(cell, table.reshape(batch * cells, table.shape[3]))
        x[..., constant:] = F.embedding(seen, self.encoding)
        return x.permute(0, 3, 1, 2)

    def persistence(self) -> Tensor:
        """Logits that the residual head adds, by row of the encoding table, (K + 1, K); nothing for hidden
        pixels."""
        table = torch.diag(self.persistence_gain) + self.persistence_bias
        return torch.cat([table, torch.zeros_like(table[:1])], 0)

    def with_ocean(self, logits: Tensor, static: Tensor) -> Tensor:
        """Logits (B, K, H, W) with the ocean rule, in place."""
        if self.land_mask_channel >= 0:
            land = static[:, self.land_mask_channel] >= 0.5
            logits[:, self.ocean_class] = torch.where(land, -self.certain, self.certain)
        return logits

    def finished(
        self,
        logits: Tensor,
        static: Tensor,
        scenario: Tensor,
        scenario_row: Tensor,
        scenario_col: Tensor,
        prior: Tensor,
        visible: Tensor,
        seen: Tensor,
    ) -> Tensor:
        """Logits (B, K, H - 2 margin, W - 2 margin) with the ocean rule and, where asked for, scaled to each
        cell's demand; the other fields are of the whole tile."""
        margin = self.margin
        static, prior, visible = cropped(static, margin), cropped(prior, margin), cropped(visible, margin)
        scenario_row = scenario_row[margin : scenario_row.shape[0] - margin]
        scenario_col = scenario_col[margin : scenario_col.shape[0] - margin]
        seen = cropped(seen, margin)
        logits = self.with_ocean(logits, static)
        if self.scaling is not None:
            land = torch.ones_like(prior, dtype=torch.bool)
            if self.land_mask_channel >= 0:
                land = static[:, self.land_mask_channel] >= 0.5
            weight = known_land(prior, visible, land, self.classes)
            logits = self.scaling(logits, scenario, scenario_row, scenario_col, weight, seen)
        if self.favour > 0.0:
            own = F.embedding(seen, self.encoding[:, : self.classes]).permute(0, 3, 1, 2)
            logits = torch.sub(logits, own, alpha=self.favour)
        return logits

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
        seen = self.seen(prior, visible)
        x = self.features(static, climate, scenario, scenario_row, scenario_col, seen, time)
        logits = self.unet(x)
        if self.residual:
            logits = logits + F.embedding(seen, self.persistence()).permute(0, 3, 1, 2)
        logits = cropped(logits, self.margin)
        return self.finished(logits, static, scenario, scenario_row, scenario_col, prior, visible, seen)


class MultiscaleLandUseEmulator(LandUseEmulator):
    """The project's emulator: ``LandUseEmulator`` around a ``MultiscaleUNet``, with two further heads.

    ``Transitions`` adds logits that depend on the cell's fields and the prior's class; where the scenario
    tells transitions it has them, in pixels. The change head's one channel is added to the logit of the
    visible prior's class, so that the chance to change is learned from all classes together. Parameters as of
    ``LandUseEmulator``; without ``residual`` there is no change head either. ``neighbours`` adds the head of
    that name (``neighbours_by_direction`` with numbers of its own backwards), ``scenario_change`` the inputs
    of ``ScenarioChange``. Where the prior has its history beside it (the last static input) ``History``
    adds what that says for keeping a class.
    """

    def __init__(
        self,
        spec: InputSpec,
        normalisation: Mapping[str, tuple[float, float]] | None = None,
        classes: int = 8,
        ocean_class: int = 0,
        base: int = 16,
        residual: bool = True,
        scaling: Scaling | None = None,
        neighbours: bool = False,
        scenario_change: bool = False,
        neighbours_by_direction: bool = False,
    ) -> None:
        super().__init__(spec, normalisation, classes, ocean_class, base, residual, scaling)
        pairs = changing(spec) if scenario_change else []
        self.change = ScenarioChange(pairs) if pairs else None
        channels = transition_channels(spec, LAND_USE.names)
        self.told = ToldTransitions(channels) if channels else None
        # Transitions counted up over the years mean nothing by themselves.
        self.plain = [k for k, entry in enumerate(spec.scenario) if SEPARATOR not in entry.name]
        cell = len(self.plain) + len(spec.time) + len(pairs)
        self.cell_channels = cell
        self.transitions = Transitions(cell + len(channels), classes, BRIEF)
        self.neighbours = Neighbours(classes, neighbours_by_direction) if neighbours else None
        if self.history_channel not in (-1, len(spec.static) - 1):
            raise InputError(f"{HISTORY} must be the last of the static inputs")
        self.history = History() if self.history_channel >= 0 else None
        self.fields = len(spec.fields)
        self.unet = MultiscaleUNet(
            fine=self.fields,
            encoding=classes + 1,
            cell=cell,
            block=len(spec.climate),
            channels_out=classes + 1 if residual else classes,
            base=base,
        )

    def begin_with_heads(self) -> None:
        """Set the last weights of an untrained U-Net to zero: it then adds nothing to the heads until it has
        learned something."""
        assert isinstance(self.unet, MultiscaleUNet)
        for weight in (*self.unet.head.parameters(), *self.unet.shortcut.parameters()):
            nn.init.zeros_(weight)

    def entering(self, fine: Tensor, number: Tensor, brief: Tensor) -> Tensor:
        """What enters the U-Net, as of ``multiscale_unet.joined``, in the precision of its weights.

        One lookup in a row by cell and class brings the encoding of the class and what the cell says of it.

        Parameters
        ----------
        fine
            (B, fields, h, w).
        number
            Row of each pixel, int64 (B, h, w).
        brief
            What each cell says to each class, (rows, BRIEF).
        """
        encoding = self.encoding.repeat(brief.shape[0] // self.encoding.shape[0], 1)
        room = torch.zeros((brief.shape[0], self.fields), dtype=brief.dtype, device=brief.device)
        table = torch.cat([room, encoding, brief], 1).to(self.unet.head.weight.dtype)
        x = F.embedding(number, table)
        x[..., : self.fields] = fine.permute(0, 2, 3, 1)
        return x.permute(0, 3, 1, 2)

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
        seen = self.seen(prior, visible)
        encoded = F.embedding(seen, self.encoding).permute(0, 3, 1, 2)
        # The history of the prior stands behind the fields.
        offset, scale = self.static_offset[: self.fields], self.static_scale[: self.fields]
        fine = (static[:, : self.fields] - offset[:, None, None]) / scale[:, None, None]
        cell = (scenario - self.scenario_offset[:, None, None]) / self.scenario_scale[:, None, None]
        if self.told is not None:
            cell = cell[:, self.plain]
        moment = (time.index_select(1, self.time_column) - self.time_offset) / self.time_scale
        moment = moment[:, :, None, None].expand(
            moment.shape[0], moment.shape[1], cell.shape[2], cell.shape[3]
        )
        block = F.avg_pool2d(climate, 16) if climate.shape[1] > 0 else climate[:, :, ::16, ::16]
        block = (block - self.climate_offset[:, None, None]) / self.climate_scale[:, None, None]
        block = block.clamp(-limit, limit)
        cell = torch.cat([cell, moment], 1)
        if self.change is not None:
            cell = torch.cat([cell, self.change(scenario)], 1)
        cell = cell.clamp(-limit, limit)
        given = cell
        if self.told is not None:
            given = torch.cat([cell, self.told.in_pixels(scenario).clamp(-limit, limit)], 1)
        table = self.transitions.looked_up(given, self.persistence())
        number = self.transitions.numbers(given, scenario_row, scenario_col, seen)
        brief = table.shape[1] - self.classes
        logits = F.embedding(cropped(number, margin), table[:, brief:]).permute(0, 3, 1, 2)
        one_hot = encoded[:, : self.classes]
        own = cropped(one_hot, margin)
        if not self.heads_only:
            edge = unseen(margin)
            fine = cropped(fine.clamp(-limit, limit), edge)
            entering = self.entering(fine, cropped(number, edge), table[:, :brief])
            raw = self.unet(entering, encoded, cell, scenario_row, scenario_col, block, margin)
            logits = raw[:, : self.classes] + logits
            if self.residual:
                logits = torch.addcmul(logits, own, raw[:, self.classes :])
        if self.neighbours is not None:
            around = max(0, margin - self.neighbours.reach)
            drawn = self.neighbours(cropped(one_hot, around), time[:, 0])
            logits = logits + cropped(drawn, margin - around)
        if self.history is not None:
            kept = self.history(cropped(static[:, self.history_channel], margin), time[:, 0])
            logits = logits + own * kept
        return self.finished(logits, static, scenario, scenario_row, scenario_col, prior, visible, seen)


NETWORKS = {"paper": LandUseEmulator, "multiscale": MultiscaleLandUseEmulator}
"""The land-use emulators by the name of their network."""
