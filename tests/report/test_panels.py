"""The six panels: every pixel has the colour that its meaning has."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_USE, UNKNOWN
from pylandbc.report.maps import PERSISTENT, save
from pylandbc.report.panels import HIDDEN, WRONG_HIDDEN, WRONG_VISIBLE, Panels, draw

WINDOW = Window(3000, 17500, 100, 125)


@pytest.fixture
def panels() -> Panels:
    random = np.random.default_rng(0)
    land = np.ones(WINDOW.shape, bool)
    land[:30] = False
    truth = np.where(land, random.integers(1, 6, WINDOW.shape), 0).astype(np.uint8)
    truth[60:70, :20] = UNKNOWN
    prediction = truth.copy()
    prediction[60:70, :20] = 3
    prediction[80:90] = np.where(truth[80:90] == 4, 3, 4)
    visible = np.zeros(WINDOW.shape, bool)
    visible[:, 64:] = True
    held_out = np.zeros(WINDOW.shape, bool)
    held_out[40:, 50:] = True
    elevation = random.random(WINDOW.shape) * 500
    return Panels(WINDOW, truth, elevation, truth, visible, prediction, truth, land, held_out)


def images(figure: Figure) -> dict[str, np.ndarray]:
    """The image of each panel by its letter."""
    return {
        axes.get_title(loc="left")[0]: np.asarray(axes.images[0].get_array())
        for axes in figure.axes
        if axes.get_title(loc="left")
    }


def where(image: np.ndarray, colour: str) -> np.ndarray:
    return (image == np.round(255 * np.array(to_rgb(colour)))).all(axis=2)


def test_errors_are_told_apart_by_what_was_seen(panels: Panels) -> None:
    image = images(draw(panels, "test"))["f"]
    wrong = np.zeros(WINDOW.shape, bool)
    wrong[80:90] = True
    np.testing.assert_array_equal(where(image, WRONG_VISIBLE), wrong & panels.visible)
    np.testing.assert_array_equal(where(image, WRONG_HIDDEN), wrong & ~panels.visible)
    unknown = panels.truth == UNKNOWN
    np.testing.assert_array_equal(where(image, PERSISTENT), panels.land & ~wrong & ~unknown)
    np.testing.assert_array_equal(where(image, LAND_USE.colours[0]), ~panels.land)


def test_the_prior_is_dark_exactly_where_it_was_hidden(panels: Panels) -> None:
    image = images(draw(panels, "test"))["c"]
    np.testing.assert_array_equal(where(image, HIDDEN), panels.land & ~panels.visible)


def test_titles_state_the_share_that_is_right(panels: Panels) -> None:
    titles = [axes.get_title(loc="left") for axes in draw(panels, "test").axes]
    known = 70 * 125 - 10 * 20
    assert f"f  Errors: {1 - 10 * 125 / known:.1%} of land is right" in titles
    assert sum(bool(title) for title in titles) == 6


def test_a_figure_is_written(panels: Panels, tmp_path: Path) -> None:
    path = save(draw(panels, "test"), tmp_path / "panels.png")
    assert matplotlib.image.imread(path).shape[1] > 2000


def test_an_array_that_does_not_fit_the_window_is_named(panels: Panels) -> None:
    with pytest.raises(InputError, match="'elevation'"):
        Panels(**{**vars(panels), "elevation": np.zeros((3, 3))})
