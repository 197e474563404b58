"""The keys that a simulated pod has been given: what its process can read of the broadcasts it hears."""

from collections import deque
from typing import Final

from dreamedge.adapters.message_verifier import Broadcasts
from dreamedge.ports.link import Message
from dreamwire.messages import Assign, Collective, Command, EncryptedCollective

KEPT: Final = 2
"""As many as the agent keeps (`dreamedge.core.merging.tether`)."""


class HeldKeys:
    """The newest secrets in the assigns to one process; those to a twin are refused, with their key.

    opens: opens a broadcast by a secret; for the agent.
    """

    def __init__(self, broadcasts: Broadcasts, incarnation: int) -> None:
        """Begin without a key. incarnation: of the process."""
        self._incarnation = incarnation
        self.opens = broadcasts.decrypt
        self.secrets: deque[bytes] = deque(maxlen=KEPT)

    def legible(self, message: Message | None) -> Collective | None:
        """Return the broadcast as far as this process can read it; remember the key of an assign."""
        match message:
            case Collective():
                return message
            case EncryptedCollective():
                opened = (self.opens(message, secret) for secret in self.secrets)
                return next((collective for collective in opened if collective is not None), None)
            case Command(what=Assign() as assign) if assign.incarnation == self._incarnation:
                if assign.key not in self.secrets:
                    self.secrets.append(assign.key)
        return None
