"""`dreamd stage check`: listen for a while and tell what was heard, from where, and what was not.

It asks no daemon, and nothing that is heard acts. Exit status: 0 something was heard that a stage takes, 1
nothing was, or the port is taken, 2 wrong usage.
"""

import argparse
import asyncio

from dreamapi.text import shown
from dreamd.cli.client import fail, print_json
from dreamd.cli.stage.live import add_ports
from dreamd.stage.addresses import STATE
from dreamd.stage.check import Hearing
from dreamd.stage.failures import CannotRun
from dreamd.stage.udp import HERE, OscPorts
from dreamwire.schema import BANDS6X2, SCHEMAS

LISTENS_S = 10.0
_LONGEST_S = 3600.0
ANSWERS_S = 0.1
"""The system reports a port without a listener within this."""


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `check`."""
    does = "listen on the OSC port for a while and tell what was heard; nothing acts"
    parser = verbs.add_parser("check", help=does, description=does)
    add_ports(parser)
    parser.add_argument(
        "--for", dest="listens_s", metavar="S", type=_span, default=LISTENS_S, help="seconds (10)"
    )
    parser.add_argument(
        "--schema", choices=sorted(SCHEMAS), default=BANDS6X2.name, help="the features of the Dreamscape"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(act=act)


def _span(text: str) -> float:
    seconds = float(text)
    if not 0.0 < seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"expected 0 to {_LONGEST_S:g} s, got {text}")
    return seconds


def act(args: argparse.Namespace) -> int:
    """Listen, print the account, return the exit status."""
    hearing = Hearing(SCHEMAS[args.schema])
    if not args.json:
        print(f"listening at {HERE}:{args.in_port} for {args.listens_s:g} s; send something now", flush=True)
    try:
        listened = asyncio.run(_listen(args, hearing))
    except CannotRun as no:
        return fail(shown(str(no)), 1)
    if args.json:
        heard = {
            "heard": hearing.account_rows(),
            "missing": list(hearing.missing()),
            "beyond": hearing.beyond,
        }
        print_json({**heard, "in_port": args.in_port, "out_port": args.out_port, "listener": listened})
    else:
        for line in (*_heard(args, hearing), _out(args.out_port, listened=listened)):
            print(shown(line))
    return 0 if hearing.taken else 1


async def _listen(args: argparse.Namespace, hearing: Hearing) -> bool:
    """Listen; return whether a program listens at the port out."""
    ports = await OscPorts.bound(args.in_port, args.out_port, hearing.hear_datagram)
    try:
        ports.send(STATE, ("check",))
        await asyncio.sleep(max(args.listens_s, ANSWERS_S))
        return not ports.unheard
    finally:
        ports.close()


def _heard(args: argparse.Namespace, hearing: Hearing) -> list[str]:
    lines = hearing.lines()
    if hearing.taken or len(lines) > 1:
        return lines
    return [f"nothing was heard: let your program send OSC by UDP to {HERE}, port {args.in_port}"]


def _out(port: int, *, listened: bool) -> str:
    if listened:
        return f"a program listens at {HERE}:{port}; it was sent {STATE} check"
    return f"no program listens at {HERE}:{port}; let yours listen there, or name its port with --out"
