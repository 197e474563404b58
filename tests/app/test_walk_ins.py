"""Logins of walk-ins: one operator makes them, and cannot reach a sleeper through one."""

import pytest

from dreamd.app.access.enrolment import Coded, Issued
from dreamd.app.access.walk_ins import WALK_IN
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.access.principals import Grant, Kind
from dreamd.core.consent.grant import Grant as ConsentGrant
from dreamd.core.consent.grant import Modality, Scope
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from fakes.ledger import MemoryLedger
from fakes.stage import Stage

OLGA = Caller("olga", Role.OPERATOR, Channel.GRPC)
OTTO = Caller("otto", Role.OPERATOR, Channel.GRPC)
ROOT = Caller("root", Role.ADMIN, Channel.GRPC)
CEDAR = "cedar"


def settled(answer: object) -> object:
    """The answer."""
    return answer.answer() if isinstance(answer, Deferred) else answer


def coded(stage: Stage, sleeper: str = CEDAR) -> Coded:
    """A walk-in's code, made by olga."""
    made = settled(stage.app.access.enrol_sleeper(OLGA, sleeper))
    assert isinstance(made, Coded), made
    return made


def refused(answer: object) -> Code | None:
    """The code of the refusal; None: there is none."""
    answer = settled(answer)
    return answer.code if isinstance(answer, Refusal) else None


def test_a_walk_in_has_the_rights_of_one_sleeper_under_a_random_name() -> None:
    """One role, one sleeper, a person; the name does not tell the pseudonym. A restart keeps the maker."""
    stage = Stage(1)
    made = coded(stage).principal
    assert (made.kind, made.grants) == (Kind.PERSON, (Grant(Role.SLEEPER, sleeper=CEDAR),))
    assert made.name.startswith(WALK_IN)
    assert CEDAR not in made.name
    other = coded(stage, "cedar-2").principal
    assert other.name != made.name
    stage.restart()
    kept = stage.app.principals.logins_of(CEDAR)
    assert [(one.name, one.made_by) for one in kept] == [(made.name, "olga")]


def test_the_maker_of_a_login_does_not_check_the_walk_in_in() -> None:
    """Olga is refused with SAME_PERSON, after a restart and a renewal too; otto checks the sleeper in."""
    stage = Stage(2)
    stage.appear()
    issued = settled(stage.app.access.redeem(coded(stage).text))
    assert isinstance(issued, Issued)
    assert refused(stage.app.pods.check_out(OLGA, "bed-1")) is None
    for turn in range(2):
        if turn:
            stage.restart()
            stage.appear(sleepers=False)
        assert refused(stage.app.pods.check_in(OLGA, "bed-1", CEDAR)) is Code.SAME_PERSON
        assert refused(stage.app.access.renew_credential(issued.principal)) is None
    assert refused(stage.app.pods.check_in(OTTO, "bed-1", CEDAR)) is None
    assert stage.app.pods.bed_of(CEDAR) == "bed-1"


def test_a_second_code_ends_the_first_and_none_is_made_after_a_credential() -> None:
    """A code put aside gives no credential; once one was given, an operator makes no other."""
    stage = Stage(1)
    first, second = coded(stage), coded(stage)
    assert first.principal.name == second.principal.name
    assert refused(stage.app.access.redeem(first.text)) is Code.CODE_EXPIRED
    assert isinstance(settled(stage.app.access.redeem(second.text)), Issued)
    assert refused(stage.app.access.enrol_sleeper(OTTO, CEDAR)) is Code.PRINCIPAL_EXISTS
    assert refused(stage.app.access.revoke(ROOT, second.principal.name, "lost")) is None
    assert refused(stage.app.access.enrol_sleeper(OLGA, CEDAR)) is Code.PRINCIPAL_EXISTS
    again = settled(stage.app.access.enrol(ROOT, second.principal.name, Kind.PERSON, second.principal.grants))
    assert isinstance(again, Coded), "an administrator may"


def test_two_codes_at_once_are_one_login() -> None:
    """While the first is on its way to the ledger another for the same sleeper is refused."""
    ledger = MemoryLedger()
    stage = Stage(1, ledger)
    ledger.held = True
    first = stage.app.access.enrol_sleeper(OLGA, CEDAR)
    assert isinstance(first, Deferred)
    assert refused(stage.app.access.enrol_sleeper(OTTO, CEDAR)) is Code.PRINCIPAL_EXISTS
    ledger.release()
    stage.hop()
    assert isinstance(settled(first), Coded)
    assert len(stage.app.principals.logins_of(CEDAR)) == 1


@pytest.mark.parametrize("known", ["login", "shared login", "consent", "bed"])
def test_no_login_is_made_for_a_sleeper_that_the_house_knows(known: str) -> None:
    """With a login of any kind, a consent, given or withdrawn, or a bed, an operator makes none."""
    stage = Stage(1)
    stage.appear(sleepers=False)
    own = (Grant(Role.SLEEPER, sleeper=CEDAR),)
    if known.endswith("login"):
        more = (Grant(Role.ARTIST, dreamscapes=frozenset("*")),) if known == "shared login" else ()
        assert isinstance(settled(stage.app.access.enrol(ROOT, "c-1", Kind.PERSON, own + more)), Coded)
    elif known == "consent":
        now_s = stage.clock.now_s()
        scopes, modalities = frozenset({Scope.MERGE}), frozenset({Modality.SOUND})
        grant = ConsentGrant(
            CEDAR,
            1,
            scopes,
            modalities,
            0.1,
            now_s + 600.0,
            notice_sha256="a" * 64,
            language="en",
            adult=True,
        )
        own_call = Caller(CEDAR, Role.SLEEPER, Channel.GRPC)
        assert refused(stage.app.consents.grant(own_call, grant)) is None
        stage.app.consents.withdraw(own_call, CEDAR)
    else:
        assert refused(stage.app.pods.check_in(OTTO, "bed-1", CEDAR)) is None
    expected = Code.SLEEPER_ELSEWHERE if known == "bed" else Code.PRINCIPAL_EXISTS
    assert refused(stage.app.access.enrol_sleeper(OLGA, CEDAR)) is expected
    assert refused(stage.app.access.enrol_sleeper(OLGA, "fir")) is None


def test_no_principal_is_made_under_the_name_of_a_walk_in() -> None:
    """An administrator names none so, but may enrol a known one anew, which another person then checks in."""
    stage = Stage(1)
    own = (Grant(Role.SLEEPER, sleeper="fir"),)
    refusal = settled(stage.app.access.enrol(ROOT, f"{WALK_IN}fir", Kind.PERSON, own))
    assert isinstance(refusal, Refusal)
    assert refusal.metadata["field"] == "principal_id"
