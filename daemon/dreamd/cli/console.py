"""`dreamd console`: the console of a site, a program of its own and a client of the API.

Exit status: 0 ended by a signal, 1 it cannot run (the sentence is on stderr), 2 wrong usage.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Final

from dreamapi.text import shown
from dreamd import settings
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.cli.client import DEFAULT_SERVER
from dreamd.console.program import CannotRun, Settings, serve_console
from dreamd.console.web_app import ApiAddress
from dreamd.terminal.clock import wall

DEFAULT_LISTEN: Final = "127.0.0.1:8443"
PORT_MOST: Final = 65535
DOES: Final = "serve a site's console to browsers, each viewer with an own credential"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser(
        "console",
        help=DOES,
        description=f"{DOES[0].upper()}{DOES[1:]}, over TLS. A page offers what the viewer's roles may "
        "order; sever, wake and release never wait for an idle session.",
        epilog="Without a site (dreamd init) the daemon serves its console itself, on the HTTP port.",
    )
    parser.add_argument(
        "--server",
        metavar="HOST:PORT",
        default=os.environ.get("DREAMD_SERVER", DEFAULT_SERVER),
        help=f"the daemon's API (environment DREAMD_SERVER; else {DEFAULT_SERVER})",
    )
    parser.add_argument(
        "--listen", metavar="HOST:PORT", default=DEFAULT_LISTEN, help=f"default: {DEFAULT_LISTEN}"
    )
    parser.add_argument(
        "--state-dir", metavar="DIRECTORY", help="the daemon's, where the files below are by default"
    )
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="PEM (default: the site's)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its key, PEM (default: the site's)")
    parser.add_argument(
        "--authority", type=Path, metavar="FILE", help="of the API's certificate, PEM (default: the site's)"
    )
    parser.add_argument("--json", action="store_true", help="print the address as JSON once the port is open")
    return parser


def run(args: argparse.Namespace) -> int:
    """Serve until a signal; return the exit status."""
    if (args.certificate is None) != (args.key is None):
        return _fail("--certificate and --key go together: name both, or neither", 2)
    host, _, port = args.listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > PORT_MOST:
        return _fail(f"--listen is {args.listen!r}; expected HOST:PORT, such as {DEFAULT_LISTEN}", 2)
    site = SiteAuthority(settings.load(os.environ, {"state_dir": args.state_dir}).settings.state_dir)
    authority = args.authority or site.certificate
    try:
        api = ApiAddress(args.server, _authority(authority))
        served = Settings(
            api,
            host.removeprefix("[").removesuffix("]"),
            int(port),
            args.certificate or site.server_certificate,
            args.key or site.server_key,
        )
        asyncio.run(serve_console(served, _now_s, lambda bound: _tell(args, host, bound)))
    except CannotRun as no:
        return _fail(str(no), 1)
    return 0


def _authority(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError as error:
        raise CannotRun(
            f"{path} is not there: make a site (dreamd init), or name the authority of the API's certificate "
            "with --authority; without a site the daemon serves its own console"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(
            f"{path} cannot be read ({error}); run this as the daemon's user, or name it with --authority"
        ) from error


def _now_s() -> float:
    """Unix seconds of this machine."""
    return wall().timestamp()


def _tell(args: argparse.Namespace, host: str, port: int) -> None:
    url = f"https://{host}:{port}/"
    print(json.dumps({"url": url}) if args.json else f"the console is at {url}", flush=True)


def _fail(sentence: str, status: int) -> int:
    print(f"dreamd: {shown(sentence)}", file=sys.stderr)
    return status
