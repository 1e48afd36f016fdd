"""Probabilities that add up to the scenario's class fractions in every coarse cell, inside the network.

The scenario says which fraction of a 0.25 degree cell each class has in the target year; a network that
looks at pixels only learns this roughly. A few rounds of proportional fitting (Deming and Stephan 1940, Ann.
Math. Stat. 11, 427) make it exact where that is possible: each class's probabilities in a cell are multiplied
by the ratio of the wanted fraction to the mean found, and renormalised. Strength and softness of the ratio
are learned, so that a scenario that is not the truth is followed as far as it deserves.

A cell that is not wholly inside the tile is left alone. Cores of tiles consist of whole cells
(docs/contracts.md), so tiles stay exact; sums are taken in one order, whatever the tile's size.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.models.demand import demand_from_names
from pylandbc.models.inputs import InputSpec

SIDE = 25
"""Pixels along a coarse cell (0.25 degree of 0.01 degree pixels)."""


LEAST = -80.0
"""Logarithm of the least odds of a class, beside the most probable one."""
UNKNOWN_WEIGHT = 1.0e-4
"""Weight of a pixel without a known class in its cell's fractions: it counts where no other is known."""


def known_land(
    prior: Tensor, visible: Tensor, land: Tensor, classes: int, unknown: float = UNKNOWN_WEIGHT
) -> Tensor:
    """Weight of each pixel in the fractions of its cell, (B, H, W): they speak of its known land; where no
    pixel of it is known, of all its land. A hidden pixel is known to the scenario, whatever stands in its
    prior.

    Parameters
    ----------
    prior
        Class codes, uint8 (B, H, W), 255 unknown.
    visible
        1 where the prior may be seen, uint8 (B, H, W).
    land
        Bool (B, H, W).
    classes
        Number of classes.
    unknown
        Weight of land whose class is not known.
    """
    return torch.where((prior < classes) | (visible == 0), 1.0, unknown) * land


def summed(x: Tensor, dim: int) -> Tensor:
    """Sum along an axis in ascending order, the same bits whatever the shape."""
    parts = x.unbind(dim)
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def cell_sums(x: Tensor, look: bool = False) -> Tensor:
    """(..., h, 25, w, 25) to sums over the cells, (..., h, w).

    Parameters
    ----------
    look
        On a CPU torch's own sum along the last axis, whose order depends on its length alone, is faster; that
        of a GPU promises nothing, and neither does one along another axis.
    """
    columns = summed(x, -3)
    return columns.sum(-1) if look else summed(columns, -1)


def whole_cells(index: Tensor, side: int, look: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Where the whole cells lie along one axis.

    Parameters
    ----------
    index
        Coarse row (or column) of each of N pixels. Beyond a domain's edge one index may go on for longer.
    side
        Pixels along a cell.
    look
        Whether the number of cells may depend on the values of ``index``.

    Returns
    -------
    position
        Pixels of n cells one after another, (side n).
    whole
        Whether a cell of these is whole, (n). Without a look n is N // side, and the last one, which may
        reach beyond the tile, repeats pixels.
    cell
        Cell of each pixel, n where it belongs to none that is whole, (N).
    """
    length = index.shape[0]
    steps = torch.arange(length, device=index.device)
    # Cells begin where the index changes, and every ``side`` pixels from there.
    begins = torch.zeros_like(index)
    begins[1:] = (index[1:] != index[:-1]).to(index.dtype)
    phase = (begins * steps).amax(0) % side
    count = (length - int(phase)) // side if look else length // side
    position = phase + steps[: count * side]
    whole = position[side - 1 :: side] < length
    cell = torch.div(steps - phase, side, rounding_mode="floor")
    cell = torch.where((cell >= 0) & (cell < whole.sum()), cell, count)
    return position.clamp_max(length - 1), whole, cell


def in_whole_cells(row: Tensor, col: Tensor, side: int = SIDE) -> Tensor:
    """Whether a pixel lies in a cell that is wholly inside the tile, bool (H, W).

    Parameters
    ----------
    row, col
        Coarse row of each of H pixel rows, coarse column of each of W pixel columns.
    side
        Pixels along a cell.
    """
    _, whole_row, cell_row = whole_cells(row, side, True)
    _, whole_col, cell_col = whole_cells(col, side, True)
    return (cell_row < whole_row.shape[0])[:, None] & (cell_col < whole_col.shape[0])


def taken(x: Tensor, dim: int, position: Tensor, look: bool) -> Tensor:
    """The pixels of whole cells along one axis: a view, or a copy without a look at the first position."""
    if look:
        return x.narrow(dim, int(position[0]), position.shape[0])
    return x.index_select(dim, position)


def class_shares(scenario: Tensor, members: list[list[int]]) -> Tensor:
    """Share of each class among the classes of the scenario, (B, K, h, w); zero for all where the cell has
    none.

    Parameters
    ----------
    scenario
        Raw coarse fields, (B, C, h, w).
    members
        For each class the channels whose sum is its fraction of the cell.
    """
    nothing = torch.zeros_like(scenario[:, 0])
    parts: list[Tensor] = []
    for channels in members:
        part = nothing
        for channel in channels:
            part = part + scenario[:, channel]
        parts.append(part)
    shares = torch.stack(parts, 1)
    total = summed(shares, 1)[:, None]
    return torch.where(total > 0.5, shares / total, nothing[:, None])


class DemandScaling(nn.Module):
    """Scales class probabilities towards the fractions of their cells.

    Parameters
    ----------
    members
        For each class the scenario channels whose sum is its fraction of the cell; none where the scenario
        does not speak of it. Such classes keep their share of the cell, the others divide the rest among
        them.
    rounds
        Rounds of proportional fitting.
    """

    held: Tensor
    members: list[list[int]]

    def __init__(self, members: Sequence[Sequence[int]], rounds: int) -> None:
        super().__init__()
        self.members = [list(channels) for channels in members]
        self.register_buffer("held", torch.tensor([len(channels) > 0 for channels in members]))
        self.rounds = rounds
        self.side = SIDE
        self.least = LEAST
        # A GPU would have to wait for a look at the indices, and a graph cannot depend on it.
        self.look = True
        self.strength = nn.Parameter(torch.ones(()))
        self.log_softness = nn.Parameter(torch.tensor(-6.0))

    def demand(self, scenario: Tensor) -> Tensor:
        """Wanted share of each class, as of ``class_shares``."""
        return class_shares(scenario, self.members)

    def counted(self, amount: Tensor, scaled: Tensor) -> Tensor:
        """Sums over cells of (B, K, h, 25, w, 25), zero where a class or cell is not scaled; (B, K, h, w)."""
        found = cell_sums(amount, self.look and not amount.is_cuda)
        return torch.where(scaled, found, torch.zeros_like(found))

    def normalised(self, odds: Tensor) -> Tensor:
        """Probabilities of odds (B, K, ...)."""
        return odds / summed(odds, 1)[:, None]

    def log_ratio(
        self, odds: Tensor, used: Tensor, wanted: Tensor, scaled: Tensor, softness: Tensor
    ) -> Tensor:
        """Logarithm of the factor of one round, (B, K, h, w).

        Parameters
        ----------
        odds
            Of each class, (B, K, h, 25, w, 25).
        used
            Weight of each pixel, (B, 1, h, 25, w, 25).
        wanted
            Shares, (B, K, h, w).
        scaled
            Classes and cells that are scaled, bool (B, K, h, w).
        softness
            Added to shares.
        """
        found = self.counted(self.normalised(odds) * used, scaled)
        share = found / summed(found, 1)[:, None].clamp_min(1e-9)
        return ((wanted + softness) / (share + softness)).log()

    def forward(
        self,
        logits: Tensor,
        scenario: Tensor,
        row: Tensor,
        col: Tensor,
        weight: Tensor,
        seen: Tensor | None = None,
    ) -> Tensor:
        """Scaled logits (B, K, H, W), in place where it may look at the indices.

        Parameters
        ----------
        logits
            (B, K, H, W).
        scenario
            Raw coarse fields, (B, C, h, w).
        row, col
            Coarse row (H) and column (W) of the pixels.
        weight
            Weight of each pixel in its cell's fractions, (B, H, W).
        seen
            Of no use here (``pylandbc.models.transition_scaling``).
        """
        batch, classes = logits.shape[0], logits.shape[1]
        look = self.look and not logits.is_cuda
        pixel_row, whole_row, cell_row = whole_cells(row, self.side, look)
        pixel_col, whole_col, cell_col = whole_cells(col, self.side, look)
        h, w = whole_row.shape[0], whole_col.shape[0]
        if h == 0 or w == 0:
            return logits
        region = taken(taken(logits, 2, pixel_row, look), 3, pixel_col, look)
        used = taken(taken(weight, 1, pixel_row, look), 2, pixel_col, look)
        used = used.contiguous().reshape(batch, 1, h, self.side, w, self.side)
        pixels = cell_sums(used, look)

        wanted = self.demand(scenario)
        wanted = wanted.index_select(2, row.index_select(0, pixel_row[:: self.side]))
        wanted = wanted.index_select(3, col.index_select(0, pixel_col[:: self.side]))
        scaled = self.held[:, None, None] & (summed(wanted, 1)[:, None] > 0.5) & (pixels > 0.0)
        scaled = scaled & whole_row[:, None] & whole_col
        if not look:
            log_factors = self.log_factors(region, used, wanted, scaled)
            table = F.pad(log_factors, (0, 1, 0, 1))
            return logits + table.index_select(2, cell_row).index_select(3, cell_col)
        # Cells have nothing to do with each other, and one row of them stays in the processor's cache.
        together = h if self.training else 1
        for first in range(0, h, together):
            here = region.narrow(2, first * self.side, together * self.side)
            log_factors = self.log_factors(
                here,
                used.narrow(2, first, together),
                wanted.narrow(2, first, together),
                scaled.narrow(2, first, together),
            )
            here.view(batch, classes, together, self.side, w, self.side).add_(
                log_factors[:, :, :, None, :, None]
            )
        return logits

    def log_factors(self, logits: Tensor, used: Tensor, wanted: Tensor, scaled: Tensor) -> Tensor:
        """What is added to the logits of each class and cell, (B, K, h, w).

        Parameters
        ----------
        logits
            Of h x w whole cells, (B, K, 25 h, 25 w).
        used, wanted, scaled
            As of ``log_ratio``.
        """
        batch, classes, h, w = wanted.shape
        inside = logits.contiguous()
        # Exponentials of what is excluded anyway take ten times as long where they underflow.
        inside = (inside - inside.detach().amax(1, keepdim=True)).clamp_min(self.least).exp()
        inside = inside.reshape(batch, classes, h, self.side, w, self.side)
        softness = self.log_softness.exp()
        log_factors = torch.zeros_like(wanted)
        odds = inside
        for turn in range(self.rounds):
            if turn > 0:
                odds = inside * log_factors.exp()[:, :, :, None, :, None]
            log_ratio = self.log_ratio(odds, used, wanted, scaled, softness)
            log_factors = log_factors + self.strength * torch.where(
                scaled, log_ratio, torch.zeros_like(log_ratio)
            )
        return log_factors


def scenario_members(spec: InputSpec, classes: Sequence[str], at: str = "target") -> list[list[int]]:
    """Scenario channels of the target (or prior) year that make up each class, for ``DemandScaling``."""
    wanted = [entry.name if entry.at == at else "" for entry in spec.scenario]
    demand = demand_from_names(wanted, classes)
    return [[wanted.index(name) for name in demand.get(label, ())] for label in classes]
