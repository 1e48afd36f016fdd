"""What a reader hands over: the polygons of a file as they stand there, in degrees, before any check.

Readers translate layout (index base, padding, units, masks) and nothing else; `assembly` checks and repairs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Cells:
    """Polygons as read.

    Parameters
    ----------
    source
        What to call the mesh in messages: the file's name, or the mesh's.
    layout
        The recognised format in words, e.g. ``"ESMF unstructured mesh"``.
    kind
        First entries of the mesh's ``kind``.
    lon, lat
        Corners, degrees (cells, corners); what lies beyond ``count`` is ignored.
    count
        Number of corners stored for each cell (cells,).
    cell_id
        Global ids (cells,).
    centre_lon, centre_lat
        Cell centres, degrees (cells,), where the file has them.
    masked
        True where a cell is to be left out (cells,), where the file has a mask.
    padded
        True where the layout pads short cells by repeating corners, so that a repeated corner is no fault.
    repairs
        Sentences on what has been put right, one each.
    """

    source: str
    layout: str
    kind: dict[str, Any]
    lon: np.ndarray
    lat: np.ndarray
    count: np.ndarray
    cell_id: np.ndarray
    centre_lon: np.ndarray | None = None
    centre_lat: np.ndarray | None = None
    masked: np.ndarray | None = None
    padded: bool = False
    repairs: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The mesh in messages, e.g. ``grid.nc (read as SCRIP grid)``."""
        return f"{self.source} (read as {self.layout})"

    def __len__(self) -> int:
        return len(self.cell_id)

    def keep(self, cells: np.ndarray) -> None:
        """Leave out all cells but those chosen (boolean mask or positions)."""
        self.lon, self.lat, self.count = self.lon[cells], self.lat[cells], self.count[cells]
        self.cell_id = self.cell_id[cells]
        for name in ("centre_lon", "centre_lat", "masked"):
            values = getattr(self, name)
            if values is not None:
                setattr(self, name, values[cells])
