"""The artist's machine: strict OSC, ways out by their address, a lead that ends with its input."""

from typing import Final

from mutate.mutation import Mutation

_STAGE: Final = "daemon/dreamd/stage/"
_OSC, _ADDRESSES, _SESSION = (f"tests/stage/test_{one}.py" for one in ("osc", "addresses", "session"))

STAGE: Final = tuple(
    Mutation(f"stage.{name}", broken, f"{_STAGE}{file}.py", old, new, (test,))
    for name, broken, file, old, new, test in (
        (
            "finite",
            "a NaN reaches the vector",
            "osc",
            "if not all(isinstance(value, str) or isfinite(value) for value in values):",
            "if False:",
            _OSC,
        ),
        (
            "length",
            "a datagram of any length is read",
            "osc",
            "if len(datagram) > DATAGRAM_MOST:",
            "if False:",
            _OSC,
        ),
        (
            "nested",
            "a bundle is read as a message",
            "osc",
            "nested = part.startswith(_BUNDLE)",
            "nested = False",
            _OSC,
        ),
        (
            "whole",
            "a float that was cut off is 0",
            "osc",
            "return None if at == len(part) else Fault.NOT_OSC",
            "return None",
            _OSC,
        ),
        (
            "kinds",
            "an unknown type tag reaches python-osc, which logs it",
            "osc",
            "if not set(tags[1:]) <= {*_NUMBERS, _TEXT}:",
            "if False:",
            _OSC,
        ),
        (
            "way-out",
            "a sever with an odd argument is refused",
            "addresses",
            "if message.address in (SEVER, WAKE) else None",
            "if message.address in (SEVER, WAKE) and message.fault is None else None",
            _OSC,
        ),
        (
            "share",
            "a share above the plan's ends the lead",
            "addresses",
            "if not 0.0 <= numbers[0] <= self.share_most:",
            "if False:",
            _ADDRESSES,
        ),
        (
            "silent",
            "a patch that froze leads for ever",
            "live_input",
            " or not 0.0 <= moment.now_s - self.heard_s <= SILENT_S",
            "",
            _ADDRESSES,
        ),
        (
            "cues",
            "cues wait without a bound",
            "inbox",
            "if isinstance(command, Cue) and len(self.cues) >= CUES_MOST:",
            "if False:",
            _ADDRESSES,
        ),
        (
            "told",
            "each of a million refusals is told",
            "inbox",
            "if now_s - self._told_s >= TOLD_EACH_S:",
            "if True:",
            _OSC,
        ),
        (
            "order",
            "an order that is given while the daemon is lost is dropped",
            "session",
            "await self._work(api, schema)",
            "self._inbox.order = None; await self._work(api, schema)",
            _SESSION,
        ),
        (
            "order-newer",
            "an answer ends an order that came after it",
            "inbox",
            "        if self.order is order:\n",
            "        if True:\n",
            _ADDRESSES,
        ),
    )
)
