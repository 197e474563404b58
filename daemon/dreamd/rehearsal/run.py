"""One rehearsal from the first check to the exit status: a night of `up` with a scenario in it.

Exit status: 0 every sleeper came home, every failing bed was detected and there was no false sever; 1
otherwise; 2 it could not run.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from dreamapi import Api
from dreamapi.v1.dreamscapes_pb2 import Event
from dreamd.core.limits import RAMP_MIN_S
from dreamd.rehearsal.act_driver import act_on_cue
from dreamd.rehearsal.consent_acts import ActKind
from dreamd.rehearsal.group_history import CrowdRecord
from dreamd.rehearsal.origin import command_of, origin
from dreamd.rehearsal.report import Page, page
from dreamd.rehearsal.results import ENDS, Results, Told
from dreamd.rehearsal.scenarios import Cue
from dreamd.rehearsal.verdict import alone_within_ms, milliseconds, times, verdict
from dreamd.terminal.clock import now_ns
from dreamd.terminal.sleeper_row import plural
from dreamd.up.plan import CannotRun, Flags, Malfunction, Plan, Sleeper, plan
from dreamd.up.processes import pod_journal, preflight
from dreamd.up.run import HOME, NAME, NOT_HOME, Run, conduct, keep

WHOLE_MOST: Final = 24
"""Sleepers with a signal that a machine can make and filter beside all the rest; above, features alone."""
SLEEPERS_MAX: Final = 2_000
BEGUN_S: Final = 2.0
"""From Start until the last is merged, on a busy machine."""
RAMP_S: Final = RAMP_MIN_S
SEVERED: Final = "severed"
SEVERS_ASKED: Final = 16
"""Severs of the whole Dreamscape without a cause yet; no more than this are looked up at a time."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The request for a rehearsal. light: features alone; None: by the number of sleepers."""

    sleepers: int
    cue: Cue
    seed: int = 0
    broker: str = "auto"
    mqtt_port: int = 1883
    grpc_port: int = 50051
    http_port: int = 8080
    console_port: int = 8081
    json: bool = False
    light: bool | None = None
    report: Path | None = None


def failing(cue: Cue, sleepers: int) -> tuple[int, ...]:
    """The beds that fail or whose sleepers act, from 0 on: spread over the ward, pairs side by side."""
    if cue.scene.pairs:
        return tuple(range(cue.beds))
    return tuple(index * sleepers // cue.beds for index in range(cue.beds))


def planned(wish: Wish) -> Plan:
    """The night of a request; raises CannotRun."""
    if not wish.sleepers <= SLEEPERS_MAX:
        raise CannotRun(f"--sleepers is at most {SLEEPERS_MAX}: this is one machine")
    light = wish.sleepers > WHOLE_MOST if wish.light is None else wish.light
    flags = Flags(
        sleepers=min(wish.sleepers, 500),
        seed=wish.seed,
        broker=wish.broker,
        ramp_s=RAMP_S,
        json=True,
        mqtt_port=wish.mqtt_port,
        grpc_port=wish.grpc_port,
        http_port=wish.http_port,
        console_port=wish.console_port,
    )
    usual = plan(flags)
    beds = set() if wish.cue.scene.is_act else set(failing(wish.cue, wish.sleepers))
    fault = Malfunction(_injected(wish.cue), wish.cue.at_s, when_merged=True)
    sleepers = tuple(
        Sleeper(
            pod=f"bed-{number + 1}",
            pseudonym=f"sleeper-{number + 1}",
            seed=wish.seed * 10_000 + number + 1,
            malfunction=fault if number in beds and not (wish.cue.scene.pairs and number % 2 == 0) else None,
        )
        for number in range(wish.sleepers)
    )
    lasts_s = BEGUN_S + wish.cue.at_s + wish.cue.lasts_s
    return replace(
        usual,
        sleepers=sleepers,
        duration_s=lasts_s,
        json=wish.json,
        light=light,
        packed=True,
        every_hop=wish.cue.scene.is_act and not wish.cue.scene.causes,
        night=None,
    )


def _partners(cue: Cue) -> dict[str, str]:
    """The pod with the brain that the second of each pair carries."""
    if not cue.scene.pairs:
        return {}
    return {f"bed-{number + 1}": f"bed-{number}" for number in range(1, cue.beds, 2)}


def _injected(cue: Cue) -> str:
    """The malfunction of each implant."""
    return "nonfinite" if cue.scene.name == "mass" else cue.scene.name


class Rehearsal(Run):
    """The state of one rehearsal."""

    def __init__(self, wish: Wish, what: Plan, room: Path, console: Console, *, viewed: bool) -> None:
        self.wish = wish
        self.crowd = CrowdRecord()
        self._severed: asyncio.Queue[int] = asyncio.Queue(SEVERS_ASKED)
        super().__init__(what, room, console, viewed=viewed, shot=None, sentence=sentence(wish, what))
        self.chronicle.gathered_by_s = 0.0
        beds = failing(wish.cue, wish.sleepers)
        pods = frozenset(f"bed-{number + 1}" for number in beds)
        self.books = Results(wish.cue, self.chronicle.account, pods, _partners(wish.cue))
        self.director.facts = self._fact
        self.director.beside = self._watch

    def _journal(self, line: str) -> None:
        entry = pod_journal.parse(line)
        if entry is not None:
            self.chronicle.on_journal_line(entry)
            self.books.add_line(entry)

    def _fact(self, event: Event) -> None:
        """The daemon's journal: each trip of a breaker, and each sever of the whole Dreamscape."""
        if event.kind == "breaker-tripped":
            self.books.add_fact(Told(now_ns(), event.kind, event.pod.removeprefix("pods/"), event.cause))
        elif event.kind == "cause-classified" and len(self.books.labels) < SEVERS_ASKED:
            self.books.labels.append(event.cause)
        elif event.kind == "state" and event.cause == SEVERED and not self._severed.full():
            self._severed.put_nowait(now_ns())

    async def _watch(self, api: Api) -> None:
        """Keep the group statistics, and the causes of severs of the whole Dreamscape."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ask_why(api), name="why severed")
            if self.wish.cue.scene.is_act:
                tasks.create_task(self._act(api), name="acts of sleepers")
            async for tick in api.dreamscapes.watch_collective(NAME, omit_seats=True):
                self.crowd.add_tick(tick, self.chronicle.seconds(now_ns()))

    async def _act(self, api: Api) -> None:
        """Let the sleepers act on cue."""
        cue, books = self.wish.cue, self.books
        sleepers = {one.pod: one.pseudonym for one in self.plan.sleepers if one.pod in books.failing}
        kind = ActKind(cue.scene.name)
        await act_on_cue(api, kind, sleepers, cue.at_s, books.acts, lambda: books.merged_now(sleepers))

    async def _ask_why(self, api: Api) -> None:
        while True:
            at_ns = await self._severed.get()
            cause = (await api.breakers.get(f"dreamscapes/{NAME}")).cause
            if cause not in ENDS:
                self.books.add_fact(Told(at_ns, "state", "", cause))

    def json_report(self) -> dict[str, object]:
        """The object of `--json`."""
        cue = self.wish.cue
        told = self.books.as_json(self.counters.sum)
        told["halved"] = len(self.crowd.halvings)
        return {
            **told,
            "share": round(cue.beds / self.wish.sleepers, 4),
            "at_s": cue.at_s,
            "duration_s": cue.lasts_s,
            "seed": self.wish.seed,
            "signal": "features" if self.plan.light else "whole",
            "passed": self.books.passed,
        }

    def settle_up(self, when: datetime) -> int:
        """Print the account, keep the report; the exit status."""
        told = self.json_report()
        if self.plan.json:
            self.show.line(json.dumps(told, indent=2))
        else:
            self.show.last_picture() if self.viewed else self.show.new_lines()
            for line in lines(self.books, told):
                self.show.line(line)
        if self.wish.report is not None:
            wish = self.wish
            command = command_of(wish.cue, wish.sleepers, wish.seed, wish.broker, light=self.plan.light)
            record = self.chronicle.record
            made = page(Page(self.books, self.crowd, told, record, when, origin(command)))
            keep(self.wish.report, made, "--report")
            if not self.plan.json:
                self.show.line(f"the report is in {self.wish.report}")
        return HOME if self.books.passed else NOT_HOME


def sentence(wish: Wish, what: Plan) -> str:
    """The rehearsal, in a line."""
    cue = wish.cue
    beds = plural(cue.beds, "bed", "beds")
    kind = "features alone" if what.light else "with their signal"
    return (
        f"{wish.sleepers} sleepers ({kind}) rehearse {cue.scene.name}: {cue.scene.does}, in {beds}, "
        f"{cue.at_s:g} s after the merge."
    )


def lines(books: Results, told: dict[str, object]) -> list[str]:
    """The account for a person: the verdict, then the figures beside their limits."""
    severed = told["severed"]
    assert isinstance(severed, dict)
    causes = ", ".join(f"{count} {cause}" for cause, count in severed.items()) or "none"
    whole, labels, halved = told["dreamscape_causes"], told["labels"], told["halved"]
    assert isinstance(whole, list)
    assert isinstance(labels, list)
    assert isinstance(halved, int)
    is_act = books.cue.scene.is_act
    zero_limit = milliseconds(books.cue.scene.zero_within_ms)
    evidence, alone = _spread(told["evidence_to_zero_ms"]), _spread(told["onset_to_alone_ms"])
    alone_limit = milliseconds(alone_within_ms(books.cue))
    merged, count = told["merged"], told["sleepers"]
    busy = [] if merged == count else [f"only {merged} of {count} were ever merged: this machine is too busy"]
    return [
        "",
        *busy,
        verdict(books, told),
        f"sleepers severed, by cause: {causes}",
        f"the Dreamscape: halved {times(halved)}, severed {times(len(whole))}"
        + (f" ({', '.join([*whole, *labels])})" if whole else ""),
        f"{'act to effect' if is_act else 'evidence to zero'}: {evidence} (limit of p99: {zero_limit})",
        f"{'act' if is_act else 'onset'} to alone: {alone} (limit: {alone_limit})",
        f"{told['ticks']} ticks, {told['ticks_skipped']} skipped (limit: 0)",
        f"{told['home']} of {told['sleepers']} came home",
    ]


def _spread(value: object) -> str:
    assert isinstance(value, dict)
    if value["p50"] is None:
        return "not known"
    p50, p99, most = (milliseconds(value[name]) for name in ("p50", "p99", "max"))
    return f"p50 {p50}, p99 {p99}, at most {most}"


def check(wish: Wish) -> None:
    """Run the checks that precede every start; raises CannotRun."""
    if wish.report is not None:
        preflight.check_picture(wish.report, "--report")


async def rehearse(
    wish: Wish, console: Console, *, viewed: bool, tell: Callable[[dict[str, object]], None] | None = None
) -> int:
    """Rehearse it; the exit status. tell: receives the account. Raises CannotRun."""
    check(wish)
    what = planned(wish)
    made: list[Rehearsal] = []

    def make(room: Path) -> Run:
        made.append(Rehearsal(wish, what, room, console, viewed=viewed))
        return made[0]

    status = await conduct(what, make)
    if tell is not None:
        tell(made[0].json_report())
    return status
