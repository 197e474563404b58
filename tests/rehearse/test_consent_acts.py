"""Acts of sleepers in a rehearsal: those that hold, and each way in which one does not."""

from collections.abc import Callable
from datetime import UTC, datetime
from math import nan

import pytest

from dreamd.rehearsal.act_driver import hours_until, next_minute
from dreamd.rehearsal.consent_acts import Act, ActKind
from dreamd.rehearsal.group_history import CrowdRecord
from dreamd.rehearsal.report import Page, page
from dreamd.rehearsal.run import lines
from dreamd.rehearsal.verdict import figures, verdict
from dreamd.up.report.night_history import Record
from rehearse.stories import COUNT, ORIGIN, T0_NS, Story, at, told_of

ACTS_S = 20.0
AGAIN_S = 26.0
HOPS = 4 * 40
Shares = Callable[[float], float]


class Night(Story):
    """Ten sleepers, merged at 1 s; bed-3 acts at 20 s."""

    def __init__(self, kind: ActKind, **stamps_s: float) -> None:
        super().__init__(kind.value, ("bed-3",))
        self.books.onsets.clear()
        stamps = {f"{name}_ns": at(seconds) for name, seconds in stamps_s.items()}
        self.act = self.books.acts.begin_act("bed-3", Act(kind, at(ACTS_S), **stamps))

    def leave(self, pod: str, seconds: float, reason: str) -> None:
        """A pod is released for this reason, and alone 50 ms later."""
        stamps = {"evidence_ns": at(seconds), "zero_ns": at(seconds), "detail": reason}
        self.say(pod, seconds, "severed", cause="release", **stamps)
        self.say(pod, seconds + 0.05, "alone", cause="release", **stamps | {"alone_ns": at(seconds + 0.05)})

    def render(self, shares: Shares) -> None:
        """Forty seconds of hops from the act on, with the share by the seconds since."""
        for hop in range(HOPS):
            since_s = 0.1 + hop / 4
            self.say("bed-3", ACTS_S + since_s, "hop", applied=shares(since_s))

    def come_home(self) -> None:
        """The night closes, and all are alone."""
        self.account.closing = True
        for number in range(1, COUNT + 1):
            self.say(f"bed-{number}", 61.0, "alone", alone_ns=at(61.0))


def ended(kind: ActKind, after_s: float, reason: str, later: float = 0.0) -> Night:
    """bed-3 is released so long after the act; it renders `later` from five seconds on."""
    night = Night(kind)
    night.leave("bed-3", ACTS_S + after_s, reason)
    night.render(lambda since_s: 0.15 if since_s < after_s else later if since_s > 5.0 else 0.0)
    night.come_home()
    return night


@pytest.mark.parametrize(
    ("kind", "after_s", "reason", "later", "holds"),
    [
        (ActKind.WITHDRAWS, 0.05, "withdraw", 0.0, True),
        (ActKind.WITHDRAWS, 0.49, "withdraw", 0.0, True),
        (ActKind.WITHDRAWS, 0.51, "withdraw", 0.0, False),
        (ActKind.WITHDRAWS, -0.1, "withdraw", 0.0, False),
        (ActKind.WITHDRAWS, 0.05, "checked out", 0.0, False),
        (ActKind.WITHDRAWS, 0.05, "withdraw", 0.01, False),
        (ActKind.WITHDRAWS, 0.05, "withdraw", nan, False),
        (ActKind.EXPIRES, 0.2, "consent-expired", 0.0, True),
        (ActKind.EXPIRES, -0.2, "consent-expired", 0.0, True),
        (ActKind.EXPIRES, -0.3, "consent-expired", 0.0, False),
        (ActKind.EXPIRES, 0.8, "consent-expired", 0.0, False),
        (ActKind.EXPIRES, 0.2, "withdraw", 0.0, False),
        (ActKind.HOURS_END, 0.7, "consent-expired", 0.0, True),
        (ActKind.HOURS_END, 1.1, "consent-expired", 0.0, False),
    ],
)
def test_an_act_that_ends_is_held_to_its_instant(
    kind: ActKind, after_s: float, reason: str, later: float, holds: bool
) -> None:
    """Zero in time, for its own reason, and for good; too late, too early or again coupled does not hold."""
    night = ended(kind, after_s, reason, later)
    assert night.act.held is holds
    assert night.books.detected == holds
    assert night.books.passed is holds


@pytest.mark.parametrize(
    ("shares", "holds"),
    [
        (lambda since_s: 0.15 if since_s < 0.5 else 0.05, True),
        (lambda since_s: 0.15 if since_s < 1.0 else 0.05, False),
        (lambda since_s: 0.06 if 20.0 < since_s < 20.3 else 0.05, False),
        (lambda _since_s: 0.0, False),
        (lambda since_s: nan if since_s > 30.0 else 0.05, False),
    ],
)
def test_a_narrower_grant_is_held_to_its_ceiling(shares: Shares, holds: bool) -> None:
    """At most .05 from the next message on, and still merged."""
    night = Night(ActKind.NARROWS)
    night.render(shares)
    night.come_home()
    assert night.act.held is holds
    assert night.books.onset_to_alone_ms.most is None


def widened(before: float, waiting: float, begins: float, after: float) -> Shares:
    """The shares before the wider grant, while it waits, at first after the check-in, and later."""

    def share(since_s: float) -> float:
        if since_s < 3.0:
            return before
        if since_s < AGAIN_S - ACTS_S:
            return waiting
        return 0.0 if since_s < AGAIN_S - ACTS_S + 1.0 else begins if since_s < 10.0 else after

    return share


@pytest.mark.parametrize(
    ("shares", "holds"),
    [
        (widened(0.05, 0.05, 0.01, 0.15), True),
        (widened(0.15, 0.05, 0.01, 0.15), False),
        (widened(0.05, 0.08, 0.01, 0.15), False),
        (widened(0.05, 0.05, 0.12, 0.15), False),
        (widened(0.05, 0.05, 0.01, 0.05), False),
        (widened(0.05, 0.05, 0.0, 0.0), False),
    ],
)
def test_a_wider_grant_waits_for_the_next_assign(shares: Shares, holds: bool) -> None:
    """Narrow until the sleeper lies down anew; then from zero to more than the narrow ceiling."""
    night = Night(ActKind.WIDENS, widened=ACTS_S + 3.0, again=AGAIN_S)
    night.leave("bed-3", AGAIN_S + 0.05, "checked out")
    night.render(shares)
    assert night.act.held is holds
    assert not night.books.false_severs


def test_a_wider_grant_without_a_check_in_does_not_hold() -> None:
    """The daemon refused a call in between: the act does not hold."""
    night = Night(ActKind.WIDENS, widened=ACTS_S + 3.0)
    night.render(lambda _since_s: 0.05)
    assert not night.act.held


def anchored(apart: float, begins: float, most: float, after: float) -> Shares:
    """The shares between the group and the session, at its beginning, at its height, and after its end."""

    def share(since_s: float) -> float:
        if since_s < 0.3:
            return 0.15
        if since_s < 5.0:
            return apart
        return after if since_s > 20.3 else begins if since_s < 9.0 else most

    return share


@pytest.mark.parametrize(
    ("shares", "holds"),
    [
        (anchored(0.0, 0.01, 0.1, 0.0), True),
        (anchored(0.02, 0.01, 0.1, 0.0), False),
        (anchored(0.0, 0.06, 0.1, 0.0), False),
        (anchored(0.0, 0.01, 0.12, 0.0), False),
        (anchored(0.0, 0.0, 0.0, 0.0), False),
        (anchored(0.0, 0.01, 0.1, 0.01), False),
        (anchored(0.0, 0.01, nan, 0.0), False),
    ],
)
def test_an_anchor_session_begins_and_ends_at_zero(shares: Shares, holds: bool) -> None:
    """Zero between group and session, from zero to at most .10 in it, and zero for good after its end."""
    night = Night(ActKind.ANCHORS, again=ACTS_S + 5.0, over=ACTS_S + 20.0)
    night.leave("bed-3", ACTS_S + 0.05, "an anchor session")
    night.render(shares)
    assert night.act.held is holds
    assert not night.books.false_severs


@pytest.mark.parametrize("stamps", [{}, {"again": ACTS_S + 5.0}])
def test_an_anchor_session_that_did_not_begin_or_end_does_not_hold(stamps: dict[str, float]) -> None:
    """A refused call in between leaves a stamp out: the act does not hold."""
    night = Night(ActKind.ANCHORS, **stamps)
    night.render(anchored(0.0, 0.01, 0.1, 0.0))
    assert not night.act.held


def test_a_release_of_another_sleeper_is_false() -> None:
    """One withdraws, two go to zero: the second did not act, and the rehearsal fails."""
    night = ended(ActKind.WITHDRAWS, 0.05, "withdraw")
    assert night.books.passed
    night.account.closing = False
    night.leave("bed-4", ACTS_S + 0.05, "withdraw")
    assert [fall.pod for fall in night.books.false_severs] == ["bed-4"]
    assert verdict(night.books, told_of(night)).startswith(
        "Failed: 1 of 1 act of sleepers held in time, 1 other sleeper was severed, "
    )


def test_an_act_that_never_began_is_not_passed() -> None:
    """Two beds were to act, one did."""
    night = ended(ActKind.WITHDRAWS, 0.05, "withdraw")
    night.books.failing = frozenset({"bed-3", "bed-5"})
    assert not night.books.passed


def test_account_and_page_tell_of_acts() -> None:
    """No fault is named where sleepers act; the limits are those of the act."""
    night = ended(ActKind.WITHDRAWS, 0.05, "withdraw")
    told = told_of(night)
    text = "\n".join(lines(night.books, told))
    assert "Passed: 1 of 1 act of sleepers held in time, no other sleeper was severed" in text
    assert "act to effect: p50 50 ms, p99 50 ms, at most 50 ms (limit of p99: 500 ms)" in text
    assert all(one.kept is not False for one in figures(night.books, told))
    record = Record.of(T0_NS, 0.15, [])
    record.close(at(61.0))
    when = datetime(2026, 7, 1, 23, 5, tzinfo=UTC)
    shown = page(Page(night.books, CrowdRecord(), told, record, when, ORIGIN))
    for words in ("acts that held", "sleepers that act (1)", "19 s: withdrawal<", "sleepers withdraw their"):
        assert words in shown, words


@pytest.mark.parametrize(
    ("now", "end", "hours"),
    [
        (datetime(2026, 11, 30, 18, 4, 20, tzinfo=UTC), (18, 5), "09:05/18:05"),
        (datetime(2026, 11, 30, 18, 4, 57, tzinfo=UTC), (18, 6), "09:06/18:06"),
        (datetime(2026, 11, 30, 23, 59, 40, tzinfo=UTC), (0, 0), "15:00/00:00"),
        (datetime(2026, 11, 30, 18, 4, 55, tzinfo=UTC), (18, 5), "09:05/18:05"),
    ],
)
def test_hours_close_at_a_whole_minute_that_is_not_too_near(
    now: datetime, end: tuple[int, int], hours: str
) -> None:
    """The first whole minute at least five seconds later, over midnight too; open since nine hours."""
    closes = next_minute(now)
    assert (closes.hour, closes.minute) == end
    assert 5.0 <= (closes - now).total_seconds() < 66.0
    assert hours_until(closes) == hours


@pytest.mark.parametrize(
    ("after_s", "cause", "later", "holds"),
    [
        (0.03, "daemon", 0.0, True),
        (0.49, "moratorium", 0.0, True),
        (0.51, "moratorium", 0.0, False),
        (-0.1, "daemon", 0.0, False),
        (0.03, "lease", 0.0, False),
        (0.03, "daemon", 0.01, False),
    ],
)
def test_a_moratorium_is_zero_in_time_and_for_good(
    after_s: float, cause: str, later: float, *, holds: bool
) -> None:
    """A pod's zero counts within 500 ms of the call, by zeros or the retained place, and lasts."""
    night = Night(ActKind.PAUSES)
    stamps = {"evidence_ns": at(ACTS_S + after_s), "zero_ns": at(ACTS_S + after_s), "detail": ""}
    night.say("bed-3", ACTS_S + after_s, "severed", cause=cause, **stamps)
    alone = {"alone_ns": at(ACTS_S + after_s + 0.05)}
    night.say("bed-3", ACTS_S + after_s + 0.05, "alone", cause=cause, **stamps | alone)
    night.render(lambda since_s: 0.15 if since_s < after_s else later if since_s > 5.0 else 0.0)
    night.come_home()
    assert night.act.held is holds
