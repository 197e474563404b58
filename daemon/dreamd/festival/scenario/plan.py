"""The plan of a festival: sites, artists, the evening's round, acts, failures on cue, and the days after.

Sleepers have numbers from 1: sleeper-7 lies in bed-7 of the site where a berth was given to them.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

FAILURES: Final = (
    *("silence", "flat", "railed", "nonfinite", "frozen", "replay", "clock-jump", "actuator-stuck"),
    *("crosstalk", "gain-runaway", "synchrony-runaway", "homogenise", "mass"),
)
"""The thirteen scenes of `dreamd rehearse`, by their names there."""
PRESSED: Final = "distress"
"""A scene of its own: sleepers press the button for distress."""
WITHDRAWN: Final = "withdrawal"
"""A scene of its own: sleepers withdraw at the pod."""
EXPIRED: Final = "expiry"
"""A scene of its own: sleepers grant anew, for some seconds only."""
SCENES: Final = (*FAILURES, PRESSED, WITHDRAWN, EXPIRED)
NOON: Final = time(12)


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A site. beds: those that it offers in the round. price_cents: of a berth."""

    name: str
    beds: int
    price_cents: int = 2000
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ArtistPlan:
    """An artist, by the name that letters and pieces tell."""

    name: str


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """The round of the festival's evening. Asks by class; each lists its sites in an order that is drawn.

    pool_cents: before it. price_most_cents: the largest price of a berth. cancelled: berths that are
    cancelled before the night, and given on.
    """

    at: time
    crisis: int
    community: int
    open: int
    pool_cents: int
    price_most_cents: int
    cancelled: int = 0

    @property
    def asks(self) -> int:
        """All of them."""
        return self.crisis + self.community + self.open


@dataclass(frozen=True, slots=True)
class ActPlan:
    """An act: a Dreamscape. site: empty, of all. artist, score: empty, nobody leads.

    share: the plan's artist share. score: a file beside the scenario, or `shipped`.
    """

    number: int
    at: time
    dreamscape: str
    title: str
    minutes: float
    site: str = ""
    artist: str = ""
    score: str = ""
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class FailureCue:
    """A failure in an act. at_s: after its sleepers merge. share: of those in the act."""

    scene: str
    act: int
    at_s: float
    share: float
    lasts_s: float = 30.0


@dataclass(frozen=True, slots=True)
class MoratoriumPlan:
    """A moratorium that an advocate calls in the night of the acts. reach: `fleet`, or a site.

    act, at_s: when: so long after the sleepers of an act merge. hours: how long it is to last. seconded: by a
    clinician, else it lapses after 24 hours.
    """

    act: int
    at_s: float
    hours: float
    reason: str
    reach: str = "fleet"
    seconded: bool = True


@dataclass(frozen=True, slots=True)
class ClinicPlan:
    """The days after. recovery_days: the time constant of a planted recovery.

    pull: planted in each held person on the day of the case. stuck: so many of them never recover.
    answer_share: the part of the time of a level after which a clinician answers, 0..1.
    """

    days: int
    recovery_days: float = 3.0
    pull: float = 0.45
    stuck: int = 0
    answer_share: float = 0.4


@dataclass(frozen=True, slots=True)
class Festival:
    """The scenario. day: of the acts, by the calendar of the zone. evenings: of calibration before it.

    cautious: the share of sleepers that grant a low ceiling. limits: of the house's guidelines that differ
    from the shipped ones, by key.
    """

    title: str
    seed: int
    zone: str
    day: date
    evenings: int
    sites: tuple[SitePlan, ...]
    artists: tuple[ArtistPlan, ...]
    acts: tuple[ActPlan, ...]
    failures: tuple[FailureCue, ...] = ()
    round: RoundPlan | None = None
    moratorium: MoratoriumPlan | None = None
    clinic: ClinicPlan | None = None
    cautious: float = 0.2
    limits: tuple[tuple[str, float | str], ...] = ()

    @property
    def beds(self) -> int:
        """Those of all sites."""
        return sum(site.beds for site in self.sites)

    @property
    def sleepers(self) -> int:
        """The asks of the round, or the beds where there is none."""
        return self.beds if self.round is None else max(self.round.asks, 1)

    def instant_s(self, at: time, days_after: int = 0) -> float:
        """Unix time of a wall-clock time in a night of the festival; before noon it is the next morning."""
        day = self.day + timedelta(days=days_after + (1 if at < NOON else 0))
        return datetime.combine(day, at, ZoneInfo(self.zone)).timestamp()

    def night(self, days_after: int = 0) -> str:
        """The date of the evening of a night."""
        return (self.day + timedelta(days=days_after)).isoformat()
