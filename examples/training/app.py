"""The training's job definition, as `beltline work examples/training/app.py` runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from beltline import Beltline, Retry, SyncContext
from examples.training import model
from examples.training.model import Digits

belt = Beltline()


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training came to. `went_on_from` is the epoch at whose checkpoint its last run began."""

    epochs: int
    went_on_from: int
    accuracy: float


@belt.job(retry=Retry(max_attempts=3), max_crashes=10, timeout="2h", owner="models")
def train(ctx: SyncContext, epochs: int) -> Trained:
    """Train for so many epochs and keep the model as an artifact. A plain function: it runs in a thread."""
    digits = model.load()
    first, classifier = train_on(ctx, digits, epochs)
    ctx.artifact("model.npz", model.packed(classifier))
    return Trained(epochs, first, model.accuracy(classifier, digits))


def train_on(ctx: SyncContext, digits: Digits, epochs: int) -> tuple[int, Any]:
    """Go on from what earlier runs came to; return the epoch of that, and the trained classifier.

    The state after each epoch is kept as plain numbers: whoever takes the job over goes on behind it.
    """
    kept = ctx.checkpointed("model")
    first, classifier = (0, model.begin()) if kept is None else (kept["epoch"], model.restored(kept))
    for epoch in range(first, epochs):
        model.learn(classifier, digits, epoch)
        ctx.checkpoint("model", model.state(classifier, epoch + 1))
        accuracy = model.accuracy(classifier, digits)
        ctx.log.info("trained", epoch=epoch + 1, accuracy=accuracy)
        ctx.progress((epoch + 1) / epochs, f"epoch {epoch + 1}, accuracy {accuracy:.1%}")
        ctx.check_cancelled()  # where this worker is to end, another one goes on
    return first, classifier
