"""`dreamd console`: the page for people that watch over a night, served by a program of its own.

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
from dreamd.console.program import CannotRun, Files, Settings, serve_until_signal
from dreamd.console.web_app import ApiAddress
from dreamd.terminal.clock import wall

IN_A_SITE: Final = "127.0.0.1:8443"
ON_THIS_MACHINE: Final = "127.0.0.1:8081"
SESSIONS: Final = "console-sessions.sqlite3"
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
PORT_MOST: Final = 65535
DOES: Final = "serve the console to browsers"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser(
        "console",
        help=DOES,
        description=f"{DOES[0].upper()}{DOES[1:]}. In a site (dreamd init) over TLS: each viewer signs in "
        "with an own credential, and a page offers what the roles may order; sever, wake and release "
        "never wait for an idle session. Without a site on this machine alone, and no viewer signs in.",
    )
    parser.add_argument(
        "--server",
        metavar="HOST:PORT",
        default=os.environ.get("DREAMD_SERVER", DEFAULT_SERVER),
        help=f"the daemon's API (environment DREAMD_SERVER; else {DEFAULT_SERVER})",
    )
    parser.add_argument(
        "--listen", metavar="HOST:PORT", help=f"default: {IN_A_SITE}; without a site {ON_THIS_MACHINE}"
    )
    parser.add_argument(
        "--state-dir", metavar="DIRECTORY", help="the daemon's, where the files below are by default"
    )
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="PEM (default: the site's)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="its key, PEM (default: the site's)")
    parser.add_argument(
        "--authority", type=Path, metavar="FILE", help="of the API's certificate, PEM (default: the site's)"
    )
    parser.add_argument(
        "--sessions",
        type=Path,
        metavar="FILE",
        help=f"where a site's sessions are kept, so that pages survive a restart (default: {SESSIONS} in the "
        "state directory)",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the address as JSON once the console answers"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Serve until a signal; return the exit status."""
    if (args.certificate is None) != (args.key is None):
        return _fail("--certificate and --key go together: name both, or neither", 2)
    site = SiteAuthority(settings.load(os.environ, {"state_dir": args.state_dir}).settings.state_dir)
    in_site = site.made or args.authority is not None or args.certificate is not None
    listen = args.listen or (IN_A_SITE if in_site else ON_THIS_MACHINE)
    host, _, port = listen.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or int(port) > PORT_MOST:
        return _fail(f"--listen is {listen!r}; expected HOST:PORT, such as {IN_A_SITE}", 2)
    try:
        api, files = _in_site(args, site) if in_site else _on_this_machine(args, host, site)
        daemon_key = site.directory.parent / "daemon.pub"
        kept = args.sessions or site.directory.parent / SESSIONS
        served = Settings(api, host, int(port), files, kept if in_site else None, daemon_key)
        asyncio.run(serve_until_signal(served, _now_s, lambda bound: _tell(args, served, bound)))
    except CannotRun as no:
        return _fail(str(no), 1)
    return 0


def _in_site(args: argparse.Namespace, site: SiteAuthority) -> tuple[ApiAddress, Files]:
    api = ApiAddress(args.server, _authority(args.authority or site.certificate))
    return api, Files(args.certificate or site.server_certificate, args.key or site.server_key)


def _on_this_machine(args: argparse.Namespace, host: str, site: SiteAuthority) -> tuple[ApiAddress, None]:
    """Every page may do everything, so neither browsers nor the API are elsewhere."""
    for what, named in (("listen on", host), ("ask", args.server.rpartition(":")[0].strip("[]"))):
        if named not in LOOPBACK:
            raise CannotRun(
                f"there is no site in {site.directory.parent}, so the console does not {what} {named}: its "
                "pages would ask for no credential; make a site (dreamd init), or name the daemon's state "
                "directory with --state-dir"
            )
    return ApiAddress(args.server), None


def _authority(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotRun(
            f"{path} cannot be read ({error}); run this as the daemon's user, or name the authority of the "
            "API's certificate with --authority"
        ) from error


def _now_s() -> float:
    """Unix seconds of this machine."""
    return wall().timestamp()


def _tell(args: argparse.Namespace, served: Settings, port: int) -> None:
    host = f"[{served.host}]" if ":" in served.host else served.host
    url = f"http{'s' if served.files is not None else ''}://{host}:{port}/"
    print(json.dumps({"url": url}) if args.json else f"the console is at {url}", flush=True)


def _fail(sentence: str, status: int) -> int:
    print(f"dreamd: {shown(sentence)}", file=sys.stderr)
    return status
