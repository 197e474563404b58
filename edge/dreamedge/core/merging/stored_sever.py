"""The zero that severed this sleeper, kept on the pod's disk and repeated until a later assign (DESIGN 6).

A daemon that starts over reads it as an open breaker, because a zero of the daemon may have been a trip. A
planned stop is none: the daemon names the first zero it stopped with, and what is stored of it, or of a later
zero of that term, becomes the order `shutdown`. Whatever else severed this sleeper stays as it is stored.
"""

from dataclasses import replace

from dreamedge.core.merging.effects import Effect, KeepSever
from dreamwire.messages import Assign, StoredSever

DAEMON = "daemon"
"""The cause of a zero in the own slot of a broadcast."""
SHUTDOWN = "shutdown"


class StoredSeverState:
    """What is stored of the last sever; `sever` is None where nothing is."""

    def __init__(self, sever: StoredSever | None) -> None:
        """Begin with what the disk has."""
        self.sever = sever

    def keep(self, assign: Assign, heard: tuple[int, int], cause: str) -> list[Effect]:
        """Store a sever under this assignment. heard: (term, tick) of the newest broadcast."""
        self.sever = StoredSever(assign.dreamscape, *heard, cause)
        return [KeepSever(self.sever)]

    def forget(self) -> list[Effect]:
        """A later assign has come."""
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
