"""A service of a site: it plans a Dreamscape, starts it, watches it, and severs it.

python service.py CREDENTIAL.json DREAMSCAPE [PIN]
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import dreamapi
from dreamapi.credentials import load_credential
from dreamapi.pinned import pin_of

T = TypeVar("T")


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Repeat a call that is refused for its rate, as late as the answer says."""
    while True:
        try:
            return await call()
        except dreamapi.RateExceeded as refused:
            print("told to wait", flush=True)
            await asyncio.sleep(float(refused.metadata["retry_s"]))


async def renew(file: Path) -> None:
    """Renew the credential from half of its life on; the old one ends with the first use of the new one."""
    kept = load_credential(file)
    async with dreamapi.connect(kept.server, credential=file) as api:
        me = await patiently(api.access.caller)
        issued_s, expires_s = me.issue_time.seconds, me.expire_time.seconds
        if time.time() < (issued_s + expires_s) / 2:
            return
        fresh = await api.access.renew_credential()
    expires = fresh.expire_time.ToJsonString()
    replace(kept, credential=fresh.credential, expires=expires).write_file(file)
    print("renewed", flush=True)


async def night(file: Path, name: str) -> None:
    """Plan, start, watch, sever."""
    async with dreamapi.connect(load_credential(file).server, credential=file) as api:
        for one in await patiently(api.dreamscapes.list):
            print("there is", one.name, flush=True)
        plan, request_id = dreamapi.plan(seats_min=3, seats_max=8), f"plan-{name}"
        for _ in range(2):  # once is enough: a repeated request id is answered as before, and done once
            await patiently(lambda: api.dreamscapes.create(name, plan, request_id=request_id))
        await patiently(lambda: api.dreamscapes.start(name))
        await patiently(lambda: watch(api, name))


async def watch(api: dreamapi.Api, name: str) -> None:
    """Sever after three ticks, and watch on until the stream ends."""
    seen = 0
    async for tick in api.dreamscapes.watch_collective(name, omit_seats=True):
        seen += 1
        print("tick", tick.tick, flush=True)
        if seen == 3:
            severed = await api.dreamscapes.sever(name, reason="enough seen")
            print("severed", severed.zeroed, "unconfirmed", len(severed.unconfirmed), flush=True)


def main() -> int:
    """Run it; 3: the credential was revoked."""
    file, name, *pins = sys.argv[1:]
    kept = load_credential(Path(file))
    if pins and pin_of(kept.authority) != pins[0]:
        print("the file is of another authority")
        return 2
    try:
        asyncio.run(renew(Path(file)))
        asyncio.run(night(Path(file), name))
    except dreamapi.CredentialRevoked as revoked:
        print("revoked:", revoked)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
