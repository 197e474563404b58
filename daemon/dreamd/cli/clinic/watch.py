"""`dreamd clinic watch|lift-alarm|response`: the watches over harm, and low check-ins by dose."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

import dreamapi
from dreamapi.letters import KINDS
from dreamd.cli import client
from dreamd.cli.client import NothingAskedError, as_json, console, print_json
from dreamd.cli.printing import watch_tables
from dreamd.plots.response_chart import odds_words, response_svg
from dreamd.plots.watch_chart import watch_svg
from dreamwire.closed_file import write_closed

_FLAGS: Final = {"nights": "--nights", "kind": "KIND", "role": "--role"}
_MODE: Final = 0o644


def add_verbs(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verbs of surveillance."""
    watch = _add(verbs, "watch", _watch, "each kind of harm: blind, watching or alarm, with its evidence")
    _add_plot(watch, "the judged nights of each kind, as an SVG")
    watch.add_argument(
        "--nights", metavar="N", type=client.positive, default=0, help="judged nights (default: all kept)"
    )
    lift = _add(verbs, "lift-alarm", _lift, "agree to lift an alarm; it takes a clinician and an advocate")
    lift.add_argument("kind", metavar="KIND", choices=tuple(KINDS), help=", ".join(KINDS))
    lift.add_argument(
        "--role", choices=("clinician", "advocate"), default="", help="of the two that you have"
    )
    does = "how low check-ins go with the planned dose: bins, and the slope with its interval"
    response = _add(verbs, "response", _response, does)
    _add_plot(response, "bins and fitted chance, as an SVG")
    response.add_argument(
        "--nights", metavar="N", type=client.positive, default=0, help="the last N (default: all kept)"
    )


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, ask: client.Verb, does: str
) -> argparse.ArgumentParser:
    parser = client.add_verb(verbs, name, ask, does)
    parser.set_defaults(run=client.run, flags=_FLAGS)
    return parser


def _add_plot(parser: argparse.ArgumentParser, does: str) -> None:
    parser.add_argument("--plot", metavar="FILE", type=Path, help=f"write {does}")


async def _watch(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exposure.surveillance(nights=args.nights)
    _write(args.plot, lambda: watch_svg(found))
    if args.json:
        print_json(as_json(found))
        return
    console().print(watch_tables.watches(found))
    for line in watch_tables.notes(found):
        print(line)


async def _lift(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exposure.lift_alarm(args.kind, role=args.role)
    if args.json:
        print_json(as_json(found))
    else:
        print(watch_tables.lifting(found))


async def _response(api: dreamapi.Api, args: argparse.Namespace) -> None:
    found = await api.exposure.response(nights=args.nights)
    _write(args.plot, lambda: response_svg(found))
    if args.json:
        print_json(as_json(found))
        return
    console().print(watch_tables.bins(found))
    print(odds_words(found))


def _write(file: Path | None, draw: Callable[[], str]) -> None:
    """Write a plot where one is asked for."""
    if file is None:
        return
    try:
        write_closed(file, draw().encode(), _MODE)
    except OSError as error:
        sentence = f"{file} cannot be written ({error.strerror}); name a file in a folder of yours (--plot)"
        raise NothingAskedError(sentence) from error
