"""`dreamd serve`: the daemon in the foreground.

Exit status: 0 after a signal, with every sleeper home; 1 with a sentence where a resource is missing. A
supervisor that started it learns that the daemon is ready from one line of JSON, on standard output
(--ready-json) or on a descriptor it passed (--ready-fd), and from nothing else: the log is on standard error.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

Settings = TypeVar("Settings")


class CannotServe(Exception):  # noqa: N818 -- it is a sentence for a person, not a programming error
    """The daemon cannot start or continue; the message is one sentence with the next step."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The daemon is ready: the ports it listens on (of use where they were 0) and its process."""

    grpc: int
    http: int
    pid: int


Announce = Callable[[Ready], None]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser(
        "serve", help="run the daemon", description="Run the daemon until SIGTERM or SIGINT."
    )
    ready = parser.add_argument_group("when ready")
    ready.add_argument("--ready-json", action="store_true", help="print one line of JSON on standard output")
    ready.add_argument(
        "--ready-fd", type=int, metavar="N", help="write that line to descriptor N, and close it"
    )
    return parser


def run(
    args: argparse.Namespace,
    settings: Settings,
    serve: Callable[[Settings, Announce], Coroutine[Any, Any, None]],
) -> int:
    """Serve with these settings until a signal; CannotServe where that is not possible."""
    asyncio.run(serve(settings, lambda ready: _announce(args, ready)))
    return 0


def _announce(args: argparse.Namespace, ready: Ready) -> None:
    line = json.dumps({"ready": True, **asdict(ready)}) + "\n"
    if args.ready_json:
        sys.stdout.write(line)
        sys.stdout.flush()
    if args.ready_fd is not None:
        try:
            os.write(args.ready_fd, line.encode())
            os.close(args.ready_fd)
        except OSError as error:
            raise CannotServe(f"--ready-fd {args.ready_fd} cannot be written ({error.strerror})") from error
