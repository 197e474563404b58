"""`dreamd handover`: the owner of the house ends, and its standby takes every bed as it is.

The verb waits until the standby serves. It asks under the standby's own address, with the same credential; a
standby that gives no address, or none that leads there from here, is left to its own log.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import dreamapi
from dreamapi.text import shown
from dreamd.cli import client
from dreamd.cli.client import add_connection, as_json, print_json, server_of
from dreamd.core.access.caller import COMMAND_LINE_AGENT

WITHIN_S: Final = 30.0
LOOK_S: Final = 0.1

run = client.run


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `handover`."""
    does = "hand the house over to its standby: every bed at zero, none released"
    handover = subparsers.add_parser(
        "handover",
        help=does,
        description=f"{does}. The owner ends, a standby that waits takes the house, and sleepers that were "
        "well merge again from zero. Refused where no standby could take it; see dreamd house.",
    )
    add_connection(handover)
    handover.add_argument("--reason", default="", help="optional; kept in the audit log")
    handover.set_defaults(run=run, ask=_hand_over)


async def _hand_over(api: dreamapi.Api, args: argparse.Namespace) -> None:
    clock_s = asyncio.get_running_loop().time
    before = (await api.houses.get()).lease
    heir = await api.houses.hand_over(reason=args.reason)
    asked_s, owner = clock_s(), None
    if not args.json:
        print(f"term {before.term} ends; {shown(heir.address) or 'a standby'} takes the house", flush=True)
    if heir.address:
        there = dreamapi.Server(heir.address, server_of(args).credential)
        async with dreamapi.connect(there, to_screen=not args.json, user_agent=COMMAND_LINE_AGENT) as other:
            owner = await serving(other.houses.get, before.term)
    if args.json:
        print_json({"heir": as_json(heir), "owner": as_json(owner.lease) if owner is not None else None})
    elif owner is not None:
        took_s = clock_s() - asked_s
        print(f"{shown(owner.lease.address)} owns the house, term {owner.lease.term}, after {took_s:.1f} s")
    else:
        print("the standby could not be asked from here; dreamd house --server there shows the new owner")


async def serving(ask: Callable[[], Awaitable[dreamapi.House]], before: int) -> dreamapi.House | None:
    """Ask until a daemon with a higher term answers; None: none has within WITHIN_S."""
    with suppress(TimeoutError):
        async with asyncio.timeout(WITHIN_S):
            while True:
                with suppress(dreamapi.ApiError):
                    house = await ask()
                    if house.lease.term > before:
                        return house
                await asyncio.sleep(LOOK_S)
    return None
