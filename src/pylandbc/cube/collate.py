"""Samples to a batch in the emulator's interface, where one coarse row and column per tile row and column
serves all.

Samples that lie alike within the 0.25 degree cells share their indices and keep the scenario coarse. Where
they do not, the scenario is repeated at 1 km, which the interface allows and which gives the same result,
at more memory.
"""

from __future__ import annotations

import torch

STACKED = ("static", "climate", "prior", "visible", "time", "target", "weight")
"""Entries that get a batch dimension as they are."""


def collate(samples: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """A batch; ``scenario_row`` and ``scenario_col`` have no batch dimension."""
    batch = {name: torch.stack([sample[name] for sample in samples]) for name in STACKED}
    first = samples[0]
    alike = all(
        torch.equal(sample[name], first[name])
        for sample in samples
        for name in ("scenario_row", "scenario_col")
    )
    if alike:
        batch["scenario"] = torch.stack([sample["scenario"] for sample in samples])
        batch["scenario_row"], batch["scenario_col"] = first["scenario_row"], first["scenario_col"]
    else:
        batch["scenario"] = torch.stack(
            [s["scenario"][:, s["scenario_row"]][:, :, s["scenario_col"]] for s in samples]
        )
        size = first["target"].shape[-1]
        batch["scenario_row"] = torch.arange(size)
        batch["scenario_col"] = torch.arange(size)
    return batch
