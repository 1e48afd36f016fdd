"""Maps of the report as PNG data URIs, in the legend's colours and in no others."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.image import imsave

from pylandbc.grid.window import Window
from pylandbc.legend import LAND_USE, OCEAN, Legend
from pylandbc.report.data_uri import png_uri
from pylandbc.report.maps import PERSISTENT, colour_bytes, rgb
from pylandbc.report.panel_fields import Panels
from pylandbc.report.panels import HIDDEN, RELIEF, WRONG_HIDDEN, WRONG_VISIBLE, driver_of
from pylandbc.report.score_charts import PARTS

UNSCORED = "#F6F6F6"
RIGHT_STAY = "#D0D0D0"


@dataclass(frozen=True)
class Image:
    """A map: title, data URI, width over height on the ground."""

    title: str
    uri: str
    aspect: float


def _image(title: str, pixels: np.ndarray, aspect: float) -> Image:
    out = io.BytesIO()
    imsave(out, pixels, format="png", pil_kwargs={"optimize": True})
    return Image(title, png_uri(out.getvalue()), aspect)


def aspect_of(window: Mapping[str, float]) -> float:
    """Width over height of a window on the ground, at its middle latitude."""
    middle = np.deg2rad((window["north"] + window["south"]) / 2)
    return float((window["east"] - window["west"]) * np.cos(middle) / (window["north"] - window["south"]))


def change_kinds(before: np.ndarray, observed: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Of class codes, uint8 of one shape: 0 rightly unchanged, 1 hit, 2 wrong class, 3 missed, 4 false
    alarm."""
    changed, claimed = observed != before, predicted != before
    kinds = np.zeros(before.shape, np.uint8)
    kinds[changed & claimed] = 2
    kinds[changed & (predicted == observed)] = 1
    kinds[changed & ~claimed] = 3
    kinds[~changed & claimed] = 4
    return kinds


def window_images(
    maps: Mapping[str, np.ndarray], window: Mapping[str, float], legend: Legend = LAND_USE
) -> list[Image]:
    """Truth, prediction and the outcome of change over the whole window; what is not scored is pale."""
    aspect = aspect_of(window)
    scored = maps["scored"].astype(bool)
    truth = rgb(maps["observed"], legend)
    predicted = rgb(maps["predicted"], legend)
    faded = (0.25 * truth + 0.75 * 255).astype(np.uint8)
    predicted[~scored] = faded[~scored]
    outcome = np.broadcast_to(colour_bytes(UNSCORED), truth.shape).copy()
    kinds = change_kinds(maps["before"], maps["observed"], maps["predicted"])
    for kind, colour in enumerate([RIGHT_STAY, *(part[2] for part in PARTS)]):
        outcome[scored & (kinds == kind)] = colour_bytes(colour)
    return [
        _image("Truth", truth, aspect),
        _image("Prediction in the held-out blocks (truth elsewhere, pale)", predicted, aspect),
        _image("What became of change in the held-out blocks", outcome, aspect),
    ]


def panel_images(panels: Panels, legend: Legend = LAND_USE) -> list[Image]:
    """The panels of the paper's figure 2, and the errors."""
    window: Window = panels.window
    driver, driver_title = driver_of(legend)
    aspect = aspect_of({k: getattr(window, k) for k in ("north", "south", "east", "west")})
    masked = rgb(panels.prior, legend)
    masked[~panels.visible & panels.land] = colour_bytes(HIDDEN)
    relief = panels.elevation[panels.land]
    top = float(np.percentile(relief, 99)) if relief.size else 1.0
    height = RELIEF(Normalize(0.0, max(top, 1.0))(panels.elevation))[..., :3]
    elevation = np.round(255 * height).astype(np.uint8)
    elevation[~panels.land] = colour_bytes(legend.colours[OCEAN])
    wrong = panels.wrong
    errors = np.full(masked.shape, 255, np.uint8)
    errors[panels.known] = colour_bytes(PERSISTENT)
    errors[wrong & panels.visible] = colour_bytes(WRONG_VISIBLE)
    errors[wrong & ~panels.visible] = colour_bytes(WRONG_HIDDEN)
    return [
        _image(driver_title, rgb(panels.coarse, driver), aspect),
        _image(f"Elevation (0 to {top:.0f} m)", elevation, aspect),
        _image("Prior map, dark where hidden from the emulator", masked, aspect),
        _image("Prediction", rgb(panels.prediction, legend), aspect),
        _image("Truth", rgb(panels.truth, legend), aspect),
        _image("Errors: red where the prior was seen, orange where hidden", errors, aspect),
    ]
