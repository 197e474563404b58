"""Gateways that fail: they die, are cut off, denied in silence, slow, send twice, and mix in others' frames.

They happen in nights with gateways, and each is the network's: it may cost a sleeper the merge, and gives no
cause against a person or device. Frames of a stranger are of a bed that does not name the gateway.
"""

import random
from dataclasses import replace
from typing import Final

from dreamd.core.refusals import Refusal
from dreamd.simulation.faults.access_faults import enrol_name, revoke, serving
from dreamd.simulation.faults.congestion import drawn_delay, lag
from dreamd.simulation.faults.fault_kinds import Kinds
from dreamd.simulation.faults.process_faults import later
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.processes.ward_gateway import WardGateway
from dreamd.simulation.world import World
from dreamwire.blend import next_seq
from dreamwire.messages import Frame

NIGHTS: Final = 0.2
"""Share of nights with gateways."""
_SALT: Final = 136
"""The first by which no night that tells of an earlier fault has a gateway: it stays what it was."""


def gateways(seed: int) -> int:
    """How many gateways the night of this seed has."""
    rng = random.Random(f"gateways {_SALT} {seed}")  # noqa: S311 - one seed, one story
    return rng.choice((1, 2)) if rng.random() < NIGHTS else 0


def _one(world: World, rng: random.Random) -> WardGateway | None:
    return rng.choice(world.gateways) if world.gateways else None


def _dies(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A gateway's process is killed, and started again."""
    gateway = _one(world, rng)
    if gateway is not None and gateway.alive:
        gateway.die()
        later(world, lasts_s, gateway.run_again)


def _cut(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A gateway's line is cut: it takes itself for connected until a keepalive is over."""
    gateway = _one(world, rng)
    if gateway is not None:
        gateway.cut()
        later(world, lasts_s, gateway.heal)


def _denied(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """The broker denies what a gateway publishes, without a word to it."""
    gateway = _one(world, rng)
    if gateway is None:
        return
    gateway.denied = True

    def allow() -> None:
        gateway.denied = False

    later(world, lasts_s, allow)


def _delayed(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A gateway's line is slow, and those of its beds are not."""
    gateway = _one(world, rng)
    if gateway is not None:
        later(world, lasts_s, lag(gateway.link, drawn_delay(rng)))


def _doubles(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A gateway sends each message twice."""
    gateway = _one(world, rng)
    if gateway is None:
        return
    gateway.copies = 2

    def once() -> None:
        gateway.copies = 1

    later(world, lasts_s, once)


def _mixes(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """A gateway sends frames in the name of beds that have not named it."""
    gateway = _one(world, rng)
    if gateway is None:
        return
    gateway.mix = lambda: forged(world, gateway)

    def stop() -> None:
        gateway.mix = None

    later(world, lasts_s, stop)


def forged(world: World, gateway: WardGateway) -> tuple[Frame, ...]:
    """The next frame of each bed that does not name this gateway, with another state."""
    strangers = (pod.newest_frame for pod in world.pods if pod.gateway is not gateway)
    return tuple(
        replace(frame, seq=next_seq(frame.seq), instant=frame.instant + 1, features=frame.features + 40.0)
        for frame in strangers
        if frame is not None
    )


def _revoked(world: World, _pod: Pod, lasts_s: float, rng: random.Random) -> None:
    """In a site the credential of a gateway is revoked, and later it enrols anew."""
    gateway, daemon = _one(world, rng), serving(world)
    if gateway is None or daemon is None or isinstance(revoke(daemon, gateway.name), Refusal):
        return

    def enrolled(token: str) -> None:
        gateway.credential = token

    later(world, lasts_s, lambda: enrol_name(world, gateway.name, enrolled))


GATEWAYS: Final[Kinds] = {
    "gateway-dies": (_dies, 0.2, 20.0),
    "gateway-cut": (_cut, 0.2, 20.0),
    "gateway-denied": (_denied, 2.0, 45.0),
    "gateway-delayed": (_delayed, 2.0, 30.0),
    "gateway-doubles": (_doubles, 2.0, 12.0),
    "gateway-mixes": (_mixes, 2.0, 12.0),
    "gateway-revoked": (_revoked, 2.0, 12.0),
}
"""The action of each kind, and how long it lasts at least and at most, seconds."""
