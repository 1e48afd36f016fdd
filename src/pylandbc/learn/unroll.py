"""Short unrolls in training: the emulator's own map becomes the prior of the next step.

The weights learn to go on from maps with the errors that they make, not from observed ones alone. The class
map is what the next step sees, as in a roll-out, hence no gradient passes from a step to the one before
(the "pushforward trick" of Brandstetter et al. 2022, ICLR).
"""

from __future__ import annotations

import torch
from torch import Tensor

from pylandbc.cube.collate import LATER
from pylandbc.cube.history import advance
from pylandbc.legend import UNKNOWN


def later_steps(batch: dict[str, Tensor]) -> int:
    """Steps after the first that a batch holds."""
    target = batch.get(LATER + "target")
    return 0 if target is None else int(target.shape[1])


def next_step(batch: dict[str, Tensor], logits: Tensor, number: int, history: int = -1) -> dict[str, Tensor]:
    """The batch of the next step.

    Parameters
    ----------
    batch
        That of the step before, with the entries of all later steps.
    logits
        What the emulator gave for it, (B, K, H, W).
    number
        Of the later steps, from 0.
    history
        Which of the static channels is the history of the prior; negative: none.
    """
    # Where the target is unknown a block is held out, or the map knows nothing: the next step does not
    # either.
    known = batch["target"] != UNKNOWN
    classes = logits.detach().argmax(1).to(batch["prior"].dtype)
    further = {name: batch[LATER + name][:, number] for name in ("climate", "scenario", "target", "weight")}
    prior = torch.where(known, classes, torch.full_like(classes, UNKNOWN))
    if history >= 0:
        further["static"] = batch["static"].clone()
        for sample, static in enumerate(further["static"]):
            static[history] = _advanced(batch, prior, sample, history)
    return {**batch, **further, "prior": prior, "visible": known.to(batch["visible"].dtype)}


def _advanced(batch: dict[str, Tensor], after: Tensor, sample: int, channel: int) -> Tensor:
    """The history of a sample's map after the step."""
    before = torch.where(batch["visible"][sample] != 0, batch["prior"][sample], UNKNOWN)
    history = batch["static"][sample, channel].to(torch.uint8)
    years = int(batch["time"][sample, 1])
    codes = advance(
        history.cpu().numpy(), before.to(torch.uint8).cpu().numpy(), after[sample].cpu().numpy(), years
    )
    return torch.from_numpy(codes)
