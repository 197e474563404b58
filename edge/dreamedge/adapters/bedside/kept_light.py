"""The agent's side of the light: one byte a pulse to the process that keeps the lamp (`lamp_keeper`).

Writing never waits: a pipe that is full drops the byte. A keeper that ended is reported and started again.
"""

import os
import select
import subprocess
import sys
import threading
from typing import Final

from dreamedge.adapters.clock import boottime_ns
from dreamedge.ports.light import LightError, LightState
from dreamwire.operating_system import PIPES_NEVER_WAIT

_KEEPER: Final = (sys.executable, "-m", "dreamedge.adapters.bedside.lamp_keeper")
_OPEN_WITHIN_S: Final = 10.0
_END_WITHIN_S: Final = 1.0
_AGAIN_NS: Final = 5_000_000_000
_REFUSED: Final = "refused "


class KeptLight:
    """One bed's light."""

    def __init__(self, spec: str, pod: str) -> None:
        """Start the keeper, and wait until the lamp is open.

        Raises:
            LightError: the lamp cannot be opened.
        """
        if not PIPES_NEVER_WAIT:
            raise LightError(f"{pod}: --light {spec}: no light can be kept on this system; leave it out.")
        self._spec = spec
        self._pod = pod
        self._begun = b""
        self._closed = False
        self._ended = False
        self._again_ns = 0
        self._fresh: subprocess.Popen[bytes] | None = None
        self._keeper = _started(spec)
        answer = self._first_answer()
        if answer != "open":
            self.close()
            raise LightError(f"{pod}: {answer}")

    def show(self, state: LightState) -> None:
        """Write the state, if the pipe takes it."""
        assert self._keeper.stdin is not None
        try:
            os.write(self._keeper.stdin.fileno(), state.value[:1].encode())
        except (BlockingIOError, BrokenPipeError):
            return

    def troubles(self) -> tuple[str, ...]:
        """Losses and returns since the last call; a keeper that ended is started again."""
        self._take_over()
        found = self._answers()
        ended = not self._closed and self._keeper.poll() is not None
        if ended and not self._ended:
            found.append(f"its process ended with status {self._keeper.returncode}")
        self._ended = ended
        if ended and boottime_ns() >= self._again_ns:
            self._again_ns = boottime_ns() + _AGAIN_NS
            threading.Thread(target=self._start_again, name=f"{self._pod} light", daemon=True).start()
        return tuple(found)

    def close(self) -> None:
        """End the keeper by the end of its pipe: it shows alone first."""
        self._closed = True
        self._take_over()
        _end(self._keeper)

    def _take_over(self) -> None:
        """Use a keeper that was started anew; only here, so that no pipe is closed while it is written to."""
        fresh, self._fresh = self._fresh, None
        if fresh is not None:
            old, self._keeper, self._begun = self._keeper, fresh, b""
            _end(old)

    def _first_answer(self) -> str:
        assert self._keeper.stdout is not None
        ready, _, _ = select.select([self._keeper.stdout], [], [], _OPEN_WITHIN_S)
        line = self._keeper.stdout.readline().decode(errors="replace").strip() if ready else ""
        return line.removeprefix(_REFUSED) or f"the light {self._spec} does not open; see that it is there."

    def _answers(self) -> list[str]:
        """The keeper's lines since the last call, as reasons; '' for a return."""
        assert self._keeper.stdout is not None
        try:
            read = os.read(self._keeper.stdout.fileno(), 4096)
        except (BlockingIOError, ValueError):
            return []
        *lines, self._begun = (self._begun + read).split(b"\n")
        told = [line.decode(errors="replace") for line in lines]
        return ["" if line in ("back", "open") else line.removeprefix("lost ") for line in told if line]

    def _start_again(self) -> None:
        """On a thread of its own: starting a process reads from the disk."""
        fresh = _started(self._spec)
        if self._closed:
            _end(fresh)
        else:
            self._fresh = fresh


def _started(spec: str) -> subprocess.Popen[bytes]:
    """A new keeper, with pipes that never block the agent."""
    keeper = subprocess.Popen(  # noqa: S603 - our own program
        (*_KEEPER, spec),
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the agent: the keeper ends after it
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    for pipe in (keeper.stdin, keeper.stdout):
        os.set_blocking(pipe.fileno(), False)
    return keeper


def _end(keeper: subprocess.Popen[bytes]) -> None:
    """Close a keeper's pipe and wait for its end, which it takes at once."""
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    if keeper.stdin.closed:
        return
    keeper.stdin.close()
    try:
        keeper.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait(_END_WITHIN_S)
    keeper.stdout.close()
