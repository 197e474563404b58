"""Guests of intimate Dreamscapes: seated by acceptances that cover everyone, and out at once."""

from typing import Final

from mutate.mutation import Mutation

_COURSE, _TESTS_COURSE = "daemon/dreamd/core/invitations/course.py", "tests/core/test_invitations.py"
_BOOK, _TESTS = "daemon/dreamd/app/invitations/guest_book.py", "tests/app/test_invitations.py"

GUESTS: Final = (
    Mutation(
        "guests.covers",
        "an acceptance covers whoever comes onto the list later",
        _COURSE,
        "return not self.declined and self.accepted >= other.since",
        "return not self.declined and self.accepted > 0",
        (_TESTS_COURSE,),
    ),
    Mutation(
        "guests.others",
        "a guest is seated whether or not the seated have accepted them",
        _COURSE,
        "lacks = len(found) - len(covering)",
        "lacks = 0",
        (_TESTS_COURSE,),
    ),
    Mutation(
        "guests.revision",
        "an acceptance of an older list counts for the new one",
        _COURSE,
        "if revision != invitation.revision:",
        "if False:",
        (_TESTS_COURSE,),
    ),
    Mutation(
        "guests.voided",
        "a revision that was lost with a ledger is given again",
        _COURSE,
        "revision = max(invitation.revision + 1, int(now_s))",
        "revision = invitation.revision",
        (_TESTS_COURSE,),
    ),
    Mutation(
        "guests.admission",
        "an intimate seat asks for no invitation",
        "daemon/dreamd/core/dreamscapes/admission.py",
        "no = candidate.uninvited",
        "no = None",
        ("tests/core/test_admission.py",),
    ),
    Mutation(
        "guests.beside",
        "a guest that waits for the ledger does not count as seated",
        "daemon/dreamd/app/dreamscapes/seating/admission.py",
        "if one.pod != record.pod and _is_seated(one)",
        "if one.pod != record.pod and one.slot is not None and False",
        (_TESTS,),
    ),
    Mutation(
        "guests.released",
        "a guest that declines keeps the seat",
        "daemon/dreamd/app/dreamscapes/guest_seats.py",
        "runtime.dreamscape.assignment.release_for(seat, Cause.WITHDRAWN)",
        "pass",
        (_TESTS,),
    ),
    Mutation(
        "guests.overtaken",
        "an acceptance on its way counts after the guest has declined",
        _BOOK,
        "overtaken = key not in self._accepting",
        "overtaken = False",
        (_TESTS,),
    ),
    Mutation(
        "guests.withdrawn",
        "an acceptance outlives the consent",
        "daemon/dreamd/app/dreamscapes/guest_seats.py",
        "if self._deps.consents.standing(sleeper).withdrawn:",
        "if False:",
        (_TESTS,),
    ),
    Mutation(
        "guests.restored",
        "a ledger that is restored under a running daemon keeps every acceptance",
        "daemon/dreamd/app/dreamscapes/suspension.py",
        "dependencies.invitations.void_all()",
        "pass",
        (_TESTS,),
    ),
    Mutation(
        "guests.restored-at-start",
        "a ledger that was restored before the start keeps every acceptance",
        "daemon/dreamd/app/durability/generation.py",
        "doubts = doubts.plus(asked_anew)",
        "pass",
        (_TESTS,),
    ),
    Mutation(
        "guests.no-seat",
        "a sleeper of no list holds a seat that a guest needs",
        _BOOK,
        "if guest is None or guest.declined:\n            return False",
        "if guest is None or guest.declined:\n            return True",
        (_TESTS,),
    ),
)
