"""`dreamd ledger`: back up the ledger while the daemon runs; verify it; restore it.

These verbs work on the files of a state directory, not on the API: a restore needs a stopped daemon.
"""

import argparse
import os
import sys
from pathlib import Path

from dreamd import settings
from dreamd.adapters.ledger.backup import back_up, restore, verify
from dreamd.adapters.state_dir import StateDir, StateDirError
from dreamd.ports.commit import LedgerError

LEDGER_FILE = "ledger.sqlite3"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser("ledger", help="back up, verify, restore the ledger")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    for name, told in (
        ("backup", "copy the ledger to a new FILE, while the daemon runs or not"),
        ("restore", "replace the ledger by FILE; the daemon must be stopped"),
        ("verify", "check FILE and print its contents"),
    ):
        act = acts.add_parser(name, help=told, description=f"{told[0].upper()}{told[1:]}.")
        act.add_argument("file", metavar="FILE", type=Path)
        if name != "verify":
            act.add_argument("--state-dir", metavar="DIR", help="as of `dreamd serve`")
            act.add_argument("--config", metavar="FILE", help="as of `dreamd serve`")
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status."""
    try:
        if args.act == "verify":
            print(f"{args.file} is a whole ledger, {verify(args.file)}")
            return 0
        flags = {"state_dir": args.state_dir, "config": args.config}
        state_dir = settings.load(os.environ, flags).settings.state_dir
        if args.act == "backup":
            print(f"{args.file}: {back_up(state_dir / LEDGER_FILE, args.file)}")
        else:
            _restore(state_dir, args.file)
    except (LedgerError, StateDirError) as error:
        print(f"dreamd: {error}", file=sys.stderr)
        return 1
    return 0


def _restore(state_dir: Path, file: Path) -> None:
    state = StateDir(state_dir)
    try:
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
