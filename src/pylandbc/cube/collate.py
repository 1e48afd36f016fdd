"""Samples to a batch in the emulator's interface, where one coarse row and column per tile row and column
serves all.

Samples that lie alike within the 0.25 degree cells share their indices and keep coarse fields
(``scenario``, or the climate of vegetation samples) coarse. Where they do not, these are repeated at 1 km,
which the interface allows and which gives the same result, at more memory.
"""

from __future__ import annotations

import torch

LATER = "later_"
"""Begins the names of what the steps after the first of an unrolled sample need."""


def collate(samples: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """A batch; ``NAME_row`` and ``NAME_col`` of a coarse field have no batch dimension."""
    first = samples[0]
    coarse = [name.removesuffix("_row") for name in first if name.endswith("_row")]
    indices = {f"{name}_{axis}" for name in coarse for axis in ("row", "col")}
    batch = {
        name: torch.stack([sample[name] for sample in samples])
        for name in first
        if name not in indices and name.removeprefix(LATER) not in coarse
    }
    alike = all(torch.equal(sample[name], first[name]) for sample in samples for name in indices)
    size = first["target"].shape[-1]
    for name in coarse:
        row, col = f"{name}_row", f"{name}_col"
        for field in (part for part in (name, LATER + name) if part in first):
            if alike:
                batch[field] = torch.stack([sample[field] for sample in samples])
            else:
                batch[field] = torch.stack([s[field][..., s[row], :][..., s[col]] for s in samples])
        whole = torch.arange(size)
        batch[row], batch[col] = (first[row], first[col]) if alike else (whole, whole)
    return batch
