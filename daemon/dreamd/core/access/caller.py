"""A caller: the name, the role and the channel behind a command.

The caller is the first argument of every command of the application. Today its name is the text that the
request carries: nothing verifies it, so nothing is permitted or refused by it. A command that needs a
person's name (a reset, the lifting of a wake order) refuses a caller without one.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

COMMAND_LINE_AGENT: Final = "dreamd-cli"
"""The user agent of the command line, by which the daemon tells it from other clients."""

UNNAMED: Final = "somebody who gave no name"
"""The signature of a caller without a name, in journal and ledger."""


class Role(Enum):
    """The part a caller acts in."""

    OPERATOR = "operator"  # a person or a program that calls the API or uses the console
    DAEMON = "daemon"  # this process itself, told by its service manager or by its restart


class Channel(Enum):
    """The way a command came."""

    GRPC = "gRPC"
    COMMAND_LINE = "command line"
    CONSOLE = "console"
    SIGNAL = "signal"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class Caller:
    """name: as the request gives it, empty where it gives none."""

    name: str
    role: Role
    channel: Channel

    @property
    def signature(self) -> str:
        """The name for journal and ledger."""
        return self.name or UNNAMED


SIGNALLED: Final = Caller("", Role.DAEMON, Channel.SIGNAL)
"""The operating system's signal that ends the daemon."""
RESTARTED: Final = Caller("", Role.DAEMON, Channel.RESTART)
"""A start of the daemon, which takes up what its ledger holds."""
