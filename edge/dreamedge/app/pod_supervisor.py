"""The beds of one process: their tasks, each named, and their shutdown.

Each bed has four tasks that never end by themselves: its link, its listener (the link's arrivals), its
button and its pulse, the tether's own timer at 20 Hz. An enrolled bed has one for its credential, too;
a gateway and its credential have one each. A bed
with a failed task is silenced and closed, with a journal entry; its neighbours dream on. The service manager
gets a heartbeat while every remaining bed pulses. The tether's own timer sends it, so a missing heartbeat
means a tether that stands still.

Shutdown, in this order: zero; notify the daemon, at most a second; goodbye to the broker, at most a second;
end the tasks; close device, disk and journal, at most five seconds. A broker that does not answer, a name
server or a device's driver that hangs is left behind: the agent ends within OUT_WITHIN_S.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from dreamedge.app.credential_keeper import CredentialKeeper, LookedAfter
from dreamedge.app.pod_runner import LATE_NS, PodRunner
from dreamedge.ports.service_manager import ServiceManager
from dreamwire.detached_thread import aside

_TELL_WITHIN_S: Final = 1.0
_GOODBYE_WITHIN_S: Final = 1.0
_CANCELLED_WITHIN_S: Final = 1.0
_CLOSED_WITHIN_S: Final = 5.0
OUT_WITHIN_S: Final = _TELL_WITHIN_S + _GOODBYE_WITHIN_S + _CANCELLED_WITHIN_S + _CLOSED_WITHIN_S + 1.0
"""Seconds from `stop` to the end of `run`, whatever hangs; the last one is for the steps themselves."""
_GLANCE_S: Final = 0.02
_LOOK_AFTER_S: Final = 1.0

_NEVER_S: Final = float("-inf")
_BEAT_S: Final = 0.5
_PULSED_WITHIN_S: Final = 1.0
_NAMED_MAX: Final = 3
_CREDENTIAL_AGAIN_S: Final = 600.0
_GATEWAY_AGAIN_S: Final = 5.0

Measure = Callable[[], tuple[float, int]]


class WardGateway(LookedAfter, Protocol):
    """The sender of all beds' frames."""

    @property
    def name(self) -> str:
        """Its account at the broker."""
        ...

    async def stay_connected(self) -> None:
        """MUST connect, and reconnect, until cancelled."""
        ...


class PodSupervisor:
    """Runs beds until all have gone home.

    Args:
        beds: at least one.
        measure: share of a core since the last call, and resident KiB, of this process.
        manager: gets readiness, heartbeats and status while every bed pulses, and the start of the shutdown.
        keepers: keep the credentials of enrolled beds, and of an enrolled gateway, alive, by name.
        gateway: the sender of all beds' frames; None: there is none.
    """

    def __init__(
        self,
        beds: Sequence[PodRunner],
        measure: Measure,
        manager: ServiceManager,
        keepers: Mapping[str, CredentialKeeper] = MappingProxyType({}),
        gateway: WardGateway | None = None,
    ) -> None:
        self._beds, self._keepers, self._gateway = tuple(beds), keepers, gateway
        self._measure = measure
        self._manager = manager
        self._pulsed_s: dict[str, float] = {bed.pod: _NEVER_S for bed in beds}
        self._beat_s = _NEVER_S
        self._stop = asyncio.Event()
        self._reason = ""
        self.failed: dict[str, str] = {}

    def stop(self, reason: str) -> None:
        """Set every bed to zero in this call; then end them."""
        self._reason = self._reason or reason
        self._stop.set()  # first: a bed that fails to leave is ending all the same
        for bed in self._beds:
            try:
                bed.leave(self._reason)
            except Exception as error:  # noqa: BLE001 - one bed's bug must not keep its neighbours from leaving
                self._fail(bed, error)
        self._manager.stopping(f"everyone to zero: {self._reason}")

    def press(self, button: str) -> None:
        """Press the same button at every bed."""
        for bed in self._beds:
            bed.press(button)

    async def supervise(self, duration_s: float) -> None:
        """Run until every bed is home; after `duration_s` (0: never) stop all."""
        async with asyncio.TaskGroup() as group:
            aside = [group.create_task(self._look_after_all(), name="look after")]
            if self._gateway is not None:
                aside.append(group.create_task(self._keep_gateway(self._gateway), name="gateway"))
                kept = self._keep_credential(self._gateway.name, self._gateway)
                aside.append(group.create_task(kept, name="gateway credential"))
            if duration_s:
                aside.append(group.create_task(self._stop_after(duration_s), name="duration"))
            stays = [group.create_task(self._stay(bed), name=f"{bed.pod} stay") for bed in self._beds]
            await asyncio.wait(stays)
            for task in aside:
                task.cancel()

    async def _keep_gateway(self, gateway: WardGateway) -> None:
        """Keep the gateway running; after a bug there it begins anew, and the beds send for themselves."""
        while True:
            try:
                await gateway.stay_connected()
            except Exception as error:  # noqa: BLE001 - a gateway is no reason to end a session
                for bed in self._beds:
                    bed.note("gateway-failed", {"why": f"{type(error).__name__}: {error}"})
            await asyncio.sleep(_GATEWAY_AGAIN_S)

    async def _stay(self, bed: PodRunner) -> None:
        """One bed from its start to its end, whatever ends it."""
        why = ""
        try:
            why = await self._dream(bed)
        except Exception as error:  # noqa: BLE001 - one bed's bug must not reach its neighbours
            cause = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
            self._fail(bed, cause)
        finally:
            self._pulsed_s.pop(bed.pod, None)
            await self._close(bed)
            bed.note("ended", {"why": why or "failed"})

    def _fail(self, bed: PodRunner, error: BaseException) -> None:
        self.failed[bed.pod] = f"{type(error).__name__}: {error}"
        bed.note("failed", {"why": self.failed[bed.pod]})

    async def _close(self, bed: PodRunner) -> None:
        """Release a bed's device and disk.

        Other beds do not wait for it; the agent's end does, for a limited time.
        """
        try:
            async with asyncio.timeout(_CLOSED_WITHIN_S):
                await aside(bed.close, f"{bed.pod} close")
        except TimeoutError:
            bed.note("left-behind", {"why": f"not closed within {_CLOSED_WITHIN_S:.0f} s"})
        except Exception as error:  # noqa: BLE001 - it is told, and the other beds end in order
            self._fail(bed, error)

    async def _dream(self, bed: PodRunner) -> str:
        over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            link = group.create_task(bed.link.run(), name=f"{bed.pod} link")
            ear = group.create_task(_listen(bed), name=f"{bed.pod} ear")
            pulse = group.create_task(self._pulse(bed, over), name=f"{bed.pod} pulse")
            button = group.create_task(bed.heed_button(), name=f"{bed.pod} button")
            credential = group.create_task(self._keep_credential(bed.pod, bed), name=f"{bed.pod} credential")
            ends = [
                group.create_task(self._stop.wait(), name=f"{bed.pod} stop"),
                group.create_task(over.wait(), name=f"{bed.pod} recording"),
            ]
            await asyncio.wait([link, *ends], return_when=asyncio.FIRST_COMPLETED)
            if link.done():
                raise RuntimeError("the link has ended by itself")
            why = self._reason or "recording-over"
            bed.leave(why)
            await _tell(bed)
            bed.link.part()
            await asyncio.wait([link], timeout=_GOODBYE_WITHIN_S)
            await _cancel((link, ear, pulse, button, credential, *ends))
        return why

    async def _keep_credential(self, name: str, holder: LookedAfter) -> None:
        """Keep the credential of a bed or gateway alive; a bug there is told, and the beds dream on."""
        keeper = self._keepers.get(name)
        while keeper is not None:
            try:
                await keeper.keep_credential(holder)
            except Exception as error:  # noqa: BLE001 - a credential is no reason to end a session
                holder.note("credential-not-renewed", {"why": f"{type(error).__name__}: {error}"})
                await asyncio.sleep(_CREDENTIAL_AGAIN_S)

    async def _pulse(self, bed: PodRunner, over: asyncio.Event) -> None:
        due_ns = bed.now_ns()
        while True:
            now_ns = bed.now_ns()
            if now_ns - due_ns > LATE_NS:
                bed.late(now_ns - due_ns)
            bed.pulse(now_ns)
            self._pulsed(bed)
            if bed.recording_over:
                over.set()
            now_ns = bed.now_ns()
            due_ns = bed.next_pulse_ns(now_ns)
            await asyncio.sleep((due_ns - now_ns) / 1e9)

    def _pulsed(self, bed: PodRunner) -> None:
        """Record one bed's pulse; twice a second, if all beds have pulsed lately, notify the manager.

        The loop's clock is used: a bed's own may leap, and beds are compared.
        """
        now_s = asyncio.get_running_loop().time()
        self._pulsed_s[bed.pod] = now_s
        if now_s - self._beat_s < _BEAT_S:
            return
        self._beat_s = now_s
        ok = now_s - min(self._pulsed_s.values()) <= _PULSED_WITHIN_S
        if not ok:
            return
        self._manager.alive(now_s)
        if not self._stop.is_set():
            self._manager.ready(self._status())
            self._manager.status(self._status())

    def _status(self) -> str:
        """The state of the beds, as a sentence."""
        staying = [bed for bed in self._beds if bed.pod in self._pulsed_s]
        apart = [bed.pod for bed in staying if not bed.connected]
        failed = f"; failed: {', '.join(self.failed)}" if self.failed else ""
        if not apart:
            return f"{len(staying)} of {len(self._beds)} beds pulse and are connected{failed}"
        named = ", ".join(apart[:_NAMED_MAX]) + (" and more" if len(apart) > _NAMED_MAX else "")
        return (
            f"{len(apart)} of {len(staying)} beds have no link and are alone by their tether: {named}{failed}"
        )

    async def _look_after_all(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_AFTER_S)
            cpu, rss_kib = self._measure()
            for bed in self._beds:
                bed.look_after(cpu / len(self._beds), rss_kib // len(self._beds))

    async def _stop_after(self, duration_s: float) -> None:
        await asyncio.sleep(duration_s)
        self.stop("duration")


async def _listen(bed: PodRunner) -> None:
    while True:
        await bed.link.arrived()
        bed.hear(bed.link.take())


async def _cancel(tasks: Sequence[asyncio.Task[object]]) -> None:
    """Cancel until each task has ended; a task that swallows a cancellation is cancelled again."""
    left = set(tasks)
    for _ in range(int(_CANCELLED_WITHIN_S / _GLANCE_S)):
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_GLANCE_S)
        if not left:
            return


async def _tell(bed: PodRunner) -> None:
    """Wait for the fade's end and the daemon's acknowledgement, at most a second.

    Without a connection only the fade is waited for.
    """
    for _ in range(int(_TELL_WITHIN_S / _GLANCE_S)):
        if bed.at_home or not bed.connected:
            break
        await asyncio.sleep(_GLANCE_S)
    await asyncio.sleep(3 * _GLANCE_S)
