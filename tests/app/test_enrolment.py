"""Codes and credentials while the ledger is slow: one credential a code, and a revocation overtakes all."""

from collections.abc import Callable

import pytest

from dreamd.app.access.enrolment import Coded, Issued
from dreamd.core.access.principals import Kind, Principal
from dreamd.core.dreamscapes.views import Plan, SeatState
from dreamd.core.limits import LEDGER_ANSWERS_WITHIN_S
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger
from fakes.stage import Stage

BED = "bed-1"


def dreaming() -> tuple[Stage, MemoryLedger]:
    """Five dream with grants."""
    ledger = MemoryLedger()
    stage = Stage(5, ledger)
    stage.appear()
    stage.dream()
    stage.hop(8)
    assert stage.coupling(BED) > 0
    return stage, ledger


def coded(stage: Stage) -> str:
    """A code of the bed."""
    made = stage.app.access.enrol(OPERATOR, BED, Kind.BED, ())
    assert isinstance(made, Coded)
    return made.text


def issued(answer: object) -> Issued:
    """The credential in an answer."""
    answer = answer.answer() if isinstance(answer, Deferred) else answer
    assert isinstance(answer, Issued), answer
    return answer


def code_of(answer: object) -> Code | None:
    """The code of a refusal."""
    answer = answer.answer() if isinstance(answer, Deferred) else answer
    return answer.code if isinstance(answer, Refusal) else None


def alive(stage: Stage) -> int:
    """Credentials of the bed that count, in memory; in the ledger there are as many."""
    now_s = stage.clock.now_s()
    held = [one for one in stage.app.principals.credentials_of(BED) if one.alive(now_s)]
    kept = [one for one in stage.ledger.credentials() if one.principal == BED and one.alive(now_s)]
    assert {one.id for one in held} == {one.id for one in kept}
    return len(held)


def test_a_code_shown_by_two_at_once_makes_one_credential_and_pauses_it() -> None:
    """While the first is being written the second is refused, told, and the bed of both is at zero."""
    stage, ledger = dreaming()
    code = coded(stage)
    seen: list[str] = []
    stage.app.journal.subscribe(lambda event: seen.append(event.kind))
    ledger.held = True
    first = stage.app.access.redeem(code)
    assert code_of(stage.app.access.redeem(code)) is Code.CODE_SPENT
    assert "code-reused" in seen
    assert stage.pod(BED).assign is None
    stage.hop(1)
    assert stage.coupling("bed-2") > 0
    ledger.release()
    stage.hop(8)
    issued(first)
    assert alive(stage) == 1
    principal = stage.app.principals.principal(BED)
    assert principal is not None
    assert principal.paused
    assert [one.paused for one in ledger.principals()] == [principal.paused]


def test_no_sleeper_is_bound_in_a_bed_that_is_paused() -> None:
    """Its check-in is refused until the pause is lifted."""
    stage, _ = dreaming()
    code = coded(stage)
    issued(stage.app.access.redeem(code))
    stage.app.access.redeem(code)
    stage.app.pods.check_out(OPERATOR, BED)
    assert code_of(stage.app.pods.check_in(OPERATOR, BED, "sleeper-1")) is Code.PRINCIPAL_PAUSED
    stage.app.access.lift_pause(OPERATOR, BED)
    assert code_of(stage.app.pods.check_in(OPERATOR, BED, "sleeper-1")) is None


def test_no_sleeper_is_bound_in_a_bed_that_is_revoked() -> None:
    """A next Dreamscape leaves it waiting and shows why; enrolled anew, it is admitted."""
    stage, _ = dreaming()
    issued(stage.app.access.redeem(coded(stage)))
    stage.app.access.revoke(OPERATOR, BED, "lost")
    assert stage.pod(BED).assign is None
    stage.app.dreamscapes.end(OPERATOR, "night", "over")
    stage.hop(8)
    stage.app.dreamscapes.create(OPERATOR, Plan("next", 3, 8, ramp_s=10.0, ceiling=0.1))
    stage.hop(8)
    seats = {seat.pod: seat for seat in stage.app.dreamscapes.get("next").seats}
    assert (seats[BED].state, seats[BED].refusal_code) == (SeatState.WAITING, Code.CREDENTIAL_REVOKED.value)
    assert seats["bed-2"].state is SeatState.ADMITTED
    issued(stage.app.access.redeem(coded(stage)))
    stage.hop(8)
    seats = {seat.pod: seat for seat in stage.app.dreamscapes.get("next").seats}
    assert seats[BED].state is SeatState.ADMITTED


def redeems(stage: Stage) -> Callable[[], object]:
    """A code is redeemed."""
    code = coded(stage)
    return lambda: stage.app.access.redeem(code)


def renews(stage: Stage) -> Callable[[], object]:
    """A credential is renewed at half-life."""
    issued(stage.app.access.redeem(coded(stage)))
    return lambda: stage.app.access.renew_credential(Principal(BED, Kind.BED))


@pytest.mark.parametrize("prepared", [redeems, renews])
def test_a_revocation_ends_the_credential_that_is_being_written(
    prepared: Callable[[Stage], Callable[[], object]],
) -> None:
    """Revoked while its write is on the way: nothing is issued, and no credential is alive anywhere."""
    stage, ledger = dreaming()
    begin = prepared(stage)
    ledger.held = True
    answer = begin()
    stage.app.access.revoke(OPERATOR, BED, "lost")
    ledger.release()
    stage.hop(8)
    assert code_of(answer) is Code.CREDENTIAL_REVOKED
    assert alive(stage) == 0
    assert stage.app.bed_accounts.beds() == {}


def test_a_revocation_acts_at_once_and_is_answered_once_it_is_written() -> None:
    """The bed is out in the call; the answer waits for the ledger, without which a restart would undo it."""
    stage, ledger = dreaming()
    issued(stage.app.access.redeem(coded(stage)))
    ledger.held = True
    answer = stage.app.access.revoke(OPERATOR, BED, "lost")
    assert stage.pod(BED).assign is None
    assert all(one.revoked_s for one in stage.app.principals.credentials_of(BED))
    assert isinstance(answer, Deferred)
    assert not answer.settled
    stage.hop(round(LEDGER_ANSWERS_WITHIN_S / 0.25) + 2)
    assert code_of(answer) is Code.LEDGER_UNAVAILABLE
    ledger.release()
    stage.hop(8)
    assert alive(stage) == 0


def test_a_revocation_ends_the_codes_that_are_open() -> None:
    """A code that was made before a revocation gives no credential after it; a new one does."""
    stage, _ = dreaming()
    issued(stage.app.access.redeem(coded(stage)))
    older = coded(stage)
    stage.app.access.revoke(OPERATOR, BED, "lost")
    assert code_of(stage.app.access.redeem(older)) is Code.CODE_EXPIRED
    issued(stage.app.access.redeem(coded(stage)))


def given_up(stage: Stage, ledger: MemoryLedger, begin: Callable[[], object]) -> object:
    """The answer of a call that the ledger had begun to write when it was given up, and writes after."""
    ledger.held = True
    answer = begin()
    waiting = [commit for _, commit in ledger._waiting]
    stage.hop(round(LEDGER_ANSWERS_WITHIN_S / 0.25) + 2)
    for commit in waiting:
        commit.withdrawn = False
    return answer


def test_a_code_that_was_given_up_pauses_no_bed_that_asks_again() -> None:
    """Refused for the ledger's time: its holder asks again and is not taken for another; nothing counts."""
    stage, ledger = dreaming()
    begin = redeems(stage)
    assert code_of(given_up(stage, ledger, begin)) is Code.LEDGER_UNAVAILABLE
    assert code_of(begin()) is Code.CODE_SPENT
    principal = stage.app.principals.principal(BED)
    assert principal is not None
    assert not principal.paused
    ledger.release()
    stage.hop(8)
    assert alive(stage) == 0


def test_a_renewal_that_was_given_up_leaves_the_older_credential() -> None:
    """Refused, and written all the same: the new one is dead, and the older is the bed's at the broker."""
    stage, ledger = dreaming()
    begin = renews(stage)
    before = stage.app.bed_accounts.beds()
    assert code_of(given_up(stage, ledger, begin)) is Code.LEDGER_UNAVAILABLE
    ledger.release()
    stage.hop(8)
    assert alive(stage) == 1
    assert stage.app.bed_accounts.beds() == before


@pytest.mark.parametrize("how", ["broken", "held"])
def test_a_check_out_is_refused_by_no_ledger(how: str) -> None:
    """A ledger that fails, or takes too long: the sleeper is out, the answer is good, and it is written."""
    stage, ledger = dreaming()
    if how == "broken":
        ledger.broken = "the disk is full"
    else:
        ledger.held = True
    answer = stage.app.pods.check_out(OPERATOR, BED)
    assert stage.pod(BED).assign is None
    stage.hop(round(LEDGER_ANSWERS_WITHIN_S / 0.25) + 2)
    assert code_of(answer) is None
    assert stage.app.pods.get(BED).sleeper == ""
    ledger.broken = ""
    ledger.release()
    stage.hop(8)
    assert BED not in ledger.checked_in()
