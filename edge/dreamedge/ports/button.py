"""The sleeper's own button at the bed: withdraw and wake."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press. action: one of the agent's buttons. at_ns: when it was pressed, CLOCK_BOOTTIME."""

    action: str
    at_ns: int


@dataclass(frozen=True, slots=True)
class ButtonLost:
    """The device cannot be read any more; it is tried again until it returns."""

    why: str


@dataclass(frozen=True, slots=True)
class ButtonReturned:
    """The device can be read again."""


ButtonEvent = Pressed | ButtonLost | ButtonReturned


class Button(Protocol):
    """A device with one or several keys. It MUST NOT hold up a pulse, and its loss ends no dream."""

    async def stirred(self) -> None:
        """MUST return as soon as `events` would return one."""
        ...

    def events(self) -> tuple[ButtonEvent, ...]:
        """MUST return at once with all events since the last call, presses first.

        MAY join presses of one action, and keep only the newest loss or return.
        """
        ...

    def close(self) -> None:
        """MUST release the device; MUST be safe to call twice."""
        ...


class ButtonError(Exception):
    """A button cannot be opened; the text is one sentence for a person: subject, reason, remedy."""
