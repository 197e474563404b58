"""Renews a program's credential at half of its life, in the file that the program was given.

The daemon says how long the credential has left, so no clock of this machine is compared with another's. The
new one is written to the disk before it is shown to the daemon, and its first use ends the one before. So a
program that is killed at any step has one in its file that counts.

Several processes may share a file: a lock beside it lets one of them renew, and the others take the new one
from the file with their next call. A person's credential is not renewed: the person signs in again.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from google.protobuf.duration_pb2 import Duration

from dreamapi.access import Access
from dreamapi.credentials import CredentialError, HeldCredential
from dreamapi.errors import ApiError
from dreamapi.operating_system import PLAIN, lock_alone
from dreamapi.v1.access_pb2 import Principal

FIRST_LOOK_S: Final = 5.0
"""A connection of shorter life than this asks nothing of its credential."""
LOOK_AGAIN_S: Final = 86_400.0
"""The longest from one look to the next: a machine may sleep, and its clock with it."""
RETRY_FIRST_S: Final = 60.0
RETRY_MOST_S: Final = 3600.0
LOCK_WITHIN_S: Final = 30.0
SPREAD: Final = 0.02
"""Share of the life that is left by which the processes of a site are spread."""
CLOSE_WITHIN_S: Final = 2.0
_GLANCE_S: Final = 0.05
_log: Final = logging.getLogger("dreamapi")

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Renewal:
    """The credential after a look, in seconds from then on.

    renewed: whether it is a new one. ever: whether it is one that is renewed at all.
    """

    expires_in_s: float
    renew_in_s: float
    renewed: bool = False
    ever: bool = True


async def renew_if_due(access: Access, held: HeldCredential) -> Renewal:
    """Look how long the credential has left; from half of its life on, put a new one in its place.

    Raises:
        ApiError: the daemon refuses or is not reached.
        CredentialError: the file cannot be written, or another process has renewed it for too long.
    """
    if held.path is None:
        raise CredentialError("a credential without a file cannot be renewed; connect with its file")
    async with _alone(held.path):
        await asyncio.to_thread(held.reread)
        caller = await access.caller()
        left = _left(caller.expires_in, caller.renew_in)
        if caller.kind == Principal.KIND_PERSON or not caller.HasField("renew_in"):
            return replace(left, ever=False)
        if left.renew_in_s > 0.0:
            return left
        await asyncio.to_thread(
            _write, held, held.kept.credential, held.kept.expires
        )  # before a secret is made
        issued = await access.renew_credential()
        expires = issued.expire_time.ToJsonString()
        await asyncio.to_thread(_write, held, issued.credential, expires)
        await access.caller()  # shows it: the one before ends, and a bed's password at the broker follows
        return replace(_left(issued.expires_in, issued.renew_in), renewed=True)


def _left(expires_in: Duration, renew_in: Duration) -> Renewal:
    return Renewal(expires_in.ToMicroseconds() / 1e6, renew_in.ToMicroseconds() / 1e6)


def _write(held: HeldCredential, credential: str, expires: str) -> None:
    kept = replace(held.kept, credential=credential, expires=expires)
    assert held.path is not None
    try:
        kept.write_file(held.path)
    except OSError as error:
        raise CredentialError(
            f"the credential {held.path} cannot be written ({error.strerror}), so it is not renewed; let "
            "this program write there"
        ) from error
    held.renewed_to(kept)


@contextlib.asynccontextmanager
async def _alone(path: Path) -> AsyncIterator[None]:
    """Hold the lock beside a file; it ends with the process, too."""
    lock = path.with_name(f".{path.name}.lock")
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | PLAIN, 0o600)
    except OSError as error:
        raise CredentialError(
            f"{lock} cannot be written ({error.strerror}), so the credential is not renewed; let this "
            "program write there"
        ) from error
    try:
        for _ in range(int(LOCK_WITHIN_S / _GLANCE_S)):
            with contextlib.suppress(BlockingIOError):
                lock_alone(handle)
                break
            await asyncio.sleep(_GLANCE_S)
        else:
            raise CredentialError(f"another process has held {lock} for {LOCK_WITHIN_S:.0f} s; look for it")
        yield
    finally:
        os.close(handle)


class Renewing:
    """Keeps a credential renewed while its connection lives."""

    def __init__(
        self, access: Access, held: HeldCredential, rng: Random, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._access, self._held, self._rng, self._sleep = access, held, rng, sleep
        self._idle = asyncio.Event()
        self._idle.set()

    async def keep_renewed(self) -> None:
        """Look, renew where it is due, and look again, until the credential is one that is never renewed."""
        wait_s, attempt, told = FIRST_LOOK_S, 0, ""
        while True:
            await self._sleep(wait_s)
            try:
                found = await self.look()
            except ApiError as error:
                wait_s = self._rng.uniform(0.5, 1.0) * min(
                    RETRY_MOST_S, RETRY_FIRST_S * 2 ** min(attempt, 16)
                )
                attempt += 1
                if str(error) != told:
                    _log.warning("the credential of %s is not renewed: %s", self._held.kept.principal, error)
                told = str(error)
                continue
            if not found.ever:
                return
            attempt, told = 0, ""
            spread_s = self._rng.uniform(0.0, SPREAD * found.expires_in_s)
            wait_s = min(LOOK_AGAIN_S, found.renew_in_s + min(spread_s, RETRY_MOST_S))

    async def look(self) -> Renewal:
        """Look once, and renew where it is due."""
        self._idle.clear()
        try:
            return await renew_if_due(self._access, self._held)
        finally:
            self._idle.set()

    async def finished(self) -> None:
        """Wait until a renewal under way is over, its secret on the disk; for CLOSE_WITHIN_S at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_WITHIN_S):
                await self._idle.wait()
