"""`dreamd receipt verify FILE`: verify the receipt of a consent offline, by the daemon's public key alone."""

import argparse
import sys
from pathlib import Path

from dreamapi.text import shown
from dreamd.adapters.documents.receipts import ReceiptError, verified
from dreamwire.signing import KeyFileError, VerifyKey


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """Add the verb."""
    parser = subparsers.add_parser("receipt", help="verify the receipt of a consent")
    verbs = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    told = "verify FILE offline: tell a receipt that was changed or that another daemon signed"
    verify = verbs.add_parser("verify", help=told, description=told)
    verify.add_argument("file", metavar="FILE", type=Path, help="the receipt, as the daemon has signed it")
    verify.add_argument(
        "--key", metavar="FILE", type=Path, required=True, help="the daemon's public key, daemon.pub"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the verb; return the exit status. 1: the receipt does not hold."""
    try:
        document = verified(args.file.read_bytes(), VerifyKey.load(args.key))
    except OSError as error:
        print(f"dreamd: {args.file} cannot be read ({error.strerror})", file=sys.stderr)
        return 1
    except (ReceiptError, KeyFileError) as error:
        print(f"dreamd: {args.file}: {shown(str(error))}", file=sys.stderr)
        return 1
    print(f"holds: {shown(str(document['receipt_id']))}, signed by this key")
    return 0
