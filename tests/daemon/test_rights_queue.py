"""The queue of changes at the broker: what goes first, what waits for a seat, and what is left alone."""

from collections.abc import Iterator

from dreamd.adapters.mqtt.rights_queue import HELD_MAX_S, Change, Kind, RightsQueue
from dreamd.core.access.broker_accounts import Account, Drift, Listed, drift_of, rights_of, role_of


class Bench:
    """A queue over a broker that confirms every change, with a clock that the test moves."""

    def __init__(self, **accounts: str) -> None:
        """accounts: the credential of each bed that has an account, by its name without `bed-`."""
        self.now_s, self.seats = 0.0, set[str]()
        self.queue = RightsQueue(lambda bed: bed in self.seats, lambda: self.now_s)
        beds = {
            f"bed-{one}": Account(id_, frozenset({role_of(f"bed-{one}")})) for one, id_ in accounts.items()
        }
        self.queue.listed(Listed(beds, {role_of(bed): rights_of(bed) for bed in beds}))

    def changes(self) -> Iterator[tuple[str, str, list[str]]]:
        """Every change that may leave now: its kind, its name and its commands."""
        while (change := self.queue.next()) is not None:
            names = [str(one["command"]) for one in self.queue.commands(change)]
            self.queue.done(change)
            yield change.kind.name, change.name, names


def test_a_revocation_goes_before_a_pause_before_an_expiry_before_all_else() -> None:
    """Whatever the order in which they were asked for; each is a change of its own."""
    bench = Bench(a="1", b="1", c="1")
    bench.queue.let_in("bed-d", "1", "secret")
    bench.queue.lapse("bed-a")
    bench.queue.suspend("bed-b")
    bench.queue.put_out("bed-c")
    assert list(bench.changes()) == [
        ("OUT", "bed-c", ["deleteClient", "deleteRole"]),
        ("SUSPEND", "bed-b", ["modifyClient", "disableClient"]),
        ("LAPSE", "bed-a", ["deleteClient", "deleteRole"]),
        ("IN", "bed-d", ["createRole", "createClient"]),
    ]


def test_a_password_that_the_broker_has_is_not_set_again() -> None:
    """A bed that shows its credential twice is not dropped for it, seat or not; another one is set once."""
    bench = Bench(a="1")
    bench.queue.let_in("bed-a", "1", "secret")
    assert list(bench.changes()) == []
    bench.queue.let_in("bed-a", "2", "newer")
    bench.queue.let_in("bed-a", "2", "newer")
    assert [kind for kind, *_ in bench.changes()] == ["IN"]
    bench.queue.let_in("bed-a", "2", "newer")
    assert list(bench.changes()) == []


def test_a_renewed_password_waits_for_the_seat_for_a_day_at_most() -> None:
    """It leaves as soon as the seat is left, and after a day with the seat: the old secret ends then."""
    for leaves_s, expected_s in ((60.0, 60.0), (HELD_MAX_S * 2, HELD_MAX_S + 1.0)):
        bench = Bench(a="1")
        bench.seats.add("bed-a")
        bench.queue.let_in("bed-a", "2", "newer")
        left_s = None
        for bench.now_s in (0.0, 59.0, 60.0, HELD_MAX_S, HELD_MAX_S + 1.0):
            if bench.now_s >= leaves_s:
                bench.seats.clear()
            bench.queue.let_in("bed-a", "2", "newer")  # shown again: it has waited since the first time
            if left_s is None and list(bench.changes()):
                left_s = bench.now_s
        assert left_s == expected_s


def test_a_suspended_account_keeps_its_password_and_gets_its_rights_back() -> None:
    """Paused and resumed: no new password, so the bed comes back. A pause that ended waits no more."""
    bench = Bench(a="1")
    bench.queue.suspend("bed-a")
    assert [kind for kind, *_ in bench.changes()] == ["SUSPEND"]
    bench.queue.readmit("bed-a", frozenset({"1", "2"}))
    assert list(bench.changes()) == [("MEND", "bed-a", ["modifyRole", "modifyClient", "enableClient"])]
    bench.queue.suspend("bed-a")
    bench.queue.readmit("bed-a", frozenset({"1"}))
    assert [kind for kind, *_ in bench.changes()] == ["MEND"]
    bench.queue.suspend("bed-a")
    bench.queue.put_out("bed-a")
    assert [kind for kind, *_ in bench.changes()] == ["OUT"]
    bench.queue.let_in("bed-a", "2", "newer")
    assert list(bench.changes()) == [("IN", "bed-a", ["createRole", "createClient"])]


def test_a_suspended_bed_that_enrols_anew_is_enabled_with_its_new_password() -> None:
    """Its account is changed and enabled in one message."""
    bench = Bench(a="1")
    bench.queue.suspend("bed-a")
    list(bench.changes())
    bench.queue.let_in("bed-a", "2", "newer")
    assert list(bench.changes()) == [("IN", "bed-a", ["modifyRole", "modifyClient", "enableClient"])]


def test_a_change_of_an_account_that_is_not_there_is_no_command() -> None:
    """A pause or its end for a bed without an account asks the broker for nothing, and is over."""
    bench = Bench()
    bench.queue.suspend("bed-a")
    bench.queue.readmit("bed-b", frozenset({"1"}))
    bench.queue.lapse("bed-c")
    assert [commands for *_, commands in bench.changes()] == [[], []]
    assert bench.queue.idle


def test_a_password_that_waits_lets_no_paused_bed_in() -> None:
    """A renewed password waits for the seat; the pause drops it, and no old one comes back."""
    bench = Bench(a="1")
    bench.seats.add("bed-a")
    bench.queue.let_in("bed-a", "2", "newer")
    bench.queue.suspend("bed-a")
    bench.seats.clear()
    assert [kind for kind, *_ in bench.changes()] == ["SUSPEND"]
    bench.queue.readmit("bed-a", frozenset({"2"}))
    assert list(bench.changes()) == []
    bench.queue.let_in("bed-a", "2", "newer")
    assert [commands[-1] for *_, commands in bench.changes()] == ["enableClient"]


def test_an_account_whose_password_has_ended_is_suspended_once_its_seat_is_left() -> None:
    """Its bed may show a credential meanwhile: then its password is changed, and it is not suspended."""
    drift = Drift(behind=("bed-a", "bed-b"))
    bench = Bench(a="1", b="1")
    bench.seats |= {"bed-a", "bed-b"}
    bench.queue.mend(drift)
    assert bench.queue.held
    assert list(bench.changes()) == []
    bench.queue.let_in("bed-b", "2", "newer")
    bench.queue.mend(drift)
    bench.seats.clear()
    assert [(kind, name) for kind, name, _ in bench.changes()] == [("BEHIND", "bed-a"), ("IN", "bed-b")]


def test_a_comparison_tells_ended_passwords_and_paused_beds_apart() -> None:
    """Any credential that is alive is a good password; a paused bed must be disabled and without a role."""
    own = {bed: Account("1", frozenset({role_of(bed)})) for bed in ("bed-a", "bed-b", "bed-c", "bed-d")}
    own["bed-d"] = Account("1", disabled=True)
    beds = {"bed-a": frozenset({"1", "2"}), "bed-b": frozenset({"2"}), "bed-c": frozenset({"1"})}
    beds |= {"bed-d": frozenset({"1"}), "bed-e": frozenset({"1"}), "bed-f": frozenset({"1"})}
    listed = Listed(own, {role_of(bed): rights_of(bed) for bed in own})
    drift = drift_of(beds, frozenset({"bed-c", "bed-d", "bed-e"}), listed)
    assert (drift.older, drift.behind, drift.loose) == (("bed-b",), ("bed-b",), ("bed-c",))
    assert [one for one in drift.missing if one.startswith("bed")] == ["bed-f"]
    assert not {"bed-b", "bed-d"} & set(drift.roles)
    shut = Listed({**own, "bed-b": Account("1", disabled=True)}, listed.roles)
    again = drift_of(beds, frozenset({"bed-c", "bed-d", "bed-e"}), shut)
    assert (again.older, again.behind, "bed-b" in again.roles) == (("bed-b",), (), False)
    resumed = drift_of(beds, frozenset(), listed)
    assert (resumed.loose, "bed-d" in resumed.roles) == ((), True)


def test_a_refused_suspension_is_tried_once_more() -> None:
    """Then it is given up and told, as every change."""
    bench = Bench(a="1")
    bench.queue.suspend("bed-a")
    change = bench.queue.next()
    assert change == Change(Kind.SUSPEND, "bed-a")
    assert [bench.queue.refused(change), bench.queue.refused(change)] == [False, True]
    assert bench.queue.idle
