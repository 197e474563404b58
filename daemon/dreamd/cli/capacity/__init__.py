"""`dreamd capacity`: cores, brokers, bandwidth and money for so many sleepers, by costs that can be measured.

It asks no daemon. The shipped costs hold until `--measure` has timed the real code paths on this machine and
kept the result; every answer tells which costs it used. `model` says what is counted, and what is not.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

from dreamd.cli.capacity import coefficients
from dreamd.cli.capacity.coefficients import SHIPPED, Coefficients, CoefficientsError
from dreamd.cli.capacity.model import Capacity, CapacityError, Question, answer

ASKED_WRONGLY: Final = 2
CORE_HOUR: Final = 0.04
HOURS: Final = 8.0
NIGHT_MOST_H: Final = 24.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "cores, brokers, bandwidth and money for so many sleepers, and what breaks first"
    parser = subparsers.add_parser("capacity", help=does, description=does)
    parser.set_defaults(run=run)
    parser.add_argument("--sleepers", type=int, metavar="N", help="in one night, all at once")
    parser.add_argument("--seats", type=int, metavar="K", help="of each Dreamscape (all in one)")
    parser.add_argument("--gateway", type=int, default=1, metavar="G", help="beds of one gateway (1: none)")
    parser.add_argument(
        "--core-hour", type=float, default=CORE_HOUR, metavar="PRICE", help=f"of a core ({CORE_HOUR})"
    )
    parser.add_argument("--hours", type=float, default=HOURS, metavar="H", help=f"of a night ({HOURS:g})")
    parser.add_argument(
        "--measure", action="store_true", help="measure the costs here, some seconds, and keep them"
    )
    parser.add_argument("--shipped", action="store_true", help="use the shipped costs, not those kept here")
    parser.add_argument("--json", action="store_true", help="print one JSON object, and nothing else")
    return parser


def run(args: argparse.Namespace) -> int:
    """Answer; return the exit status. 2: asked wrongly, or a file of costs that cannot be used."""
    try:
        _check(args)
        costs, source = _costs(args)
        if args.sleepers is None:
            _print(args, asdict(costs), (f"{name:<19}{value:10.2f}" for name, value in asdict(costs).items()))
            print(f"costs: {source}", file=sys.stderr)
            return 0
        question = Question(
            args.sleepers, args.seats if args.seats is not None else args.sleepers, args.gateway
        )
        found = answer(question, costs)
    except (CapacityError, CoefficientsError) as error:
        print(f"dreamd capacity: {error}", file=sys.stderr)
        return ASKED_WRONGLY
    money = found.money(args.core_hour, args.hours, args.sleepers)
    values = asdict(found) | {"cores": found.cores, "money_per_1000": money, "costs": source}
    _print(args, values, _lines(question, found, money, args.hours, source))
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuse flags that have no answer."""
    if args.sleepers is None and not args.measure:
        raise CapacityError("--sleepers is missing: say how many, as in dreamd capacity --sleepers 1000")
    if args.measure and args.shipped:
        raise CapacityError("--measure and --shipped exclude each other")
    if not (args.core_hour >= 0.0 and math.isfinite(args.core_hour)):
        raise CapacityError(f"--core-hour is {args.core_hour:g}, expected a price of 0 or more")
    if not 0.0 < args.hours <= NIGHT_MOST_H:
        raise CapacityError(f"--hours is {args.hours:g}, expected above 0, to {NIGHT_MOST_H:g}")


def _costs(args: argparse.Namespace) -> tuple[Coefficients, str]:
    """Return the costs and their source."""
    path = coefficients.cache_file()
    if args.measure:
        # Not at the top: the other answers need no numpy and no simulated house.
        from dreamd.cli.capacity.measurement import measure  # noqa: PLC0415

        measured = measure()
        coefficients.save(path, measured)
        return measured, f"measured now, kept in {path}"
    if path.exists() and not args.shipped:
        return coefficients.load(path), f"measured here, {path}"
    return SHIPPED, "shipped with dreamd; measure this machine's with dreamd capacity --measure"


def _print(args: argparse.Namespace, values: dict[str, object], lines: Iterator[str]) -> None:
    print(json.dumps(values) if args.json else "\n".join(lines))


def _lines(question: Question, found: Capacity, money: float, hours: float, source: str) -> Iterator[str]:
    """The answer for people."""
    each = f"{found.dreamscapes:,} of {question.seats:,}" if found.dreamscapes > 1 else "1"
    shared = f", each shared by {found.shared_by:,} houses" if found.shared_by > 1 else ""
    first, *rest = found.walls
    yield f"sleepers     {question.sleepers:,}"
    yield f"Dreamscapes  {each}{shared}"
    yield f"daemons      {found.daemons:,}, a core each; {found.core_share:,.2f} cores of work"
    yield f"brokers      {found.brokers:,}, a core each; {found.broker_share:,.2f} cores of work"
    yield f"memory       {found.memory_gb:,.2f} GB for pods, in all daemons"
    yield f"network      {found.up_gbit_s:,.3f} Gbit/s from the pods, {found.down_gbit_s:,.3f} to them"
    yield f"money        {money:,.2f} a night of {hours:g} h for 1,000 sleepers, cores alone"
    yield f"breaks first {first.what}, at {first.sleepers:,} sleepers"
    yield f"then         {'; '.join(f'{wall.what}, {wall.sleepers:,}' for wall in rest)}"
    yield f"costs        {source}"
