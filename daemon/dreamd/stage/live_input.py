"""The artist's newest input by OSC, as a leader. Pure.

Rules
- A vector begins at zero, and its share at the one that the stage was started with. Each message changes what
  it names; the rest stays.
- Numbers beyond +-6 are clipped, as the daemon would.
- The input leads from its first message until it has been silent for ten seconds: a program that has frozen
  holds no audience.
"""

from typing import Final

from dreamd.stage.addresses import Command, SetFeature, SetShare, SetVector
from dreamd.stage.leading import NO_CREDITS, Credits, Moment, Wanted
from dreamwire.blend import X_LIMIT

SILENT_S: Final = 10.0
"""Live input that has been silent for longer leads no more."""


class LiveInput:
    """The input of one artist. heard_s: when the newest came, monotonic; None: none has."""

    def __init__(self, size: int, share: float = 0.0, words: Credits = NO_CREDITS) -> None:
        """size: numbers in a vector. share: until one has come. words: of the piece."""
        self.vector, self.share = [0.0] * size, share
        self.heard_s: float | None = None
        self.credits = words

    def obey(self, command: Command, now_s: float) -> bool:
        """Take a command that leads; False: it is of another kind. now_s: monotonic, s."""
        match command:
            case SetVector(values):
                self.vector = [_clipped(value) for value in values]
            case SetFeature(at, value):
                self.vector[at] = _clipped(value)
            case SetShare(value):
                self.share = value
            case _:
                return False
        self.heard_s = now_s
        return True

    def wanted(self, moment: Moment) -> Wanted | None:
        """Return the newest input; None: none has come, or it has been silent for too long."""
        if self.heard_s is None or not 0.0 <= moment.now_s - self.heard_s <= SILENT_S:
            return None
        return Wanted(tuple(self.vector), self.share)

    def due_cues(self, _moment: Moment) -> tuple[str, ...]:
        """Return none: cues of a hand come by OSC."""
        return ()

    def is_over(self, _moment: Moment) -> bool:
        """Whether it is over: a hand may always come back."""
        return False


def _clipped(value: float) -> float:
    return max(-X_LIMIT, min(X_LIMIT, value))
