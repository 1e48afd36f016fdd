"""What a replay found: the first difference, and how many and how large they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pylandbc.grid.window import Window


@dataclass(frozen=True)
class Difference:
    """Where the recorded and the replayed run first differ.

    Attributes
    ----------
    field
        An output (``land_use_fraction``, ``leaf_area_index`` ...), ``changed``, or the map of a quantity
        (``land_use_sha256`` ...).
    cell, cell_id, class_name
        Position of the cell in the host's order, its global id, and the class; ``None`` where they do not
        apply.
    pixel
        Row and column of the 1 km grid, for a class map that could be compared pixel by pixel.
    recorded, replayed
        The two values.
    """

    step: int
    date: tuple[int, int, int, int]
    field: str
    cell: int | None
    cell_id: int | None
    class_name: str | None
    recorded: float | int | str
    replayed: float | int | str
    pixel: tuple[int, int] | None = None

    def __str__(self) -> str:
        year, month, day, second = self.date
        place = f"step {self.step}, {year:04d}-{month:02d}-{day:02d}"
        if second:
            place += f" {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        place += f", {self.field}"
        if self.class_name is not None:
            place += f" of {self.class_name}"
        if self.cell is not None:
            place += f", cell {self.cell} (id {self.cell_id})"
        if self.pixel is not None:
            place += f", pixel at row {self.pixel[0]}, column {self.pixel[1]} of the 1 km grid"
        return f"{place}: recorded {self.recorded!r}, replayed {self.replayed!r}"


@dataclass
class ReplayReport:
    """What a replay found.

    Attributes
    ----------
    steps
        Number of coupling intervals replayed.
    identical
        True where every output and every map agreed in every bit.
    equality_expected
        True where the recorded bundle was replayed: then anything but ``identical`` is a fault.
    first_difference
        Where the runs first differ.
    differing_steps, differing_values
        Steps with any difference, and differing values by field.
    maximum_difference
        Largest absolute difference by field.
    first_pixel
        Where the land-use maps first differ: the pixel and its two classes. Only where something else than
        the recorded run was asked for; the recorded one is then run beside it.
    differing_pixels
        Pixels of the last land-use map that differ from the recorded run's.
    window, first_map, last_map
        Land-use maps of the replayed run before its first update and at its end, uint8 (rows, cols).
    first_year, last_year
        The years that they belong to.
    """

    recording: Path
    bundle: Path
    emulator: Path | None
    device: str
    steps: int = 0
    identical: bool = True
    equality_expected: bool = True
    first_difference: Difference | None = None
    differing_steps: int = 0
    differing_values: dict[str, int] = field(default_factory=dict)
    maximum_difference: dict[str, float] = field(default_factory=dict)
    first_pixel: Difference | None = None
    differing_pixels: int = 0
    window: Window | None = None
    first_map: NDArray[np.uint8] | None = None
    last_map: NDArray[np.uint8] | None = None
    first_year: int = 0
    last_year: int = 0

    @property
    def passed(self) -> bool:
        """False only where equality was due and not found."""
        return self.identical or not self.equality_expected

    def text(self) -> str:
        """The report in a few lines."""
        if self.identical:
            return f"{self.steps} steps replayed: every output and every map agrees bit for bit"
        worst = ", ".join(f"{name} {value:.3g}" for name, value in self.maximum_difference.items())
        counts = ", ".join(f"{name} {number}" for name, number in self.differing_values.items())
        return (
            f"{self.steps} steps replayed: {self.differing_steps} differ\n"
            f"first difference: {self.first_difference}\n"
            f"differing values: {counts}\n"
            f"largest differences: {worst}"
            + (
                f"\nfirst pixel: {self.first_pixel}\ndiffering pixels at the end: {self.differing_pixels}"
                if self.first_pixel
                else ""
            )
        )
