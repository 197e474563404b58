"""The kinds of Dreamscapes: one of many sleepers, and the anchor session of one.

An anchor session has one seat. Its collective is the sleeper's own template, which the pod holds itself: no
other sleeper, no artist and no recording is in it. Lease, breakers and severing are those of every
Dreamscape. Its coupling is at most `limits.ANCHOR_CEILING`, and its minutes are counted apart from
merge-minutes. With a ceiling of 0 it is a sitting alone: a calibration, and nothing is coupled.

Rules
- No quorum severs it: the breaker of its only bed is its breaker, and brings it back by the same path.
- No sign of a group severs it. The signs of a group compare people, and there is one.
"""

from enum import StrEnum


class DreamscapeKind(StrEnum):
    """The kind of a Dreamscape, as its plan and its record name it."""

    SHARED = "shared"
    ANCHOR = "anchor"

    @property
    def alone(self) -> bool:
        """Whether the sleeper's own template takes the place of the others."""
        return self is DreamscapeKind.ANCHOR
