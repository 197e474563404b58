"""A hundred thousand sleepers in one Dreamscape over Ray: parts as actors, their sums merged by reducers.

Each part is an actor that holds its own columns and fills them in place; nothing but sums leaves it. Its tick
is the whole core's: sums, the answer of the reducer, the collective, the group's statistics. Ticks run in slow
motion, SLOW times slower, because one machine does the work of all houses; filling is not measured. The
round trip of a part is measured beside a bare pipe and bare gRPC that echo the same bytes, in turns.
"""

import multiprocessing
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np

from dreamd.adapters.cluster.ray_reducers import reducer_of
from dreamd.adapters.cluster.ray_session import HERE, connect
from dreamd.fusion.reduction import Part, unite
from dreamd.fusion.summary import Summary
from dreamwire import blend
from dreamwire.schema import BANDS6X2
from tests.bench.fusion import Crowd, Heard

SLEEPERS: Final = 100_000
PARTS: Final = 4
TICKS: Final = 24
SLOW: Final = 4.0
HOP_S: Final = 0.25
ECHOES: Final = 300
NAME: Final = "bench"
SOUGHT_S: Final = 30.0

Row = Callable[[str, str, str], None]


class House:
    """An actor with a part of the sleepers; it sends sums to the reducer and finishes the tick by the answer."""

    def __init__(self, name: str, sleepers: int) -> None:
        import ray

        self._ray, self._name = ray, name
        self._crowd = Crowd(sleepers)
        self._crowd.fusion.chorus.parted = True
        self._reducer = reducer_of(ray, NAME, name, PARTS, SLOW)

    def pid(self) -> int:
        """The process of this part."""
        return os.getpid()

    def fill(self, instant: int) -> None:
        """Write everyone's next frames into the columns; not measured."""
        self._crowd.instant = instant - 1
        self._crowd.hop()

    def tick(self) -> tuple[float, float, float, frozenset[str]]:
        """One tick. Returns CPU ms of this process, of them for the answer, wall ms of it, the houses in it."""
        crowd, instant = self._crowd, self._crowd.instant
        began = time.process_time()
        crowd.columns.advance(instant)
        tick = crowd.fusion.sum_up([crowd.columns], [crowd.allowed], instant)
        part = Part(self._name, instant, tick.r.tobytes(), tick.total, frozenset([self._name]))
        asked, wall = time.process_time(), time.perf_counter()
        answer = self._ray.get(self._reducer.submit.remote(part), timeout=5.0)
        waited, answered = time.perf_counter() - wall, time.process_time()
        assert isinstance(answer.sums, Summary)
        if self._name in answer.houses:
            fused = crowd.fusion.fuse_whole(tick, answer.sums)
            db = crowd.columns.db[: crowd.n]
            x = blend.to_shared(db, BANDS6X2.shipped_mu(), BANDS6X2.shipped_sigma())
            age = instant - crowd.columns.instant[: crowd.n]
            crowd.crowd.observe(Heard(crowd.rows, db, x, fused.included[0][: crowd.n], age, fused.m, instant))
            crowd.crowd.digest(lambda a, _b: np.zeros(len(a)))
        else:
            centre = np.frombuffer(answer.centre, dtype=np.float32)
            m = (answer.sums.s / answer.sums.w).astype(np.float32) if answer.sums.w > 0.0 else centre
            crowd.fusion.adopt(m, answer.sums.histogram)
        cpu = time.process_time() - began
        return 1e3 * cpu, 1e3 * (answered - asked), 1e3 * waited, answer.houses


class Cluster:
    """The parts, and the ticks that are driven through them."""

    def __init__(self, ray: Any) -> None:
        self._ray, self._instant, self._next_s = ray, 4 * int(time.time()), 0.0
        options = {"max_restarts": -1, "max_task_retries": 0, "num_cpus": 0}
        self.names = [f"house-{k}" for k in range(PARTS)]
        made = ray.remote(House).options(**options)
        self.parts = [made.remote(name, SLEEPERS // PARTS) for name in self.names]
        self.pids = ray.get([part.pid.remote() for part in self.parts])
        self._busy: list[Any] = [None] * PARTS

    def _each(self, method: str, *arguments: Any) -> list[Any]:
        """Call a method of each part that has answered its last call; None for one that does not in time."""
        for k, part in enumerate(self.parts):
            if self._busy[k] is None:
                self._busy[k] = getattr(part, method).remote(*arguments)
        ready, _ = self._ray.wait(self._busy, num_returns=PARTS, timeout=HOP_S * SLOW)
        return [self._take(k) if one in ready else None for k, one in enumerate(self._busy)]

    def _take(self, k: int) -> Any:
        call, self._busy[k] = self._busy[k], None
        try:
            return self._ray.get(call)
        except Exception:  # the part is not there
            return None

    def tick(self) -> tuple[list[Any], float]:
        """One tick of all parts, at its time in slow motion; returns what each says, and wall ms."""
        self._instant += 1
        self._each("fill", self._instant)
        time.sleep(max(0.0, self._next_s - time.perf_counter()))
        began = time.perf_counter()
        self._next_s = began + HOP_S * SLOW
        found = [one if isinstance(one, tuple) else None for one in self._each("tick")]
        return found, 1e3 * (time.perf_counter() - began)

    def until(self, wanted: int) -> float:
        """Wall seconds until an answer holds so many parts."""
        began = time.perf_counter()
        while time.perf_counter() - began < SOUGHT_S:
            found, _ = self.tick()
            if any(one is not None and len(one[3]) == wanted for one in found):
                break
        return time.perf_counter() - began


def cluster(row: Row) -> None:
    """Measure and print."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).resolve().parents[2]), *sys.path[1:2]])
    ray = connect(HERE, cpus=PARTS)
    try:
        _crowd(row, ray)
        _round_trips(row, ray)
    finally:
        ray.shutdown()


def _crowd(row: Row, ray: Any) -> None:
    cluster = Cluster(ray)
    for _ in range(6):
        cluster.tick()
    ticks = [cluster.tick() for _ in range(TICKS)]
    whole = [wall for found, wall in ticks]
    each = [one for found, _ in ticks for one in found if one is not None]
    inside = sum(len(one[3]) == PARTS for one in each)
    cpu, asked, waited = (np.array([one[k] for one in each]) for k in range(3))
    title = f"{SLEEPERS:,} sleepers in {PARTS} parts"
    row(f"{title}: parts in their tick's answer", f"{inside} of {TICKS * PARTS}", "all, at x 4")
    row(
        f"{title}: wall time of a tick, worst",
        f"{max(whole):.0f} ms",
        f"<= {HOP_S * SLOW * 1e3:.0f} ms (x 4)",
    )
    row(f"{title}: CPU of a part's tick, median", f"{np.median(cpu):.1f} ms", "<= 250 ms")
    row("of it in sending and hearing sums, Ray's threads too", f"{np.median(asked):.2f} ms", "")
    row(
        "the wait for the answer, median, p99",
        "{:.0f}, {:.0f} ms".format(*np.percentile(waited, (50, 99))),
        "",
    )
    merging = _merging_ms()
    row(f"merging {PARTS} parts at the reducer", f"{merging:.3f} ms", "")
    row("the same, of a part's tick", f"{100 * merging / np.median(cpu):.2f} %", "<= 1 %")
    os.kill(cluster.pids[0], signal.SIGKILL)
    row(
        "a part is killed: the others' next answer",
        f"{cluster.until(PARTS - 1):.1f} s",
        "one tick (1 s, x 4)",
    )
    row("a part is killed: all parts in one answer", f"{cluster.until(PARTS):.1f} s", "<= 10 s")
    for part in cluster.parts:
        ray.kill(part)


def _part(name: str = "a") -> Part:
    crowd = Crowd(256)
    crowd.hop()
    tick = crowd.fusion.sum_up([crowd.columns], [crowd.allowed], crowd.instant)
    return Part(name, crowd.instant, tick.r.tobytes(), tick.total, frozenset([name]))


def _merging_ms() -> float:
    parts = [_part(str(k)) for k in range(PARTS)]
    began = time.process_time()
    for _ in range(200):
        unite("root", parts)
    return 1e3 * (time.process_time() - began) / 200


def _pipe_echo(connection: Connection) -> None:
    try:
        while True:
            connection.send_bytes(connection.recv_bytes())
    except EOFError:
        return


def _grpc_echo(connection: Connection) -> None:
    import grpc

    class Echo(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, _details: Any) -> Any:
            return grpc.unary_unary_rpc_method_handler(lambda request, _context: request)

    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([Echo()])
    connection.send(server.add_insecure_port("127.0.0.1:0"))
    server.start()
    try:
        connection.recv()
    except EOFError:
        server.stop(0)


@contextmanager
def _peer(target: Callable[[Connection], None]) -> Iterator[Connection]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs,))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(5)


def _round_trips(row: Row, ray: Any) -> None:
    import grpc

    part = _part()
    sent = pickle.dumps(part)
    row("a part on the wire, pickled", f"{len(sent):,} bytes", "")
    reducer = reducer_of(ray, "echo", "a", PARTS)
    with _peer(_pipe_echo) as pipe, _peer(_grpc_echo) as other:
        with grpc.insecure_channel(f"127.0.0.1:{other.recv()}") as channel:
            call = channel.unary_unary("/bench/Echo")

            def piped() -> None:
                pipe.send_bytes(pickle.dumps(part))
                pickle.loads(pipe.recv_bytes())

            def over_ray() -> None:
                ray.get(reducer.submit.remote(part))

            ways = {"a pipe": piped, "gRPC": lambda: pickle.loads(call(pickle.dumps(part))), "Ray": over_ray}
            took: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(ECHOES + 20):
                part = _at(part, number)
                for name, way in ways.items():
                    began = time.perf_counter()
                    way()
                    if number >= 20:
                        took[name].append(1e3 * (time.perf_counter() - began))
    for name, found in took.items():
        middle, last = np.percentile(found, (50, 99))
        ratio = middle / np.median(took["gRPC"])
        row(f"round trip of a part, {name}: p50, p99", f"{middle:.2f}, {last:.2f} ms", f"{ratio:.1f} x gRPC")


def _at(part: Part, number: int) -> Part:
    return Part(part.sender, 1000 + number, part.centre, part.sums, part.houses)
