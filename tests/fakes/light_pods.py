"""Many real pods in one process, for fleets larger than a test's machine: only the signal path is left out.

The double for tests of real brokers and daemons, which the simulation's pods, in virtual time, cannot reach.
Agent, runner, supervisor, link and verifier are production code, over real MQTT connections and at the real
pulse; a sleeper is twelve ready-made numbers (`dreamd.simulation.machines.sleepers`), the disk is memory. One
costs a third of a simulated brain at 256 Hz.

Orders come on standard input, one a line, and the end of input ends every pod:

    nan POD      the next frame of this pod leaves with features that are no numbers; its agent knows nothing
    ail POD KIND the implant of this pod fails: a malfunction of `sleepers`
    cure POD     it works again
    press POD B  its sleeper presses the button B
    still POD    its frames say the same for ever
    loud POD     its frames say what no amplifier can

`--canary DB` plants a number in the first pod's template and in each of its frames, to be looked for.
"""

import argparse
import asyncio
import random
import sys
import tomllib
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np

from dreamd.simulation.machines.sleepers import Body, SimulatedFault
from dreamedge.adapters.clock import Load, boottime_ns, unix_ms
from dreamedge.adapters.journal import LineJournal, open_journal
from dreamedge.adapters.message_verifier import Broadcasts, MessageVerifier
from dreamedge.adapters.mqtt import MqttLink
from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.app.pod_runner import Parts, PodRunner
from dreamedge.app.pod_supervisor import PodSupervisor
from dreamedge.core.agent import Agent
from dreamedge.core.audit_witness import Witnessed
from dreamedge.core.clock import SessionClock
from dreamedge.core.identity import Identity, Restored
from dreamedge.core.merging.held_consents import HeldConsent
from dreamedge.core.merging.obeyed_wakes import Wake
from dreamwire.broker_access import Access, Address, Papers, open_access, parse_address
from dreamwire.messages import Floats, Frame, PodEvent, StoredSever
from dreamwire.schema import BANDS6X2
from dreamwire.sd_notify import ServiceManager
from dreamwire.signing import VerifyKey


class MemoryKeep:
    """A disk that lasts as long as the process."""

    failed = ""
    asked = False
    consents_kept = 0

    def latch(self, cause: str) -> None:
        """Nothing outlives the process."""

    def sever(self, severed: StoredSever | None) -> None:
        """Nothing outlives the process."""

    def event(self, event: PodEvent) -> None:
        """The link resends it."""

    def forget(self, ids: tuple[bytes, ...]) -> None:
        """The link forgets it."""

    def woken(self, wakes: tuple[Wake, ...]) -> None:
        """Nothing outlives the process."""

    def pressing(self, button: str) -> AbstractContextManager[None]:
        """Within one call nothing is killed here."""
        return nullcontext()

    def consents(self, held: tuple[HeldConsent, ...], number: int) -> None:
        """Nothing outlives the process."""
        self.consents_kept = number

    def witness(self, shown: Witnessed) -> None:
        """Nothing outlives the process."""

    def unlatch_asked(self) -> bool:
        """Once after the order `unlatch`."""
        asked, self.asked = self.asked, False
        return asked

    def close(self) -> bool:
        """Nothing waits."""
        return True


class Told:
    """The journal without a line per hop, unless hops are asked for."""

    def __init__(self, inner: LineJournal, *, hops: bool) -> None:
        self._inner = inner
        self._hops = hops

    def note(self, at_ns: int, pod: str, kind: str, values: dict[str, float | int | str]) -> None:
        """Pass the line on."""
        if self._hops or kind != "hop":
            self._inner.note(at_ns, pod, kind, values)

    def close(self) -> None:
        """Write the waiting lines."""
        self._inner.close()


class LyingLink(MqttLink):
    """The link; on request it falsifies one frame and records that frame's capture."""

    lie = False
    canary: float | None = None
    still = loud = False
    captured_ns = 0
    body: Body
    journal: Told

    def frame(self, dreamscape: str, cohort: int, frame: Frame, *, own: bool = False) -> None:
        """Send a frame, as it is or with features that are not finite."""
        if self.lie:
            self.lie = False
            nowhere = np.full(BANDS6X2.size, np.nan, dtype=np.float32)
            self.journal.note(boottime_ns(), self._pod, "lied", {"onset_ns": self.body.captured_ns})
            frame = replace(frame, features=nowhere)
        if self.canary is not None:
            frame = replace(frame, features=self._marked(frame.features))
        super().frame(dreamscape, cohort, frame, own=own)

    def _marked(self, features: Floats) -> Floats:
        """The features with the canary among them; all of them if the pod stands still or is loud."""
        assert self.canary is not None
        marked = features.copy()
        marked[0] = self.canary
        if self.still or self.loud:
            marked[:] = self.canary + (200.0 if self.loud else 0.0)
        return marked


class LightPod:
    """One bed and its orders."""

    def __init__(
        self, number: int, access: Access, key: VerifyKey, journal: Told, canary: float | None = None
    ) -> None:
        self.name = f"light-{number}"
        self.body = Body(number)
        incarnation = unix_ms()
        identity = Identity(
            self.name, "home", self.body.device, "light", BANDS6X2, self.body.source, incarnation
        )
        rng = random.Random(f"{number} {incarnation}")
        clock = SessionClock()
        own = self.body.template()
        if canary is not None:
            own = replace(own, template_db=np.full_like(own.template_db, canary))
        broadcasts = Broadcasts(key)
        agent = Agent(identity, self.body, clock, own, Restored(), rng, opens=broadcasts.decrypt)
        presence = identity.presence(online=True)
        self.link = LyingLink(access, presence, MessageVerifier(self.name, broadcasts), boottime_ns, rng)
        self.link.body, self.link.journal, self.link.canary = self.body, journal, canary
        renderer, self.keep = NullRenderer(), MemoryKeep()
        self.bed = PodRunner(
            Parts(self.name, agent, clock, self.body, renderer, self.link, self.keep, journal, boottime_ns)
        )

    def obey(self, order: str, *words: str) -> None:
        """Carry out an order."""
        match order, words:
            case "nan", ():
                self.link.lie = True
            case "ail", (kind,):
                self.body.fault = SimulatedFault(kind, boottime_ns())
            case "cure", ():
                self.body.fault = None
            case "press", (button,):
                self.bed.press(button)
            case "unlatch", ():
                self.keep.asked = True
            case "still", ():
                self.link.still = True
            case "loud", ():
                self.link.loud = True
            case _:
                raise ValueError(f"no order {order} {words}")


async def _obey(pods: dict[str, LightPod], ward: PodSupervisor) -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    while line := (await reader.readline()).decode().split():
        pods[line[1]].obey(line[0], *line[2:])
    ward.stop("the end of input")


def _access(arguments: argparse.Namespace, number: int) -> Access:
    """Of an open broker, or that of an enrolled bed, from its directory."""
    if arguments.enrolled is None:
        return Access(Address("127.0.0.1", arguments.broker_port))
    home = arguments.enrolled / f"light-{number}"
    url = tomllib.loads((home / "bed.toml").read_text())["broker"]
    papers = Papers("--enrolled", ca=str(home / "authority.pem"), password_file=str(home / "password"))
    return open_access(parse_address(url), papers, f"light-{number}")


async def _run(arguments: argparse.Namespace, journal: LineJournal) -> None:
    key = VerifyKey.load(arguments.key)
    told = Told(journal, hops=arguments.hops)
    numbers = range(arguments.first, arguments.first + arguments.count)
    canaries = {arguments.first: arguments.canary}
    pods = [
        LightPod(number, _access(arguments, number), key, told, canaries.get(number)) for number in numbers
    ]
    ward = PodSupervisor([pod.bed for pod in pods], Load().measure, ServiceManager())
    async with asyncio.TaskGroup() as group:
        orders = group.create_task(_obey({pod.name: pod for pod in pods}, ward), name="orders")
        await ward.supervise(0.0)
        orders.cancel()
    if ward.failed:
        raise SystemExit(f"beds failed: {ward.failed}")


def main() -> None:
    """Run until the end of input."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--broker-port", type=int, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--journal", required=True)
    parser.add_argument("--hops", action="store_true")
    parser.add_argument("--enrolled", type=Path, help="the directories that dreamedge enrol has made")
    parser.add_argument("--canary", type=float, metavar="DB")
    arguments = parser.parse_args()
    journal = open_journal(arguments.journal)
    try:
        asyncio.run(_run(arguments, journal))
    finally:
        journal.close()


if __name__ == "__main__":
    main()
