"""When a bed looks after its credential: at half of its life, after a reboot, and when the broker refuses it.

The daemon says how long the credential has left. The bed counts that on CLOCK_BOOTTIME, which no setting of
a clock moves; after a reboot, which ends that clock, it asks again. A look shows the credential to the
daemon, and renews it where that is due.

Rules
- A look waits while the sleeper is merged, for half of the time from its due date to the credential's end.
- A look that failed is repeated, first after a minute and at last once an hour.
- A bed that the broker refuses looks after five seconds, then less and less often, up to every five minutes.
"""

import random
from dataclasses import dataclass
from typing import Final

FIRST_S: Final = (5.0, 60.0)
"""After a start without a known plan: between these, so that a ward's beds do not ask all at once."""
SPREAD_S: Final = 3600.0
"""Past its due date a look is put off by up to this, or a fiftieth of what is left."""
RETRY_S: Final = (60.0, 3600.0)
LOCKED_OUT_S: Final = (5.0, 300.0)
BEHIND_S: Final = 600.0
"""A bed with a newer credential than the broker shows it again this often."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The daemon's answer about a credential. at_s: CLOCK_BOOTTIME, seconds.

    boot: id of the boot. A system without one has an empty id, which is never the present boot's.
    """

    boot: str
    at_s: float
    renew_in_s: float
    expires_in_s: float

    def left_s(self, boot: str, now_s: float) -> float | None:
        """Seconds until the credential ends; None: not known since the reboot."""
        return self.at_s + self.expires_in_s - now_s if boot == self.boot != "" else None


class Schedule:
    """When the next look is due. Instants are CLOCK_BOOTTIME in seconds."""

    def __init__(self, plan: Plan | None, boot: str, now_s: float, rng: random.Random) -> None:
        self._boot, self._rng = boot, rng
        self.plan = plan if plan is not None and plan.boot == boot != "" else None
        self._failures = self._lockouts = 0
        self._looked_s = now_s
        self._due_s = now_s + rng.uniform(*FIRST_S) if self.plan is None else self._planned_s(self.plan)

    def look_due(self, now_s: float, *, merged: bool, locked_out: bool, behind: bool) -> bool:
        """Whether to look now.

        merged: the sleeper is. locked_out: the broker refuses the bed. behind: it takes an older password.
        """
        if not locked_out:
            self._lockouts = 0
        elif now_s - self._looked_s >= _doubled(LOCKED_OUT_S, self._lockouts):
            return True
        due_s = min(self._due_s, self._looked_s + BEHIND_S) if behind and not self._failures else self._due_s
        return now_s >= due_s and not (merged and now_s < self._latest_s(due_s))

    def _latest_s(self, due_s: float) -> float:
        """Until then a due look waits for the sleeper to be alone."""
        if self.plan is None:
            return due_s + BEHIND_S
        return due_s + 0.5 * max(0.0, self.plan.at_s + self.plan.expires_in_s - due_s)

    def looked(self, plan: Plan, now_s: float) -> None:
        """A look has answered."""
        self.plan, self._failures, self._looked_s = plan, 0, now_s
        self._lockouts += 1
        self._due_s = self._planned_s(plan)

    def failed(self, now_s: float) -> None:
        """A look has failed."""
        self._looked_s = now_s
        self._due_s = now_s + self._rng.uniform(0.5, 1.0) * _doubled(RETRY_S, self._failures)
        self._failures += 1
        self._lockouts += 1

    def _planned_s(self, plan: Plan) -> float:
        spread_s = self._rng.uniform(0.0, min(SPREAD_S, 0.02 * max(0.0, plan.expires_in_s)))
        return plan.at_s + plan.renew_in_s + spread_s


def _doubled(bounds_s: tuple[float, float], times: int) -> float:
    return min(bounds_s[1], bounds_s[0] * 2.0 ** min(times, 16))
