"""The global 1 km grid and rectangular windows of it.

WGS84 latitude-longitude at 0.01 degree, 18000 x 36000, row 0 at 90 N, column 0 at 180 W. Windows are aligned
to the 0.25 degree grid of the coarse scenario data (25 pixels). Areas are exact strips between parallels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pylandbc.errors import InputError

ROWS = 18000
COLS = 36000
PIXEL = 0.01
"""Size of a pixel, degrees."""
COARSE = 25
"""Pixels along one 0.25 degree cell."""
EARTH_RADIUS = 6371229.0
"""Radius of the sphere, m (the one of IFS and ICON)."""


@dataclass(frozen=True)
class Rectangle:
    """A rectangle of whole pixels of the 1 km grid, of any size and place.

    Overlap weights are computed for any rectangle; cubes and bundles take a `Window`.

    Parameters
    ----------
    row, col
        First row (0 at 90 N) and column (0 at 180 W; always 0 ... 35999).
    rows, cols
        Extents in pixels. ``col + cols`` may exceed 36000: the rectangle then crosses the dateline.
    """

    row: int
    col: int
    rows: int
    cols: int

    def __post_init__(self) -> None:
        if (
            self.rows <= 0
            or self.cols <= 0
            or self.row < 0
            or self.row + self.rows > ROWS
            or self.cols > COLS
        ):
            raise InputError(f"window {self} does not lie on the {ROWS} x {COLS} grid")
        if not 0 <= self.col < COLS:
            raise InputError(f"window column {self.col} is not in 0 ... {COLS - 1}")

    @classmethod
    def from_corner(cls, lon0: float, lat0: float, nx: int, ny: int) -> Rectangle:
        """The rectangle of ``nx`` x ``ny`` pixels with the given south-west corner.

        Parameters
        ----------
        lon0, lat0
            Degrees, on the 0.01 degree lattice; any turn of longitude.
        nx, ny
            Pixels eastward and northward, any number.

        Raises
        ------
        InputError
            The corner lies off the lattice, or the rectangle beyond a pole or round the globe.
        """
        if not np.all(np.isfinite([lon0, lat0])):
            raise InputError(f"the south-west corner {lon0}, {lat0} is no pair of degrees")
        col, line = lon0 * 100 + COLS / 2, lat0 * 100
        if max(abs(col - round(col)), abs(line - round(line))) > 1e-6:
            raise InputError(
                f"the south-west corner {lon0}, {lat0} does not lie on the 0.01 degree lattice of the 1 km "
                f"grid; the nearest corner is {round(lon0, 2):g}, {round(lat0, 2):g}"
            )
        if not (1 <= nx <= COLS and 1 <= ny <= ROWS) or not -90 <= lat0 <= 90 - ny / 100 + 1e-9:
            raise InputError(
                f"{nx} x {ny} pixels from {lon0}, {lat0} do not fit on the globe: 1 to {COLS} columns, and "
                "rows between 90 S and 90 N; LON0, LAT0 is the south-west corner in degrees"
            )
        return cls(ROWS // 2 - round(line) - ny, round(col) % COLS, ny, nx)

    def __str__(self) -> str:
        """As a user gives it: ``WEST,SOUTH,EAST,NORTH`` in degrees."""
        return ",".join(f"{edge:.8g}" for edge in (self.west, self.south, self.east, self.north))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, cols) in pixels."""
        return self.rows, self.cols

    @property
    def north(self) -> float:
        """Northern edge, degrees."""
        return 90.0 - self.row / 100

    @property
    def south(self) -> float:
        """Southern edge, degrees."""
        return 90.0 - (self.row + self.rows) / 100

    @property
    def west(self) -> float:
        """Western edge, degrees, -180 ... 180."""
        return self.col / 100 - 180.0

    @property
    def east(self) -> float:
        """Eastern edge, degrees; beyond 180 where the window crosses the dateline."""
        return (self.col + self.cols) / 100 - 180.0

    @property
    def latitude(self) -> np.ndarray:
        """Latitudes of pixel centres, north first, degrees (rows,)."""
        return 90.0 - (self.row + np.arange(self.rows) + 0.5) / 100

    @property
    def longitude(self) -> np.ndarray:
        """Longitudes of pixel centres, ascending, degrees (cols,); beyond 180 across the dateline."""
        return (self.col + np.arange(self.cols) + 0.5) / 100 - 180.0

    @property
    def pixel_area(self) -> np.ndarray:
        """Exact area of one pixel in each row, m2 (rows,)."""
        edges = np.deg2rad(90.0 - (self.row + np.arange(self.rows + 1)) / 100)
        middle = 0.5 * (edges[:-1] + edges[1:])
        half = np.deg2rad(PIXEL / 2)
        # sin n - sin s, written so that nothing cancels
        return EARTH_RADIUS**2 * np.deg2rad(PIXEL) * 2.0 * np.cos(middle) * np.sin(half)

    def mask_of(self, part: Rectangle) -> np.ndarray:
        """True on the pixels of a part of this rectangle, bool (rows, cols)."""
        mask = np.zeros(self.shape, dtype=bool)
        rows = part.row - self.row + np.arange(part.rows)
        mask[np.ix_(rows, (part.col - self.col + np.arange(part.cols)) % COLS)] = True
        return mask

    def with_border(self, degrees: float) -> Rectangle:
        """The rectangle and all pixels within so many degrees of arc of it, or a few more."""
        height = int(np.ceil(degrees / PIXEL))
        first, last = max(self.row - height, 0), min(self.row + self.rows + height, ROWS)
        farthest = max(abs(90.0 - first * PIXEL), abs(90.0 - last * PIXEL))
        narrowest = np.cos(np.deg2rad(farthest))
        width = COLS if narrowest * 180.0 <= degrees else int(np.ceil(height / narrowest))
        if self.cols + 2 * width >= COLS:
            return Rectangle(first, 0, last - first, COLS)
        return Rectangle(first, (self.col - width) % COLS, last - first, self.cols + 2 * width)


@dataclass(frozen=True)
class Window(Rectangle):
    """A rectangle of the 1 km grid, all four numbers multiples of 25.

    Parameters
    ----------
    row, col
        First row (0 at 90 N) and column (0 at 180 W; always 0 ... 35999).
    rows, cols
        Extents in pixels. ``col + cols`` may exceed 36000: the window then crosses the dateline.
    """

    row: int
    col: int
    rows: int
    cols: int

    def __post_init__(self) -> None:
        for name in ("row", "col", "rows", "cols"):
            if getattr(self, name) % COARSE:
                raise InputError(
                    f"window {name}={getattr(self, name)} is not a multiple of {COARSE} pixels (0.25 degree)"
                )
        super().__post_init__()

    @classmethod
    def from_degrees(cls, west: float, south: float, east: float, north: float) -> Window:
        """The smallest aligned window that holds a box (degrees; ``east`` < ``west``: over the dateline)."""
        if east <= west:
            east += 360.0
        if not -90 <= south < north <= 90 or east - west > 360:
            raise InputError(
                f"not a box on the globe: west={west}, south={south}, east={east}, north={north} "
                "(degrees; south < north, latitudes within -90 ... 90)"
            )
        first_row = int(np.floor((90 - north) * 4 + 1e-9))
        last_row = int(np.ceil((90 - south) * 4 - 1e-9))
        first_col = int(np.floor((west + 180) * 4 + 1e-9))
        last_col = int(np.ceil((east + 180) * 4 - 1e-9))
        return cls(
            first_row * COARSE,
            (first_col * COARSE) % COLS,
            (last_row - first_row) * COARSE,
            min((last_col - first_col) * COARSE, COLS),
        )

    @property
    def coarse_shape(self) -> tuple[int, int]:
        """(rows, cols) in 0.25 degree cells."""
        return self.rows // COARSE, self.cols // COARSE

    @property
    def coarse_latitude(self) -> np.ndarray:
        """Latitudes of the centres of the 0.25 degree cells, north first, degrees."""
        return 90.0 - (self.row // COARSE + np.arange(self.coarse_shape[0]) + 0.5) / 4

    @property
    def coarse_longitude(self) -> np.ndarray:
        """Longitudes of the centres of the 0.25 degree cells, degrees."""
        return (self.col // COARSE + np.arange(self.coarse_shape[1]) + 0.5) / 4 - 180.0

    def extended(self, margin: int) -> Window:
        """The window and ``margin`` pixels (a multiple of 25) around it, clipped at the poles."""
        first = max(self.row - margin, 0)
        last = min(self.row + self.rows + margin, ROWS)
        cols = min(self.cols + 2 * margin, COLS)
        col = self.col if cols == COLS and self.cols == COLS else (self.col - margin) % COLS
        return Window(first, col, last - first, cols)
