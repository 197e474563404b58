"""What is bounded, and what is given back: ended Dreamscapes, slots and terms, lists, ghosts, the journal."""

from typing import Final

from mutate.mutation import Mutation

_APP: Final = "daemon/dreamd/app/"
_ENDED: Final = ("tests/app/test_ended.py",)

SIZED: Final = (
    Mutation(
        "ended.columns-given-back",
        "an ended Dreamscape that a stalled watcher still holds keeps its columns",
        f"{_APP}session.py",
        "        self.cohorts = Cohorts(self.schema, *self.scale, 1)\n        self.crowd",
        "        self.crowd",
        _ENDED,
    ),
    Mutation(
        "ended.put-away",
        "an ended Dreamscape stays among those that live",
        f"{_APP}desk.py",
        "if conductor.settled(now_s):",
        "if False:",
        _ENDED,
    ),
    Mutation(
        "ended.accounts-first",
        "an ended Dreamscape is put away although what was lived is not charged",
        f"{_APP}people.py",
        "return not (self._marked or self._ended_min)",
        "return True",
        _ENDED,
    ),
    Mutation(
        "ended.name-used",
        "the name of an ended Dreamscape is given again",
        f"{_APP}desk.py",
        "if self.archive.used(plan.dreamscape):",
        "if plan.dreamscape in self._conductors:",
        _ENDED,
    ),
    Mutation(
        "ended.list-bounded",
        "every Dreamscape that ever ended is listed",
        f"{_APP}archive.py",
        "kept = len(self._rows) <= ENDED_KEPT and now_s - oldest.ended_s <= ENDED_KEPT_S",
        "kept = True",
        _ENDED,
    ),
    Mutation(
        "ended.arrays-at-start",
        "a Dreamscape that only gathers holds the arrays of its fusion",
        f"{_APP}cohorts.py",
        "self._fusion: Fusion | None = None",
        "self._fusion: Fusion | None = Fusion(schema, mu_db, sigma_db)",
        _ENDED,
    ),
    Mutation(
        "ended.not-taken-up",
        "a start takes up every Dreamscape that has ended",
        "daemon/dreamd/simulation/ledger.py",
        "living = (record for record in self.shelf.records.values() if not record.ended_s)",
        "living = iter(self.shelf.records.values())",
        ("tests/conformance/test_ledger.py",),
    ),
)
