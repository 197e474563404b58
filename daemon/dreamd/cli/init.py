"""`dreamd init`: make a site on the daemon's machine, once: authority, certificates, first administrator.

It works on the state directory, with the daemon stopped. The broker gets a certificate, a configuration and
the daemon's own accounts; a bed's account is made when it enrols. Run again, it changes nothing and says so.
From then on the daemon asks every caller for a credential, and may listen beyond this machine.
"""

import argparse
import datetime as dt
import os
import socket
import sys
from pathlib import Path
from typing import Final

from dreamd import settings
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.random_text import random_text
from dreamd.adapters.site_authority import AuthorityError, SiteAuthority, is_host
from dreamd.adapters.site_broker import HOME, PLUGIN, SiteBroker
from dreamd.adapters.state_dir import StateDir, StateDirError
from dreamd.app.access.enrolment import CODE_BITS, ID_BITS
from dreamd.cli.printing.enrolment_line import show_line
from dreamd.core.access.caller import Role
from dreamd.core.access.codes import LIVES_S, Code, code_text
from dreamd.core.access.principals import Grant, Kind, Principal, digest_of
from dreamd.ports.commit import LedgerError
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.text import shown
from dreamwire.topics import is_pod

ADMIN: Final = "admin"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser(
        "init",
        help="make a site: its authority, its certificate, its first administrator",
        description="Make a site in the state directory, once. The daemon must be stopped.",
    )
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a host name or address of this machine for the certificate; repeat it (default: its own name)",
    )
    parser.add_argument(
        "--admin", default=ADMIN, metavar="NAME", help=f"the administrator (default: {ADMIN})"
    )
    parser.add_argument(
        "--new-admin",
        action="store_true",
        help="give the administrator a new code, where the old one is lost",
    )
    parser.add_argument(
        "--renew", action="store_true", help="issue the certificates of daemon and broker anew, for --name"
    )
    parser.add_argument(
        "--broker-home",
        type=Path,
        default=HOME,
        metavar="DIR",
        help=f"where the broker will keep its files (default: {HOME})",
    )
    parser.add_argument(
        "--broker-plugin",
        type=Path,
        metavar="FILE",
        help=f"{PLUGIN} as the broker's machine has it (default: as this one has)",
    )
    parser.add_argument("--state-dir", metavar="DIR", help="as of `dreamd serve`")
    parser.add_argument("--config", metavar="FILE", help="as of `dreamd serve`")
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    loaded = settings.load(os.environ, {"state_dir": args.state_dir, "config": args.config}).settings
    if not is_pod(args.admin):
        return _fail(
            f"--admin is {args.admin!r}; expected 1-63 of a-z 0-9 _ . -, not the daemon's own name", 2
        )
    for name in args.name:
        if not is_host(name):
            sentence = "expected a host name or an address by which this machine is called"
            return _fail(f"--name is {name!r}; {sentence}", 2)
    try:
        state = StateDir(loaded.state_dir)
        try:
            state.close_to_others()
            return _init(args, loaded, SiteAuthority(state.path))
        finally:
            state.close()
    except (StateDirError, AuthorityError, LedgerError) as error:
        return _fail(str(error), 1)


def _fail(sentence: str, status: int) -> int:
    print(f"dreamd: {shown(sentence)}", file=sys.stderr)
    return status


def _init(args: argparse.Namespace, loaded: settings.Settings, site: SiteAuthority) -> int:
    now = dt.datetime.now(dt.UTC)  # noqa: TID251 -- the certificate's own dates
    named = map(str.lower, args.name or filter(is_host, (socket.gethostname(), socket.getfqdn())))
    names = tuple(dict.fromkeys(named))
    listed = tuple(dict.fromkeys((*names, "localhost", "127.0.0.1", "::1")))
    broker = SiteBroker(site)
    if not site.made:
        site.make_site(listed, now)
        broker.make_broker(listed, now, args.broker_home, args.broker_plugin)
        print(f"the site's authority is in {site.directory}; its pin is {site.pin_text()}")
        print(f"move {site.key} to a safe place off this machine once every certificate is made")
        _tell_broker(broker, args.broker_home)
    elif args.renew:
        site.reissue(listed, now)
        print(f"the server's certificate is new, for {', '.join(listed)}")
        if broker.made:
            broker.renew_broker(listed, now)
            print(f"the broker's too: give it {broker.directory}/broker.pem and broker.key, then SIGHUP")
        return 0
    elif not broker.made and not args.new_admin:
        broker.make_broker(listed, now, args.broker_home, args.broker_plugin)
        _tell_broker(broker, args.broker_home)
        return 0
    elif not args.new_admin:
        print(f"{site.directory} is there already; nothing was changed (--new-admin, --renew)")
        return 0
    code = _code(loaded, args.admin, now.timestamp())
    host = site.names()[0]
    print(f"start the daemon, then let {args.admin} run within a quarter of an hour:\n")
    show_line(f"{host}:{loaded.grpc_port}", site.pin_text(), code, "dreamd redeem")
    return 0


def _tell_broker(broker: SiteBroker, home: Path) -> None:
    print(f"the broker's files are in {broker.directory}; mosquitto keeps them in {home}")


def _code(loaded: settings.Settings, admin: str, now_s: float) -> str:
    """Write the administrator and a code for it into the ledger; return the code's text."""
    secret, identifier = random_text(CODE_BITS), random_text(ID_BITS)
    principal = Principal(admin, Kind.PERSON, (Grant(Role.ADMIN),))
    code = Code(identifier, admin, digest_of(secret), now_s + LIVES_S)
    ledger = open_ledger(loaded.ledger_url, loaded.state_dir)
    try:
        other = [one.kind.value for one in ledger.principals() if one.name == admin]
        if other and other != [Kind.PERSON.value]:
            raise LedgerError(f"{admin} is a {other[0]} already; name another with --admin")
        ledger.write(Transaction(principals=(principal,), codes=(code,)))
    finally:
        ledger.close()
    return code_text(identifier, secret)
