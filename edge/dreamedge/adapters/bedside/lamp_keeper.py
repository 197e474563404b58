"""The light's own process: `python -m dreamedge.adapters.bedside.lamp_keeper SPEC`.

The agent writes one byte a pulse, the state. The keeper shows it; alone when nothing was written for
LIGHT_SILENT_S, because the agent hangs or is stopped; alone when the pipe ends, because the agent ended or
was killed, and then the keeper ends too. A GPIO line keeps its level when the process that drives it is
killed, so the agent cannot do this itself.

It answers in lines: `open`, or `refused WHY` before it ends with status 2; later `lost WHY` and `back`. A
lost lamp is opened again every RETRY_NS.
"""

import os
import select
import sys
from collections.abc import Callable
from typing import Final

from dreamedge.adapters.bedside import EXTRA
from dreamedge.adapters.bedside.lamps import Lamp, open_lamp
from dreamedge.adapters.clock import boottime_ns
from dreamedge.ports.light import LIGHT_SILENT_S, LightError, LightState

RETRY_NS: Final = 1_000_000_000
STEP_S: Final = 0.05
BYTES: Final = {state.value[:1].encode(): state for state in LightState}
"""A state by its byte: c, a, l."""
_SILENT_NS: Final = round(LIGHT_SILENT_S * 1e9)


class LampKeeper:
    """The state that the lamp is to show, and whether the lamp can be reached.

    Args:
        lamp: open.
        reopen: opens it again; raises OSError.
        tell: gets each answer.
    """

    def __init__(self, lamp: Lamp, reopen: Callable[[], Lamp], tell: Callable[[str], None]) -> None:
        self._lamp: Lamp | None = lamp
        self._reopen = reopen
        self._tell = tell
        self._state = LightState.ALONE
        self._heard_ns: int | None = None
        self._retry_ns = 0

    def take_word(self, written: bytes, now_ns: int) -> None:
        """Take what the agent wrote: the last byte counts, and a byte that is no state is alone."""
        if written:
            self._state = BYTES.get(written[-1:], LightState.ALONE)
            self._heard_ns = now_ns

    def refresh(self, now_ns: int) -> None:
        """Show what is to be shown now."""
        fresh = self._heard_ns is not None and now_ns - self._heard_ns < _SILENT_NS
        self._show(self._state if fresh else LightState.ALONE, now_ns)

    def finish(self, now_ns: int) -> None:
        """Show alone, and release the lamp."""
        self._show(LightState.ALONE, now_ns)
        if self._lamp is not None:
            self._lamp.close()

    def _show(self, state: LightState, now_ns: int) -> None:
        if self._lamp is None and now_ns >= self._retry_ns:
            self._retry_ns = now_ns + RETRY_NS
            try:
                self._lamp = self._reopen()
            except OSError:
                return
            self._tell("back")
        if self._lamp is None:
            return
        try:
            self._lamp.light(state, now_ns)
        except OSError as error:
            self._tell(f"lost {_why(error)}")
            lamp, self._lamp, self._retry_ns = self._lamp, None, now_ns + RETRY_NS
            try:
                lamp.close()
            except OSError:
                return


def main(spec: str) -> int:
    """Keep the lamp until the agent is gone."""
    try:
        keeper = LampKeeper(open_lamp(spec), lambda: open_lamp(spec), _say)
    except LightError as refusal:
        _say(f"refused {refusal}")
        return 2
    except ImportError as error:
        _say(f"refused --light {spec} needs a library ({error}); {EXTRA}.")
        return 2
    except OSError as error:
        _say(
            f"refused the light {spec} cannot be opened ({_why(error)}); plug it in, allow this user to "
            "write to it, and see `dreamedge devices` for its name."
        )
        return 2
    _say("open")
    inbox = sys.stdin.fileno()
    while True:
        ready, _, _ = select.select([inbox], [], [], STEP_S)
        written = os.read(inbox, 4096) if ready else b""
        if ready and not written:
            keeper.finish(boottime_ns())
            return 0
        keeper.take_word(written, boottime_ns())
        keeper.refresh(boottime_ns())


def _say(line: str) -> None:
    """Answer the agent; an agent that is gone is seen at the other pipe."""
    try:
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
    except OSError:
        return


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).splitlines()[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
