"""`dreamd house`: the owner of the house, its lease, and the daemons that wait for it."""

import argparse

import dreamapi
from dreamapi.text import shown
from dreamd.cli import client
from dreamd.cli.client import add_connection, as_json, print_json

run = client.run


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `house`."""
    house = subparsers.add_parser(
        "house",
        help="show the house: its owner, term and lease, its standbys, its troubles",
        description="Show the daemon that owns the house, its term and the rest of its lease, the daemons "
        "that wait for the house and what each of them lacks to take it, and what is wrong. A daemon that "
        "waits leads to the owner.",
    )
    add_connection(house)
    house.set_defaults(run=run, ask=_show)


async def _show(api: dreamapi.Api, args: argparse.Namespace) -> None:
    house = await api.houses.get()
    if args.json:
        print_json(as_json(house))
        return
    print("\n".join(shown(line) for line in lines(house)))


def lines(house: dreamapi.House) -> list[str]:
    """The house in lines: owner, standbys, pods, troubles."""
    told = [*_lease(house), f"beds       {house.pods_online} connected, {house.pods_unheard} of them silent"]
    return told + [f"trouble    {trouble}" for trouble in house.troubles]


def _lease(house: dreamapi.House) -> list[str]:
    if not house.HasField("lease"):
        return ["owner      this daemon alone: its ledger is a file, which no other daemon can take"]
    lease = house.lease
    left_s = lease.left.ToTimedelta().total_seconds()
    named = f" of {lease.house}" if lease.house else ""
    owner = f"owner      {lease.address or 'a daemon that gives no address'}{named}, term {lease.term}"
    waits = [
        f"standby    {one.address or 'a daemon that gives no address'}: "
        + (f"cannot take over: {one.lacks}" if one.lacks else "can take over")
        for one in lease.standbys
    ]
    return [owner, f"lease      {left_s:.1f} s left", *(waits or ["standby    none waits"])]
