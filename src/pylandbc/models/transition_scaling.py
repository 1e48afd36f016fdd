"""Probabilities that add up to the scenario's transitions in every coarse cell, inside the network.

Where the scenario tells how much of a 0.25 degree cell goes from class i to class j
(``pylandbc.models.told_transitions``), the odds of j in the pixels whose visible prior is i get a factor of
their own, such that the expected number of pixels is the one told. The factor follows from what the
transition may still gain and lose, as in ``pylandbc.models.change_scaling``. Hidden pixels make one more row
of a cell's table: together they are scaled to what the class fractions of the target year leave for them.

A map that the emulator made itself need not have the counts that the scenario has for its year. What a class
lacks or has too much of by more than a pixel is then added to the transitions.

Sums over the pixels of a cell are products of matrices whose order of summation nobody promises. In use the
terms are therefore whole numbers of steps of 2^-14, of which every order has the same sum, bit for bit.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pylandbc.models.change_scaling import log_factor
from pylandbc.models.demand_scaling import SIDE, class_shares, summed, taken, whole_cells
from pylandbc.models.told_transitions import ToldTransitions

STEPS = 16384.0
"""To one: sums over 625 pixels stay below 2^24 steps, which float32 holds exactly."""
STRENGTH = (1.4, 0.6)
"""First strengths, of rows whose prior is visible (what one class gains there is told apart from what others
gain), and of hidden pixels, as in ``ChangeScaling``."""
SOFTNESS = (-10.0, -8.0)
"""First logarithms of the share of a cell that is added to gains and losses."""
MOST_STRENGTH = 1.9
"""Rounds that each move by twice what lacks, or more, would never settle."""
LEAST_SOFTNESS = -12.0
"""Logarithm: below a few thousandths of a pixel the steps of sums in use would tell."""
TOLERATED = 1.0
"""Pixels by which counts may differ from the scenario's before transitions make up for it: fractions go by
area, and pixels of one cell differ by up to a hundredth."""


class TransitionScaling(nn.Module):
    """Scales each prior class's probabilities towards the transitions of their cell.

    Parameters
    ----------
    channels
        As of ``transition_channels``.
    before, members
        For each class the scenario channels whose sum is its fraction of the cell, in the years of prior and
        target; classes without any keep their share of hidden pixels.
    rounds
        Rounds of fitting.
    """

    held: Tensor
    place: Tensor
    scalable: Tensor
    kind: Tensor
    before: list[list[int]]
    members: list[list[int]]

    def __init__(
        self,
        channels: dict[tuple[int, int], tuple[int, int]],
        before: Sequence[Sequence[int]],
        members: Sequence[Sequence[int]],
        rounds: int,
    ) -> None:
        super().__init__()
        classes = len(members)
        self.told = ToldTransitions(channels)
        self.before = [list(entry) for entry in before]
        self.members = [list(entry) for entry in members]
        self.rounds = rounds
        self.side = SIDE
        self.steps = STEPS
        self.tolerated = TOLERATED
        self.most_strength = MOST_STRENGTH
        self.least_softness = LEAST_SOFTNESS
        # A GPU would have to wait for a look at the indices, and a graph cannot depend on it.
        self.look = True
        self.register_buffer("held", torch.tensor([len(entry) > 0 for entry in members]))
        # Channel of each entry of the table among the transitions told and, last, a zero.
        place = torch.full((classes * classes,), len(channels), dtype=torch.int64)
        for number, (a, b) in enumerate(channels):
            place[a * classes + b] = number
        self.register_buffer("place", place)
        scaled = (place < len(channels)).reshape(classes, classes)
        # Which entries of the table have a factor.
        self.register_buffer("scalable", torch.cat([scaled, self.held[None]]))
        # 0 for rows of visible classes, 1 for that of hidden pixels.
        self.register_buffer("kind", torch.tensor([0] * classes + [1]))
        self.strength = nn.Parameter(torch.tensor(STRENGTH))
        self.log_softness = nn.Parameter(torch.tensor(SOFTNESS))

    def wanted(self, scenario: Tensor, counts: Tensor, visible_all: Tensor) -> tuple[Tensor, Tensor]:
        """Pixels of each row that each class is to get, and whether the scenario speaks of the cell.

        Parameters
        ----------
        scenario
            Raw fields of the cells, (n, C, 1, 1).
        counts
            Pixels of each row, (n, K + 1).
        visible_all
            Cells without hidden pixels, bool (n, 1).

        Returns
        -------
        wanted
            (n, K + 1, K); of the last row in proportion only.
        spoken
            bool (n, 1, 1).
        """
        classes = len(self.members)
        now = class_shares(scenario, self.before)[:, :, 0, 0]
        then = class_shares(scenario, self.members)[:, :, 0, 0]
        pixels = counts.sum(1, keepdim=True)
        spoken = (summed(then, 1) > 0.5) & (summed(now, 1) > 0.5) & (pixels[:, 0] > 0.0)
        seen = counts[:, :classes]
        told = self.told(scenario)[:, :, 0, 0]
        told = torch.cat([told, torch.zeros_like(told[:, :1])], 1).index_select(1, self.place)
        told = told.reshape(-1, classes, classes) * pixels[:, :, None]
        # Of a class that is partly hidden its visible part.
        part = (seen / (pixels * now).clamp_min(1.0e-6)).clamp_max(1.0)
        told = told * part[:, :, None]
        lack = pixels * now - seen
        nothing = torch.zeros_like(lack)
        lack = torch.where(visible_all & self.held & spoken[:, None], lack, nothing)
        more, less = (lack - self.tolerated).clamp_min(0.0), (-lack - self.tolerated).clamp_min(0.0)
        most = torch.maximum(summed(more, 1), summed(less, 1)).clamp_min(1.0e-6)
        told = told + less[:, :, None] * more[:, None, :] / most[:, None, None]
        # What the visible pixels then leave of the target year's fractions.
        after = seen + summed(told, 1) - summed(told, 2)
        left = (pixels * then - after).clamp_min(0.0)
        return torch.cat([told, left[:, None]], 1), spoken[:, None, None]

    def log_ratio(self, sums: list[Tensor], wanted: Tensor, softness: Tensor) -> Tensor:
        """Logarithm of the factor of one round, (n, K + 1, K).

        Parameters
        ----------
        sums
            By class and row, (n, K, K + 1): of the probabilities and of those above one half, both in steps,
            and the number of these.
        wanted
            (n, K + 1, K), of which the last row counts in proportion.
        softness
            Pixels, (n, K + 1, 1).
        """
        classes = wanted.shape[2]
        found = sums[0].transpose(1, 2) / self.steps
        large = sums[1].transpose(1, 2) / self.steps
        likely = sums[2].transpose(1, 2)
        last = wanted[:, classes]
        share = summed(found[:, classes] * self.held, 1) / summed(last, 1).clamp_min(1.0e-6)
        wanted = torch.cat([wanted[:, :classes], (last * share[:, None])[:, None]], 1)
        change = wanted - likely
        # Differences of large sums, which rounding may turn below zero.
        gain = (found - large).clamp_min(0.0) + softness
        loss = (likely - large).clamp_min(0.0) + softness
        return log_factor(change, gain, loss)

    def forward(
        self, logits: Tensor, scenario: Tensor, row: Tensor, col: Tensor, weight: Tensor, seen: Tensor
    ) -> Tensor:
        """Scaled logits (B, K, H, W).

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
            Class of the prior where it is visible, else K, int64 (B, H, W).
        """
        batch, classes = logits.shape[0], logits.shape[1]
        side = self.side
        look = self.look and not logits.is_cuda
        pixel_row, whole_row, cell_row = whole_cells(row, side, look)
        pixel_col, whole_col, cell_col = whole_cells(col, side, look)
        h, w = whole_row.shape[0], whole_col.shape[0]
        if h == 0 or w == 0:
            return logits
        inside = taken(taken(logits, 2, pixel_row, look), 3, pixel_col, look)
        number = taken(taken(seen, 1, pixel_row, look), 2, pixel_col, look)
        used = taken(taken(weight, 1, pixel_row, look), 2, pixel_col, look)
        known = scenario.index_select(2, row.index_select(0, pixel_row[::side]))
        known = known.index_select(3, col.index_select(0, pixel_col[::side]))
        whole = whole_row[:, None] & whole_col
        # Cells have nothing to do with each other, and one row of them stays in the processor's cache.
        together = h if self.training or not look else 1
        parts: list[Tensor] = []
        for first in range(0, h, together):
            parts.append(
                self.log_factors(
                    inside.narrow(2, first * side, together * side),
                    known.narrow(2, first, together),
                    used.narrow(1, first * side, together * side),
                    number.narrow(1, first * side, together * side),
                    whole.narrow(0, first, together),
                )
            )
        rows = classes + 1
        table = F.pad(torch.cat(parts, 1), (0, 0, 0, 0, 0, 1, 0, 1))
        cell = torch.arange(batch, device=seen.device)[:, None, None] * ((h + 1) * (w + 1))
        entry = (cell + cell_row[:, None] * (w + 1) + cell_col) * rows + seen
        return logits + F.embedding(entry, table.reshape(-1, classes)).permute(0, 3, 1, 2)

    def log_factors(
        self, logits: Tensor, scenario: Tensor, weight: Tensor, seen: Tensor, whole: Tensor
    ) -> Tensor:
        """What is added to the logits of a pixel by its cell, row and class, (B, h, w, K + 1, K).

        Parameters
        ----------
        logits
            Of h x w cells, (B, K, 25 h, 25 w).
        scenario
            Their raw fields, (B, C, h, w).
        weight, seen
            Of their pixels, as of ``forward``.
        whole
            Whether a cell is wholly inside the tile, bool (h, w).
        """
        batch, classes, side = logits.shape[0], logits.shape[1], self.side
        h, w = whole.shape
        cells, pixels, rows = batch * h * w, side * side, classes + 1
        inside = logits.reshape(batch, classes, h, side, w, side).permute(0, 2, 4, 1, 3, 5)
        inside = inside.reshape(cells, classes, pixels)
        number = seen.reshape(batch, h, side, w, side).transpose(2, 3).reshape(cells, 1, pixels)
        used = weight.reshape(batch, h, side, w, side).transpose(2, 3).reshape(cells, 1, pixels)
        # Pixels of no known class count where no other is known, and each pixel wholly or not at all.
        counted = (used > 0.0) & (used > 0.5 * used.amax(2, keepdim=True))
        of_row = number == torch.arange(rows, device=number.device)[:, None]
        member = of_row.to(inside.dtype)
        counting = (of_row & counted).to(inside.dtype).transpose(1, 2)
        counts = self.product(torch.ones_like(inside[:, :1]), counting)[:, 0]

        known = scenario.permute(0, 2, 3, 1).reshape(cells, -1, 1, 1)
        wanted, spoken = self.wanted(known, counts, counts[:, classes:] < 0.5)
        scaled = self.scalable & spoken & whole.expand(batch, h, w).reshape(-1, 1, 1)
        softness = self.log_softness.clamp_min(self.least_softness).exp().index_select(0, self.kind)[:, None]
        softness = (softness * counts.sum(1)[:, None, None]).clamp_min(1.0e-6)
        strength = self.strength.clamp(0.0, self.most_strength).index_select(0, self.kind)[:, None]
        log_factors = torch.zeros_like(wanted)
        for turn in range(self.rounds):
            now = inside
            if turn > 0:
                # Logarithms: of a transition that is told and all but excluded the factors are no numbers of
                # single precision.
                now = inside + self.product(log_factors.transpose(1, 2), member)
            chance = now.softmax(1) * self.steps
            if not self.training:
                chance = chance.round()
            likely = (chance / self.steps).round()
            sums = [self.product(terms, counting) for terms in (chance, chance * likely, likely)]
            ratio = self.log_ratio(sums, wanted, softness)
            log_factors = log_factors + strength * torch.where(scaled, ratio, torch.zeros_like(ratio))
        return log_factors.reshape(batch, h, w, rows, classes)

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        """Products of matrices, (n, i, j) and (n, j, k) to (n, i, k)."""
        if self.training:
            # Mixed precision leaves products of double precision alone.
            return torch.bmm(a.double(), b.double()).to(a.dtype)
        return torch.bmm(a, b)
