"""Admission as a pure function: credential, effect, role, scope, in this order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamd.core.access.admission import Admitted, Target, admit, in_scope
from dreamd.core.access.caller import Role
from dreamd.core.access.codes import LIVES_S, TRIES_MAX, Fate, code_text, parse_code
from dreamd.core.access.codes import Code as EnrolmentCode
from dreamd.core.access.principals import (
    DAY_S,
    Credential,
    Grant,
    Kind,
    Principal,
    digest_of,
    parse_token,
    token_of,
)
from dreamd.core.access.rates import Bucket, Rate
from dreamd.core.access.rules import Effect, Own, Rule
from dreamd.core.refusals import Code, Refusal

NOW_S = 1_000_000.0
SECRET = "a" * 52
FREES = Rule("SeverDreamscape", Effect.FREES, frozenset({Role.OPERATOR, Role.SLEEPER}), Own.DREAMSCAPE)
BINDS = Rule("StartDreamscape", Effect.BINDS, frozenset({Role.OPERATOR, Role.SERVICE}), Own.DREAMSCAPE)
READS = Rule("GetPod", Effect.READS, frozenset(Role) - {Role.DAEMON}, Own.POD)
RESETS = Rule(
    "ResetBreaker", Effect.BINDS, frozenset({Role.OPERATOR, Role.SERVICE}), Own.BREAKER, person=True
)


class Where:
    """Two sites: bed-1 with ada and bed-2 in a, bed-9 in b. `night` spans a, `both` spans a and b."""

    def site_of(self, pod: str) -> str:
        return {"bed-1": "a", "bed-2": "a", "bed-9": "b"}.get(pod, "")

    def sites_of(self, dreamscape: str) -> frozenset[str]:
        return {"night": frozenset("a"), "both": frozenset("ab")}.get(dreamscape, frozenset())

    def sleeper_in(self, pod: str) -> str:
        return {"bed-1": "ada"}.get(pod, "")

    def dreamscape_of(self, sleeper: str) -> str:
        return {"ada": "night"}.get(sleeper, "")

    def bed_of(self, sleeper: str) -> str:
        return {"ada": "bed-1"}.get(sleeper, "")


def person(*grants: Grant, kind: Kind = Kind.PERSON) -> Principal:
    """Anna, with these grants."""
    return Principal("anna", kind, grants)


def credential(**changes: float) -> Credential:
    """Her credential, alive for ten more seconds."""
    made = Credential("c1", "anna", digest_of(SECRET), NOW_S - 10.0, NOW_S + 10.0)
    return replace(made, **changes)  # type: ignore[arg-type]


OPERATOR_A = Grant(Role.OPERATOR, sites=frozenset("a"))


def code_of(judged: Admitted | Refusal) -> Code | None:
    """The code of a refusal; None where it is none."""
    return judged.code if isinstance(judged, Refusal) else None


@pytest.mark.parametrize(
    ("rule", "changes", "code"),
    [
        (FREES, {}, None),
        (BINDS, {}, None),
        (FREES, {"expires_s": NOW_S - DAY_S + 1.0}, None),
        (FREES, {"expires_s": NOW_S - DAY_S - 1.0}, Code.CREDENTIAL_EXPIRED),
        (BINDS, {"expires_s": NOW_S - 1.0}, Code.CREDENTIAL_EXPIRED),
        (FREES, {"revoked_s": NOW_S - 1.0}, Code.CREDENTIAL_REVOKED),
        (BINDS, {"ends_s": NOW_S - 1.0}, Code.CREDENTIAL_EXPIRED),
        (FREES, {"ends_s": NOW_S - 1.0}, None),
        (FREES, {"expires_s": float("nan")}, Code.CREDENTIAL_EXPIRED),
        (BINDS, {"expires_s": float("nan")}, Code.CREDENTIAL_EXPIRED),
    ],
)
def test_an_expired_credential_frees_for_a_day_and_binds_no_more(
    rule: Rule, changes: dict[str, float], code: Code | None
) -> None:
    """A way out is open for 24 h after the expiry, a binding call is not; a revoked one does nothing."""
    assert code_of(admit(rule, person(OPERATOR_A), credential(**changes), NOW_S)) is code


def test_a_paused_principal_still_frees() -> None:
    """A pause stops what binds and reads, and no way out."""
    paused = replace(person(OPERATOR_A), paused="its code was shown a second time")
    assert code_of(admit(BINDS, paused, credential(), NOW_S)) is Code.PRINCIPAL_PAUSED
    assert code_of(admit(FREES, paused, credential(), NOW_S)) is None


def test_a_service_calls_its_methods_alone_and_none_that_needs_a_person() -> None:
    """A service has the methods of its grant; a method for people refuses it although its role is named."""
    service = person(Grant(Role.SERVICE, sites=frozenset("a"), methods=frozenset({"StartDreamscape"})))
    service = replace(service, kind=Kind.SERVICE)
    assert code_of(admit(BINDS, service, credential(), NOW_S)) is None
    assert code_of(admit(READS, service, credential(), NOW_S)) is Code.ROLE_LACKING
    assert code_of(admit(RESETS, service, credential(), NOW_S)) is Code.PERSON_NEEDED


def test_a_bed_and_a_service_look_after_their_own_credential_without_a_grant() -> None:
    """A bed without grants, and a service that was granted one method, renew their own; neither does more."""
    own = Rule("RenewCredential", Effect.GOVERNS, frozenset({Role.BED, Role.SERVICE}), Own.SELF)
    other = Rule("ListPods", Effect.READS, frozenset({Role.OPERATOR, Role.SERVICE}), Own.POD)
    service = person(Grant(Role.SERVICE, methods=frozenset({"WatchPods"})), kind=Kind.SERVICE)
    for principal in (person(kind=Kind.BED), service):
        assert code_of(admit(own, principal, credential(), NOW_S)) is None
        assert code_of(admit(other, principal, credential(), NOW_S)) is Code.ROLE_LACKING
    assert code_of(admit(own, person(), credential(), NOW_S)) is Code.ROLE_LACKING


SCOPES = [
    # rule, grant, target, reached
    (BINDS, OPERATOR_A, Target(dreamscapes=("night",)), True),
    (BINDS, OPERATOR_A, Target(dreamscapes=("both",)), False),
    (READS, OPERATOR_A, Target(dreamscapes=("both",)), True),
    (FREES, OPERATOR_A, Target(dreamscapes=("both",)), True),
    (FREES, OPERATOR_A, Target(dreamscapes=("unknown",)), True),
    (BINDS, OPERATOR_A, Target(dreamscapes=("unknown",)), False),
    (READS, OPERATOR_A, Target(pods=("bed-9",)), False),
    (READS, OPERATOR_A, Target(pods=("unknown",)), False),
    (READS, Grant(Role.OPERATOR, sites=frozenset("*")), Target(pods=("unknown",)), True),
    (BINDS, Grant(Role.OPERATOR, sites=frozenset("ab")), Target(fleet=True), False),
    (READS, Grant(Role.AUDITOR), Target(pods=("bed-9",)), True),
    (READS, Grant(Role.SLEEPER, sleeper="ada"), Target(pods=("bed-1",)), True),
    (READS, Grant(Role.SLEEPER, sleeper="ada"), Target(pods=("bed-2",)), False),
    (READS, Grant(Role.SLEEPER), Target(pods=("bed-2",)), False),
    (READS, Grant(Role.SLEEPER, sleeper="ada"), Target(dreamscapes=("night",)), True),
    (READS, Grant(Role.SLEEPER, sleeper="eve"), Target(dreamscapes=("night",)), False),
    (FREES, Grant(Role.SLEEPER, sleeper="ada"), Target(dreamscapes=("night",)), False),
    (FREES, Grant(Role.SLEEPER, sleeper="ada"), Target(sleepers=("ada",)), True),
    (FREES, Grant(Role.SLEEPER, sleeper="ada"), Target(sleepers=("ada",), fleet=True), False),
    (READS, Grant(Role.ARTIST, dreamscapes=frozenset({"night"})), Target(dreamscapes=("night",)), True),
    (READS, Grant(Role.ARTIST, dreamscapes=frozenset({"ni*"})), Target(dreamscapes=("night",)), True),
    (READS, Grant(Role.ARTIST, dreamscapes=frozenset({"night"})), Target(dreamscapes=("both",)), False),
]


@pytest.mark.parametrize(("rule", "grant", "target", "reached"), SCOPES)
def test_a_scope_reaches_its_own_and_nothing_else(
    rule: Rule, grant: Grant, target: Target, reached: bool
) -> None:
    """Each role reaches what its grant names; what frees is not bound to a site."""
    judged = in_scope(rule, Admitted(person(grant), "c1", (grant,)), target, Where())
    assert code_of(judged) is (None if reached else Code.OUT_OF_SCOPE)


@given(st.text(max_size=90))
def test_a_token_is_read_as_it_was_written_and_any_other_text_is_none(text: str) -> None:
    """Reading a credential's text never raises, and gives back what was written."""
    assert parse_token(token_of("abc", SECRET)) == ("abc", SECRET)
    assert parse_code(code_text("abc", "xyz")) == ("abc", "xyz")
    found = parse_token(text)
    assert found is None or token_of(*found) == text


def test_a_code_is_good_once_for_a_quarter_of_an_hour_and_dies_of_ten_wrong_secrets() -> None:
    """The fate of a code: good, late, spent, and dead even for the right secret after ten wrong ones."""
    code = EnrolmentCode("k", "anna", digest_of("right"), NOW_S + LIVES_S)
    assert code.fate("right", NOW_S) is Fate.GOOD
    assert code.fate("wrong", NOW_S) is Fate.WRONG
    assert code.fate("right", NOW_S + LIVES_S) is Fate.LATE
    assert replace(code, made="c1").fate("right", NOW_S) is Fate.SPENT
    assert replace(code, tries=TRIES_MAX).fate("right", NOW_S) is Fate.DEAD
    assert replace(code, expires_s=float("nan")).fate("right", NOW_S) is Fate.LATE


@given(st.lists(st.floats(-1.0, 3.0), max_size=200))
def test_a_bucket_gives_no_more_than_its_rate(steps: list[float]) -> None:
    """Over any time, steps back included, at most `at_once` and the rate's share are taken."""
    bucket, now_s, newest_s, taken = Bucket.full(Rate(5.0, 10.0), 0.0), 0.0, 0.0, 0
    for step in steps:
        now_s += step
        newest_s = max(newest_s, now_s)
        taken += bucket.take_call(now_s) == 0.0
    assert taken <= 10.0 + 5.0 * newest_s + 1e-6
