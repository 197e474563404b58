"""Long work: what is done in parts, and what holds between two parts."""

from typing import Final

from mutate.mutation import Mutation

_COMMITS: Final = "daemon/dreamd/app/dreamscapes/seating/seat_commits.py"
_TESTS: Final = ("tests/app/test_long_work.py",)

LONG_WORK: Final = (
    Mutation(
        "long-work.at-once",
        "a large start is done in one turn",
        "daemon/dreamd/app/events/long_work.py",
        "PART: Final = 64",
        "PART: Final = 1 << 20",
        _TESTS,
    ),
    Mutation(
        "long-work.marks-closed",
        "house-keeping closes the marks of seats whose slots are still to come",
        _COMMITS,
        "        self._exposure.await_slots(asked.opening)\n",
        "",
        _TESTS,
    ),
    Mutation(
        "long-work.goes-on",
        "a sever while slots are given leaves the other seats on their way",
        _COMMITS,
        "        self._wait(asked, None)\n        if asked.written:\n",
        "        if asked.written:\n",
        _TESTS,
    ),
    Mutation(
        "long-work.starts-all-the-same",
        "a way out while a start looks at its seats is forgotten",
        _COMMITS,
        "            self._looking.settle(why)\n",
        "            pass\n",
        _TESTS,
    ),
    Mutation(
        "long-work.half-a-round",
        "a round of charges counts as done with its first write",
        "daemon/dreamd/app/people/exposure.py",
        "        if lived_min and not self._round:\n",
        "        self._round.clear()\n        if lived_min:\n",
        ("tests/app/test_exposure.py::test_many_sleepers_are_charged_in_rounds",),
    ),
    Mutation(
        "garbage.never-thawed",
        "cycles that were frozen are kept until the daemon ends",
        "daemon/dreamd/adapters/garbage.py",
        "(gc.unfreeze if idle() else gc.freeze)()",
        "gc.freeze()",
        ("tests/daemon/test_garbage.py",),
    ),
    Mutation(
        "consent.known-for-ever",
        "a consent that is known holds past the end of its hours",
        "daemon/dreamd/app/people/consent_book.py",
        "known[0] is self._of.get(sleeper) and now_s < known[1]:",
        "known[0] is self._of.get(sleeper):",
        ("tests/app/test_consent_book.py",),
    ),
    Mutation(
        "consent.known-of-before",
        "a consent that is known outlives a change",
        "daemon/dreamd/app/people/consent_book.py",
        "known[0] is self._of.get(sleeper) and now_s < known[1]:",
        "now_s < known[1]:",
        ("tests/app/test_consent_book.py",),
    ),
    Mutation(
        "long-work.answer-at-once",
        "the seats of an answer are read in one turn",
        "daemon/dreamd/adapters/grpc/servicers/dreamscapes.py",
        "                await asyncio.sleep(0)  # ten thousand",
        "                pass  # ten thousand",
        ("tests/api/test_long_answers.py",),
    ),
)
