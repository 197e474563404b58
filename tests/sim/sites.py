"""A site in virtual time: beds with credentials that dream together."""

from dreamd.simulation.processes.daemons import DaemonProcess
from dreamd.simulation.processes.pods import Pod
from dreamd.simulation.world import World


def dreaming(seed: int = 1, pods: int = 5, *, site: bool = True) -> World:
    """All merged; of a site, with accounts at the broker."""
    world = World(seed, pods)
    if site:
        world.found_site()
    assert world.gather() == ""
    world.run(13.0)
    assert min(pod.share() for pod in world.pods) > 0.05
    assert not world.checker.violations
    world.checker.calm = False
    return world


def daemon_of(world: World) -> DaemonProcess:
    """The living daemon."""
    assert world.daemon is not None
    return world.daemon


def zero_s(world: World, pod: Pod, within_s: float = 2.0) -> float:
    """The time until this pod renders nothing, seconds; `within_s` at most."""
    began_s = world.schedule.now_s
    while pod.share() > 0.0 and world.schedule.now_s - began_s < within_s:
        world.run(0.01)
    return world.schedule.now_s - began_s


def code_of(answer: object) -> str:
    """The code of a refusal; empty where it is none."""
    code = getattr(answer, "code", None)
    return str(getattr(code, "value", ""))


def events(world: World, kind: str) -> list[str]:
    """The sentences of this kind in the journal of the living daemon."""
    return [event.sentence for event in daemon_of(world).app.journal._events if event.kind == kind]
