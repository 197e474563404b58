"""The processes of one run and their command lines: broker, daemon, pods, started and ended in order.

Broker first, then the daemon (it has the key that the pods pin), then the pods; the other way round at the
end. Broker and daemon come back when they die. A pod does not: its sleeper is home, and the place stays
visibly empty.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dreamd.adapters.documents.shipped import bench_text
from dreamd.terminal.clock import now_ns
from dreamd.up.plan import CannotRun, Plan, Sleeper
from dreamd.up.processes import brokers
from dreamd.up.processes.child_process import Child
from dreamd.up.processes.preflight import environment
from dreamwire.schema import BANDS6X2

DAEMON_ROOM: Final = "daemon"
GUIDELINES: Final = "guidelines.toml"
"""The daemon's state directory within the room."""
DAEMON_READY_S: Final = 20.0
POLL_S: Final = 0.05
POD_UP_S: Final = 1.5
POD_UP_EACH_S: Final = 0.15
"""Until the beds are up, and for each of them: recordings begin then, all at once."""
POD_GRACE_S: Final = 3.0
DAEMON_GRACE_S: Final = 4.0
CONSOLE_GRACE_S: Final = 1.0
"""It holds nothing that must be kept: a page that waits for its answer is cut off."""
BROKER_GRACE_S: Final = 2.0


@dataclass
class Reports:
    """The receivers of each report; each is called at once, on the running loop."""

    journal: Callable[[str], None]
    pods_ended: Callable[[tuple[str, ...], int, str], None]
    died: Callable[[str, str, int], None]
    back: Callable[[str, int], None]
    awaited: Callable[[str], None]
    console: Callable[[str], None]
    """The console's address, once it answers; empty: it has ended."""


@dataclass
class Processes:
    """All processes of this run; `room` is its temporary directory."""

    plan: Plan
    room: Path
    t0_ns: int
    reports: Reports
    daemon: Child = field(init=False)
    console: Child = field(init=False)
    broker: Child | None = None
    pods: list[Child] = field(default_factory=list)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _replay_from_ns: int = 0
    _has_console: bool = False

    def __post_init__(self) -> None:
        """Prepare the daemon and the console; nothing runs yet."""
        self.daemon = Child(
            name="the daemon",
            argv=self._daemon_command(),
            log=self.room / "daemon.log",
            kept=True,
            heard=self._daemon_said,
            ended=self._daemon_ended,
            environment=environment(),
        )
        self.console = Child(
            name="the console",
            argv=self._console_command(),
            log=self.room / "console.log",
            kept=True,
            heard=self._console_said,
            ended=self._console_ended,
            environment=environment(),
        )

    def _console_command(self) -> tuple[str, ...]:
        plan = self.plan
        return (
            *(sys.executable, "-m", "dreamd", "console", "--json"),
            *("--state-dir", str(self.room / DAEMON_ROOM), "--listen", f"127.0.0.1:{plan.console_port}"),
            *("--server", f"127.0.0.1:{plan.grpc_port}"),
        )

    def _daemon_command(self) -> tuple[str, ...]:
        plan = self.plan
        (self.room / GUIDELINES).write_text(bench_text(), encoding="utf-8")
        return (
            *(sys.executable, "-m", "dreamd", "serve", "--ready-json"),
            *("--state-dir", str(self.room / DAEMON_ROOM), "--mqtt-url", plan.mqtt_url),
            *("--grpc-port", str(plan.grpc_port), "--http-port", str(plan.http_port)),
            *("--guidelines", str(self.room / GUIDELINES)),
        )

    @property
    def _key(self) -> Path:
        """The daemon's public key, there as soon as it has opened its state directory."""
        return self.room / DAEMON_ROOM / "daemon.pub"

    @property
    def quicker_broker(self) -> str:
        """A hint at the quicker broker, where the run has started the slow one."""
        slow = self.plan.owns_broker and brokers.choose(self.plan.broker) == "amqtt"
        return ", or a quicker broker with --broker mosquitto" if slow else ""

    async def open(self, tasks: asyncio.TaskGroup) -> None:
        """Start everything; raises CannotRun where something does not come up."""
        self.reports.awaited("waiting for the broker")
        if self.plan.owns_broker:
            await self._open_broker(tasks)
        else:
            await brokers.require(self.plan)
        self.reports.awaited("waiting for the daemon")
        tasks.create_task(self.daemon.keep(), name="daemon")
        await self._until_daemon(self._key.exists)
        beds = len(self.plan.sleepers)
        self._replay_from_ns = now_ns() + int((POD_UP_S + POD_UP_EACH_S * beds) * 1e9)
        for number, group in enumerate(self.plan.groups, 1):
            child = self._pod_child(number, group)
            self.pods.append(child)
            tasks.create_task(child.keep(), name=child.name)
        await self._until_daemon(self.ready.is_set)
        if not self.plan.json:  # no line of such a run would name its address
            tasks.create_task(self.console.keep(), name="console")

    async def _open_broker(self, tasks: asyncio.TaskGroup) -> None:
        kind = brokers.choose(self.plan.broker)
        command = brokers.command(kind, self.plan.mqtt_port, self.room)
        self.broker = broker = Child(
            name=f"the broker ({kind})",
            argv=command,
            log=self.room / "broker.log",
            kept=True,
            started=self._broker_started,
            ended=self._broker_ended,
        )
        tasks.create_task(broker.keep(), name="broker")
        give_up_ns = now_ns() + int(brokers.READY_WITHIN_S * 1e9)
        while not await brokers.answers(self.plan.mqtt_url):
            if broker.last_end is not None or now_ns() > give_up_ns:
                other = "amqtt" if kind == "mosquitto" else "mosquitto"
                raise broker.failure(
                    f"try --broker {other}, or name a running one with --broker mqtt://HOST:PORT"
                )
            await asyncio.sleep(POLL_S)

    async def _until_daemon(self, has_come: Callable[[], bool]) -> None:
        give_up_ns = now_ns() + int(DAEMON_READY_S * 1e9)
        while not has_come():
            if self.daemon.last_end is not None or now_ns() > give_up_ns:
                raise self.daemon.failure("try `dreamd serve` by itself to see more")
            await asyncio.sleep(POLL_S)

    def _pod_child(self, number: int, group: tuple[Sleeper, ...]) -> Child:
        names = tuple(sleeper.pod for sleeper in group)

        def ended(child: Child) -> None:
            assert child.last_end is not None
            self.reports.pods_ended(names, child.last_end.at_ns, child.last_end.words)

        return Child(
            name=names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}",
            argv=self._pod_command(group),
            log=self.room / f"pods-{number}.log",
            heard=self.reports.journal,
            ended=ended,
            environment=environment(),
        )

    def _pod_command(self, group: tuple[Sleeper, ...]) -> tuple[str, ...]:
        pods = [word for sleeper in group for word in ("--pod", f"{sleeper.pod}={self._implant(sleeper)}")]
        return (
            *(sys.executable, "-m", "dreamedge", "run", *pods),
            *("--broker", self.plan.mqtt_url, "--state-dir", str(self.room / "pods")),
            *("--daemon-key", str(self._key), "--journal", "-"),
            *("--replay-from", str(self._replay_from_ns), *(["--loop"] if self.plan.loop else [])),
            *self.plan.reading,
            *(("--schema", self.plan.schema) if self.plan.schema != BANDS6X2.name else ()),
            *(("--journal-every", "1") if self.plan.light and not self.plan.every_hop else ()),
        )

    def _implant(self, sleeper: Sleeper) -> str:
        kind = "sim-light" if self.plan.light else "sim"
        implant = sleeper.recording or f"{kind}:{sleeper.seed}"
        if sleeper.malfunction is None:
            return implant
        if sleeper.malfunction.when_merged:
            return f"{implant},malfunction={sleeper.malfunction.name}@+{sleeper.malfunction.at_s:.2f}"
        # A pod counts from the start of its process; the plan counts from the beginning of the run.
        elapsed_s = (now_ns() - self.t0_ns) / 1e9
        after_s = max(0.0, sleeper.malfunction.at_s - elapsed_s)
        return f"{implant},malfunction={sleeper.malfunction.name}@{after_s:.2f}"

    def _daemon_said(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return
        if isinstance(said, dict) and said.get("ready") is True:
            self.ready.set()
            if self.daemon.incarnation > 1:
                self.reports.back("the daemon", now_ns())

    def _console_said(self, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return
        if isinstance(said, dict) and isinstance(said.get("url"), str):
            self._has_console = True
            self.reports.console(said["url"])

    def _console_ended(self, child: Child) -> None:
        """One that has answered is started again; one that cannot start would only fail again."""
        child.kept = self._has_console
        self.reports.console("")

    def _daemon_ended(self, child: Child) -> None:
        self.ready.clear()
        if child.last_end is not None and not child.last_end.asked:
            self.reports.died("the daemon", child.last_end.words, child.last_end.at_ns)

    def _broker_started(self, child: Child) -> None:
        if child.incarnation > 1:
            self.reports.back("the broker", now_ns())

    def _broker_ended(self, child: Child) -> None:
        if child.last_end is not None and not child.last_end.asked and self.pods:
            self.reports.died("the broker", child.last_end.words, child.last_end.at_ns)

    async def close(self) -> None:
        """End everything in order; returns when nothing runs any more."""
        await asyncio.gather(
            *(child.stop(POD_GRACE_S) for child in self.pods), self.console.stop(CONSOLE_GRACE_S)
        )
        await self.daemon.stop(DAEMON_GRACE_S)
        if self.broker is not None:
            await self.broker.stop(BROKER_GRACE_S)

    def failed_pods(self) -> CannotRun | None:
        """The reasons of pods that ended unexpectedly, if there are any."""
        for child in self.pods:
            if child.last_end is not None and not child.last_end.asked and child.last_end.returncode != 0:
                return child.failure("mend that and start again")
        return None
