"""Keeps a bed's credential alive beside its tether: looks when it is due, and tells what came of it.

Nothing here touches the session. A credential that is not renewed is told, in the journal and by
`dreamedge status`; at its end the daemon lets the bed go, and its sleeper is alone.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from dreamedge.core.broker_passwords import BrokerPasswords
from dreamedge.core.renewal_schedule import Schedule
from dreamedge.ports.bed_credential import CredentialStore

GLANCE_S: Final = 1.0
DAY_S: Final = 86_400.0


class LookedAfter(Protocol):
    """The bed, as far as its credential depends on it."""

    @property
    def at_home(self) -> bool:
        """Whether its sleeper is alone and holds no seat."""
        ...

    def note(self, kind: str, values: dict[str, float | int | str]) -> None:
        """Write a line to the journal."""
        ...


class CredentialKeeper:
    """One bed's credential. now_s: CLOCK_BOOTTIME, seconds. boot: id of this boot."""

    def __init__(
        self,
        store: CredentialStore,
        passwords: BrokerPasswords,
        schedule: Schedule,
        now_s: Callable[[], float],
        boot: str,
    ) -> None:
        self._store, self.passwords, self._schedule = store, passwords, schedule
        self._now_s, self._boot = now_s, boot
        self._why = ""

    async def keep_credential(self, bed: LookedAfter) -> None:
        """Look after it once a second, for ever."""
        while True:
            await asyncio.sleep(GLANCE_S)
            await self.glance(bed)

    async def glance(self, bed: LookedAfter) -> None:
        """Do what is due now."""
        passwords = self.passwords
        if passwords.unsaved:
            why = await self._store.keep_password(passwords.now)
            passwords.unsaved = False
            self._tell_failure(bed, why)
        due = self._schedule.look_due(
            self._now_s(),
            merged=not bed.at_home,
            locked_out=passwords.locked_out,
            behind=passwords.behind,
        )
        if due:
            await self._look(bed)

    async def _look(self, bed: LookedAfter) -> None:
        found = await self._store.look()
        now_s = self._now_s()
        if found.token:
            self.passwords.offer(found.token)
        if found.plan is None:
            self._schedule.failed(now_s)
            self._tell_failure(bed, found.why)
            return
        self._schedule.looked(found.plan, now_s)
        if found.renewed or self._why:
            kind = "credential-renewed" if found.renewed else "credential-shown"
            bed.note(kind, {"left_days": round(found.plan.expires_in_s / DAY_S, 1)})
        self._why = ""

    def _tell_failure(self, bed: LookedAfter, why: str) -> None:
        """Journal a failure, once a reason."""
        if why and why != self._why:
            plan = self._schedule.plan
            left_s = plan.left_s(self._boot, self._now_s()) if plan is not None else None
            left = {} if left_s is None else {"left_days": round(left_s / DAY_S, 1)}
            bed.note("credential-not-renewed", {"why": why, **left})
        self._why = why or self._why
