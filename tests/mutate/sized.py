"""What is bounded, and what is given back: ended Dreamscapes, slots and terms, lists, ghosts, the journal."""

from typing import Final

from mutate.mutation import Mutation

_APP: Final = "daemon/dreamd/app/"
_ENDED: Final = ("tests/app/test_ended.py",)
_LISTING: Final = ("tests/app/test_listing.py",)

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
    Mutation(
        "lists.order-of-names",
        "a new pod stands at the end of the list, whatever its name",
        f"{_APP}listing.py",
        "insort(self._names, name)",
        "self._names.append(name)",
        _LISTING,
    ),
    Mutation(
        "lists.no-seats",
        "a list of Dreamscapes makes the views of all their seats",
        f"{_APP}desk.py",
        "conductor.view(with_seats=False)",
        "conductor.view(with_seats=True)",
        _LISTING,
    ),
    Mutation(
        "lists.lazy",
        "a page makes the views of the whole list",
        "daemon/dreamd/adapters/grpc/pages.py",
        "    for item in items:\n        if len(shown)",
        "    for item in list(items):\n        if len(shown)",
        ("tests/api/test_inputs.py",),
    ),
    Mutation(
        "lists.order-lifted",
        "a lifted wake order still keeps people from being merged",
        f"{_APP}wakes.py",
        "        alike.pop(order.id, None)\n",
        "",
        (*_LISTING, "tests/app/test_wakes.py"),
    ),
    Mutation(
        "lists.bed-of-a-sleeper",
        "a sleeper who got up is still looked for in their bed",
        f"{_APP}fleet.py",
        "            del self._beds[before]\n",
        "            pass\n",
        _LISTING,
    ),
    Mutation(
        "lists.seated-out",
        "whoever has a seat is looked at whenever seats are given",
        f"{_APP}unseated.py",
        "            self._take_out(pod, filed)\n",
        "            pass\n",
        _LISTING,
    ),
)
