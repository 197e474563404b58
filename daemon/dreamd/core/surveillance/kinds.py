"""The kinds of harm that are watched, each by a detector of its own, and the cause that counts for each.

Rules
- A cause counts where it opens a case of level 1 to 3 and the harm is the person's own.
- Overexposure and a renderer above its grant are no kind: each has a limit and an alert of its own.
- A low check-in and a sitting that is pulled to the group have no cause: the clinic reports them by kind.
"""

from enum import Enum
from typing import Final

from dreamd.core.clinic.levels import LEVELS, Level
from dreamd.core.safety.causes import Cause


class HarmKind(Enum):
    """A kind of harm; the value is its word in the API, in metrics and in the ledger."""

    DISTRESS = "distress"
    IDENTITY = "identity"
    CHECK_IN = "check-in"


KINDS: Final = tuple(HarmKind)
TOLD: Final = {
    HarmKind.DISTRESS: "distress and wake",
    HarmKind.IDENTITY: "identity severs",
    HarmKind.CHECK_IN: "low check-ins",
}
"""Each kind in words."""

_OF: Final = {
    Cause.DISTRESS: HarmKind.DISTRESS,
    Cause.WAKE: HarmKind.DISTRESS,
    Cause.AROUSAL: HarmKind.DISTRESS,
    Cause.IDENTITY: HarmKind.IDENTITY,
    Cause.HOMOGENISED: HarmKind.IDENTITY,
}

assert all((LEVELS[cause] or Level.NOTE) <= Level.SOON for cause in _OF), "each opens a case of level 1 to 3"


def harm_of(cause: Cause) -> HarmKind | None:
    """Return the kind of harm that a sever by this cause is; None: it is not watched."""
    return _OF.get(cause)
