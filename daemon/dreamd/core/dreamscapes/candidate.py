"""A candidate for a seat: the facts by which an admission is decided. A fact that is not known refuses."""

from dataclasses import dataclass
from math import nan
from typing import Final

from dreamd.core.dreamscapes.views import BreakerState
from dreamd.core.exposure.dose import Dose
from dreamd.core.refusals import Code, Refusal
from dreamwire.messages import CalibrationSource

UNKNOWN_DOSE: Final = Dose(nan, nan, nan, nan)
NOTHING_GRANTED: Final = Refusal(Code.CONSENT_MISSING, "the sleeper has granted nothing", {"scope": "merge"})


NO_GUEST: Final = Refusal(Code.NOT_INVITED, "the sleeper is not on the list of guests")


@dataclass(frozen=True, slots=True)
class Candidate:
    """The facts that the daemon knows of a pod at this moment.

    status_age_s: seconds since its last status, infinity for none. sleeper_at: another pod this sleeper is
    checked in to. wake_order: a standing one that reaches the pod. moratorium: the
    one that acts there, or the hours. seated_in: the live Dreamscape in which
    this pod holds a seat, this one included. seats_left and started belong to the Dreamscape asked for.
    unagreed: why the sleeper has not granted what this plan asks, None: they have. uninvited: why they may
    not be seated beside those seated in an intimate Dreamscape, None: they may. on_hold: the case that
    holds them, None: none does. dose: merge-minutes
    charged, and the limits. against: the clause of the guidelines that refuses the sleeper, None: none does.
    rate_hz: of its device, 0: unknown. ledger: why the ledger takes no seat now, empty while it does. barred:
    why the credential of the bed does not count, None while it does.
    """

    pod: str
    online: bool = False
    status_age_s: float = float("inf")
    incarnation: int = 0
    sleeper: str = ""
    sleeper_at: str = ""
    seated_in: str = ""
    seats_left: int = 1
    started: bool = False
    latched: str = ""
    calibrated: bool = False
    calibration_source: CalibrationSource = CalibrationSource.UNSPECIFIED
    clean_s: float = 0.0
    clock_synced: bool = False
    quality: float = float("nan")
    quality_cause: str = ""
    renderer: str = ""
    unagreed: Refusal | None = NOTHING_GRANTED
    uninvited: Refusal | None = NO_GUEST
    on_hold: Refusal | None = None
    dose: Dose = UNKNOWN_DOSE
    against: Refusal | None = None
    schema: str = ""
    rate_hz: float = 0.0
    breaker: BreakerState = BreakerState.CLOSED
    breaker_cause: str = ""
    wake_order: str = ""
    moratorium: Refusal | None = None
    ledger: str = ""
    barred: Refusal | None = None
