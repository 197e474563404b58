"""Notices of a process's beds to its service manager, in virtual time."""

import asyncio
import threading
from collections.abc import Iterator

from dreamedge.app.pod_supervisor import OUT_WITHIN_S, PodSupervisor
from fakes.loop import run_virtual

PULSE_NS = 50_000_000


class _Link:
    async def run(self) -> None:
        await asyncio.Event().wait()

    async def arrived(self) -> None:
        await asyncio.Event().wait()

    def part(self) -> None:
        pass


class _Bed:
    """A bed that pulses until `stands_s`, with a recording that ends at `over_s`."""

    at_home = connected = True

    def __init__(self, pod: str, *, stands_s: float = 1e9, over_s: float = 1e9, leaps_s: float = 1e9) -> None:
        self.pod, self.link, self._leaps_s = pod, _Link(), leaps_s
        self._stands_ns, self._over_ns = stands_s * 1e9, over_s * 1e9
        self.recording_over = False

    def now_ns(self) -> int:
        now_s = asyncio.get_running_loop().time()
        return int((now_s + 3600.0 * (now_s >= self._leaps_s)) * 1e9)

    def pulse(self, now_ns: int) -> None:
        self.recording_over = now_ns >= self._over_ns

    def next_pulse_ns(self, now_ns: int) -> int:
        return now_ns + (PULSE_NS if now_ns < self._stands_ns else 3_600_000_000_000)

    def late(self, by_ns: int) -> None:
        pass

    def look_after(self, cpu: float, rss_kib: int) -> None:
        pass

    def leave(self, reason: str) -> None:
        pass

    async def heed_button(self) -> None:
        await asyncio.Event().wait()

    def note(self, kind: str, values: object) -> None:
        pass

    def close(self) -> None:
        pass


class _Manager:
    """Keeps the notices, and the time of the last heartbeat."""

    def __init__(self) -> None:
        self.alive_s, self.said = 0.0, list[tuple[str, str]]()

    def alive(self, now_s: float) -> None:
        self.alive_s = now_s

    def ready(self, status: str) -> None:
        if ("ready", status) not in self.said[:1]:
            self.said.append(("ready", status))

    def status(self, words: str) -> None:
        self.said.append(("status", words))

    def stopping(self, status: str) -> None:
        self.said.append(("stopping", status))


def _lived(beds: list[_Bed], until_s: float) -> Iterator[_Manager]:
    """A supervisor of these beds after so many seconds, then after its end."""
    manager = _Manager()

    async def main() -> None:
        ward = PodSupervisor(beds, lambda: (0.0, 0), manager)
        async with asyncio.TaskGroup() as group:
            group.create_task(ward.supervise(0.0), name="ward")
            await asyncio.sleep(until_s)
            ward.stop("stopped")

    run_virtual(main())
    yield manager


def test_a_ward_is_ready_when_every_bed_pulses_and_beats_from_then_on() -> None:
    """READY is the first notice, heartbeats go on to the end, and the shutdown is notified."""
    [manager] = _lived([_Bed("bed-1"), _Bed("bed-2")], 10.0)
    assert manager.said[0] == ("ready", "2 of 2 beds pulse and are connected")
    assert ("stopping", "everyone to zero: stopped") in manager.said
    assert manager.said[-1][0] == "stopping"
    assert manager.alive_s > 9.0


def test_one_tether_that_stands_still_stops_the_beats_of_all() -> None:
    """A bed without pulses stops the heartbeats of all within 1.5 s."""
    [manager] = _lived([_Bed("bed-1"), _Bed("bed-2", stands_s=5.0)], 20.0)
    assert 4.5 < manager.alive_s < 6.5


def test_a_clock_that_leaps_stops_no_beats() -> None:
    """A bed with a clock an hour ahead stops no heartbeats: beds are compared by one clock."""
    [manager] = _lived([_Bed("bed-1", leaps_s=5.0), _Bed("bed-2")], 20.0)
    assert manager.alive_s > 19.0


def test_a_bed_that_has_gone_home_is_not_waited_for() -> None:
    """A bed with an ended recording is not waited for: the others' heartbeats go on."""
    [manager] = _lived([_Bed("bed-1"), _Bed("bed-2", over_s=5.0)], 20.0)
    assert manager.alive_s > 19.0
    assert ("status", "1 of 2 beds pulse and are connected") in manager.said


def test_a_ward_where_one_bed_never_pulses_is_never_ready() -> None:
    """Without a pulse of every bed there is neither READY nor a heartbeat."""
    late = _Bed("bed-2", stands_s=0.0)
    late.pulse = lambda now_ns: 1 / 0  # type: ignore[method-assign,assignment]
    [manager] = _lived([late], 3.0)
    assert manager.alive_s == 0.0
    assert [kind for kind, _ in manager.said] == ["stopping"]


def test_beds_without_a_link_are_named() -> None:
    """The status names up to three beds without a link."""
    beds = [_Bed(f"bed-{number}") for number in range(1, 6)]
    for bed in beds[1:]:
        bed.connected = False
    [manager] = _lived(beds, 2.0)
    assert manager.said[0][1] == (
        "4 of 5 beds have no link and are alone by their tether: bed-2, bed-3, bed-4 and more"
    )


class _Gateway:
    """A gateway that fails once, and then stays connected."""

    name, at_home = "ward-a", True

    def __init__(self) -> None:
        self.runs, self.noted = 0, list[str]()

    async def stay_connected(self) -> None:
        self.runs += 1
        if self.runs == 1:
            raise RuntimeError("a bug")
        await asyncio.Event().wait()

    def note(self, kind: str, values: object) -> None:
        self.noted.append(kind)


class _Keeper:
    """Notes a renewal for the holder of the credential."""

    async def keep_credential(self, holder: _Gateway) -> None:
        holder.note("credential-renewed", {})
        await asyncio.Event().wait()


def test_a_gateway_runs_and_its_credential_is_kept() -> None:
    """A gateway that failed begins anew, and an enrolled one has its credential kept as a bed has."""
    gateway = _Gateway()

    async def main() -> None:
        keepers = {"ward-a": _Keeper()}
        ward = PodSupervisor([_Bed("bed-1")], lambda: (0.0, 0), _Manager(), keepers, gateway)  # type: ignore[arg-type,dict-item]
        async with asyncio.TaskGroup() as group:
            group.create_task(ward.supervise(0.0), name="ward")
            await asyncio.sleep(20.0)
            ward.stop("stopped")

    run_virtual(main())
    assert (gateway.runs, gateway.noted) == (2, ["credential-renewed"])


class _StubbornLink(_Link):
    """Swallows the first cancellation, as some libraries do."""

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()


class _StuckBed(_Bed):
    """A device that never closes; its notes are kept."""

    def __init__(self, pod: str) -> None:
        super().__init__(pod)
        self.link = _StubbornLink()
        self.let_go, self.noted = threading.Event(), list[str]()

    def note(self, kind: str, values: object) -> None:
        self.noted.append(kind)

    def close(self) -> None:
        self.let_go.wait()


def test_hanging_devices_do_not_delay_the_end() -> None:
    """With twenty hanging devices and links that ignore cancellation the agent ends in time."""
    beds = [_StuckBed(f"bed-{number}") for number in range(1, 21)]

    async def main() -> float:
        ward = PodSupervisor(beds, lambda: (0.0, 0), _Manager())
        async with asyncio.TaskGroup() as group:
            group.create_task(ward.supervise(0.0), name="ward")
            await asyncio.sleep(3.0)
            stopped_s = asyncio.get_running_loop().time()
            ward.stop("stopped")
        return asyncio.get_running_loop().time() - stopped_s

    assert run_virtual(main()) <= OUT_WITHIN_S
    assert all(bed.noted == ["left-behind", "ended"] for bed in beds)
    for bed in beds:
        bed.let_go.set()


def test_a_bed_that_fails_to_leave_keeps_no_other() -> None:
    """A bed that fails to leave keeps no other from leaving; the failure is reported."""
    left: list[str] = []
    beds = [_Bed(f"bed-{number}") for number in range(1, 4)]
    for bed in beds:
        bed.leave = lambda reason, bed=bed: left.append(bed.pod)  # type: ignore[method-assign,misc]
    beds[0].leave = lambda reason: 1 / 0  # type: ignore[method-assign,assignment,return-value]

    async def main() -> PodSupervisor:
        ward = PodSupervisor(beds, lambda: (0.0, 0), _Manager())
        async with asyncio.TaskGroup() as group:
            group.create_task(ward.supervise(0.0), name="ward")
            await asyncio.sleep(3.0)
            ward.stop("stopped")
        return ward

    ward = run_virtual(main())
    assert {"bed-2", "bed-3"} <= set(left)
    assert "ZeroDivisionError" in ward.failed["bed-1"]
