"""A button, read on a thread of its own so that no device can hold up a tether.

A device that is lost is closed, reported, and opened again every RETRY_S until it returns; the bed goes on.
The queue to the agent is bounded by its form: one press an action, the newest loss or return.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from dreamedge.adapters.bedside.presses import Edge, Presses
from dreamedge.adapters.clock import boottime_ns
from dreamedge.ports.button import ButtonError, ButtonEvent, ButtonLost, ButtonReturned, Pressed

RETRY_S: Final = 1.0
_GLANCE_S: Final = 0.2
"""The longest wait for the device, so that closing is seen."""
_CLOSE_WITHIN_S: Final = 1.0


class Keys(Protocol):
    """The driver of a device with keys. All calls but the first `connect` are made on one thread."""

    def connect(self) -> None:
        """MUST open the device; OSError where it cannot."""
        ...

    def edges(self, within_s: float) -> list[Edge]:
        """MUST wait for edges at most this long and return them; OSError once the device is lost."""
        ...

    def close(self) -> None:
        """MUST release the device; MUST be safe to call twice and on a lost device."""
        ...


class ButtonReader:
    """One bed's button, open from its construction on."""

    def __init__(
        self, spec: str, pod: str, keys: Keys, *, holds: bool, now_ns: Callable[[], int] = boottime_ns
    ) -> None:
        """Open the device. holds: a withdraw key that is held wakes as well.

        Raises:
            ButtonError: the device cannot be opened.
        """
        try:
            keys.connect()
        except OSError as error:
            keys.close()
            raise ButtonError(
                f"{pod}: the button {spec} cannot be opened ({error.strerror or error}); plug it in, allow "
                "this user to read it, and see `dreamedge devices` for its name."
            ) from error
        self._keys = keys
        self._now_ns = now_ns
        self._presses = Presses(holds=holds)
        self._lock = threading.Lock()
        self._pressed: dict[str, Pressed] = {}
        self._state: ButtonLost | ButtonReturned | None = None
        self._wake: Callable[[], None] | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"{pod} button", daemon=True)
        self._thread.start()

    async def stirred(self) -> None:
        """Return as soon as there is an event."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        with self._lock:
            if self._pressed or self._state is not None:
                return
            self._wake = partial(_set, loop, event)
        try:
            await event.wait()
        finally:
            with self._lock:
                self._wake = None

    def events(self) -> tuple[ButtonEvent, ...]:
        """All events since the last call."""
        with self._lock:
            pressed, self._pressed = self._pressed, {}
            state, self._state = self._state, None
        return (*pressed.values(), *(() if state is None else (state,)))

    def close(self) -> None:
        """Release the device; one that hangs ends with the process."""
        self._closing.set()
        self._thread.join(_CLOSE_WITHIN_S)

    def _live(self) -> None:
        """The button's life on its own thread."""
        lost = False
        while not self._closing.is_set():
            try:
                if lost:
                    self._keys.connect()
                    lost = False
                    self._tell(ButtonReturned())
                wait_s = min(_GLANCE_S, (self._presses.due_ns() - self._now_ns()) / 1e9)
                edges = self._keys.edges(max(wait_s, 0.0))
                for pressed in self._presses.take(edges, self._now_ns()):
                    self._tell(pressed)
            except Exception as error:  # noqa: BLE001 - a driver's bug is a lost button, and ends no dream
                self._keys.close()
                self._presses.forget()
                if not lost:
                    self._tell(ButtonLost(_why(error)))
                lost = True
                self._closing.wait(RETRY_S)
        self._keys.close()

    def _tell(self, event: ButtonEvent) -> None:
        with self._lock:
            if isinstance(event, Pressed):
                self._pressed.setdefault(event.action, event)
            else:
                self._state = event
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: no bed waits any more
        loop.call_soon_threadsafe(event.set)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"{type(error).__name__}: {error}"
