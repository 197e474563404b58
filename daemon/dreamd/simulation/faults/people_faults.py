"""Acts of people in the night: sleepers withdraw, narrow, widen and let end what they granted; two ratify.

Guests decline and come back, and lists grow by one that never comes, in nights of their own draw.
A night with acts begins at an instant that its seed chooses: one in two begins within two minutes of a change
of the clocks, in a zone that has it. Each act ends by itself: the sleeper grants anew and lies down.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dreamd.adapters.documents.shipped import bench_text
from dreamd.app.guidelines.revisions import Answer
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Grant
from dreamd.core.consent.hours import Hours
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.forms import Window
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.ledger.guidelines import KeptRevision
from dreamd.simulation.checks.rendered_exposure import sleeper_of
from dreamd.simulation.faults import fault_kinds, ways_out
from dreamd.simulation.faults.fault_kinds import Kinds
from dreamd.simulation.faults.process_faults import later, when_settled
from dreamd.simulation.machines.grants import SLEEPER, grant_tonight, next_grant
from dreamd.simulation.machines.operators import ADA, CLEO, OLGA, OPERATOR
from dreamd.simulation.processes.daemons import START_S, DaemonProcess
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World

NIGHTS: Final = 0.3
"""Share of nights with acts of people, of those with faults of every kind."""
AGAIN_S: Final = 2.0
NARROW: Final = (0.03, 0.08)
"""Ceilings of a grant that narrows, least and most."""
TIGHT: Final = (0.05, 0.10)
VISITOR: Final = "visitor"
"""A sleeper that is invited and has no bed."""
LESS_REST_H: Final = 12.0
"""Hours of rest below those of the shipped revision: it loosens."""
CLOCKS: Final = {
    "Europe/Zurich": (datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2026, 3, 29, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 11, 1, 6, tzinfo=UTC), datetime(2026, 3, 8, 7, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
}
"""Both changes of the clocks of 2026 by zone: back, and forward."""


def begins_s(seed: int) -> tuple[float, str]:
    """When a night with acts of people begins, unix time, and the zone of its sleepers."""
    rng = random.Random(f"clocks {seed}")  # noqa: S311 - one seed, one story
    zone = rng.choice(sorted(CLOCKS))
    if rng.random() < 0.5:  # noqa: PLR2004 - as likely as not
        return START_S, zone
    return rng.choice(CLOCKS[zone]).timestamp() - rng.uniform(15.0, 110.0), zone


def drawn(seed: int) -> bool:
    """Whether the night of this seed has acts of people."""
    return random.Random(f"people {seed}").random() < NIGHTS  # noqa: S311 - one seed, one story


# -- a sleeper ------------------------------------------------------------------------------------------


def _asked(world: World) -> DaemonProcess | None:
    daemon = world.daemon
    return daemon if daemon is not None and not daemon.frozen and not daemon.app.closing else None


def given(world: World, pod: Pod) -> tuple[DaemonProcess, Grant] | None:
    """The daemon that answers, and the grant that holds; None where there is none to change."""
    daemon = _asked(world)
    if daemon is None:
        return None
    consent = daemon.app.consents.consent_of(SLEEPER, sleeper_of(pod.name))
    if not isinstance(consent, Consent) or consent.state is not ConsentState.GIVEN or consent.grant is None:
        return None
    return daemon, consent.grant


def give(world: World, daemon: DaemonProcess, old: Grant, **changes: object) -> Grant | None:
    """The sleeper grants once more, with these changes; None: it was refused."""
    consent = daemon.app.consents.consent_of(SLEEPER, old.sleeper)
    assert isinstance(consent, Consent)
    new = replace(next_grant(consent, old.sleeper, daemon.now_s()), **changes)  # type: ignore[arg-type]
    answer = daemon.app.consents.grant(SLEEPER, new)
    if isinstance(answer, Refusal):
        return None
    world.checker.grants.changed(daemon, old, new)
    return new


def grant_anew(world: World, pod: Pod) -> None:
    """The sleeper is checked out, grants for the whole night and lies down; tried until it is done."""
    daemon = _asked(world)
    if daemon is None or world.between:
        later(world, AGAIN_S, lambda: grant_anew(world, pod))
        return
    consent = daemon.app.consents.consent_of(SLEEPER, sleeper_of(pod.name))
    assert isinstance(consent, Consent)
    night = next_grant(consent, sleeper_of(pod.name), daemon.now_s())
    held = consent.grant if consent.state is ConsentState.GIVEN else None
    whole = held is not None and held.ceiling == night.ceiling and held.hours is None
    if not (whole and held is not None and held.expires_s > daemon.now_s() + 3600.0):
        answer = daemon.app.consents.grant(SLEEPER, night)
        if not isinstance(answer, Refusal) and held is not None:
            world.checker.grants.changed(daemon, held, night)
        later(world, AGAIN_S, lambda: grant_anew(world, pod))
        return
    fault_kinds.lie_down_anew(world, pod)


# -- the acts -------------------------------------------------------------------------------------------


def _withdrawn(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The sleeper withdraws: at the pod, or by a call of a person on request."""
    daemon = _asked(world)
    if daemon is None:
        return
    if rng.random() < 0.3 and pod.alive and not pod.frozen:  # noqa: PLR2004 - one way of several
        world.checker.on_latched(pod)
        pod.press("withdraw")
        world.checker.pod_changed(pod)
        later(world, lasts_s, lambda: fault_kinds.unlatch(world, pod))
        later(world, lasts_s + 1.0, lambda: grant_anew(world, pod))
        return
    ways_out.withdraw(world, daemon, pod, sleeper_of(pod.name))
    later(world, lasts_s, lambda: grant_anew(world, pod))


def _expires(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The grant is replaced by one that ends in this night."""
    found = given(world, pod)
    if found is not None:
        give(world, *found, expires_s=found[0].now_s() + lasts_s)
        later(world, lasts_s + 3.0, lambda: grant_anew(world, pod))


def hours_until(ends_s: float, zone: str) -> Hours:
    """Hours that have been open since the evening, and close at the next whole minute. ends_s: unix time."""
    local = datetime.fromtimestamp(ends_s, UTC).astimezone(ZoneInfo(zone)) + timedelta(seconds=59)
    end_min = local.hour * 60 + local.minute
    return Hours(Window((end_min - 9 * 60) % 1440, end_min), zone)


def _hours_end(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The grant is replaced by one with hours that close in this night, perhaps as the clocks change."""
    found = given(world, pod)
    if found is None:
        return
    daemon, old = found
    zone = world.zone if rng.random() < 0.7 else rng.choice(sorted(CLOCKS))  # noqa: PLR2004 - mostly its own
    give(world, daemon, old, hours=hours_until(daemon.now_s() + lasts_s, zone))
    later(world, lasts_s + 3.0, lambda: grant_anew(world, pod))


def _narrows(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The grant is replaced by one with a lower ceiling; later the sleeper grants the whole again."""
    found = given(world, pod)
    if found is not None:
        give(world, *found, ceiling=rng.uniform(*NARROW))
        later(world, lasts_s, lambda: grant_anew(world, pod))


def _widens(world: World, pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The grant is narrowed, then widened within its Dreamscape: the wider one waits for the next assign."""
    found = given(world, pod)
    if found is None:
        return
    narrow = give(world, *found, ceiling=rng.uniform(*NARROW))

    def widen() -> None:
        again = given(world, pod)
        if again is not None and narrow is not None:
            give(world, *again)

    later(world, min(lasts_s, 2.0), widen)
    later(world, lasts_s + 2.0, lambda: grant_anew(world, pod))


def _replayed(world: World, pod: Pod, _lasts_s: float, rng: random.Random) -> None:
    """An older grant of the sleeper is sent again: it is refused, and nothing changes."""
    found = given(world, pod)
    if found is None:
        return
    daemon, held = found
    older = [
        one for (who, n), one in world.storage.grants.items() if who == held.sleeper and n < held.revision
    ]
    sent = rng.choice(older) if older else replace(held, ceiling=held.ceiling / 2.0)
    before = daemon.app.consents.consent_of(SLEEPER, held.sleeper)
    answer = daemon.app.consents.grant(SLEEPER, sent)
    after = daemon.app.consents.consent_of(SLEEPER, held.sleeper)
    refused = isinstance(answer, Refusal) and answer.code in (Code.CONSENT_STALE, Code.LEDGER_UNAVAILABLE)
    if not refused and not isinstance(answer, Refusal):
        world.checker.violated("granted", pod.name, f"grant {sent.revision} was taken a second time")
    if after != before:
        world.checker.violated("granted", pod.name, "a grant that was refused has changed the consent")


# -- two people -----------------------------------------------------------------------------------------

PERSONS: Final = (Caller(CLEO, Role.CLINICIAN, Channel.GRPC), Caller(ADA, Role.ADVOCATE, Channel.GRPC))
PROPOSER: Final = Caller(OLGA, Role.OPERATOR, Channel.GRPC)


def text_with(revision: int, **limits: float) -> str:
    """The guidelines of the simulation as this revision, with these limits by key."""
    lines, key = list[str](), ""
    for line in bench_text().splitlines():
        key = line.partition('"')[2].rstrip('"') if line.startswith("key = ") else key
        lines.append(f"limit = {limits[key]!r}" if line.startswith("limit = ") and key in limits else line)
    return "\n".join(lines).replace("revision = 1", f"revision = {revision}") + "\n"


def _ratified(world: World, _pod: Pod, _lasts_s: float, rng: random.Random) -> None:
    """Two people ratify a tighter ceiling, which holds in the next message; a looser one is only open."""
    held = _in_force(world)
    if held is not None:
        ceiling = min(round(rng.uniform(*TIGHT), 3), held.number("ceiling"))
        limits = {"ceiling": ceiling, "ceiling_intimate": min(ceiling, held.number("ceiling_intimate"))}
        limits["dose_24h_min"] = held.number("dose_24h_min")
        if rng.random() < 0.3:  # noqa: PLR2004 - some only propose
            _ratify(world, limits | {"rest_h": LESS_REST_H}, loose=True)
        else:
            _ratify(world, limits)


def _dose_reached(world: World, pod: Pod, _lasts_s: float, rng: random.Random) -> None:
    """Two people ratify a dose that the sleepers reach within seconds."""
    held = _in_force(world)
    if held is None or rng.random() < 0.5:  # noqa: PLR2004 - it ends the night for most
        return
    world.checker.touched.update(other.name for other in world.pods)
    limit = round(world.checker.grants.lived_min(pod.name) + rng.uniform(0.0, 0.03), 4)
    limits = {key: held.number(key) for key in ("ceiling", "ceiling_intimate")}
    _ratify(world, limits | {"dose_24h_min": min(limit, held.number("dose_24h_min"))})


def _in_force(world: World) -> Bundle | None:
    daemon = _asked(world)
    kept = daemon.app.guidelines.get_revision() if daemon is not None else None
    return kept.bundle if isinstance(kept, KeptRevision) else None


def _ratify(world: World, limits: Mapping[str, float], *, loose: bool = False) -> None:
    """Propose, open and ratify, each once the ledger has the one before. loose: the last one is refused."""
    daemon = _asked(world)
    assert daemon is not None
    guidelines = daemon.app.guidelines
    number = max(one.bundle.revision for one in guidelines.list_revisions()) + 1
    acts: list[Callable[[], Answer]] = [
        lambda: guidelines.propose(PROPOSER, text_with(number, **limits)),
        lambda: guidelines.open_revision(PROPOSER, number),
        *(lambda person=person: guidelines.ratify(person, number) for person in PERSONS),
    ]

    def on(answer: object) -> None:
        if isinstance(answer, Refusal) or not daemon.alive or daemon.frozen:
            return
        if loose and len(acts) < len(PERSONS):
            world.checker.violated("clause", "guidelines", "a looser revision was ratified on its first day")
        elif acts:
            when_settled(world, acts.pop(0)(), on)
        else:
            world.checker.grants.ruled(daemon, limits["ceiling"], limits["dose_24h_min"])

    on(None)


PEOPLE: Final[Kinds] = {
    "withdrawn": (_withdrawn, 2.0, 10.0),
    "consent-expires": (_expires, 1.0, 12.0),
    "hours-end": (_hours_end, 1.0, 40.0),
    "grant-narrows": (_narrows, 3.0, 15.0),
    "grant-widens": (_widens, 3.0, 15.0),
    "grant-replayed": (_replayed, 0.0, 0.0),
    "ratified": (_ratified, 0.0, 0.0),
    "dose-reached": (_dose_reached, 0.0, 0.0),
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""


# -- guests ---------------------------------------------------------------------------------------------


def _declines(world: World, pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """The guest takes the acceptance back; later they accept again and lie down anew."""
    daemon = _asked(world)
    if daemon is not None and not world.between:
        ways_out.decline(world, daemon, pod, sleeper_of(pod.name))
        later(world, lasts_s, lambda: fault_kinds.lie_down_anew(world, pod))


def _grows(world: World, _pod: Pod, lasts_s: float, _rng: random.Random) -> None:
    """A visitor is invited, which asks everyone anew, and is taken off later: the others dream on."""
    daemon = _asked(world)
    if daemon is None or world.between:
        return
    name = world.dreamscape
    consent = daemon.app.consents.consent_of(SLEEPER, VISITOR)
    if isinstance(consent, Consent) and consent.state is not ConsentState.GIVEN:
        grant_tonight(daemon.app, VISITOR, daemon.now_s())
    daemon.app.invitations.invite_guests(OPERATOR, name, [VISITOR])
    later(world, lasts_s, lambda: _shrinks(world, name))


def _shrinks(world: World, name: str) -> None:
    daemon = _asked(world)
    if daemon is not None:
        daemon.app.invitations.uninvite_guests(OPERATOR, name, [VISITOR])


GUESTS: Final[Kinds] = {"guest-declines": (_declines, 1.0, 8.0), "list-grows": (_grows, 2.0, 20.0)}
"""The action of each kind, and how long it lasts at least and at most, seconds."""
