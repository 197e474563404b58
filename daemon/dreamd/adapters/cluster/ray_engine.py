"""ports.cohort_engine.CohortEngine on Ray: one process beside the daemon speaks with Ray, by a socket.

Two threads of this process hold the socket: one writes, one reads and starts the process again. Neither
queues: of a Dreamscape's parts the newest of each kind waits, so that a slow engine loses parts and delays
nothing. A process that ends is started again after RESTART_S.
"""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Final

from dreamd.fusion.reduction import Part
from dreamd.ports.cohort_engine import Heard

RESTART_S: Final = 1.0
END_S: Final = 0.3
_NOT_YET: Final = "the engine of shared Dreamscapes is starting"
_ENDED: Final = "the engine of shared Dreamscapes has ended; it is started again"


class RayEngine:
    """Joins the Dreamscapes of this house with those of others, over the Ray cluster at `address`.

    houses: how many houses share a Dreamscape at most; every house of the cluster has the same number.
    """

    def __init__(self, address: str, houses: int = 16) -> None:
        self._arguments = address, str(houses)
        self._heard: Heard | None = None
        self._waiting: dict[tuple[str, type], tuple[str, Part]] = {}
        self._changed = threading.Condition()
        self._connection: Connection | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._trouble, self._open = _NOT_YET, True
        self._threads = [
            self._thread("cluster-reader", self._read),
            self._thread("cluster-writer", self._write),
        ]

    def submit(self, dreamscape: str, part: Part) -> None:
        """Leave the part to the writing thread, in the place of an older one that still waits."""
        with self._changed:
            self._waiting[dreamscape, type(part.sums)] = dreamscape, part
            self._changed.notify_all()

    def listen(self, heard: Heard) -> None:
        """Call `heard` with each answer, on the reading thread."""
        self._heard = heard

    @property
    def trouble(self) -> str:
        """Why no part is joined now."""
        return self._trouble

    def close(self) -> None:
        """End the process and the threads."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
            process, connection = self._process, self._connection
            if connection is not None:
                # close() does not wake a thread that reads; this does.
                with suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as end:
                    end.shutdown(socket.SHUT_RDWR)
        if process is not None:
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for thread in self._threads:
            thread.join(END_S)

    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread

    def _start(self) -> Connection | None:
        ours, theirs = socket.socketpair()
        with self._changed:
            if not self._open:
                return None
            self._process = subprocess.Popen(  # noqa: S603 -- this interpreter, arguments of our own
                [
                    sys.executable,
                    "-m",
                    "dreamd.adapters.cluster.bridge",
                    str(theirs.fileno()),
                    *self._arguments,
                ],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in a terminal ends the daemon first, in its order
            )
            self._connection = Connection(ours.detach())
            self._changed.notify_all()
        theirs.close()
        return self._connection

    def _read(self) -> None:
        while self._open:
            connection = self._start()
            if connection is None:
                return
            try:
                while True:
                    dreamscape, what = connection.recv()
                    self._take(dreamscape, what)
            except (EOFError, OSError):
                pass
            with self._changed:
                self._connection = None
                self._trouble = self._trouble or _ENDED
                if self._process is not None and self._open:
                    self._process.kill()
                    self._process.wait()
                self._changed.wait_for(lambda: not self._open, RESTART_S)
            connection.close()

    def _take(self, dreamscape: str | None, what: Part | str) -> None:
        if isinstance(what, str):
            self._trouble = what
            return
        self._trouble = ""
        if self._heard is not None and self._open and dreamscape is not None:
            self._heard(dreamscape, what)

    def _write(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: not self._open or self._sendable)
                if not self._open:
                    return
                connection = self._connection
                parts = list(self._waiting.values())
                self._waiting.clear()
            if connection is None:
                continue
            with suppress(OSError):  # the reader finds the end, and starts anew
                for part in parts:
                    connection.send(part)

    @property
    def _sendable(self) -> bool:
        return bool(self._waiting) and self._connection is not None
