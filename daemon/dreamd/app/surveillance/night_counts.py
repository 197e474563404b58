"""The counts of each Dreamscape's night: how many beds were merged in it, and how many cases arose.

Theory of operation. Every event of the journal passes by here once. A bed counts for the night in which it
reports its merge or is harmed, once for each Dreamscape. A Dreamscape that goes on over noon counts its
merged beds for the new night too. Changed counts are written after the ticks.

Rules
- The ledger gets numbers. Which beds they are of, and the Dreamscape of each sleeper tonight, memory knows.
- Answers of a morning and pulls come from the clinic. Each counts in the night in which it is told, for the
  Dreamscape that its sleeper was in; a second answer of one night stands in the place of the first.
- A night belongs to the instant at which the daemon hears, so a bed's wrong clock moves none.
- An anchor session is no Dreamscape-night: its sleeper merges with no other.
- Harm that is heard after its night was judged counts for the present one: none is lost.
- After a restart the counts go on from those of the ledger. A bed may then be counted again as harmed, never
  as merged.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from typing import Final

from dreamd.core.clinic.kept_case import KeptCase, night_of
from dreamd.core.dreamscapes.views import Event
from dreamd.core.safety.causes import cause_named, is_cause
from dreamd.core.surveillance.kinds import HarmKind, harm_of
from dreamd.core.surveillance.watch import NightCount

WRITTEN_AT_ONCE: Final = 256
"""Counts that are written after one tick."""
PULL: Final = "pull"
"""The word of the evidence of a sitting that is pulled to the group."""
_HEARD: Final = frozenset({"merged", "left", "severed", "breaker-tripped", "identity-lost"})

Key = tuple[int, str]


@dataclass(slots=True)
class _Open:
    """The beds of one Dreamscape in a night that is not judged. kept: what the ledger had at the start."""

    kept: NightCount
    beds: set[str] = field(default_factory=set)
    harmed: dict[HarmKind, set[str]] = field(default_factory=dict)
    pulls: int = 0
    mornings: dict[str, bool] = field(default_factory=dict)

    def count(self) -> NightCount:
        """The counts by now. pulls: sittings pulled to the group. mornings: of each sleeper, whether low."""
        cases, more = dict(self.kept.cases), {kind: len(beds) for kind, beds in self.harmed.items()}
        more[HarmKind.IDENTITY] = more.get(HarmKind.IDENTITY, 0) + self.pulls
        more[HarmKind.CHECK_IN] = sum(self.mornings.values())
        for kind, many in more.items():
            if many:
                cases[kind] = cases.get(kind, 0) + many
        sleepers = max(self.kept.sleepers, len(self.beds), *cases.values(), 0)
        answers = self.kept.answers + len(self.mornings)
        return NightCount(self.kept.night, self.kept.dreamscape, sleepers, cases, answers)

    def forget(self, sleeper: str) -> bool:
        """Keep the number of this sleeper's answer alone; whether there was one."""
        low = self.mornings.pop(sleeper, None)
        if low is None:
            return False
        cases = dict(self.kept.cases)
        if low:
            cases[HarmKind.CHECK_IN] = cases.get(HarmKind.CHECK_IN, 0) + 1
        self.kept = replace(self.kept, cases=cases, answers=self.kept.answers + 1)
        return True


class NightCounts:
    """The nights that are not judged yet; one thread uses it.

    judged: the newest night that was. alone: whether a Dreamscape is an anchor session. sleeper_at: the
    sleeper that lay in a bed at a time, empty: none is known.
    """

    def __init__(
        self, kept: Iterable[NightCount], judged: int, zone: tzinfo, now_s: Callable[[], float]
    ) -> None:
        """kept: the counts of the ledger behind the night `judged`."""
        self.judged = judged
        self.alone: Callable[[str], bool] = lambda _dreamscape: False
        self.sleeper_at: Callable[[str, float], str] = lambda _bed, _at_s: ""
        self._zone = zone
        self._now_s = now_s
        self._open: dict[Key, _Open] = {(one.night, one.dreamscape): _Open(one) for one in kept}
        self._merged: dict[str, set[str]] = {}
        self._dirty: dict[Key, None] = {}
        self._dreamt: dict[str, Key] = {}
        self._told: set[tuple[str, float]] = set()

    def take_event(self, event: Event) -> None:
        """Take in an event of the journal."""
        if event.kind not in _HEARD or not (event.pod and event.dreamscape) or self.alone(event.dreamscape):
            return
        if event.kind == "merged":
            self._merged.setdefault(event.dreamscape, set()).add(event.pod)
            self._take_bed(self._of(event.dreamscape), event.pod)
            sleeper = self.sleeper_at(event.pod, event.at_s)
            if sleeper:
                self._dreamt[sleeper] = self._tonight(), event.dreamscape
        elif event.kind == "left":
            beds = self._merged.get(event.dreamscape, set())
            beds.discard(event.pod)
            if not beds:
                self._merged.pop(event.dreamscape, None)
        elif is_cause(event.cause):
            kind = harm_of(cause_named(event.cause))
            if kind is not None:
                self._harm(self._of(event.dreamscape), kind, event.pod)

    def take_case(self, kept: KeptCase) -> None:
        """The clinic's book has changed this case: its newest evidence counts where it is a pull."""
        line = kept.evidence[-1] if kept.evidence else None
        if line is None or line.cause != PULL or (kept.case.id, line.at_s) in self._told:
            return
        one = self._of_sleeper(kept.case.person)
        if one is not None and night_of(line.at_s, self._zone) >= one.kept.night:
            self._told.add((kept.case.id, line.at_s))
            one.pulls += 1
            self._changed(one)

    def take_morning(self, sleeper: str, low: bool) -> None:  # noqa: FBT001 -- a hook of the clinic
        """A sleeper has answered; low: the answers open a case."""
        one = self._of_sleeper(sleeper)
        if one is not None:
            one.mornings[sleeper] = low
            self._changed(one)

    def _of_sleeper(self, sleeper: str) -> _Open | None:
        """The night of the Dreamscape that this sleeper was in, else of the only one; None: not known."""
        _, dreamscape = self._dreamt.get(sleeper, (0, ""))
        dreamscape = dreamscape or self._only(self._tonight())
        return self._of(dreamscape) if dreamscape else None

    def drop_sleeper(self, sleeper: str) -> None:
        """The sleeper is erased; the numbers stay."""
        self._dreamt.pop(sleeper, None)
        for one in self._open.values():
            if one.forget(sleeper):
                self._changed(one)

    def _only(self, night: int) -> str:
        """The Dreamscape of this night, where it has one alone; else empty."""
        found = [dreamscape for at, dreamscape in self._open if at == night]
        return found[0] if len(found) == 1 else ""

    def _tonight(self) -> int:
        return max(night_of(self._now_s(), self._zone), self.judged + 1)

    def _of(self, dreamscape: str) -> _Open:
        night = self._tonight()
        key = (night, dreamscape)
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = _Open(NightCount(night, dreamscape, 0))
        return found

    def _take_bed(self, one: _Open, bed: str) -> None:
        if bed not in one.beds:
            one.beds.add(bed)
            self._changed(one)

    def _harm(self, one: _Open, kind: HarmKind, bed: str) -> None:
        harmed = one.harmed.setdefault(kind, set())
        if bed not in harmed:
            harmed.add(bed)
            one.beds.add(bed)
            self._changed(one)

    def _changed(self, one: _Open) -> None:
        self._dirty[one.kept.night, one.kept.dreamscape] = None

    # -- nights that are over -------------------------------------------------------------------------

    @property
    def first_open(self) -> int | None:
        """The oldest night that is not judged and has a count; None: there is none."""
        return min((night for night, _ in self._open), default=None)

    def take_night(self, night: int) -> tuple[NightCount, ...]:
        """Return the counts of a night that is judged now; its merged beds count for the next one too."""
        self.judged = max(self.judged, night)
        keys = sorted(key for key in self._open if key[0] == night)
        counts = tuple(self._open.pop(key).count() for key in keys)
        for key in keys:
            self._dirty.pop(key, None)
        self._told.clear()
        self._dreamt = {who: where for who, where in self._dreamt.items() if not where[0] < night}
        for dreamscape, beds in self._merged.items():
            following = self._of(dreamscape)
            for bed in beds:
                self._take_bed(following, bed)
        return counts

    # -- what is written ------------------------------------------------------------------------------

    def take_changed(self) -> tuple[NightCount, ...]:
        """Return some of the counts that have changed since they were written."""
        keys = list(self._dirty)[:WRITTEN_AT_ONCE]
        for key in keys:
            del self._dirty[key]
        return tuple(self._open[key].count() for key in keys)

    def not_written(self, counts: Iterable[NightCount]) -> None:
        """The ledger has none of these: they are written again."""
        for one in counts:
            if (one.night, one.dreamscape) in self._open:
                self._dirty[one.night, one.dreamscape] = None
