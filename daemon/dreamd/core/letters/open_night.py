"""A night as it is gathered, from a sleeper's check-in to its letter: the reports of the bed, in order.

Rules
- An interval begins with the bed's report of a merge. It ends with the first of: the bed's report of zero, a
  breaker that opens, the loss of the place. A later report of the bed on the same end corrects its instant.
- An end has one cause, the first. A cause that names no reason gives way to one that does.
- Everything is bounded: intervals and stops beyond SPANS_KEPT are counted.
"""

from dataclasses import dataclass, field, replace
from math import isfinite, nan
from typing import Any, Final, Self

from dreamd.core.letters.night import LEADS_KEPT, SPANS_KEPT, Lead, Oneself, Span, Stop
from dreamd.core.limits import ALONE_WITHIN_S
from dreamd.core.safety.causes import Cause, cause_named, is_cause

VAGUE: Final = frozenset(
    {Cause.DAEMON, Cause.RELEASED, Cause.LEFT, Cause.STOPPED, Cause.LATCHED, Cause.UNKNOWN, Cause.REASSIGNED}
)
"""Causes that name no reason: the same end may have another report with one."""
CORRECTS_S: Final = 2.0 * ALONE_WITHIN_S
"""A report of the bed this near to the end of an interval is about that end."""
_WAYS: Final = {"gone": Cause.SILENCE, "home": Cause.ENDED}
"""Words with which a place is left that are no causes of a sever."""


@dataclass(slots=True)
class OpenNight:
    """The night of a sleeper in a bed. Times are session seconds, 0: not yet.

    before_min: merge-minutes in the ten minutes of the check-in that were charged before it. planned_min: by
    Dreamscape, the first one. merged_s: since when the sleeper is merged. end_s: of the check-out. stopped:
    the end of this place or merge has its cause. doubted: the merge may have ended unseen.
    """

    sleeper: str
    bed: str
    begin_s: float
    before_min: float = 0.0
    end_s: float = 0.0
    end_known: bool = True
    missed: bool = False
    spans: list[Span] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    more: int = 0
    merged_s: float = 0.0
    seated_s: float = 0.0
    stopped: bool = True
    doubted: bool = False
    planned_min: dict[str, float] = field(default_factory=dict)
    oneself: Oneself = Oneself.NOT_MEASURED
    leads: list[Lead] = field(default_factory=list)

    # -- places and merges --------------------------------------------------------------------------

    def seated(self, at_s: float) -> None:
        """The sleeper has a place in a Dreamscape."""
        self.seated_s = self.seated_s or at_s
        self.stopped = False

    def merged(self, at_s: float) -> None:
        """The bed reports a merge since this instant."""
        if self.merged_s and self.doubted:
            self._end(nan)
        if not self.merged_s:
            self.merged_s = max(at_s, self.begin_s)
            self.stopped = self.doubted = False

    def zero(self, at_s: float, cause: str) -> None:
        """The bed reports zero, or the end of its fade, at this instant."""
        if self.merged_s:
            self._end(at_s)
        elif self.spans and not self.more and not abs(at_s - self.spans[-1].end_s) > CORRECTS_S:
            self.spans[-1] = replace(self.spans[-1], end_s=max(at_s, self.spans[-1].begin_s))
        self._stop(at_s, cause_of(cause))

    def lost(self, at_s: float, cause: str) -> None:
        """The daemon has set the sleeper to zero, by a breaker or by taking the place."""
        if self.merged_s:
            self._end(nan if self.doubted else at_s)
        self._stop(at_s, cause_of(cause))

    def left(self, at_s: float, cause: str) -> None:
        """The place is lost."""
        self.seated_s = 0.0
        self.lost(at_s, cause)

    def ended(self, at_s: float, *, known: bool = True) -> None:
        """The sleeper was checked out; known: at this instant, else at some time before."""
        if self.merged_s:
            self._end(nan if self.doubted or not known else at_s)
        self.end_s, self.end_known = at_s, known

    def taken_up(self, bed: str) -> None:
        """The sleeper is checked in again, to this bed, and the night goes on."""
        self.bed, self.end_s, self.end_known = bed, 0.0, True

    def running(self, now_s: float) -> tuple[Span, ...]:
        """Return the merge that goes on, up to now."""
        return (Span(self.merged_s, nan if self.doubted else now_s),) if self.merged_s else ()

    def resumed(self, *, whole: bool) -> None:
        """Another daemon has gathered it so far, to its end (whole) or until it was killed.

        The end of an interval may have passed unseen.
        """
        self.missed = self.missed or not whole
        self.doubted = bool(self.merged_s)

    def _end(self, at_s: float) -> None:
        if len(self.spans) < SPANS_KEPT:
            self.spans.append(Span(self.merged_s, max(at_s, self.merged_s) if isfinite(at_s) else nan))
        else:
            self.more += 1
        self.merged_s, self.doubted = 0.0, False

    def _stop(self, at_s: float, cause: Cause) -> None:
        if not self.stopped:
            self.stopped = True
            if len(self.stops) < SPANS_KEPT:
                self.stops.append(Stop(at_s, cause))
        elif self.stops and self.stops[-1].cause in VAGUE and cause not in VAGUE:
            self.stops[-1] = replace(self.stops[-1], cause=cause)

    # -- other facts --------------------------------------------------------------------------------

    def planned(self, dreamscape: str, minutes: float) -> None:
        """A dose was planned for the sleeper in a Dreamscape; the first one stands."""
        self.planned_min.setdefault(dreamscape, minutes)

    def judged(self, found: Oneself) -> None:
        """The sleeper was compared with themselves; the worst of a night stands."""
        self.oneself = max(self.oneself, found, key=_ORDER.index)

    def led(self, leads: tuple[Lead, ...]) -> None:
        """Leads while the sleeper had a place."""
        self.leads = (self.leads + [one for one in leads if one not in self.leads])[-LEADS_KEPT:]

    # -- as a document ------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """Return it for JSON, without the sleeper; a number that is not known is null."""
        return {
            "bed": self.bed,
            "begin_s": self.begin_s,
            "before_min": self.before_min,
            "end_s": self.end_s,
            "end_known": self.end_known,
            "missed": self.missed,
            "spans": [[one.begin_s, known(one.end_s)] for one in self.spans],
            "stops": [[one.at_s, one.cause.value] for one in self.stops],
            "more": self.more,
            "merged_s": self.merged_s,
            "seated_s": self.seated_s,
            "stopped": self.stopped,
            "doubted": self.doubted,
            "planned_min": self.planned_min,
            "oneself": self.oneself.value,
            "leads": [
                [one.begin_s, one.end_s, one.artist, one.title, known(one.share)] for one in self.leads
            ],
        }

    @classmethod
    def from_document(cls, sleeper: str, document: dict[str, Any]) -> Self:
        """Return the night of such a document.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        read = dict(document)
        return cls(
            sleeper=sleeper,
            spans=[Span(begin_s, number(end_s)) for begin_s, end_s in read.pop("spans")],
            stops=[Stop(at_s, cause_named(cause)) for at_s, cause in read.pop("stops")],
            oneself=Oneself(read.pop("oneself")),
            leads=[_lead(*one) for one in read.pop("leads")],
            **read,
        )


_ORDER: Final = tuple(Oneself)


def known(value: float) -> float | None:
    """Return a number for JSON; None where it is not known."""
    return value if isfinite(value) else None


def _lead(begin_s: float, end_s: float, artist: str, title: str, share: float | None) -> Lead:
    return Lead(begin_s, end_s, artist, title, number(share))


def number(value: float | None) -> float:
    """Return a number of a document; NaN where it is not known."""
    return nan if value is None else value


def cause_of(word: str) -> Cause:
    """Return the cause of a word of an event, also of those that are no causes of a sever."""
    return cause_named(word) if is_cause(word) else _WAYS.get(word, Cause.UNKNOWN)
