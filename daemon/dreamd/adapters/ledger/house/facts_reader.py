"""Reads the facts of a house on a thread of its own, so that no way out waits for a reading.

Rules
- A reading that fails leaves the facts as they were: a database that does not answer locks nobody in.
- The copy of the keys is opened anew each time, for another copy may have replaced it.
"""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from dreamd.adapters.ledger.house.house_facts import HouseFacts, read_facts
from dreamd.adapters.ledger.people_keys.keys_file import KEYS_FILE, KeysFile
from dreamd.core.access.principals import Credential, Principal
from dreamd.ports.commit import LedgerError

FACTS_EVERY_S: Final = 5.0
"""A credential that the owner has revoked ends at a standby as late as this."""


class FactsReader:
    """The newest facts; implements `Principals` and `Whereabouts` by them."""

    def __init__(self, engine: sa.Engine, state_dir: Path) -> None:
        """engine: of connections that name people by subject. state_dir: where the copy of the keys lies."""
        self._engine, self._keys = engine, state_dir / KEYS_FILE
        self.newest = HouseFacts()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._read_on, name="house-facts", daemon=True)

    def begin_readings(self) -> None:
        """Read once, where the database answers, and go on on the thread."""
        self.read_facts()
        self._thread.start()

    def end_readings(self) -> None:
        """Read no more."""
        self._stopping.set()

    def _read_on(self) -> None:
        while not self._stopping.wait(FACTS_EVERY_S):
            self.read_facts()

    def read_facts(self) -> None:
        """Read them anew; a reading that fails changes nothing."""
        with suppress(sa.exc.SQLAlchemyError, LedgerError, ValueError, KeyError, TypeError):
            subjects = self._subjects()
            with self._engine.connect() as base:
                self.newest = read_facts(base, subjects)

    def _subjects(self) -> dict[str, str]:
        if not self._keys.exists():
            return {}
        file = KeysFile(self._keys)
        try:
            return {sleeper: one.subject for sleeper, one in (file.links() or {}).items()}
        finally:
            file.close()

    # -- principals ---------------------------------------------------------------------------------

    @property
    def empty(self) -> bool:
        """Whether the house has no principal."""
        return self.newest.table.empty

    @property
    def misnamed(self) -> tuple[str, ...]:
        """Beds with a name that no bed may have."""
        return self.newest.table.misnamed

    def administered(self, now_s: float) -> bool:
        """Whether an administrator could act."""
        return self.newest.table.administered(now_s)

    def find_credential(self, credential: str) -> tuple[Principal, Credential] | None:
        """The credential of this id with its principal."""
        return self.newest.table.find_credential(credential)

    # -- whereabouts --------------------------------------------------------------------------------

    def site_of(self, pod: str) -> str:  # noqa: ARG002 -- the protocol's
        """Not known: a bed's presence alone tells its site."""
        return ""

    def sites_of(self, dreamscape: str) -> frozenset[str]:  # noqa: ARG002 -- the protocol's
        """Not known."""
        return frozenset()

    def sleeper_in(self, pod: str) -> str:
        """The sleeper checked in at a pod."""
        return self.newest.sleeper_in(pod)

    def dreamscape_of(self, sleeper: str) -> str:
        """The Dreamscape in which the sleeper's pod has a seat."""
        return self.newest.dreamscape_of(sleeper)

    def bed_of(self, sleeper: str) -> str:
        """The pod at which a sleeper is checked in."""
        return self.newest.bed_of(sleeper)
