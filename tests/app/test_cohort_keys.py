"""The key of a cohort: it changes when a bed leaves, and those that stay get it before they need it."""

from collections.abc import Callable
from dataclasses import replace

from dreamd.app.dreamscapes.seating.cohort_keys import CohortKeys
from dreamd.app.fleet.commands import CommandQueue
from dreamd.core.dreamscapes.roster import Slot
from dreamd.core.dreamscapes.views import DreamscapeState, SeatState
from dreamd.core.limits import COHORT_SLOTS, COMMAND_VALID_S, RENEWALS_A_TICK
from dreamwire.cohort_key import decrypt
from dreamwire.messages import Assign, CommandOutcome, EncryptedCollective, PodEventKind, Release, WakeScope
from fakes.callers import OPERATOR
from fakes.stage import HandClock, Link, Puppet, Stage
from fakes.words import collective
from wire.specimens import ASSIGN


def dreaming(pods: int = 6) -> Stage:
    """A Dreamscape of so many pods, granted."""
    stage = Stage(pods)
    stage.appear()
    stage.dream()
    return stage


def keys_of(stage: Stage, pod: str) -> dict[bytes, None]:
    """Every key that this pod was ever sent."""
    assigns = (c.what for c in stage.link.commands if c.pod == pod and isinstance(c.what, Assign))
    return {assign.key: None for assign in assigns}


def readers(stage: Stage, message: EncryptedCollective) -> set[str]:
    """The pods of which a key that they were ever sent decrypts this."""
    names = [pod.name for pod in stage.pods]
    return {name for name in names if any(decrypt(message, key) for key in keys_of(stage, name))}


def said(stage: Stage, hops: int = 1) -> list[EncryptedCollective]:
    """The encrypted broadcasts of the next hops."""
    begin = len(stage.link.encrypted)
    stage.hop(hops)
    return [one for one in stage.link.encrypted[begin:] if one is not None]


def holders(stage: Stage) -> set[str]:
    """The pods that hold a slot, as the API shows it."""
    seats = stage.app.dreamscapes.get("night").seats
    return {seat.pod for seat in seats if seat.state in (SeatState.ASSIGNED, SeatState.SEVERED)}


def released(stage: Stage, pod: Puppet) -> None:
    """An operator lets it go."""
    stage.app.pods.release(OPERATOR, pod.name, "enough")


def checked_out(stage: Stage, pod: Puppet) -> None:
    """Its sleeper checks out."""
    stage.app.pods.check_out(OPERATOR, pod.name)


def withdrawn(stage: Stage, pod: Puppet) -> None:
    """Its sleeper withdraws at the bed; the event arrives first."""
    pod.latched, pod.assign = "withdraw", None
    pod.event(PodEventKind.LATCHED, "withdraw")


def distressed(stage: Stage, pod: Puppet) -> None:
    """Its sleeper presses distress; the status arrives first."""
    pod.latched, pod.assign = "distress", None
    pod.status()


def woken(stage: Stage, pod: Puppet) -> None:
    """A wake order reaches it."""
    stage.app.wake_orders.order(OPERATOR, WakeScope.POD, pod.name, "smoke")


def rebooted(stage: Stage, pod: Puppet) -> None:
    """It comes back as another process."""
    pod.assign, pod.incarnation, pod.sends = None, pod.incarnation + 1, False
    pod.presence()


def orphaned(stage: Stage, pod: Puppet) -> None:
    """It reports no assignment, as after its own time was over."""
    pod.assign, pod.sends = None, False
    stage.hop(16)
    pod.status()


Departure = Callable[[Stage, Puppet], None]
DEPARTURES: tuple[Departure, ...] = (released, checked_out, withdrawn, distressed, woken, rebooted, orphaned)


def test_a_bed_that_left_reads_no_later_broadcast() -> None:
    """Beds leave one after another, each in another way: the next broadcast is under a new key each time.

    Those that stay read it, and none of those that left does, by any key that it was ever sent.
    """
    stage = dreaming(16)
    staying = [pod.name for pod in stage.pods]
    numbers = {said(stage)[0].key_number}
    for departs, pod in zip(DEPARTURES, stage.pods, strict=False):
        departs(stage, pod)
        staying.remove(pod.name)
        for message in said(stage, 2):
            assert readers(stage, message) == set(staying), departs.__name__
            numbers.add(message.key_number)
    assert len(numbers) == len(DEPARTURES) + 1
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING


def test_many_that_leave_between_two_broadcasts_cost_one_key() -> None:
    """Of twelve four leave at once: one key is drawn, and each of the eight that stay gets one assign.

    No text of an assign shows a key.
    """
    stage = dreaming(12)
    commands, drawn = len(stage.link.commands), stage.link.drawn
    for pod in stage.pods[:4]:
        released(stage, pod)
    (message,) = said(stage)
    renewals = [c for c in stage.link.commands[commands:] if isinstance(c.what, Assign)]
    assert sorted(c.pod for c in renewals) == sorted(pod.name for pod in stage.pods[4:])
    assert {c.what.key_number for c in renewals if isinstance(c.what, Assign)} == {message.key_number}
    assert stage.link.drawn == drawn + 1
    shown = repr([c.what for c in stage.link.commands])
    assert not any(repr(key)[2:-1] in shown for key in keys_of(stage, "bed-1"))
    assert said(stage)[0].key_number == message.key_number


def test_an_assign_of_a_new_key_leaves_before_the_broadcast_under_it() -> None:
    """The order on the wire: each assign that brings the key, then the broadcast that needs it."""
    stage = dreaming()
    released(stage, stage.pods[0])
    order: list[object] = []
    deliver = stage.link.deliver
    stage.link.deliver = lambda command: (order.append(command.what), deliver(command))[1]
    stage.link.carry = lambda _message: order.append("broadcast")
    stage.hop()
    assert [isinstance(one, Assign) for one in order] == [True] * 5 + [False]


def test_a_new_key_changes_no_seat_and_no_coupling() -> None:
    """Those that stay keep slot, assignment and coupling; none is severed and no tick is skipped."""
    stage = dreaming()
    stage.hop(8)
    held = {pod.name: pod.assign for pod in stage.pods[1:]}
    couplings = {name: stage.coupling(name) for name in held}
    released(stage, stage.pods[0])
    stage.hop(8)
    for name, before in held.items():
        after = stage.pod(name).assign
        assert before is not None
        assert after is not None
        assert (after.slot, after.assignment, after.term) == (before.slot, before.assignment, before.term)
        assert after.key != before.key
        assert stage.coupling(name) == couplings[name] > 0
    assert stage.app.dreamscapes.get("night").assigned == 5
    assert not stage.meters.counts["skipped"]


def test_what_grants_nothing_is_in_the_clear_and_holds_nothing() -> None:
    """A sever is broadcast without a key at once; until Resume no tick holds a sum, a centre or an answer.

    Nor is any key sent to a pod that is on its way home.
    """
    stage = dreaming()
    released(stage, stage.pods[0])
    commands = len(stage.link.commands)
    begin = len(stage.link.collectives)
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    assert len(stage.link.collectives) == begin + 1
    stage.hop(4)
    assert stage.link.encrypted[begin:] == [None] * 5
    for zero in stage.link.collectives[begin:]:
        arrays = zero.coupling, zero.answered, zero.r, zero.m, zero.sum
        assert not any(array.any() for array in arrays)
        assert (zero.weight, zero.share, zero.phase_means.size, zero.artist.size) == (0.0, 0.0, 0, 0)
    assert not any(isinstance(c.what, Assign) for c in stage.link.commands[commands:])
    stage.app.dreamscapes.resume(OPERATOR, "night")
    (message,) = said(stage)
    assert readers(stage, message) == {pod.name for pod in stage.pods[1:]}
    released(stage, stage.pods[1])
    stage.app.dreamscapes.wake(OPERATOR, "night", "morning")
    commands = len(stage.link.commands)
    stage.hop(4)
    assert not any(isinstance(c.what, Assign) for c in stage.link.commands[commands:])


def test_a_restarted_daemon_has_other_keys() -> None:
    """No key is kept: the keys of before decrypt nothing that the next daemon says."""
    stage = dreaming()
    old = {key for pod in stage.pods for key in keys_of(stage, pod.name)}
    stage.restart()
    for pod in stage.pods:
        pod.assign = None
        pod.presence()
        pod.status()
    later: list[EncryptedCollective] = []
    for _ in range(80):
        later = later or said(stage)
    assert not any(decrypt(message, key) for message in later for key in old)
    assert later
    assert readers(stage, later[-1]) == holders(stage)


def test_another_dreamscapes_beds_read_nothing() -> None:
    """Two Dreamscapes at once: the beds of each read their own broadcasts alone."""
    stage = Stage(6)
    stage.appear()
    mine = {"noon": ("bed-1", "bed-2", "bed-3"), "dusk": ("bed-4", "bed-5", "bed-6")}
    stage.dream(dreamscape="night", pods=mine["noon"])
    plan = replace(stage.app.dreamscapes.get("night").plan, dreamscape="dusk", pods=mine["dusk"])
    stage.app.dreamscapes.create(OPERATOR, plan)
    stage.hop(4)
    stage.app.dreamscapes.start(OPERATOR, "dusk")
    stage.hop(4)
    heard = {message.dreamscape: readers(stage, message) for message in said(stage, 2)}
    assert heard == {"night": set(mine["noon"]), "dusk": set(mine["dusk"])}


def test_a_refused_key_costs_no_seat() -> None:
    """A pod that holds its slot and refuses a new key keeps both; it is asked again."""
    stage = dreaming()
    pod = stage.pods[1]
    refusing = [True]

    def deliver(command: object) -> None:
        target = stage.pod(command.pod)  # type: ignore[attr-defined]
        if target is pod and refusing[0] and isinstance(command.what, Assign):  # type: ignore[attr-defined]
            outcome = CommandOutcome(command.counter, "clock-unsynced")  # type: ignore[attr-defined]
            target.outcomes = (*target.outcomes, outcome)[-16:]
            return
        target.obey(command)  # type: ignore[arg-type]

    stage.link.deliver = deliver
    held = pod.assign
    released(stage, stage.pods[0])
    stage.hop(8)
    assert holders(stage) == {one.name for one in stage.pods[1:]}
    refusing[0] = False
    stage.hop(8)
    assert held is not None
    assert pod.assign is not None
    assert pod.assign.key != held.key
    assert pod.assign.assignment == held.assignment


def seated(cohorts: int) -> tuple[CohortKeys, Link, CommandQueue]:
    """So many full cohorts, each with its key."""
    link = Link()
    orders = CommandQueue(link, 0)
    keys = CohortKeys(link, orders, HandClock())
    for cohort in range(cohorts):
        key = keys.key_of(cohort)
        for slot in range(COHORT_SLOTS):
            number = cohort * COHORT_SLOTS + slot + 1
            what = replace(ASSIGN, cohort=cohort, slot=slot, assignment=number)
            keys.given(f"bed-{number}", replace(what, key=key.secret, key_number=key.number))
    return keys, link, orders


def first_slot(cohort: int, slot: int = 0) -> Slot:
    """A slot of a cohort of `seated`."""
    number = cohort * COHORT_SLOTS + slot + 1
    return Slot(cohort, slot, number, number, f"bed-{number}")


def test_a_pod_that_missed_its_new_key_gets_it_when_it_is_back() -> None:
    """An assign became too old over an outage: the pod's next report brings it again, until it answers."""
    keys, link, orders = seated(1)
    keys.taken_back(first_slot(0))
    keys.publish([collective()], granting=True)
    link.commands.clear()
    orders.resend(HandClock().at_s + COMMAND_VALID_S + 1.0)
    assert orders.waiting_for("bed-2") == 0
    for _ in range(3):
        keys.remind(first_slot(0, 1))
    (again,) = link.commands
    assert isinstance(again.what, Assign)
    assert (again.pod, again.what.key_number) == ("bed-2", 2)
    orders.answered("bed-2", (CommandOutcome(again.counter, ""),))
    keys.obeyed(again.what)
    keys.remind(first_slot(0, 1))
    keys.remind(first_slot(0))
    assert len(link.commands) == 1


def test_new_keys_of_many_cohorts_are_spread_over_ticks() -> None:
    """One leaves each of eleven cohorts of twelve: each tick four of them get their key, after the calm ones.

    A cohort whose turn has not come is silent, and is never broadcast under the key of before.
    """
    keys, link, _ = seated(12)
    for cohort in range(11):
        keys.taken_back(first_slot(cohort))
    messages = [replace(collective(), cohort=cohort) for cohort in range(12)]
    heard, old = [], link.drawn
    for _ in range(4):
        begin, commands = len(link.collectives), len(link.commands)
        keys.publish(messages, granting=True)
        heard.append({one.cohort for one in link.collectives[begin:]})
        assert len(link.commands) - commands <= RENEWALS_A_TICK
    assert heard == [{11, *range(4)}, {11, *range(8)}, set(range(12)), set(range(12))]
    assert all(one.key_number > old for one in link.encrypted if one is not None and one.cohort != 11)


def test_zeros_wait_for_no_key() -> None:
    """Where nothing is granted every cohort is told so at once, whatever keys are owed, and none is drawn."""
    keys, link, _ = seated(6)
    for cohort in range(6):
        keys.taken_back(first_slot(cohort))
    drawn = link.drawn
    keys.publish([replace(collective(), cohort=cohort) for cohort in range(6)], granting=False)
    assert [one.cohort for one in link.collectives] == list(range(6))
    assert (link.commands, link.drawn, link.encrypted) == ([], drawn, [None] * 6)


def test_a_newer_assign_replaces_an_older_one_that_waits() -> None:
    """Of the assigns of one pod the newest is resent, so that no older key comes after it."""
    link, sent = Link(), 1_000.0
    orders = CommandQueue(link, 0)
    for number in (1, 2):
        orders.send("bed-1", 1, replace(ASSIGN, key_number=number), sent)
    orders.send("bed-1", 1, Release("x"), sent)
    orders.send("bed-2", 1, replace(ASSIGN, key_number=3), sent)
    orders.send("bed-2", 1, replace(ASSIGN, key_number=4), sent)
    link.commands.clear()
    orders.resend(sent + 1.0)
    assert [(c.pod, getattr(c.what, "key_number", None)) for c in link.commands] == [
        ("bed-1", None),
        ("bed-2", 4),
    ]
