"""A caller: the name, the role and the channel behind a command.

The caller is the first argument of every command of the application. With access control its name is the
principal's, and a name that the request carries is only told, as `on_behalf_of`. Without access control, on
loopback, the name is the text that the request carries. A command that needs a person's name (a reset, the
lifting of a wake order) refuses a caller without one.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

COMMAND_LINE_AGENT: Final = "dreamd-cli"
"""The user agent of the command line, by which the daemon tells it from other clients."""

UNNAMED: Final = "somebody who gave no name"
"""The signature of a caller without a name, in journal and ledger."""

SLEEPER_SIGNED: Final = "a sleeper"
"""The signature of a sleeper."""


class Role(Enum):
    """The part a caller acts in."""

    OPERATOR = "operator"  # runs the beds of its sites; without access control: any caller
    ARTIST = "artist"  # leads the Dreamscapes it was given
    CLINICIAN = "clinician"  # responsible for the sleepers of its sites
    ADVOCATE = "advocate"  # speaks for all sleepers
    SLEEPER = "sleeper"  # their own bed and seat
    SERVICE = "service"  # a program, with the methods it was granted
    AUDITOR = "auditor"  # reads everything but the names of sleepers
    ADMIN = "admin"  # gives and takes rights; binds no sleeper
    BED = "bed"  # a bed's own agent
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
    """name: the principal's; without access control as the request gives it, empty where it gives none.

    sleeper: the one that the principal is as well, whatever role the call is made in; empty: none.
    """

    name: str
    role: Role
    channel: Channel
    on_behalf_of: str = ""
    sleeper: str = ""

    @property
    def signature(self) -> str:
        """The name for journal and ledger, with the person on whose behalf the caller says it acts.

        A sleeper has none there: their login may have their own name.
        """
        if self.role is Role.SLEEPER:
            return SLEEPER_SIGNED
        if self.name and self.on_behalf_of:
            return f"{self.name} on behalf of {self.on_behalf_of}"
        return self.name or UNNAMED


SIGNALLED: Final = Caller("", Role.DAEMON, Channel.SIGNAL)
"""The operating system's signal that ends the daemon."""
RESTARTED: Final = Caller("", Role.DAEMON, Channel.RESTART)
"""A start of the daemon, which takes up what its ledger holds."""
