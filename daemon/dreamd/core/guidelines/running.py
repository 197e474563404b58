"""The limits of a revision that hold a running Dreamscape, as numbers."""

from dataclasses import dataclass

from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.limits import INTIMATE_BELOW


@dataclass(frozen=True, slots=True)
class RunningLimits:
    """The limits of one revision.

    revision: its number. ceiling, ceiling_intimate: of coupling, 0..1, from five people on and below.
    ramp_s: least seconds from zero to the ceiling. artist_share: 0..1. artist_slew: change of each feature a
    second. artist_share_slew: change of the share a second.
    """

    revision: int
    ceiling: float
    ceiling_intimate: float
    ramp_s: float
    artist_share: float
    artist_slew: float
    artist_share_slew: float

    def ceiling_for(self, planned: float, people: int) -> float:
        """Return the coupling ceiling of a plan for so many people: lower in small groups."""
        most = self.ceiling if people >= INTIMATE_BELOW else min(self.ceiling, self.ceiling_intimate)
        return min(planned, most)


def running_limits(bundle: Bundle, *, in_alarm: bool = False) -> RunningLimits:
    """Return the limits that this revision sets for a running Dreamscape.

    in_alarm: an alarm of surveillance stands, so of each ceiling the share of `alarm_cap_share` is left.
    """
    share = bundle.number("alarm_cap_share") if in_alarm else 1.0
    return RunningLimits(
        bundle.revision,
        share * bundle.number("ceiling"),
        share * bundle.number("ceiling_intimate"),
        bundle.number("ramp_s"),
        bundle.number("artist_share"),
        bundle.number("artist_slew"),
        bundle.number("artist_share_slew"),
    )
