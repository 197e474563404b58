"""`dreamd ledger`: back up and check the ledger while the daemon runs; verify a backup; restore it.

These verbs work on the ledger of a state directory or in PostgreSQL, not on the API: a restore needs a
stopped daemon.
"""

import argparse
import os
import sys
from pathlib import Path

from dreamd import settings
from dreamd.adapters.ledger.copies.backup import back_up, restore, verify
from dreamd.adapters.ledger.copies.check import check
from dreamd.adapters.ledger.copies.contents import Contents
from dreamd.adapters.ledger.opening import LEDGER_FILE
from dreamd.adapters.ledger.sqlite_file import engine_of
from dreamd.adapters.state_dir import StateDir, StateDirError
from dreamd.ports.commit import LedgerError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser("ledger", help="back up, check, verify, restore the ledger")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    for name, told in (
        ("backup", "copy the ledger to a new FILE, while the daemon runs or not"),
        ("check", "read every row of the ledger, while the daemon runs or not, and print its faults"),
        ("restore", "replace the ledger by FILE; the daemon must be stopped"),
        ("verify", "check FILE and print its contents"),
    ):
        act = acts.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
        if name != "check":
            act.add_argument("file", metavar="FILE", type=Path)
        if name != "verify":
            act.add_argument("--state-dir", metavar="DIR", help="as of `dreamd serve`")
            act.add_argument("--ledger-url", metavar="URL", help="as of `dreamd serve`")
            act.add_argument("--config", metavar="FILE", help="as of `dreamd serve`")
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    try:
        if args.act == "verify":
            print(f"{args.file} is a whole ledger, {verify(args.file)}")
            return 0
        flags = {"state_dir": args.state_dir, "ledger_url": args.ledger_url, "config": args.config}
        loaded = settings.load(os.environ, flags).settings
        if args.act == "check":
            return _check(loaded)
        if args.act == "backup":
            print(f"{args.file}: {_back_up(loaded, args.file)}")
        else:
            _restore(loaded, args.file)
    except (LedgerError, StateDirError) as error:
        print(f"dreamd: {error}", file=sys.stderr)
        return 1
    return 0


def _check(loaded: settings.Settings) -> int:
    """Print the contents and each fault; 1 where there is one."""
    if loaded.ledger_url:
        from dreamd.adapters.ledger import postgres  # noqa: PLC0415 -- an optional extra

        place, engine = postgres.shown(loaded.ledger_url), postgres.engine_of(loaded.ledger_url)
    else:
        path = loaded.state_dir / LEDGER_FILE
        verify(path)  # its pages
        place, engine = str(path), engine_of(path, read_only=True)
    contents, faults = check(engine, place)
    print(f"{place}: {contents}")
    for fault in faults:
        print(f"fault: {fault}")
    print("no fault was found" if not faults else "restore a backup, or ask for help with the lines above")
    return 1 if faults else 0


def _back_up(loaded: settings.Settings, file: Path) -> Contents:
    if not loaded.ledger_url:
        return back_up(loaded.state_dir / LEDGER_FILE, file)
    from dreamd.adapters.ledger.copies.transfer import back_up_database  # noqa: PLC0415 -- an optional extra

    return back_up_database(loaded.ledger_url, file)


def _restore(loaded: settings.Settings, file: Path) -> None:
    state = StateDir(loaded.state_dir)
    try:
        aside: Path | None
        if loaded.ledger_url:
            from dreamd.adapters.ledger.copies.transfer import restore_database  # noqa: PLC0415

            contents, aside = restore_database(loaded.ledger_url, file, state.path)
        else:
            contents, aside = restore(state.path / LEDGER_FILE, file)
    finally:
        state.close()
    print(f"restored from {file}, {contents}")
    if aside is not None:
        print(f"the replaced ledger is kept as {aside}")
    print(
        "at its next start the daemon suspends every check-in until it is renewed, "
        "starts every breaker half-open, "
        "and treats recorded exposure as a lower bound"
    )
