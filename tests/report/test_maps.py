"""Class maps, change maps: what is drawn is what is there."""

from __future__ import annotations

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from pylandbc.errors import InputError
from pylandbc.grid.window import Window
from pylandbc.legend import LAND_COVER_CLASSES, LAND_USE
from pylandbc.report import maps

WINDOW = Window(3950, 17950, 50, 75)


@pytest.fixture
def classes() -> np.ndarray:
    codes = np.random.default_rng(0).integers(0, 8, WINDOW.shape).astype(np.uint8)
    codes[:5] = 255
    return codes


def drawn(figure) -> np.ndarray:
    (image,) = figure.axes[0].images
    return image.get_array()


def test_every_pixel_has_the_colour_of_its_class(classes: np.ndarray) -> None:
    image = drawn(maps.class_map(classes, WINDOW, "Land use"))
    for row, col in [(10, 3), (49, 74), (30, 40), (5, 0)]:
        expected = np.round(255 * np.array(to_rgb(LAND_USE.classes[classes[row, col]].colour)))
        np.testing.assert_array_equal(image[row, col], expected)
    assert (image[:5] == 255).all()


def test_map_lies_where_the_window_is(classes: np.ndarray) -> None:
    figure = maps.class_map(classes, WINDOW, "Land use 2012")
    axes = figure.axes[0]
    assert axes.images[0].get_extent() == [WINDOW.west, WINDOW.east, WINDOW.south, WINDOW.north]
    assert axes.images[0].origin == "upper"
    assert axes.get_title(loc="left") == "Land use 2012"


def test_legend_names_the_classes_that_occur(classes: np.ndarray) -> None:
    classes[classes == 4] = 5
    texts = [t.get_text() for t in maps.class_map(classes, WINDOW, "x").axes[0].get_legend().get_texts()]
    assert texts == [
        "Ocean",
        "Urban",
        "Cropland",
        "Pasture",
        "Grass/shrub",
        "Other land",
        "Water",
        "Not known",
    ]


def test_change_map_colours_what_changed_and_nothing_else(classes: np.ndarray) -> None:
    before = np.full(WINDOW.shape, 2, dtype=np.uint8)
    before[:, :10] = 0
    before[:5] = 255
    after = before.copy()
    after[20:30, 20:40] = 4
    after[:3] = 7
    figure = maps.change_map(before, after, WINDOW, "Changed")
    image = drawn(figure)
    forest = np.round(255 * np.array(to_rgb(LAND_USE.classes[4].colour)))
    assert (image[20:30, 20:40] == forest).all()
    assert (np.all(image == forest, axis=-1)).sum() == 200
    assert (image[:5] == 255).all()
    area = WINDOW.pixel_area
    expected = 20 * area[20:30].sum() / (65 * area[5:].sum())
    assert figure.axes[0].get_title(loc="left") == f"Changed: {100 * expected:.1f} % of the land"
    texts = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert texts == ["Persistent", "To forest (100 %)", "Not known"]


def test_change_of_land_cover_has_its_own_colours_and_names() -> None:
    before = np.full(WINDOW.shape, LAND_COVER_CLASSES.code("Shrubland"), dtype=np.uint8)
    after = before.copy()
    after[:5] = LAND_COVER_CLASSES.code("Urban areas")
    figure = maps.change_map(before, after, WINDOW, "Changed", LAND_COVER_CLASSES)
    assert (drawn(figure)[:5] == (195, 20, 0)).all()
    texts = [t.get_text() for t in figure.axes[0].get_legend().get_texts()]
    assert texts == ["Persistent", "To urban areas (100 %)"]


def test_no_change_is_no_fault(classes: np.ndarray) -> None:
    figure = maps.change_map(classes, classes, WINDOW, "Changed")
    assert figure.axes[0].get_title(loc="left") == "Changed: 0.0 % of the land"


def test_saved_file_is_an_image_of_colours(classes: np.ndarray, tmp_path: Path) -> None:
    path = maps.save(maps.class_map(classes, WINDOW, "x"), tmp_path / "new" / "map.png")
    pixels = matplotlib.image.imread(path)[..., :3]
    for land_class in LAND_USE.classes:
        assert np.all(np.abs(pixels - to_rgb(land_class.colour)) < 0.003, axis=-1).sum() > 500


@pytest.mark.parametrize("wrong", [np.zeros((50, 74), np.uint8), np.zeros((50, 75), np.int64)])
def test_a_map_that_does_not_fit_its_window_is_refused(wrong: np.ndarray) -> None:
    with pytest.raises(InputError, match="must be uint8"):
        maps.class_map(wrong, WINDOW, "x")


@pytest.mark.parametrize(("share", "text"), [(0.0, "0 %"), (0.004, "<1 %"), (0.155, "16 %"), (1.0, "100 %")])
def test_percent(share: float, text: str) -> None:
    assert maps.percent(share) == text
