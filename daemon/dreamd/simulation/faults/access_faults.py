"""Faults of access: a credential is revoked, a code is shown by two, the broker's rights drift.

They happen in nights with a site: every bed is enrolled, and the broker keeps accounts. Each fault ends by an
administrator: the bed enrols again, the pause is lifted, and the sleeper is checked in anew.
"""

import random
from collections.abc import Callable
from typing import Final

from dreamapi.v1 import access_pb2, dreamscapes_pb2, pods_pb2
from dreamd.app.access.enrolment import Coded, Issued
from dreamd.app.api.access import PrincipalView
from dreamd.core.access.broker_accounts import CANARY
from dreamd.core.access.codes import TRIES_MAX
from dreamd.core.access.principals import Kind
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.deferred import Deferred
from dreamd.simulation.faults import ways_out
from dreamd.simulation.faults.fault_kinds import Kinds, bind_sleeper
from dreamd.simulation.faults.process_faults import later, when_settled
from dreamd.simulation.machines.operators import ADA, ADMIN, NINA, OLGA, ROSA, token_of_person
from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

AGAIN_S: Final = 1.0
FOUND_S: Final = 0.5
"""From a comparison to the journal's line about it, and to the refusals that follow."""
TWICE: Final = ("at-once", "later", "guessed")
DRIFTS: Final = ("stranger", "canary", "default", "role", "group", "missing")
PERSONS: Final = 0.3
"""Share of revocations that are a person's."""


def serving(world: World) -> DaemonProcess | None:
    """The daemon of a site that answers now."""
    daemon = world.daemon
    serves = daemon is not None and not daemon.frozen and not daemon.app.closing
    return daemon if serves and world.broker.accounts is not None else None


# -- an administrator -----------------------------------------------------------------------------------


def enrol_again(world: World, pod: Pod) -> None:
    """The bed enrols anew, and its sleeper is checked out and in; tried until it is done."""

    def redeemed(token: str) -> None:
        for other in ways_out.same_name(world, pod):
            other.credential = token
        _check_in_anew(world, pod)

    enrol_name(world, pod.name, redeemed)


def enrol_name(world: World, name: str, then: Callable[[str], None]) -> None:
    """A bed or gateway enrols anew, which is tried until it is done; then: called with its credential."""

    def redeemed(answer: Issued | Refusal) -> None:
        if isinstance(answer, Issued):
            then(answer.token)
        else:
            later(world, AGAIN_S, lambda: enrol_name(world, name, then))

    def coded(answer: Coded | Refusal) -> None:
        daemon = serving(world)
        if daemon is None or not isinstance(answer, Coded):
            later(world, AGAIN_S, lambda: enrol_name(world, name, then))
        else:
            when_settled(world, daemon.app.access.redeem(answer.text), redeemed)

    daemon = serving(world)
    if daemon is None:
        later(world, AGAIN_S, lambda: enrol_name(world, name, then))
    else:
        when_settled(world, daemon.app.access.enrol(ADMIN, name, Kind.BED, ()), coded)


def _check_in_anew(world: World, pod: Pod) -> None:
    daemon = serving(world)
    out = ways_out.check_out(world, daemon, pod) if daemon is not None else None
    if out is None or isinstance(out, Refusal):
        later(world, AGAIN_S, lambda: _check_in_anew(world, pod))
    else:
        later(world, AGAIN_S, lambda: bind_sleeper(world, pod))


def _lift_pause(world: World, pod: Pod) -> None:
    """An administrator has looked: the pause is lifted, and the bed enrols anew."""
    daemon = serving(world)
    if daemon is None:
        later(world, AGAIN_S, lambda: _lift_pause(world, pod))
        return

    def lifted(answer: object) -> None:
        if isinstance(answer, Refusal):
            later(world, AGAIN_S, lambda: _lift_pause(world, pod))
            return
        world.checker.credentials.lifted(daemon, pod.name)
        enrol_again(world, pod)

    when_settled(world, daemon.app.access.lift_pause(ADMIN, pod.name), lifted)


# -- revoked --------------------------------------------------------------------------------------------


def revoke(daemon: DaemonProcess, name: str) -> PrincipalView | Refusal | Deferred[PrincipalView]:
    """An administrator revokes a principal, at the front desk; it acts at once, whatever the ledger does."""
    request = access_pb2.RevokePrincipalRequest(name=f"principals/{name}", reason="lost")
    return daemon.desk.call(
        *(token_of_person(ROSA), request, "RevokePrincipal"),
        lambda caller: daemon.app.access.revoke(caller, name, "lost"),
    )


def release_by_bed(daemon: DaemonProcess, pod: Pod) -> object:
    """The bed asks the API for its own release, with the credential that it has."""
    return daemon.desk.call(
        *(pod.credential, pods_pb2.ReleasePodRequest(name=f"pods/{pod.name}"), "ReleasePod"),
        lambda caller: daemon.app.pods.release(caller, pod.name, "asked"),
    )


def _revoked(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The credential of a bed that dreams is revoked, or of a person with watches."""
    daemon, person = serving(world), rng.random() < PERSONS
    if daemon is None:
        return
    if person:
        _revoke_person(world, daemon)
        return
    revoked = revoke(daemon, pod.name)
    if isinstance(revoked, Refusal):  # a daemon on an older ledger does not know the bed
        return
    # it acts at once, and its answer waits for the ledger: one that cannot keep it says so
    ways_out.judge(world, daemon, "RevokePrincipal", ROSA, ways_out.same_name(world, pod), None)
    world.checker.free_always.must_refuse("ReleasePod", pod.name, release_by_bed(daemon, pod))
    later(world, lasts_s, lambda: enrol_again(world, pod))


def _revoke_person(world: World, daemon: DaemonProcess) -> None:
    """A person with watches is revoked: these end, those of another do not.

    NINA makes no other call in the night: what the ledger has kept of this stays over a restart.
    """
    before = daemon.app.principals.credentials_of(NINA)
    if any(one.revoked_s for one in before):
        return
    watches = [daemon.desk.hold_watch(token_of_person(name)) for name in (NINA, NINA, ADA)]
    if isinstance(revoke(daemon, NINA), Refusal):
        return
    open_still = [watch.open for watch in watches]
    if any(open_still[:2]) or open_still[2] is daemon.app.principals.credentials_of(ADA)[0].revoked_s > 0.0:
        world.checker.violated("barred", NINA, f"its watches, and one of {ADA}, are open: {open_still}")
    ended = [watch.refusal.code if watch.refusal is not None else None for watch in watches[:2]]
    if ended != [Code.CREDENTIAL_REVOKED] * 2:
        world.checker.violated("barred", NINA, f"its watches ended by {ended}")
    daemon.app.principals.put_rows(credentials=before)  # she is enrolled again, outside of this night


# -- code-raced -----------------------------------------------------------------------------------------


def _code_raced(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A code of this bed is shown by two at once, a second time later, or guessed at until it is dead."""
    daemon, way = serving(world), rng.choice(TWICE)
    if daemon is None:
        return

    def coded(answer: Coded | Refusal) -> None:
        if not isinstance(answer, Coded) or serving(world) is not daemon:
            return
        if way == "guessed":
            guess(world, daemon, answer.text)
        else:
            race(world, daemon, pod, answer.text, rng.uniform(0.0, 2.0) if way == "later" else 0.0)
            later(world, max(lasts_s, 4.0), lambda: _lift_pause(world, pod))

    when_settled(world, daemon.app.access.enrol(ADMIN, pod.name, Kind.BED, ()), coded)


def guess(world: World, daemon: DaemonProcess, code: str) -> None:
    """Try wrong secrets until the code is dead: then the right one is refused, too."""
    wrong = code.partition(".")[0] + "." + "q" * 16
    tried = [daemon.app.access.redeem(wrong) for _ in range(TRIES_MAX)]
    if not all(isinstance(one, Refusal) for one in (*tried, daemon.app.access.redeem(code))):
        world.checker.violated("barred", code, "a dead code has given a credential")


def race(world: World, daemon: DaemonProcess, pod: Pod, code: str, after_s: float) -> None:
    """Two beds show one code, the second so much later: one credential at most, and it is paused."""
    answers: list[object] = []
    when_settled(world, daemon.app.access.redeem(code), answers.append)

    def second() -> None:
        if serving(world) is not daemon:
            return
        first_done = bool(answers)
        answer = daemon.app.access.redeem(code)
        begun = first_done and not isinstance(answers[0], Issued)  # the ledger did not keep the first
        principal = daemon.app.principals.principal(pod.name)
        if begun or principal is None:
            when_settled(world, answer, answers.append)
            return
        if not isinstance(answer, Refusal) or answer.code is not Code.CODE_SPENT:
            world.checker.violated("barred", pod.name, "a code that was shown before is not refused")
        if not principal.paused and not _given_up(daemon, answers):
            world.checker.violated("barred", pod.name, "is not paused although its code was shown twice")
        if principal.paused:
            ways_out.judge(world, daemon, "RedeemCode", "two beds", ways_out.same_name(world, pod), None)

    if after_s:
        later(world, after_s, second)
    else:
        second()


def _given_up(daemon: DaemonProcess, answers: list[object]) -> bool:
    """Whether the first has no credential yet, and need not get one: the ledger does not keep it."""
    return not answers and bool(daemon.app.ledger_trouble)


# -- rights-drifted -------------------------------------------------------------------------------------


def drift(world: World, pod: Pod, kind: str) -> None:
    """Change the broker's accounts behind the daemon's back."""
    accounts = world.broker.keep_accounts()
    match kind:
        case "stranger":
            accounts.add_stranger(f"stranger-{world.schedule.now_ns}")
        case "canary":
            accounts.widen_role(CANARY)
        case "default":
            accounts.open_default()
        case "role":
            accounts.widen_role(pod.name)
        case "group":
            accounts.groups.append(f"group-{world.schedule.now_ns}")
        case _:
            accounts.lose_account(pod.name)


def _rights_drifted(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The broker's rights drift; the hour comes round while they do, and they are found and mended."""
    daemon, kind = serving(world), rng.choice(DRIFTS)
    if daemon is None or not world.broker.alive:
        return
    told = world.checker.credentials.drifts
    drift(world, pod, kind)
    later(world, 0.5 * lasts_s, lambda: look(world, pod, kind, told))


def look(world: World, pod: Pod, kind: str, told: int) -> None:
    """The hour comes round: the broker is tried and compared, and each difference is told.

    told: the number of differences told before the drift. A bed that was enrolled meanwhile differs no more.
    """
    daemon = serving(world)
    away = not world.broker.alive or world.broker.frozen
    if daemon is None or daemon.keeper is None or away:
        later(world, AGAIN_S, lambda: look(world, pod, kind, told))
        return
    overtaken = kind in ("role", "missing") and world.broker.keep_accounts().is_right(pod.name)
    daemon.keeper.look_soon()

    def found() -> None:
        stayed = daemon.alive and not daemon.frozen and world.broker.alive and not world.broker.frozen
        if stayed and daemon.keeper is not None and daemon.keeper.compared and not overtaken:
            _judge_drift(world, daemon, pod, kind, told)
        if kind == "missing":
            enrol_again(world, pod)

    later(world, FOUND_S, found)


def _judge_drift(world: World, daemon: DaemonProcess, pod: Pod, kind: str, told: int) -> None:
    barred = daemon.app.principals.barred(pod.name) is not None
    if world.checker.credentials.drifts == told and not (barred and kind in ("role", "missing")):
        world.checker.violated("barred", pod.name, f"the broker's rights drifted ({kind}), and none was told")
    if daemon.keeper is None or not daemon.keeper.trouble:
        return
    name = world.dreamscape
    start = daemon.desk.call(
        *(token_of_person(OLGA), dreamscapes_pb2.StartDreamscapeRequest(name=f"dreamscapes/{name}")),
        "StartDreamscape",
        lambda caller: daemon.app.dreamscapes.start(caller, name),
    )
    if not (isinstance(start, Refusal) and start.code is Code.BROKER_OPEN):
        world.checker.violated("barred", pod.name, "sleepers may be bound while the broker is open")
    ways_out.release(world, daemon, pod)
    later(world, AGAIN_S, lambda: _check_in_anew(world, pod))


ACCESS: Final[Kinds] = {
    "revoked": (_revoked, 2.0, 12.0),
    "code-raced": (_code_raced, 2.0, 12.0),
    "rights-drifted": (_rights_drifted, 1.0, 8.0),
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""
