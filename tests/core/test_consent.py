"""Consent: hours by the wall clock, grants, states and revisions."""

from dataclasses import replace
from datetime import datetime
from math import isfinite
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dreamd.core.consent.course import (
    Assigned,
    Consent,
    ConsentEffect,
    ConsentState,
    Granted,
    PassedOver,
    Passes,
    PodHolds,
    Restored,
    Withdrawn,
    asks,
    step,
)
from dreamd.core.consent.grant import Asked, Grant, Held, Modality, Scope, grant_fault, needed
from dreamd.core.consent.hours import Hours
from dreamd.core.guidelines.bundle import window
from dreamd.core.guidelines.forms import Window
from dreamd.core.refusals import Code, Refusal

NIGHT = window("22:00/07:00")
assert NIGHT is not None
ZURICH = Hours(NIGHT, "Europe/Zurich")
NOW = datetime(2026, 11, 30, 23, 0, tzinfo=ZoneInfo("Europe/Zurich")).timestamp()
GRANT = Grant(
    "s-1",
    1,
    frozenset({Scope.MERGE}),
    frozenset({Modality.SOUND}),
    ceiling=0.12,
    expires_s=NOW + 30 * 86400.0,
    notice_sha256="a" * 64,
    language="en",
    at_s=NOW,
    adult=True,
)


def at(text: str, zone: str = "Europe/Zurich") -> float:
    """Return the unix time of a wall-clock reading; the first one, of a time that is shown twice."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def after(consent: Consent, event: object, now_s: float = NOW) -> Consent:
    """Return the consent after the event, which is not refused."""
    stepped = step(consent, event, now_s)  # type: ignore[arg-type]
    assert not isinstance(stepped, Refusal), stepped
    return stepped[0]


def effects(consent: Consent, event: object, now_s: float = NOW) -> tuple[ConsentEffect, ...]:
    """Return the effects of the event, which is not refused."""
    stepped = step(consent, event, now_s)  # type: ignore[arg-type]
    assert not isinstance(stepped, Refusal), stepped
    return stepped[1]


GIVEN = after(Consent(), Granted(GRANT))

# -- hours --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hours_long"), [("2026-10-24", 10.0), ("2026-03-28", 8.0), ("2026-06-01", 9.0)]
)
def test_a_night_lasts_as_long_as_its_clock_says(day: str, hours_long: float) -> None:
    """22:00 to 07:00 in Zurich lasts 10 h as the clock goes back, 8 h as it goes forward, else 9."""
    opens_s = at(f"{day}T22:00")
    assert ZURICH.open_until_s(opens_s) - opens_s == hours_long * 3600.0
    assert ZURICH.open_until_s(opens_s - 1.0) == 0.0
    closes_s = opens_s + hours_long * 3600.0
    assert ZURICH.open_until_s(closes_s - 1.0) == closes_s
    assert ZURICH.open_until_s(closes_s) == 0.0
    assert ZURICH.opens_s(closes_s) > closes_s


@pytest.mark.parametrize(
    ("text", "zone", "opens", "closes"),
    [
        # 02:30 does not exist on 2026-03-29: the window closes as the clock jumps to 03:00.
        ("22:00/02:30", "Europe/Zurich", "2026-03-28T21:00", "2026-03-29T01:00"),
        # 02:30 comes twice on 2026-10-25: the window closes the first time, and stays closed.
        ("22:00/02:30", "Europe/Zurich", "2026-10-24T20:00", "2026-10-25T00:30"),
        # It opens at a time that comes twice: the first time.
        ("02:30/06:00", "Europe/Zurich", "2026-10-25T00:30", "2026-10-25T05:00"),
        # Half an hour of difference, in the south.
        ("22:00/07:00", "Australia/Lord_Howe", "2026-04-04T11:00", "2026-04-04T20:30"),
        ("09:00/17:00", "UTC", "2026-01-01T09:00", "2026-01-01T17:00"),
        # Midnight does not exist on 2026-04-24: the day begins at 01:00.
        ("00:00/06:00", "Africa/Cairo", "2026-04-23T22:00", "2026-04-24T03:00"),
    ],
)
def test_a_window_opens_and_closes_once(text: str, zone: str, opens: str, closes: str) -> None:
    """Readings that a clock skips or shows twice: one opening and one end a night, to the second, in UTC."""
    opened = window(text)
    assert opened is not None
    hours = Hours(opened, zone)
    opens_s, closes_s = at(opens, "UTC"), at(closes, "UTC")
    assert hours.open_until_s(opens_s - 1.0) in (0.0, opens_s)
    lit = [m for m in range(int(opens_s) - 1800, int(closes_s) + 7200, 300) if hours.open_until_s(float(m))]
    assert (lit[0], lit[-1] + 300) == (opens_s, closes_s)
    assert {hours.open_until_s(float(m)) for m in lit} == {closes_s}


def test_consent_ends_with_the_least_of_hours_and_expiry() -> None:
    """`until_s` is the end of the open window, or an earlier expiry; outside the window nothing holds."""
    given = replace(GRANT, hours=ZURICH)
    closes_s = at("2026-12-01T07:00")
    assert given.held.until_s(NOW) == closes_s
    assert replace(given, expires_s=NOW + 60.0).held.until_s(NOW) == NOW + 60.0
    assert given.held.until_s(closes_s) == 0.0
    assert GRANT.held.until_s(GRANT.expires_s) == 0.0
    assert GRANT.held.until_s(float("nan")) == 0.0


# -- grants -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"adult": False}, "grant.adult"),
        ({"scopes": frozenset()}, "grant.scopes"),
        ({"modalities": frozenset()}, "grant.modalities"),
        ({"ceiling": 0.151}, "grant.ceiling"),
        ({"ceiling": float("nan")}, "grant.ceiling"),
        ({"ceiling": 0.0}, "grant.ceiling"),
        ({"scopes": frozenset({Scope.RECORD})}, "grant.ceiling"),
        ({"artist_share": 0.1}, "grant.artist_share"),
        ({"scopes": frozenset({Scope.MERGE, Scope.PERFORM}), "artist_share": 0.51}, "grant.artist_share"),
        ({"expires_s": NOW}, "grant.expire_time"),
        ({"expires_s": NOW + 90 * 86400.0 + 1.0}, "grant.expire_time"),
        ({"expires_s": float("inf")}, "grant.expire_time"),
        ({"hours": Hours(Window(60, 60), "UTC")}, "grant.hours"),
        ({"hours": Hours(Window(60, 90), "Europe/Zurick")}, "grant.zone"),
        ({"hours": Hours(Window(60, 90), "../etc/passwd")}, "grant.zone"),
        ({"duo": ("DUO:0000006",)}, "grant.duo"),
        ({"scopes": frozenset({Scope.MERGE, Scope.RESEARCH}), "duo": ("HMB",)}, "grant.duo"),
        ({"notice_sha256": ""}, "grant.notice_sha256"),
        ({"language": "English!"}, "grant.language"),
    ],
)
def test_a_faulty_grant_is_refused_by_field(change: dict[str, object], field: str) -> None:
    """Nothing is pre-ticked and no number is out of bounds; the refusal names the field."""
    assert grant_fault(GRANT) is None
    fault = grant_fault(replace(GRANT, **change))  # type: ignore[arg-type]
    assert fault is not None
    assert fault.metadata["field"] == field


@pytest.mark.parametrize(
    ("plan", "scopes"),
    [
        ({"intimate": False, "artist_share": 0.0, "record": False}, {Scope.MERGE}),
        ({"intimate": True, "artist_share": 0.0, "record": False}, {Scope.MERGE, Scope.INTIMATE}),
        ({"intimate": False, "artist_share": 0.1, "record": False}, {Scope.MERGE, Scope.PERFORM}),
        ({"intimate": False, "artist_share": float("nan"), "record": False}, {Scope.MERGE, Scope.PERFORM}),
        ({"intimate": False, "artist_share": 0.0, "record": True}, {Scope.MERGE, Scope.RECORD}),
    ],
)
def test_each_path_asks_its_own_scope(plan: dict[str, object], scopes: set[Scope]) -> None:
    """An intimate plan, an artist's share and a recording ask one scope each; nothing implies another."""
    asked = needed(**plan)  # type: ignore[arg-type]
    assert asked.scopes == scopes
    for scope in scopes - {Scope.MERGE}:
        refusal = asks(GIVEN, asked, NOW)
        assert refusal is not None
        assert (refusal.code, refusal.metadata["scope"]) == (Code.CONSENT_MISSING, scope.value)
    share = 0.1 if Scope.PERFORM in scopes else 0.0
    whole = after(Consent(), Granted(replace(GRANT, scopes=frozenset(scopes), artist_share=share)))
    assert (asks(whole, asked, NOW) is None) == isfinite(asked.artist_share)


def test_a_plan_with_a_larger_artists_share_than_granted_names_the_limit() -> None:
    """A grant of a tenth is enough for a tenth and not for more; the refusal has limit and value."""
    scopes = frozenset({Scope.MERGE, Scope.PERFORM})
    given = after(Consent(), Granted(replace(GRANT, scopes=scopes, artist_share=0.1)))
    assert asks(given, Asked(scopes, 0.1), NOW) is None
    refusal = asks(given, Asked(scopes, 0.25), NOW)
    assert refusal is not None
    assert refusal.metadata == {"scope": "perform", "limit": "0.1", "value": "0.25"}


# -- states -------------------------------------------------------------------------------------------


def test_a_narrower_grant_holds_in_the_next_message_and_a_wider_one_at_the_next_assign() -> None:
    """.12 to .05 acts at once; .05 to .15 waits for the assign; mixed grants do both."""
    narrow = replace(GRANT, revision=2, ceiling=0.05)
    assert effects(GIVEN, Granted(narrow)) == (ConsentEffect.NARROW,)
    low = after(GIVEN, Granted(narrow))
    wide = replace(GRANT, revision=3, ceiling=0.15)
    assert effects(low, Granted(wide)) == (ConsentEffect.AT_ASSIGN,)
    waiting = after(low, Granted(wide))
    assert waiting.held.ceiling == 0.05
    assert after(waiting, Assigned()).held.ceiling == 0.15
    mixed = replace(GRANT, revision=2, ceiling=0.05, modalities=frozenset(Modality))
    assert effects(GIVEN, Granted(mixed)) == (ConsentEffect.NARROW, ConsentEffect.AT_ASSIGN)
    both = after(GIVEN, Granted(mixed))
    assert (both.held.ceiling, both.held.modalities) == (0.05, frozenset({Modality.SOUND}))
    assert effects(GIVEN, Granted(GRANT)) == ()


def test_a_grant_of_which_nothing_holds_now_goes_to_zero_until_the_next_assign() -> None:
    """Other hours, or no scope in common: zero at once, and the new grant at the next assign."""
    noon = window("10:00/12:00")
    assert noon is not None
    other = replace(GRANT, revision=2, hours=Hours(noon, "Europe/Zurich"))
    assert effects(GIVEN, Granted(other)) == (ConsentEffect.ZERO, ConsentEffect.AT_ASSIGN)
    assert after(GIVEN, Granted(other)).until_s(NOW) == 0.0
    later_s = at("2026-12-01T10:30")
    lived = after(after(GIVEN, Granted(other)), Passes(), later_s)
    assert after(lived, Assigned(), later_s).until_s(later_s) == at("2026-12-01T12:00")


def test_the_shorter_of_two_expiries_holds_until_the_next_assign() -> None:
    """A longer grant does not lengthen a running merge: it ends at the first expiry, then may be assigned."""
    short = after(Consent(), Granted(replace(GRANT, expires_s=NOW + 60.0)))
    both = after(short, Granted(replace(GRANT, revision=2)))
    assert both.until_s(NOW) == NOW + 60.0
    assert effects(both, Passes(), NOW + 60.0) == (ConsentEffect.ZERO, ConsentEffect.AT_ASSIGN)
    ended = after(both, Passes(), NOW + 60.0)
    assert (ended.state, ended.until_s(NOW + 60.0)) == (ConsentState.GIVEN, 0.0)
    assert after(ended, Assigned(), NOW + 61.0).until_s(NOW + 61.0) == GRANT.expires_s


@pytest.mark.parametrize("state", list(ConsentState))
def test_withdrawing_is_possible_in_every_state(state: ConsentState) -> None:
    """From any state: zero, nothing held, the revision kept; a second time too."""
    consent = replace(GIVEN, state=state, revision=4)
    assert ConsentEffect.ZERO in effects(consent, Withdrawn())
    gone = after(consent, Withdrawn())
    assert (gone.state, gone.revision, gone.held, gone.until_s(NOW)) == (
        ConsentState.WITHDRAWN,
        4,
        Held(),
        0.0,
    )
    refusal = asks(gone, Asked(), NOW)
    assert refusal is not None
    assert refusal.code is Code.CONSENT_MISSING


@pytest.mark.parametrize("revision", [0, 1, 2, 4, 99])
def test_only_the_next_revision_is_taken(revision: int) -> None:
    """A replayed older grant, an equal one after a withdrawal, and one that skips are stale."""
    gone = replace(after(GIVEN, Withdrawn()), revision=2)
    refused = step(gone, Granted(replace(GRANT, revision=revision)), NOW)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.CONSENT_STALE
    assert after(gone, Granted(replace(GRANT, revision=3))).state is ConsentState.GIVEN


def test_a_pod_that_has_seen_more_raises_the_next_revision() -> None:
    """After a lost ledger the next grant is above what the pod has on disk."""
    told = after(Consent(), PodHolds(7))
    assert isinstance(step(told, Granted(GRANT), NOW), Refusal)
    assert after(told, Granted(replace(GRANT, revision=8))).revision == 8
    for revision in (0, GIVEN.revision):
        assert after(GIVEN, PodHolds(revision)) == GIVEN


def test_a_grant_below_that_of_a_pod_is_suspended() -> None:
    """A pod has seen a newer yes than the ledger has: zero, and only a grant above both holds again."""
    newer = GIVEN.revision + 4
    assert effects(GIVEN, PodHolds(newer)) == (ConsentEffect.ZERO,)
    told = after(GIVEN, PodHolds(newer))
    assert (told.state, told.revision, told.held) == (ConsentState.SUSPENDED, newer, Held())
    assert isinstance(step(told, Granted(replace(GRANT, revision=newer)), NOW), Refusal)
    again = after(told, Granted(replace(GRANT, revision=newer + 1)))
    assert (again.state, again.revision) == (ConsentState.GIVEN, newer + 1)
    gone = after(after(GIVEN, Withdrawn()), PodHolds(newer))
    assert (gone.state, gone.revision) == (ConsentState.WITHDRAWN, newer)
    assert after(GIVEN, PassedOver(newer)).held == GIVEN.held, "a number passed over takes nothing away"


def test_hours_end_a_consent_and_open_it_again() -> None:
    """At the end of the hours it is EXPIRED with zero; it holds again in the evening, not past expiry."""
    nightly = after(Consent(), Granted(replace(GRANT, hours=ZURICH)))
    closes_s, evening_s = at("2026-12-01T07:00"), at("2026-12-01T22:00")
    assert effects(nightly, Passes(), closes_s) == (ConsentEffect.ZERO,)
    morning = after(nightly, Passes(), closes_s)
    assert morning.state is ConsentState.EXPIRED
    refusal = asks(morning, Asked(), closes_s)
    assert refusal is not None
    assert refusal.code is Code.CONSENT_HOURS
    assert effects(morning, Passes(), evening_s) == (ConsentEffect.AT_ASSIGN,)
    assert after(morning, Passes(), evening_s).until_s(evening_s) == at("2026-12-02T07:00")
    over = after(morning, Passes(), GRANT.expires_s)
    assert over.state is ConsentState.EXPIRED
    refusal = asks(over, Asked(), GRANT.expires_s)
    assert refusal is not None
    assert refusal.code is Code.CONSENT_MISSING


def test_a_grant_before_its_hours_waits_for_them() -> None:
    """Given at noon for the night it is GIVEN, allows nothing yet, and opens at ten in the evening."""
    noon_s, opens_s = at("2026-11-30T12:00"), at("2026-11-30T22:00")
    given = after(Consent(), Granted(replace(GRANT, hours=ZURICH, at_s=noon_s)), noon_s)
    assert effects(given, Passes(), opens_s - 1.0) == ()
    assert given.until_s(opens_s - 1.0) == 0.0
    assert given.until_s(opens_s) == at("2026-12-01T07:00")


@pytest.mark.parametrize("state", [s for s in ConsentState if s is not ConsentState.NONE])
def test_a_restored_ledger_suspends_what_was_given(state: ConsentState) -> None:
    """A grant that stood is asked anew; a withdrawal stays one."""
    consent = replace(GIVEN, state=state)
    restored = after(consent, Restored())
    given = state in (ConsentState.GIVEN, ConsentState.EXPIRED, ConsentState.SUSPENDED)
    assert restored.state is (ConsentState.SUSPENDED if given else ConsentState.WITHDRAWN)
    assert restored.until_s(NOW) == 0.0


class ConsentMachine(RuleBasedStateMachine):
    """A sleeper that grants, withdraws, is assigned, over time; beside it what is known by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.consent, self.now_s = Consent(), NOW
        self.lived: list[Grant] = []  # the grants since the last assign, the one assigned first
        self.given = False

    @rule(
        ceiling=st.sampled_from([0.02, 0.07, 0.15]),
        lasts_s=st.sampled_from([100.0, 3600.0, 40_000.0]),
        scopes=st.frozensets(st.sampled_from([Scope.INTIMATE, Scope.RECORD])),
        nightly=st.booleans(),
    )
    def grant(self, ceiling: float, lasts_s: float, scopes: frozenset[Scope], nightly: bool) -> None:
        """The sleeper grants the next revision."""
        grant = replace(
            GRANT,
            revision=self.consent.revision + 1,
            ceiling=ceiling,
            scopes=scopes | {Scope.MERGE},
            expires_s=self.now_s + lasts_s,
            hours=ZURICH if nightly else None,
        )
        self.time_passes(0.0)
        if not self.given:
            self.lived = []
        self.given = True
        self.lived.append(grant)
        self.consent = after(self.consent, Granted(grant), self.now_s)

    @rule()
    def withdraw(self) -> None:
        """The sleeper withdraws."""
        self.consent = after(self.consent, Withdrawn(), self.now_s)
        self.given, self.lived = False, []

    @rule()
    def restore(self) -> None:
        """The ledger is restored."""
        self.consent = after(self.consent, Restored(), self.now_s)
        self.given, self.lived = False, []

    @precondition(lambda self: self.given)
    @rule()
    def assign(self) -> None:
        """The sleeper is assigned, where the newest grant holds."""
        self.time_passes(0.0)
        self.consent = after(self.consent, Assigned(), self.now_s)
        self.lived = self.lived[-1:]

    @rule(grown_s=st.sampled_from([30.0, 1000.0, 10_000.0, 50_000.0]))
    def time_passes(self, grown_s: float) -> None:
        """Time passes, and the daemon looks."""
        self.now_s += grown_s
        self.consent = after(self.consent, Passes(), self.now_s)

    @rule(revision=st.integers(0, 3))
    def replay(self, revision: int) -> None:
        """An older grant comes again."""
        grant = replace(GRANT, revision=min(revision, self.consent.revision), ceiling=0.149)
        assert isinstance(step(self.consent, Granted(grant), self.now_s), Refusal)

    @invariant()
    def what_holds_is_in_every_grant_since_the_assign(self) -> None:
        """Nothing is coupled that one of the grants since the last assign does not allow at this instant."""
        until_s = self.consent.until_s(self.now_s)
        if until_s == 0.0:
            return
        assert self.given
        newest = self.lived[-1]
        assert self.now_s < until_s <= newest.held.until_s(self.now_s)
        assert self.consent.held.ceiling <= newest.ceiling
        assert self.consent.held.scopes <= newest.scopes

    @invariant()
    def an_assign_would_hold_the_newest_grant(self) -> None:
        """The newest grant is what an assign uses: neither less nor more."""
        assigned = after(after(self.consent, Passes(), self.now_s), Assigned(), self.now_s)
        expected = self.lived[-1].held.until_s(self.now_s) if self.given else 0.0
        assert assigned.until_s(self.now_s) == expected


TestConsentMachine = ConsentMachine.TestCase
TestConsentMachine.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
