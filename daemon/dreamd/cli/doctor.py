"""`dreamd doctor`: all about the house and its beds that needs a person, each with the step that helps.

It reads and changes nothing. Run it before a night, and after an upgrade: beds first, the daemon last. Exit
status: 0 nothing needs a person, 1 something does, or the daemon is not reached, 2 usage.
"""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rich.table import Table

import dreamapi
from dreamd.cli import client
from dreamd.cli.client import add_connection, console, print_json
from dreamd.core.dreamscapes.views import renders_nothing
from dreamwire.schema import WIRE_REVISION

NEEDS_A_PERSON: Final = 1
LEASE_LEAST_S: Final = 1.0
CLOCK_MOST_MS: Final = 25.0
"""A tenth of a hop: above it frames miss their tick."""
HOUSE: Final = "house"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that needs a person. where: `house`, or a pod."""

    where: str
    found: str
    helps: str


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `doctor`."""
    doctor = subparsers.add_parser(
        "doctor",
        help="what needs a person: the house, and each bed's wire, schema, key, clock, device",
        description="Look at the house and at each bed, and name all that needs a person with the step that "
        "helps. Status 0: nothing does.",
    )
    add_connection(doctor)
    doctor.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    found: list[Finding] = []

    async def look(api: dreamapi.Api, _args: argparse.Namespace) -> None:
        house, pods = await api.houses.get(), await api.pods.list()
        found.extend((*_of_house(house), *of_pods(pods)))
        if args.json:
            print_json({"pods": len(pods), "findings": [asdict(one) for one in found]})
        elif found:
            console().print(_table(found))
        else:
            print(f"nothing needs a person: the house and {len(pods)} {'bed' if len(pods) == 1 else 'beds'}")

    args.ask = look
    return client.run(args) or (NEEDS_A_PERSON if found else 0)


def _of_house(house: dreamapi.House) -> Iterator[Finding]:
    for trouble in house.troubles:
        yield Finding(HOUSE, trouble, "see /readyz of the daemon and its log")
    if not house.HasField("lease"):
        return
    if not house.lease.left.ToTimedelta().total_seconds() >= LEASE_LEAST_S:
        yield Finding(HOUSE, "the lease is nearly over", "look at the database and the way to it")
    for standby in house.lease.standbys:
        if standby.lacks:
            named = standby.address or "without an address"
            yield Finding(HOUSE, f"standby {named}: {standby.lacks}", "copy what it lacks to it")


def of_pods(pods: Sequence[dreamapi.Pod]) -> Iterator[Finding]:
    """Return what needs a person at each bed, by its name."""
    usual_schema = _most(pod.schema for pod in pods)
    usual_software = _most(pod.software for pod in pods)
    for pod in sorted(pods, key=lambda pod: pod.name):
        where = pod.name.removeprefix("pods/")
        if not pod.online:
            in_it = "with a sleeper checked in" if pod.sleeper else "and no sleeper"
            yield Finding(where, f"offline, {in_it}", "look at the bed's agent: dreamedge status")
            continue
        yield from _of_pod(where, pod, usual_schema, usual_software)


def _of_pod(where: str, pod: dreamapi.Pod, usual_schema: str, usual_software: str) -> Iterator[Finding]:
    yield from _of_versions(where, pod, usual_schema, usual_software)
    if pod.state == dreamapi.Pod.STATE_UNHEARD:
        yield Finding(where, "connected and silent", "look at its line and at the load of its machine")
    else:
        yield from _of_clock(where, pod)
    if renders_nothing(pod.renderer):
        yield Finding(where, "it renders nothing: its sleeper hears nothing", "start it with --renderer")
    if pod.renderer_fault:
        yield Finding(where, f"its renderer has failed: {pod.renderer_fault}", "look at the bed's device")
    if pod.latched:
        yield Finding(where, f"latched: {pod.latched}", "the sleeper's own act at the bed ends it")
    if pod.breaker.state == dreamapi.Breaker.STATE_LOCKED:
        yield Finding(where, "its breaker is locked", f"dreamd breakers reset {where}, the cause known")


def _of_versions(where: str, pod: dreamapi.Pod, usual_schema: str, usual_software: str) -> Iterator[Finding]:
    if pod.wire and pod.wire != WIRE_REVISION:
        older = pod.wire < WIRE_REVISION
        helps = "upgrade its agent" if older else "upgrade the daemon, after the beds"
        yield Finding(where, f"reads wire {pod.wire}, this dreamd {WIRE_REVISION}", helps)
    if pod.software != usual_software:
        found = f"agent {pod.software}, most have {usual_software}"
        yield Finding(where, found, "upgrade it, between nights")
    if pod.schema != usual_schema:
        found = f"schema {pod.schema}, most have {usual_schema}"
        yield Finding(where, found, "a Dreamscape has one schema: see its device and electrodes")


def _of_clock(where: str, pod: dreamapi.Pod) -> Iterator[Finding]:
    worth_ms = pod.clock.uncertainty.ToMicroseconds() / 1e3
    if not pod.clock.synced:
        found = "its clock is not synced: it has verified no answer of this daemon"
        yield Finding(where, found, "compare its daemon.pub with this house's; else look at its line")
    elif not worth_ms <= CLOCK_MOST_MS:
        yield Finding(where, f"its clock is known to {worth_ms:.0f} ms", "look at its line: delays vary")


def _most(words: Iterable[str]) -> str:
    """The word that most have; of as many the last in order, as versions and schemas count up."""
    counts = Counter(word for word in words if word)
    return max(counts, key=lambda word: (counts[word], word), default="")


def _table(found: Sequence[Finding]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("where", "found", "helps"):
        table.add_column(column)
    for one in found:
        table.add_row(one.where, one.found, one.helps)
    return table
