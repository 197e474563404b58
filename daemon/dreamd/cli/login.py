"""`dreamd login`: sign in at the site's provider in a browser, and keep the credential in a file.

The browser comes back to this machine's loopback (RFC 8252). The printed address is of this program: it sends
the browser on to the provider with a cookie, and takes the answer from the browser with that cookie alone.
So the provider's long address, with its state, is on no screen and in no list of processes.
"""

import argparse
import asyncio
import os
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Final

import dreamapi
from dreamapi.access import Access
from dreamapi.credentials import CredentialError, default_path, load_credential
from dreamapi.pinned import PinError, authority_of
from dreamapi.sign_in import ANSWERS_WITHIN_S, SignInError, begin_sign_in
from dreamapi.text import shown
from dreamapi.v1.access_pb2 import IssuedCredential
from dreamd.cli.client import DEFAULT_SERVER
from dreamd.cli.printing.loopback_page import LoopbackPage
from dreamd.cli.redeem import credential_file
from dreamd.core.access.identities import PREFIX

WAITS_S: Final = 300.0
"""Time for a person to sign in at the provider."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser(
        "login",
        help="sign in at the site's provider, and keep the credential in a file",
        description="Sign in at the site's identity provider with a browser on this machine, and keep the "
        "credential, good for twelve hours, in a file. The first time, name the server and its pin.",
    )
    parser.add_argument(
        "--server",
        metavar="HOST:PORT",
        default=os.environ.get("DREAMD_SERVER", ""),
        help=f"the daemon's API (environment DREAMD_SERVER; else the file's, else {DEFAULT_SERVER})",
    )
    parser.add_argument(
        "--pin", metavar="PIN", help="of the site's authority: the second word of any enrolment line"
    )
    parser.add_argument("--to", type=Path, metavar="FILE", help=f"default: {default_path()}")
    parser.add_argument("--no-browser", action="store_true", help="print the address and open no browser")
    return parser


def run(args: argparse.Namespace, open_page: Callable[[str], object] | None = None) -> int:
    """Run the verb; return the exit status. open_page: opens a browser; absent, this machine's, if it may."""
    path = args.to or default_path()
    if open_page is None and not args.no_browser and _has_screen():
        open_page = webbrowser.open
    try:
        server, authority = _trusted(args, path)
        issued = asyncio.run(_signed_in(server, authority, open_page))
    except (PinError, dreamapi.ApiError) as no:
        return _fail(str(no))
    try:
        credential_file(server, issued).write_file(path)
    except OSError as error:
        return _fail(f"{path} cannot be written ({error.strerror}); name another with --to")
    name = shown(issued.principal.name.removeprefix("principals/"))
    print(f"{name} has its credential in {path}, until {issued.expire_time.ToJsonString()}")
    return 0


def _fail(sentence: str) -> int:
    print(f"dreamd: {shown(sentence)}", file=sys.stderr)
    return 1


def _trusted(args: argparse.Namespace, path: Path) -> tuple[str, str]:
    """The server, and its authority in PEM: by the pin, or as an earlier sign-in has kept them.

    Raises:
        CredentialError: the file is another principal's, or there is neither pin nor file.
    """
    kept = load_credential(path) if path.exists() else None
    if kept is not None and not kept.principal.startswith(PREFIX):
        raise CredentialError(f"{path} holds the credential of {kept.principal}; name another file with --to")
    server = args.server or (kept.server if kept is not None else DEFAULT_SERVER)
    if args.pin:
        return server, authority_of(server, args.pin)
    if kept is None or kept.server != server:
        raise CredentialError(
            f"nothing says which authority {server} has; name its pin with --pin, which is the second word "
            "of any enrolment line of the site"
        )
    return server, kept.authority


async def _signed_in(
    server: str, authority: str, open_page: Callable[[str], object] | None
) -> IssuedCredential:
    async with dreamapi.connect(server, authority=authority, deadline_s=ANSWERS_WITHIN_S) as api:
        access: Access = api.access
        provider = await access.provider()
        with _listening() as page:
            begun = begin_sign_in(provider, page.redirect_uri)
            page.send_to(begun.url, begun.state, provider.issuer)
            print(f"sign in with a browser on this machine: {page.address}", flush=True)
            if open_page is not None:
                await asyncio.to_thread(open_page, page.address)
            code = await asyncio.to_thread(page.wait_for_code, WAITS_S)
            if code is None:
                raise SignInError(f"no browser came back within {WAITS_S:.0f} s; run dreamd login again")
            return await access.sign_in(code, **begun.proof)


def _listening() -> LoopbackPage:
    try:
        return LoopbackPage()
    except OSError as error:
        raise SignInError(f"no port of this machine's loopback is free ({error.strerror})") from error


def _has_screen() -> bool:
    """Whether a browser would open a window; a text browser would take this terminal."""
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
