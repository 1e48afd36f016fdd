"""What the scores mean, in a sentence each, and how they are called and printed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Score:
    """A score: its key in the file, its short name, which way is better, and a sentence."""

    key: str
    name: str
    higher: bool
    meaning: str


SCORES = (
    Score("accuracy", "Accuracy", True, "Share of the land's area that gets its true class."),
    Score(
        "mean_iou_without_ocean",
        "mIoU",
        True,
        "For each class the area where map and truth both have it over the area where either has it, "
        "averaged "
        "over the land classes; rare classes count as much as common ones.",
    ),
    Score(
        "macro_f1",
        "Macro F1",
        True,
        "Harmonic mean of precision and recall of each class, averaged over the land classes.",
    ),
    Score(
        "figure_of_merit",
        "FoM",
        True,
        "Figure of merit: of all area where either truth or prediction changed, the share where both changed "
        "to the same class. Persistence scores 0 by definition; published 1 km models reach about 0.1.",
    ),
    Score(
        "log_loss",
        "Log loss",
        False,
        "Mean of minus the logarithm of the probability that was given to the true class; it punishes "
        "confident errors.",
    ),
    Score(
        "brier",
        "Brier",
        False,
        "Mean squared distance between the probabilities and the truth: 0 is perfect, 2 surely wrong.",
    ),
    Score(
        "calibration_error",
        "ECE",
        False,
        "Expected calibration error: how far, on average, the stated confidence is from the share that turns "
        "out right.",
    ),
    Score(
        "fraction_rmse",
        "Fraction RMSE",
        False,
        "Error of the class fractions of 0.25 degree cells: all that a host model notices which sees areas "
        "and not pixels.",
    ),
    Score(
        "quantity_disagreement",
        "Quantity",
        False,
        "Share of the area that is wrong because a class has too much or too little of it.",
    ),
    Score(
        "allocation_disagreement",
        "Allocation",
        False,
        "Share of the area that is wrong because the right amount lies in the wrong place.",
    ),
)
BY_KEY = {score.key: score for score in SCORES}
MAIN = ("accuracy", "mean_iou_without_ocean", "figure_of_merit", "log_loss", "brier", "calibration_error")

PREDICTORS = {
    "emulator": "the network that is scored",
    "emulator, calibrated": "the same class map; its probabilities were rescaled with one temperature, which "
    "was fitted on other blocks than those scored",
    "persistence": "nothing changes: the map of the first year, seen whole even where hidden from others",
    "nearest fill": "hidden pixels take the class of the nearest visible land pixel",
    "Gaussian fill": "hidden pixels take the class with most visible area nearby, weighted by distance",
    "cross-walk": "how often each class stood, in training blocks, where the pixel's own class, the land use "
    "of the target year and the climate class were such",
    "coarse majority": "every pixel takes the dominant class of its 0.25 degree cell",
    "logistic regression": "a linear model on the shares of classes around the pixel and the coarse driver",
    "regression, scaled": "the regression, its probabilities scaled until each cell's classes add up to the "
    "driver's fractions",
    "allocation (CLUE-S)": "the regression's suitabilities, moved until each cell's demand is met",
    "random forest": "80 trees on the same numbers as the regression",
    "gradient boosting": "150 rounds of boosted trees on the same numbers",
    "pixel LSTM": "a recurrent network that sees one pixel and the coarse driver",
    "small CNN": "four convolutions that see 31 pixels across",
}


def number(value: float | None, digits: int = 3) -> str:
    """A score as text; a dash where it is undefined."""
    return "–" if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int = 3) -> str:
    """A difference as text, with a true minus sign."""
    return "–" if value is None else f"{value:+.{digits}f}".replace("-", "−")


def verdict(key: str, entry: dict) -> str:
    """``better``, ``worse`` or ``not distinguishable`` from a difference and its interval."""
    ends = entry.get("interval")
    if not ends or ends[0] <= 0 <= ends[1]:
        return "not distinguishable"
    return "better" if (ends[0] > 0) == BY_KEY[key].higher else "worse"
