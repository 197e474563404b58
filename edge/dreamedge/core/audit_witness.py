"""A bed as a witness of the daemon's audit log: it keeps the newest checkpoint that the daemon has shown.

A checkpoint with fewer records than the one kept, or with another head for the same number, tells of a log
that was cut or restored. It changes nothing about permission.

Rules
- A checkpoint that was shown before the kept one is not judged. The broker may replay an old presence.
- A contradiction is told as long as the agent runs: a log that has grown past the kept number since is still
  another one.
"""

from dataclasses import dataclass

from dreamwire.checkpoint import checkpoint_of


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint as it was shown. note: signed text. at_ms: the presence that showed it, Unix time."""

    note: str
    at_ms: int


class AuditWitness:
    """The newest checkpoint of one daemon. kept: from before this start.

    contradiction: the newest one since this start; empty: none.
    """

    def __init__(self, kept: Witnessed | None = None) -> None:
        self.kept = kept
        self._told = self.contradiction = ""

    def see(self, shown: Witnessed) -> str:
        """Judge a checkpoint; keep it where it is the newest; return a contradiction, once, or nothing."""
        now = checkpoint_of(shown.note)
        before = checkpoint_of(self.kept.note) if self.kept is not None else None
        if now is None or (self.kept is not None and shown.at_ms < self.kept.at_ms):
            return ""
        if before is None or now.n > before.n:
            self.kept = shown
            return ""
        if now == before or shown.note == self._told:
            return ""
        self._told = shown.note
        if now.n == before.n:
            self.contradiction = f"record {now.n} of the audit log is not the one it was"
        else:
            self.contradiction = f"the audit log had {before.n} records and now has {now.n}"
        return self.contradiction
