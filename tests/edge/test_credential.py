"""A bed's own credential: which password it shows, when it looks, what it tells, and what is on its disk."""

import asyncio
import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.credential.files import (
    BedCredential,
    KeptPlan,
    boot_id,
    read_plan,
    token_in,
    write_plan,
)
from dreamedge.app.credential_keeper import CredentialKeeper
from dreamedge.core.broker_passwords import BrokerPasswords
from dreamedge.core.renewal_schedule import RETRY_S, SPREAD_S, Plan, Schedule
from dreamedge.main import main
from dreamedge.ports.bed_credential import Looked
from dreamedge.setting_values import SettingsError
from dreamedge.settings import load
from dreamwire.closed_file import write_closed

DAY_S = 86_400.0
LIFE_S = 30 * DAY_S
HALF_S = 15 * DAY_S


def connected(passwords: BrokerPasswords, broker: str) -> list[str]:
    """The passwords shown in one attempt to connect to a broker that takes this one, in order."""
    shown = []
    while True:
        shown.append(passwords.now)
        if passwords.now == broker:
            passwords.accepted()
            return shown
        if not passwords.rejected():
            return shown


@pytest.mark.parametrize(
    ("kept", "newest", "broker", "shown", "after"),
    [
        ("old", "old", "old", ["old"], "old"),  # killed before the answer came
        ("old", "new", "old", ["old"], "old"),  # killed before the broker knew of the new one
        ("old", "new", "new", ["old", "new"], "new"),  # killed before the new one was kept as the password
        ("new", "new", "new", ["new"], "new"),
        ("", "new", "new", ["new"], "new"),  # the password file is lost
    ],
)
def test_a_bed_that_was_killed_at_any_step_of_a_renewal_connects(
    kept: str, newest: str, broker: str, shown: list[str], after: str
) -> None:
    """Whatever its disk and the broker hold, one of two passwords works, and no refused one is repeated."""
    passwords = BrokerPasswords(kept, newest)
    assert connected(passwords, broker) == shown
    assert (passwords.now, passwords.locked_out, passwords.unsaved) == (
        after,
        False,
        after != (kept or newest),
    )
    assert connected(passwords, broker) == [after]


def test_a_bed_that_is_refused_with_both_tries_each_once_a_round_and_a_new_one_first_of_all() -> None:
    """A broker that takes neither is asked twice a round; a newer credential is offered and works."""
    passwords = BrokerPasswords("old", "new")
    for _ in range(2):
        assert connected(passwords, "other") == ["old", "new"]
        assert passwords.locked_out
    passwords.offer("newest")
    assert connected(passwords, "newest") == ["old", "newest"]
    assert (passwords.locked_out, passwords.unsaved, passwords.behind) == (False, True, False)


def schedule(now_s: float = 0.0, *, told_s: float = 0.0, boot: str = "b") -> Schedule:
    """A schedule that starts at `now_s` with what the daemon told at `told_s` in that boot."""
    plan = Plan(boot, told_s, HALF_S, LIFE_S)
    return Schedule(plan, "b", now_s, random.Random(1))


def first_due(one: Schedule, instants: Iterator[float], **is_so: bool) -> float:
    """The first of these instants at which a look is due."""
    told = {"merged": False, "locked_out": False, "behind": False, **is_so}
    return next(at for at in instants if one.look_due(at, **told))


def hours(begin_s: float = 0.0) -> Iterator[float]:
    """Instants a quarter of an hour apart, for ever."""
    at_s = begin_s
    while True:
        yield at_s
        at_s += 900.0


def test_a_look_is_due_at_half_of_the_life_by_a_clock_that_nobody_sets() -> None:
    """On CLOCK_BOOTTIME since the daemon told it, whenever the agent starts; spread over an hour."""
    for begin_s in (0.0, 3 * DAY_S):
        due_s = first_due(schedule(begin_s), hours(begin_s))
        assert HALF_S <= due_s <= HALF_S + SPREAD_S + 900.0
    assert first_due(schedule(20 * DAY_S), hours(20 * DAY_S)) == 20 * DAY_S, "it is late already"


def test_after_a_reboot_or_a_lost_plan_the_daemon_is_asked_within_a_minute() -> None:
    """The clock of the boot before counts no more, however much it says is left."""
    for one in (schedule(100.0, boot="another"), Schedule(None, "b", 100.0, random.Random(1))):
        assert one.plan is None
        assert 105.0 <= first_due(one, iter([100.0 + second for second in range(200)])) <= 161.0


def test_a_look_waits_for_a_merged_sleeper_but_not_for_ever() -> None:
    """It waits while the sleeper is merged, until half of what is left is over; alone, it is made at once."""
    waiting = schedule()
    due_s = first_due(waiting, hours(HALF_S), merged=True)
    assert HALF_S + 7.4 * DAY_S <= due_s <= HALF_S + 7.6 * DAY_S
    assert waiting.look_due(HALF_S + SPREAD_S, merged=False, locked_out=False, behind=False)


def test_failed_looks_are_repeated_less_and_less_often_and_never_given_up() -> None:
    """From a minute to an hour between them; after a success the next is due at the new half-life."""
    one, at_s, gaps = schedule(20 * DAY_S), 20 * DAY_S, []
    for _ in range(20):
        one.failed(at_s)
        next_s = first_due(one, iter([at_s + second for second in range(4000)]))
        gaps.append(next_s - at_s)
        at_s = next_s
    assert 0.5 * RETRY_S[0] <= gaps[0] <= RETRY_S[0]
    assert all(0.5 * RETRY_S[1] <= gap <= RETRY_S[1] for gap in gaps[8:])
    one.looked(Plan("b", at_s, HALF_S, LIFE_S), at_s)
    assert at_s + HALF_S <= first_due(one, hours(at_s)) <= at_s + HALF_S + SPREAD_S + 900.0


def test_a_bed_that_the_broker_refuses_shows_its_credential_soon_and_then_less_often() -> None:
    """After five seconds, then at most every five minutes; a bed that is let in again begins anew."""
    one, at_s, gaps = schedule(), 0.0, []
    for _ in range(12):
        next_s = first_due(one, iter([at_s + second for second in range(1000)]), locked_out=True)
        one.looked(Plan("b", next_s, HALF_S, LIFE_S), next_s)
        gaps.append(next_s - at_s)
        at_s = next_s
    assert (gaps[0], gaps[-1]) == (5.0, 300.0)
    assert gaps == sorted(gaps)
    assert not one.look_due(at_s + 1.0, merged=False, locked_out=False, behind=False)
    assert one.look_due(at_s + 6.0, merged=False, locked_out=True, behind=False)


def test_a_credential_that_the_broker_does_not_know_yet_is_shown_again() -> None:
    """Every ten minutes until it does: a daemon that was restarted has lost it."""
    one = schedule()
    assert first_due(one, iter(range(2000)), behind=True) == 600.0


@dataclass
class Store:
    """ports.bed_credential.CredentialStore with the answers of the test."""

    answers: list[Looked]
    kept: list[str] = field(default_factory=list)

    async def look(self) -> Looked:
        """The next answer; the last for ever."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def keep_password(self, password: str) -> str:
        """Keep it."""
        self.kept.append(password)
        return ""


@dataclass
class Bed:
    """A bed's journal, and whether its sleeper is alone."""

    at_home: bool = True
    notes: list[tuple[str, dict[str, float | int | str]]] = field(default_factory=list)

    def note(self, kind: str, values: dict[str, float | int | str]) -> None:
        """Keep it."""
        self.notes.append((kind, values))


async def test_a_keeper_renews_keeps_the_password_that_worked_and_tells_each_failure_once() -> None:
    """Two failures of one reason are one note with the days left, and the renewal after them one more."""
    now = [20 * DAY_S]
    renewed = Looked(Plan("b", now[0], HALF_S, LIFE_S), "new", renewed=True)
    store = Store([Looked(why="no route"), Looked(why="no route"), renewed])
    passwords, bed = BrokerPasswords("old", "old"), Bed()
    keeper = CredentialKeeper(store, passwords, schedule(now[0]), lambda: now[0], "b")
    for _ in range(4):
        await keeper.glance(bed)
        now[0] += 200.0
    assert bed.notes == [
        ("credential-not-renewed", {"why": "no route", "left_days": 10.0}),
        ("credential-renewed", {"left_days": 30.0}),
    ]
    assert passwords.behind
    connected(passwords, "new")
    await keeper.glance(bed)
    assert (store.kept, passwords.behind, passwords.unsaved) == (["new"], False, False)


async def test_a_merged_bed_is_left_alone_by_its_keeper() -> None:
    """Due and merged, nothing is started beside the tether; alone again, it is."""
    store = Store([Looked(Plan("b", HALF_S, HALF_S, LIFE_S), "new", renewed=True)])
    bed = Bed(at_home=False)
    now_s = HALF_S + SPREAD_S
    keeper = CredentialKeeper(store, BrokerPasswords("old", "old"), schedule(), lambda: now_s, "b")
    await keeper.glance(bed)
    assert bed.notes == []
    bed.at_home = True
    await keeper.glance(bed)
    assert [kind for kind, _ in bed.notes] == ["credential-renewed"]


def test_what_is_on_the_disk_is_whole_closed_and_read_again(tmp_path: Path) -> None:
    """Mode 0600 each; a torn file, one of nonsense and a missing one are no plan and no token."""
    file = tmp_path / "credential.json"
    write_closed(file, b'{"credential": "dreamd_x_y"}')
    plan = KeptPlan(Plan("b", 1.0, 2.0, 3.0), "no route")
    write_plan(file, plan)
    assert (token_in(file), read_plan(file)) == ("dreamd_x_y", plan)
    assert {one.stat().st_mode & 0o777 for one in tmp_path.iterdir()} == {0o600}
    assert not list(tmp_path.glob(".*"))
    for torn in ("", "{", "[]", '{"plan": {"boot": "b", "at_s": NaN, "renew_in_s": 1, "expires_in_s": 1}}'):
        (tmp_path / "renewal.json").write_text(torn)
        assert read_plan(file) == KeptPlan()
    file.write_text("[1]")
    assert token_in(file) == ""


def test_a_renewal_that_cannot_be_made_is_told_and_kept_for_status(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is none: exit status 2 with the sentence, which stays beside the last plan."""
    file = tmp_path / "credential.json"
    write_closed(file, b'{"credential": "dreamd_x_y"}')
    plan = Plan("b", 1.0, 2.0, 3.0)
    write_plan(file, KeptPlan(plan))
    assert main(["renew", "--credential", str(file)]) == 2
    assert f"{file} is no credential file" in capsys.readouterr().err
    kept = read_plan(file)
    assert (kept.plan, "is no credential file" in kept.why) == (plan, True)


@pytest.mark.parametrize(
    ("script", "why", "renewed"),
    [
        ("print('{\"renewed\": true}')", "", True),
        ("print('not json')", "dreamedge renew has answered with no JSON", False),
        ("print('{\"renewed\": true}', flush=True); import time; time.sleep(60)", "", True),
        ("import sys; sys.exit('dreamedge: no route')", "no route", False),
        ("import os; os.abort()", "dreamedge renew has ended with -6", False),
    ],
)
async def test_the_answer_of_the_renewing_program_is_read_whatever_it_is(
    tmp_path: Path, script: str, why: str, *, renewed: bool
) -> None:
    """Its JSON, its last line, or its end: the keeper gets a plan or a sentence, and no exception."""
    file = tmp_path / "credential.json"
    write_closed(file, b'{"credential": "dreamd_x_y"}')
    write_plan(file, KeptPlan(Plan("b", 1.0, 2.0, 3.0)))
    found = await BedCredential(file, asyncio.Lock(), (sys.executable, "-S", "-c", script)).look()
    assert (found.token, found.why, found.renewed, found.plan is None) == (
        "dreamd_x_y",
        why,
        renewed,
        bool(why),
    )
    gone = await BedCredential(file, asyncio.Lock(), ("/nowhere",)).look()
    assert gone.why == "dreamedge renew cannot be started (No such file or directory)"


def test_status_tells_the_days_left_and_the_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a bed: renewed lately, failing, from before a reboot, enrolled by an older version."""
    assert main(["status", "--state-dir", str(tmp_path)]) == 0
    assert "no bed is enrolled" in capsys.readouterr().out
    at_s, boot = boottime_ns() / 1e9, boot_id()
    plans = {
        "bed-1": KeptPlan(Plan(boot, at_s, HALF_S, LIFE_S)),
        "bed-2": KeptPlan(Plan(boot, at_s, 0.0, 5 * DAY_S), "no route"),
        "bed-3": KeptPlan(Plan("another", at_s, HALF_S, LIFE_S)),
    }
    for bed in (*plans, "bed-4"):
        home = tmp_path / "enrolled" / bed
        home.mkdir(parents=True)
        if bed in plans:
            write_closed(home / "credential.json", b'{"credential": "dreamd_x_y"}')
            write_plan(home / "credential.json", plans[bed])
    older = "it was enrolled by an older version, which renews nothing: enrol it again"
    assert main(["status", "--state-dir", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "bed-1: 30.0 days left",
        "bed-2: 5.0 days left; not renewed: no route",
        "bed-3: the agent asks after this boot",
        f"bed-4: the agent asks after this boot; not renewed: {older}",
    ]
    assert main(["status", "--state-dir", str(tmp_path), "--json"]) == 1
    assert [one["pod"] for one in json.loads(capsys.readouterr().out)] == ["bed-1", "bed-2", "bed-3", "bed-4"]


def test_a_bed_finds_the_password_beside_its_credential(tmp_path: Path) -> None:
    """`--credential` with {pod} names both files of each bed; one file for several beds is refused."""
    chosen = {"pods": "bed-1,bed-2", "credential": f"{tmp_path}/{{pod}}/credential.json"}
    pods = load(chosen, {"HOME": "/"}, None).pods
    assert [pod.credential for pod in pods] == [
        f"{tmp_path}/{one}/credential.json" for one in ("bed-1", "bed-2")
    ]
    assert [pod.papers.password_file for pod in pods] == [
        f"{tmp_path}/{one}/password" for one in ("bed-1", "bed-2")
    ]
    with pytest.raises(SettingsError, match="several pods cannot share one credential"):
        load({"pods": "bed-1,bed-2", "credential": "x.json"}, {"HOME": "/"}, None)
