"""`dreamd simulate`: a whole night in virtual time, from one seed, with every fault it can inject.

One seed prints one line, with `--verbose` also its faults and severs, and after a violation the command that
replays it. Many seeds (`--seeds N`, or `--endless` until stopped) run on all cores with a line of progress;
each that fails prints that command. Exit status: 0 only without violations.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import count
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from dreamd.adapters.cluster.ray_session import ClusterError
from dreamd.cli.batches import add_ray, opened_batch
from dreamd.core.limits import QUORUM_MIN
from dreamd.ports.batch import Batch, BatchError
from dreamd.simulation.nights import Night
from dreamd.simulation.scenario import NightAccount, run_scenario
from dreamd.terminal.clock import now_ns

VIOLATED: Final = 1
ASKED_WRONGLY: Final = 2
PODS: Final = (3, 500)
SECONDS: Final = (20.0, 86_400.0)
HELD_BACK_MOST_S: Final = 60.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    does = "simulate a fleet in virtual time from one seed: faults, severs, and checks of the safety rules"
    parser = subparsers.add_parser("simulate", help=does, description=does)
    parser.set_defaults(run=run)
    parser.add_argument("--seed", type=int, default=0, metavar="K", help="seed of the night (0)")
    parser.add_argument("--pods", type=int, default=8, metavar="N", help=f"{PODS[0]} to {PODS[1]} (8)")
    parser.add_argument("--seconds", type=float, default=150.0, metavar="S", help="simulated (150)")
    nights = parser.add_mutually_exclusive_group()
    nights.add_argument("--network", action="store_true", help="only networks and brokers fail")
    held = "nothing fails, but every message from the pods arrives S seconds late"
    beside = "the last pod is in an anchor session beside the group (4 pods at least)"
    nights.add_argument("--anchored", action="store_true", help=beside)
    joined = "another house has sleepers in the Dreamscape, and its sums come late or not at all"
    nights.add_argument("--shared", action="store_true", help=joined)
    nights.add_argument("--held-back", type=float, default=0.0, metavar="S", help=held)
    parser.add_argument("--json", action="store_true", help="print one JSON object a night, and nothing else")
    parser.add_argument("-v", "--verbose", action="store_true", help="print the faults and severs by kind")
    parser.add_argument(
        "--trace", action="store_true", help="print every line of every journal, as it happens"
    )
    add_ray(parser)
    many = parser.add_mutually_exclusive_group()
    many.add_argument("--seeds", type=int, default=1, metavar="N", help="number of seeds, from --seed on")
    many.add_argument("--endless", action="store_true", help="seeds from --seed on until stopped")
    return parser


def run(args: argparse.Namespace) -> int:
    """Simulate one night, or many."""
    refusal = _refusal(args)
    if refusal:
        print(f"dreamd simulate: {refusal}", file=sys.stderr)
        return ASKED_WRONGLY
    if args.endless or args.seeds > 1 or args.ray:
        return _many(args)
    account = run_scenario(args.seed, args.pods, args.seconds, print if args.trace else None, _night(args))
    print(json.dumps(account.as_dict()) if args.json else "\n".join(_report(account, args)))
    return VIOLATED if account.violations else 0


def _refusal(args: argparse.Namespace) -> str:
    if not PODS[0] <= args.pods <= PODS[1]:
        return f"--pods is {args.pods}, expected {PODS[0]} to {PODS[1]}"
    if not SECONDS[0] <= args.seconds <= SECONDS[1]:
        return f"--seconds is {args.seconds:g}, expected {SECONDS[0]:g} to {SECONDS[1]:g}"
    if not 0.0 <= args.held_back <= HELD_BACK_MOST_S:
        return f"--held-back is {args.held_back:g}, expected 0 to {HELD_BACK_MOST_S:g}"
    if args.anchored and not args.pods > QUORUM_MIN:
        return f"--anchored leaves {args.pods - 1} --pods for the group, expected {QUORUM_MIN} or more"
    if not args.seeds >= 1:
        return f"--seeds is {args.seeds}, expected 1 or more"
    return "--trace follows one seed, not many" if args.trace and (args.endless or args.seeds > 1) else ""


def _report(account: NightAccount, args: argparse.Namespace) -> Iterator[str]:
    """One line a night; with --verbose the counts, after a violation the rules broken and the replay."""
    faults, broken = sum(account.faults.values()), len(account.violations)
    night = f"a simulated night of {account.pods} pods, {account.seconds:g} s, with "
    night += "no faults" if not faults else "1 fault" if faults == 1 else f"{faults} faults"
    checks = f"{account.checks:,} safety checks"
    times = "once" if broken == 1 else f"{broken} times"
    yield f"{night}; a safety rule was broken {times} ({checks})" if broken else f"{night}; all {checks} held"
    if args.verbose:
        yield f"seed    {account.seed}"
        yield f"faults  {_counts(account.faults)}"
        yield f"severs  {_counts(account.severs)}"
    yield from (f"VIOLATION {violation}" for violation in account.violations)
    if broken:
        yield f"replay it: {_replay(account, args)} --trace"


def _replay(account: NightAccount, args: argparse.Namespace) -> str:
    """The command that simulates this night again."""
    command = f"dreamd simulate --seed {account.seed} --pods {account.pods} --seconds {account.seconds:g}"
    if args.network:
        command += " --network"
    for flag in ("anchored", "shared"):
        command += f" --{flag}" if vars(args).get(flag) else ""
    return command + (f" --held-back {args.held_back:g}" if args.held_back > 0.0 else "")


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in counts.items()) or "none"


def _night(args: argparse.Namespace) -> Night:
    return Night(args.network, args.held_back, args.anchored, args.shared)


def _run_one(job: tuple[int, int, float, Night]) -> NightAccount:
    seed, pods, seconds, night = job
    return run_scenario(seed, pods, seconds, night=night)


def _many(args: argparse.Namespace) -> int:
    try:
        with opened_batch(args.ray) as batch:
            return _run_many(batch, args)
    except ClusterError as error:
        print(f"dreamd simulate: {error}", file=sys.stderr)
        return ASKED_WRONGLY


def _run_many(batch: Batch, args: argparse.Namespace) -> int:
    console = Console(stderr=True)
    seeds = count(args.seed) if args.endless else range(args.seed, args.seed + args.seeds)
    done = failed = 0
    began_s = now_ns() / 1e9
    try:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            for account in _accounts(batch, seeds, args.pods, args.seconds, _night(args)):
                done += 1
                failed += bool(account.violations)
                for line in _lines(account, args):
                    print(line, flush=True)
                live.update(Text(_progress(done, failed, args.seconds, now_ns() / 1e9 - began_s)))
    except KeyboardInterrupt:
        console.print("stopped")
    except BatchError as error:
        print(f"dreamd simulate: {error}", file=sys.stderr)
        return VIOLATED
    console.print(_progress(done, failed, args.seconds, now_ns() / 1e9 - began_s))
    return VIOLATED if failed else 0


def _progress(done: int, failed: int, seconds: float, wall_s: float) -> str:
    times = done * seconds / wall_s if wall_s > 0 else 0.0
    hours = done * seconds / 3600
    nights = "1 night" if done == 1 else f"{done} nights"
    return f"{nights}, {hours:.1f} h simulated, {times:.0f} times real time, {failed} failed"


def _lines(account: NightAccount, args: argparse.Namespace) -> Iterator[str]:
    if args.json:
        yield json.dumps(account.as_dict())
    elif account.violations:
        yield f"{_replay(account, args)}  # {account.violations[0]}"


def _accounts(
    batch: Batch, seeds: Iterator[int] | range, pods: int, seconds: float, night: Night
) -> Iterator[NightAccount]:
    """The accounts, in the order of their seeds."""
    return batch.results(_run_one, ((seed, pods, seconds, night) for seed in seeds))
