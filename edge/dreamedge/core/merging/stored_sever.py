"""The zero that severed this sleeper, kept on the disk and repeated until a later assign (DESIGN 6).

A restarted daemon reads it as an open breaker, because a zero of the daemon may have been a trip. A planned
stop is not a trip: the daemon names the first zero of its stop, and a stored zero from that one on, in the
same term, becomes the order `shutdown`. Any other stored cause stays.
"""

from dataclasses import replace

from dreamedge.core.merging.effects import Effect, KeepSever
from dreamwire.messages import Assign, StoredSever

DAEMON = "daemon"
"""The cause of a zero in the own slot of a broadcast."""
SHUTDOWN = "shutdown"


class StoredSeverState:
    """The stored sever; `sever` is None if there is none."""

    def __init__(self, sever: StoredSever | None) -> None:
        """Begin with the sever on the disk."""
        self.sever = sever

    def store(self, assign: Assign, heard: tuple[int, int], cause: str) -> list[Effect]:
        """Store a sever under this assignment. heard: (term, tick) of the newest broadcast."""
        self.sever = StoredSever(assign.dreamscape, *heard, cause)
        return [KeepSever(self.sever)]

    def forget(self) -> list[Effect]:
        """Clear the stored sever: a later assign has arrived."""
        was, self.sever = self.sever, None
        return [] if was is None else [KeepSever(None)]

    def excuse(self, assign: Assign | None, term: int, tick: int) -> list[Effect]:
        """Read the zeros from tick `tick` of `term` on as a planned stop of the daemon; term 0: none."""
        sever = self.sever
        if sever is None or assign is None or sever.cause != DAEMON:
            return []
        ok = 0 < term == sever.term == assign.term and sever.tick >= tick
        if not (ok and sever.dreamscape == assign.dreamscape):
            return []
        self.sever = replace(sever, cause=SHUTDOWN)
        return [KeepSever(self.sever)]
