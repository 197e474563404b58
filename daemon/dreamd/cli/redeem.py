"""`dreamd redeem`: use the code of an enrolment line, and keep the credential in a file of its owner alone.

The pin of the line is checked before the code is sent: a server of another authority learns nothing.
"""

import argparse
import asyncio
import sys
from pathlib import Path

import dreamapi
from dreamapi.access import Access
from dreamapi.credentials import CredentialFile, default_path
from dreamapi.pinned import PinError, authority_of
from dreamapi.text import shown
from dreamapi.v1.access_pb2 import IssuedCredential
from dreamd.cli.printing.enrolment_line import Line, parse_line
from dreamwire.closed_file import write_closed


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser(
        "redeem",
        help="use a code, and keep the credential in a file",
        description="Use the code of an enrolment line, once, and keep the credential in a file.",
    )
    parser.add_argument("line", metavar="LINE", help="the line that `dreamd enrol` has printed, in quotes")
    parser.add_argument("--to", type=Path, metavar="FILE", help=f"default: {default_path()}")
    parser.add_argument(
        "--bare",
        action="store_true",
        help="write the credential alone, as Prometheus reads it (credentials_file), and FILE.json beside "
        "it, by which `dreamd access renew` renews it; needs --to",
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    line = parse_line(args.line)
    if line is None:
        print("dreamd: the line has not three parts; copy it whole, in quotes", file=sys.stderr)
        return 2
    if args.bare and args.to is None:
        print("dreamd: --bare needs a file of its own; name it with --to", file=sys.stderr)
        return 2
    path = args.to or default_path()
    if path.exists():
        print(f"dreamd: {path} is there already; name another file with --to, or remove it", file=sys.stderr)
        return 1
    try:
        issued = asyncio.run(_redeem(line))
        kept = credential_file(line.server, issued)
        kept.write_file(path.with_name(f"{path.name}.json") if args.bare else path)
        if args.bare:
            write_closed(path, kept.credential.encode(), 0o600)
    except (PinError, dreamapi.ApiError) as no:
        print(f"dreamd: {shown(str(no))}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"dreamd: {path} cannot be written ({error.strerror}); ask for a new code", file=sys.stderr)
        return 1
    name = issued.principal.name.removeprefix("principals/")
    print(f"{name} has its credential in {path}, until {issued.expire_time.ToJsonString()}")
    return 0


async def _redeem(line: Line) -> IssuedCredential:
    authority = await asyncio.to_thread(authority_of, line.server, line.pin)
    async with dreamapi.connect(line.server, authority=authority) as api:
        access: Access = api.access
        return await access.redeem(line.code)


def credential_file(server: str, issued: IssuedCredential) -> CredentialFile:
    """The file of a credential that was issued by this server."""
    return CredentialFile(
        server=server,
        principal=issued.principal.name.removeprefix("principals/"),
        credential=issued.credential,
        authority=issued.authority,
        signing_keys=tuple(key.hex() for key in issued.signing_keys),
        broker_url=issued.broker_url,
        expires=issued.expire_time.ToJsonString(),
    )
