"""What a bundle takes from a cube: fields on a window that may reach beyond the cube's.

Beyond the cube, floating-point fields are replicated from its edge and class maps are unknown, as the
bundle's contract says. Only the part that is needed is read, so that a regional bundle can be cut from a
global cube.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pylandbc.cube.fractions import between
from pylandbc.cube.history import earlier_years, history_of
from pylandbc.cube.open import open_cube
from pylandbc.errors import InputError
from pylandbc.grid.window import COARSE, COLS, Window
from pylandbc.grid.window_edge import nearest, nearest_pixels
from pylandbc.legend import UNKNOWN


class CubeFields:
    """A cube, read onto windows.

    Parameters
    ----------
    path
        Directory of the Zarr group.

    Raises
    ------
    InputError
        If it is no cube, of another version, incomplete, or lacks an array.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._cube = open_cube(path)
        self.window = self._cube.window
        self.units = self._cube.units

    @property
    def years(self) -> list[int]:
        """Years of the land-use maps."""
        return [int(y) for y in self._cube.years]

    def check_inside(self, window: Window) -> None:
        """``InputError`` unless ``window`` lies in the cube's."""
        held = self.window
        first = (window.col - held.col) % COLS
        rows = held.row <= window.row and window.row + window.rows <= held.row + held.rows
        if not rows or (held.cols < COLS and first + window.cols > held.cols):
            raise InputError(
                f"the window {window} does not lie in that of the cube {self.path}, {held}; "
                "choose one inside it"
            )

    def names(self, source: str) -> list[str]:
        """Names of the variables of ``static``, ``scenario`` or ``climate``."""
        return list(getattr(self._cube, f"{source}_variables"))

    def land_use(self, year: int, window: Window) -> np.ndarray:
        """Class codes of a year, uint8 (rows, cols); 255 beyond the cube. ``InputError`` if absent."""
        return self.class_map("land_use", year, window)

    @property
    def class_maps(self) -> list[str]:
        """Names of the class maps: those of every year, and the constant ones."""
        layers = self._cube.layers
        covers = ["land_cover"] if layers.land_cover is not None else []
        return ["land_use", *covers, *dict.fromkeys(kind.quantity for kind in layers.kinds)]

    def input_map(self, name: str, year: int, window: Window) -> np.ndarray:
        """Codes of a class map as an emulator's input: of the nearest year or period, uint8 (rows, cols).

        Beyond the cube land use and cover are unknown, other maps repeat its edge.
        """
        if name in ("land_use", "land_cover"):
            return self.class_map(name, min(self.class_years(name), key=lambda y: abs(y - year)), window)
        rows, cols, _ = nearest_pixels(window, self.window, 1)
        layers = self._cube.layers
        return layers.categories.oindex[layers.category_index(name, year), rows, cols]

    def static(self, name: str, window: Window) -> np.ndarray:
        """A static field, float32 (rows, cols), replicated beyond the cube."""
        rows, cols, _ = nearest_pixels(window, self.window, 1)
        return self._cube.static.oindex[self.names("static").index(name), rows, cols]

    def scenario(self, window: Window) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Scenario years (years,) and fields float32 (years, lat, lon) by name, on 0.25 degree cells."""
        rows, cols, _ = nearest_pixels(window, self.window, COARSE)
        values = self._cube.scenario[:][:, :, rows[:, None], cols]
        years = self._cube.scenario_years.astype(np.int32)
        return years, {name: values[:, i] for i, name in enumerate(self.names("scenario"))}

    @property
    def scenario_years(self) -> np.ndarray:
        """Years of the scenario, ascending; those between are interpolated."""
        return self._cube.scenario_years

    def scenario_of(self, year: int, window: Window) -> dict[str, np.ndarray]:
        """Scenario fields of one year, float32 (lat, lon) by name; ``year`` lies within the series."""
        rows, cols, _ = nearest_pixels(window, self.window, COARSE)
        years = self._cube.scenario_years
        after = int(np.searchsorted(years, year))
        first = after if years[after] == year else after - 1
        near = np.asarray(self._cube.scenario[first : after + 1])[:, :, rows[:, None], cols]
        values = between(year, years[first : after + 1], near)
        return dict(zip(self.names("scenario"), values, strict=True))

    def climate_of(self, year: int, window: Window) -> dict[str, np.ndarray]:
        """Annual mean climate of the nearest year there is, float32 (lat, lon) by name."""
        rows, cols, _ = nearest_pixels(window, self.window, COARSE)
        values = np.asarray(self._cube.climate[self._cube.climate_index(year)])[:, rows[:, None], cols]
        return dict(zip(self.names("climate"), values, strict=True))

    def static_pixels(self, names: list[str], row: np.ndarray, col: np.ndarray) -> np.ndarray:
        """Static fields float32 (names, row, col) at global rows and columns, replicated beyond the cube."""
        rows, cols = nearest(row, col, self.window, 1)
        layers = [self.names("static").index(name) for name in names]
        first_row, last_row = int(rows.min()), int(rows.max()) + 1
        first_col, last_col = int(cols.min()), int(cols.max()) + 1
        if last_col - first_col > len(col):
            # across the seam of a global cube
            return self._cube.static.oindex[layers, rows, cols]
        block = np.stack([self._cube.static[i, first_row:last_row, first_col:last_col] for i in layers])
        return block[:, rows[:, None] - first_row, cols - first_col]

    def class_years(self, quantity: str) -> list[int]:
        """Years of the maps of ``land_use`` or ``land_cover``."""
        return self._cube.class_years(quantity)

    def class_map(self, quantity: str, year: int, window: Window) -> np.ndarray:
        """Class codes of a year, uint8 (rows, cols); 255 beyond the cube. ``InputError`` if absent."""
        rows, cols, outside = nearest_pixels(window, self.window, 1)
        field = self._class_array(quantity).oindex[self._cube.class_index(quantity, year), rows, cols]
        field[outside] = UNKNOWN
        return field

    def history(self, year: int, direction: int, window: Window) -> np.ndarray:
        """History of a year's land use on the way forwards (1) or backwards (-1), from the maps that there
        are, uint8 (rows, cols) (``pylandbc.cube.history``); 0 beyond the cube."""
        way = earlier_years(self.class_years("land_use"), year, direction)
        return history_of(lambda y: self.class_map("land_use", y, window), way)

    def class_pixels(self, quantity: str, year: int, row: np.ndarray, col: np.ndarray) -> np.ndarray:
        """Class codes at global rows and columns, uint8 (row, col); 255 beyond the cube."""
        held = self.window
        rows, cols = nearest(row, col, held, 1)
        field = self._class_array(quantity).oindex[self._cube.class_index(quantity, year), rows, cols]
        field[(row - held.row != rows)[:, None] | ((col - held.col) % COLS != cols)] = UNKNOWN
        return field

    def category_pixels(self, name: str, year: int, row: np.ndarray, col: np.ndarray) -> np.ndarray:
        """Codes of a class map such as ``koeppen_geiger`` at global rows and columns, uint8 (row, col).

        It is that of the period nearest to ``year``, replicated beyond the cube; ``InputError`` if absent.
        """
        position = self._cube.layers.category_index(name, year)
        if position is None:
            raise InputError(f"{self.path} has no class map {name}; build it with one in the configuration")
        rows, cols = nearest(row, col, self.window, 1)
        return self._cube.layers.categories.oindex[position, rows, cols]

    def _class_array(self, quantity: str) -> Any:
        return self._cube.land_use if quantity == "land_use" else self._cube.layers.land_cover

    @property
    def identity(self) -> dict[str, str]:
        """What tells this cube from another: its name, its scenario's source, its fingerprint."""
        cube = self._cube
        names = {"name": self.path.name, "scenario_source": cube.scenario_source}
        return {**names, "fingerprint": cube.fingerprint}

    @property
    def provenance(self) -> list[dict[str, str]]:
        """The files that the cube was made of."""
        return self._cube.provenance

    def climatology(self, window: Window) -> dict[str, np.ndarray]:
        """Monthly climatologies float32 (12, lat, lon) by name, on the window's 0.25 degree cells."""
        rows, cols, _ = nearest_pixels(window, self.window, COARSE)
        values = self._cube.climatology[:][:, :, rows[:, None], cols]
        return {name: values[:, i] for i, name in enumerate(self.names("climate"))}
