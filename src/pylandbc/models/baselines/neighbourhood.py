"""What a pixel's surroundings and driver say of it: the predictors that regressions and trees share.

Shares of each class among the visible pixels of square windows (the neighbourhood enrichment of Verburg et
al. 2004, Comput. Environ. Urban Syst. 28, 667, as plain shares), how much of each window is visible, the
coarse scenario of both years and its change, the transitions that it tells, relief and the like, class maps,
climate, direction and span. Windows reach 64 pixels, within a tile's halo, so that a pixel's numbers do not
depend on the tile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from pylandbc.models.baselines.fitting import is_seen
from pylandbc.models.inputs import InputSpec
from pylandbc.models.scenario_change import SEPARATOR
from pylandbc.models.told_transitions import ToldTransitions, transition_channels

WINDOWS = (3, 5, 9, 17, 33, 65, 129)
"""Pixels along the windows."""


def window_counts(maps: Tensor, where: Tensor, sizes: Sequence[int] = WINDOWS) -> Iterator[Tensor]:
    """Sums over the square windows around some pixels, with nothing beyond the edges.

    Parameters
    ----------
    maps
        Whole numbers of K layers, (B, H, W, K).
    where
        Batch, row and column of the pixels, int64 (n, 3).
    sizes
        Odd widths.

    Yields
    ------
    Tensor
        Sums for each width, float32 (n, K).
    """
    _, rows, cols, _ = maps.shape
    total = F.pad(maps.int(), (0, 0, 1, 0, 1, 0)).cumsum(1, dtype=torch.int32).cumsum(2, dtype=torch.int32)
    table, wide = total.flatten(0, 2), cols + 1
    batch, row, col = where.unbind(1)
    first = batch * (rows + 1)
    for size in sizes:
        reach = size // 2
        top, bottom = (row - reach).clamp(min=0), (row + reach + 1).clamp(max=rows)
        left, right = (col - reach).clamp(min=0), (col + reach + 1).clamp(max=cols)
        above, below = (first + top) * wide, (first + bottom) * wide
        sums = table.index_select(0, below + right) + table.index_select(0, above + left)
        sums -= table.index_select(0, above + right)
        sums -= table.index_select(0, below + left)
        yield sums.float()


def feature_names(spec: InputSpec, classes: Sequence[str]) -> list[str]:
    """Names of the features in order."""
    names = [f"share of {name} within {size}" for size in WINDOWS for name in classes]
    names += [f"visible within {size}" for size in WINDOWS]
    names += [f"{spec.scenario[k].name} ({spec.scenario[k].at})" for k in _plain(spec)]
    names += [f"change of {name}" for name in _both_years(spec)]
    names += [f"{classes[a]}{SEPARATOR}{classes[b]}" for a, b in transition_channels(spec, classes)]
    names += [entry.name for entry in spec.fields]
    names += [f"{entry.name} {code}" for entry in spec.maps for code in range(entry.codes or 0)]
    names += [entry.name for entry in (*spec.climate, *spec.time)]
    return names


def features(spec: InputSpec, classes: Sequence[str], arguments: Sequence[Tensor], wanted: Tensor) -> Tensor:
    """Features of the wanted pixels, float32 (n, F), in row-major order of ``wanted``.

    Parameters
    ----------
    arguments
        Of the emulator interface.
    wanted
        bool (B, H, W).
    """
    static, climate, scenario, row, col, prior, _, time = arguments
    k = len(classes)
    seen = is_seen(arguments, k)
    maps = torch.stack([seen & (prior == code) for code in range(k)], 3)
    where = torch.nonzero(wanted)
    columns, amounts = [], []
    for size, counts in zip(WINDOWS, window_counts(maps, where), strict=True):
        known = counts.sum(1, keepdim=True)
        columns.append(counts / known.clamp(min=1.0))
        amounts.append(known / size**2)
    coarse = scenario.float()[where[:, 0], :, row[where[:, 1]], col[where[:, 2]]]
    told = ToldTransitions(transition_channels(spec, classes))(coarse)
    channel = {(entry.name, entry.at): i for i, entry in enumerate(spec.scenario)}
    both = _both_years(spec)
    after = [channel[name, "target"] for name in both]
    before = [channel[name, "prior"] for name in both]
    moment = time.float()[where[:, 0]][:, [("direction", "elapsed_years").index(e.name) for e in spec.time]]
    return torch.cat(
        [
            *columns,
            *amounts,
            coarse[:, _plain(spec)],
            coarse[:, after] - coarse[:, before],
            told,
            _static(spec, static.float().permute(0, 2, 3, 1)[wanted]),
            climate.float().permute(0, 2, 3, 1)[wanted],
            moment,
        ],
        1,
    )


def _static(spec: InputSpec, values: Tensor) -> Tensor:
    """Static fields as they are, then class maps as one column for each code, (n, F)."""
    fields = [k for k, entry in enumerate(spec.static) if entry.codes is None]
    columns = [values[:, fields]]
    for k, entry in enumerate(spec.static):
        if entry.codes is not None:
            columns.append((values[:, k : k + 1] == torch.arange(entry.codes)).float())
    return torch.cat(columns, 1)


def own_class(arguments: Sequence[Tensor], classes: int) -> Tensor:
    """Class of the prior where it is visible and known, else K, int64 (B, H, W)."""
    return torch.where(is_seen(arguments, classes), arguments[5].long(), classes)


def _both_years(spec: InputSpec) -> list[str]:
    plain = [spec.scenario[k] for k in _plain(spec)]
    after = {entry.name for entry in plain if entry.at == "target"}
    return [entry.name for entry in plain if entry.at == "prior" and entry.name in after]


def _plain(spec: InputSpec) -> list[int]:
    """Scenario channels that are no transitions, whose sums since some first year say nothing."""
    return [k for k, entry in enumerate(spec.scenario) if SEPARATOR not in entry.name]
