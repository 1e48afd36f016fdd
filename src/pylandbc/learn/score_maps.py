"""The maps that go with a file of scores, in a NumPy archive of the same name, so that the report needs
neither cube nor emulator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.report.panel_fields import Panels

FIELDS = ("coarse", "elevation", "prior", "visible", "prediction", "truth", "land", "held_out")


def maps_beside(scores: Path) -> Path:
    """Where the maps of ``scores.json`` lie: ``scores.maps.npz``."""
    return Path(scores).with_suffix(".maps.npz")


def save_maps(path: Path, maps: Mapping[str, np.ndarray], panels: Panels | None) -> None:
    """Write maps as of ``evaluate`` and the panels of ``showcase``."""
    content = {f"map_{name}": value for name, value in maps.items()}
    if panels is not None:
        content |= {f"panel_{name}": getattr(panels, name) for name in FIELDS}
        window = panels.window
        content["panel_window"] = np.array([window.row, window.col, window.rows, window.cols])
    np.savez_compressed(path, **content)  # type: ignore[arg-type]


def load_maps(path: Path) -> tuple[dict[str, np.ndarray], Panels | None]:
    """What ``save_maps`` wrote; nothing where there is no file; ``InputError`` if it cannot be read."""
    if not path.is_file():
        return {}, None
    try:
        with np.load(path) as content:
            found = {name: content[name] for name in content.files}
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}); evaluate again with --json") from error
    maps = {name[4:]: value for name, value in found.items() if name.startswith("map_")}
    if "panel_window" not in found:
        return maps, None
    window = Window(*(int(n) for n in found["panel_window"]))
    return maps, Panels(window, **{name: found[f"panel_{name}"] for name in FIELDS})
