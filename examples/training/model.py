"""A classifier of handwritten digits, trained epoch by epoch. Knows nothing of jobs.

Its state is numbers, kept as JSON and as `.npz` without objects: loading it runs nobody's code.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits  # type: ignore[import-untyped]
from sklearn.linear_model import SGDClassifier  # type: ignore[import-untyped]

Numbers = npt.NDArray[np.float64]

CLASSES: Final = 10
SEED: Final = 2026
_HELD_BACK: Final = 5  # each fifth image is for measuring, not for learning


class Digits(NamedTuple):
    """Images as rows of 64 numbers from 0 to 1 and what they show, for learning and for measuring."""

    images: Numbers
    shown: npt.NDArray[np.int64]
    measured_images: Numbers
    measured_shown: npt.NDArray[np.int64]


def load() -> Digits:
    """Return the digits that scikit-learn ships: 1,797 images of 8 x 8 pixels."""
    images, shown = load_digits(return_X_y=True)
    held_back = np.arange(len(images)) % _HELD_BACK == 0
    return Digits(images[~held_back] / 16, shown[~held_back], images[held_back] / 16, shown[held_back])


def begin() -> Any:  # noqa: ANN401 - scikit-learn has no types
    """Return a classifier that knows nothing yet."""
    return SGDClassifier(loss="log_loss", learning_rate="invscaling", eta0=0.1, power_t=0.25, shuffle=False)


def learn(classifier: Any, digits: Digits, epoch: int) -> None:  # noqa: ANN401
    """Show all images once, in an order that belongs to this epoch, whoever trains it."""
    order = np.random.default_rng([SEED, epoch]).permutation(len(digits.images))
    classifier.partial_fit(digits.images[order], digits.shown[order], classes=np.arange(CLASSES))


def state(classifier: Any, epoch: int) -> Mapping[str, object]:  # noqa: ANN401
    """Return all that the next epoch needs, as JSON; a float of Python is written with all its digits."""
    return {
        "epoch": epoch,
        "weights": classifier.coef_.tolist(),
        "offsets": classifier.intercept_.tolist(),
        "images_seen": classifier.t_,
    }


def restored(kept: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return the classifier of a state."""
    classifier = begin()
    classifier.coef_ = np.array(kept["weights"])
    classifier.intercept_ = np.array(kept["offsets"])
    classifier.t_ = kept["images_seen"]
    classifier.classes_ = np.arange(CLASSES)
    classifier.n_features_in_ = classifier.coef_.shape[1]
    return classifier


def accuracy(classifier: Any, digits: Digits) -> float:  # noqa: ANN401
    """Return which part of the images that were held back it reads right."""
    return float(classifier.score(digits.measured_images, digits.measured_shown))


def packed(classifier: Any) -> bytes:  # noqa: ANN401
    """Return the model as a file; the same model gives the same bytes."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, weights=classifier.coef_, offsets=classifier.intercept_)
    return file.getvalue()
