"""The process that speaks with Ray for one house: parts in by a socket, answers out by it.

It is a process of its own because Ray ends a driver that has lost its cluster, and because Ray's threads and
memory have no place beside the tick. `ray_engine` alone runs it, with FD ADDRESS HOUSES.

One thread reads, and one calls Ray, which may hang when the cluster is gone. The reading thread ends the
process when the socket ends, whatever Ray does.
"""

import os
import sys
import threading
from functools import partial
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any

from dreamd.adapters.cluster.ray_reducers import IDLE_S, reducer_of
from dreamd.adapters.cluster.ray_session import Actor, ClusterError, Ray, connect
from dreamd.fusion.reduction import Part


class Bridge:
    """Parts from a connection to the reducers, answers back. houses: how many share a Dreamscape at most."""

    def __init__(self, connection: Connection, houses: int) -> None:
        self._ray: Ray = None
        self._connection, self._houses = connection, houses
        self._sending = threading.Lock()
        self._waiting: dict[tuple[str, type], tuple[str, Part]] = {}
        self._changed = threading.Condition()
        self._reducers: dict[str, Actor] = {}
        self._used_s: dict[str, float] = {}

    def read_parts(self) -> None:
        """Keep the newest part of each kind; end the process with the connection."""
        while True:
            try:
                dreamscape, part = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)
            with self._changed:
                self._waiting[dreamscape, type(part.sums)] = dreamscape, part
                self._changed.notify()

    def serve_parts(self, ray: Ray) -> None:
        """Pass parts on to the reducers, for ever."""
        self._ray = ray
        self.send_back(None, "")
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                parts = list(self._waiting.values())
                self._waiting.clear()
            for dreamscape, part in parts:
                try:
                    self._submit(dreamscape, part)
                except Exception as error:  # noqa: BLE001 -- the part is lost, and its house hears why
                    self._reducers.pop(dreamscape, None)
                    self.send_back(None, f"no reducer of {dreamscape} is reached: {_short(error)}")
            self._retire()

    def send_back(self, dreamscape: str | None, what: Part | str) -> None:
        """Send an answer, or a trouble, to the house; on any thread."""
        with self._sending:
            try:
                self._connection.send((dreamscape, what))
            except OSError:
                return  # the house has ended

    def _submit(self, dreamscape: str, part: Part) -> None:
        if dreamscape not in self._reducers:
            self._reducers[dreamscape] = reducer_of(self._ray, dreamscape, part.sender, self._houses)
        self._used_s[dreamscape] = monotonic()
        reference = self._reducers[dreamscape].submit.remote(part)
        reference.future().add_done_callback(partial(self._answered, dreamscape))

    def _answered(self, dreamscape: str, future: Any) -> None:  # noqa: ANN401 -- of concurrent.futures
        error = future.exception()
        if error is None:
            answer = future.result()
            if answer is not None:
                self.send_back(dreamscape, answer)
            return
        if isinstance(error, self._ray.exceptions.ActorDiedError):
            self._reducers.pop(dreamscape, None)
        self.send_back(None, f"the reducer of {dreamscape} does not answer: {_short(error)}")

    def _retire(self) -> None:
        now_s = monotonic()
        for dreamscape, used_s in tuple(self._used_s.items()):
            if now_s - used_s > IDLE_S:
                del self._used_s[dreamscape]
                reducer = self._reducers.pop(dreamscape, None)
                if reducer is not None:
                    reducer.retire.remote()


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def main(argv: list[str]) -> int:
    """Connect and serve; the exit code 1 says that there is no cluster to serve."""
    number, address, houses = argv
    connection = Connection(int(number))
    bridge = Bridge(connection, int(houses))
    threading.Thread(target=bridge.read_parts, name="read", daemon=True).start()
    try:
        bridge.serve_parts(connect(address))
    except ClusterError as error:
        bridge.send_back(None, str(error))
    return 1


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # threads of Ray's may hang
