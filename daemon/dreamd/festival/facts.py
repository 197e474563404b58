"""The facts of a festival: shares that beds rendered, answers of the house, and things that were planted.

Each fact is a plain value. Shares are measured at the devices, and never read from the daemon's books; cases,
letters and reports are read through the commands of the house. Instants are unix
seconds of the festival's clock; NaN: it never came.
"""

from dataclasses import dataclass, field
from enum import Enum


class Subject(Enum):
    """A line of the account. The subjects of a scenario are those that its acts play."""

    HOME = "home"
    DOSE = "dose"
    HOURS = "hours"
    CEILING = "ceiling"
    SLEW = "slew"
    PAUSE = "pause"
    ACTS = "acts"
    FOUND = "found"
    RULES = "rules"
    BERTHS = "berths"
    POOL = "pool"
    CASES = "cases"
    TRIAGE = "triage"
    PULL = "pull"
    REFUSALS = "refusals"
    LETTERS = "letters"
    REPORT = "report"
    PIECES = "pieces"


@dataclass(frozen=True, slots=True)
class Stay:
    """One sleeper in one bed from check-in to check-out.

    night: the date of its evening. share_left: the share that the device renders after the check-out, 0..1.
    seated: whether a seat is still held then. bound: whether the bed is still theirs.
    """

    sleeper: str
    bed: str
    site: str
    night: str
    begin_s: float
    end_s: float
    share_left: float = 0.0
    seated: bool = False
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Merging:
    """A stretch of an act in which the device of a sleeper rendered more than nothing.

    minutes: merge-minutes, the integral of the share over time. share_most: the largest share, 0..1.
    """

    sleeper: str
    act: int
    begin_s: float
    end_s: float
    minutes: float
    share_most: float


@dataclass(frozen=True, slots=True)
class Allowed:
    """The limits of a sleeper by grant and guidelines, from one instant to another.

    ceiling: the least of both, 0..1. day_min, week_min: merge-minutes in 24 hours and in 7 days.
    opens_s, closes_s: the hours of the grant and of the guidelines, both met.
    """

    sleeper: str
    from_s: float
    until_s: float
    ceiling: float
    day_min: float
    week_min: float
    opens_s: float
    closes_s: float


@dataclass(frozen=True, slots=True)
class Led:
    """How fast an artist's input moved in the messages that one bed received.

    vector_per_s: the fastest change of a feature, 1/s. share_per_s: of the share. share_most: its largest.
    The limits are those of the guidelines.
    """

    act: int
    bed: str
    ticks: int
    vector_per_s: float
    share_per_s: float
    share_most: float
    vector_limit: float
    share_limit: float
    share_bound: float


@dataclass(frozen=True, slots=True)
class Pause:
    """A moratorium in the time in which it acted. reach: `fleet`, or the name of a site."""

    id: str
    reach: str
    begin_s: float
    end_s: float
    clause: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """A round of the exchange.

    document: its published file. faults: of its verification. holders: the sleeper of each ask.
    told_rows: its account as the house gave it. pool_before, pool_after: whole cents, told by the house.
    """

    id: str
    document: dict[str, object]
    faults: tuple[str, ...]
    holders: dict[str, str]
    told_rows: tuple[tuple[str, ...], ...]
    pool_before: int
    pool_after: int


@dataclass(frozen=True, slots=True)
class Trip:
    """A sever that a bed told, with its cause."""

    sleeper: str
    at_s: float
    cause: str
    dreamscape: str = ""


@dataclass(frozen=True, slots=True)
class Performed:
    """An act as it went. merged: the most beds that were merged at once. barred: the code that refused it."""

    act: int
    title: str
    began: bool
    merged: int
    barred: str = ""


@dataclass(frozen=True, slots=True)
class Planted:
    """A failure on cue. beds: those that were merged when it began. causes: one of these must be found.

    whole: it is of the group, so that the sever of the Dreamscape finds it for every bed.
    """

    scene: str
    act: int
    beds: tuple[str, ...]
    causes: tuple[str, ...]
    begin_s: float
    until_s: float
    whole: bool = False


@dataclass(frozen=True, slots=True)
class CaseTold:
    """A case as the clinic told it at the end. person: empty, of none.

    opened_as: its level when it was opened; level: at the end. states: the course of its states in order.
    planted_pull: of its person on the day of the release, as the scenario planted it; NaN: not released.
    measured_pull: of the last sitting before it, NaN: none.
    """

    id: str
    person: str
    opened_as: int
    level: int
    opened_s: float
    answered_s: float
    climbed: int
    ended_s: float
    states: tuple[str, ...]
    causes: tuple[str, ...]
    released: bool = False
    planted_pull: float = float("nan")
    measured_pull: float = float("nan")


@dataclass(frozen=True, slots=True)
class RefusalTold:
    """A refusal that a person or a bed was given. call: what they asked for."""

    at_s: float
    call: str
    code: str
    sentence: str
    next_step: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class ClauseTold:
    """A clause of a revision that was in force. limit: as refusals cite it."""

    name: str
    key: str
    limit: str
    revision: str


@dataclass(frozen=True, slots=True)
class LetterTold:
    """A letter as its sleeper reads it. open: whether it could be read."""

    sleeper: str
    begin_s: float
    end_s: float
    words: int
    merged_min: float


@dataclass(frozen=True, slots=True)
class ReportCell:
    """A cell of the published report. shown: None where it is hidden.

    people, rest: how many there were in truth, and how many others of that site, counted by the festival.
    """

    site: str
    kind: str
    shown: int | None
    people: int
    rest: int


@dataclass(frozen=True, slots=True)
class ReportTold:
    """A published report. totals: by kind, of what is shown. names: of sleepers that stand in its files."""

    first: str
    least: int
    cells: tuple[ReportCell, ...]
    totals: dict[str, int]
    named: tuple[str, ...] = ()
    times: int = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that an artist performed. faults: of its verification; named: of sleepers in its file."""

    id: str
    act: int
    title: str
    ticks: int
    faults: tuple[str, ...]
    named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the account judges. subjects: the lines that the scenario plays."""

    title: str
    seed: int
    subjects: tuple[Subject, ...]
    acts: int = 0
    stays: tuple[Stay, ...] = ()
    mergings: tuple[Merging, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    led: tuple[Led, ...] = ()
    pauses: tuple[Pause, ...] = ()
    checks: int = 0
    violations: tuple[str, ...] = ()
    rounds: tuple[Round, ...] = ()
    performed: tuple[Performed, ...] = ()
    planted: tuple[Planted, ...] = ()
    trips: tuple[Trip, ...] = ()
    cases: tuple[CaseTold, ...] = ()
    refusals: tuple[RefusalTold, ...] = ()
    clauses: tuple[ClauseTold, ...] = ()
    letters: tuple[LetterTold, ...] = ()
    reports: tuple[ReportTold, ...] = ()
    pieces: tuple[Piece, ...] = ()
    played: tuple[int, ...] = field(default=())
    """Acts that an artist led, by number."""
