"""`python -m release build` and `python -m release check DIRECTORY`: see the package.

Exit status: 0 done, 1 there is no release, or it is another than was signed, 2 usage.
"""

import argparse
import sys
from pathlib import Path

from release.build import ReleaseError, build
from release.check import check
from release.notes import NoNotesError

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run the verb; return the exit status."""
    parser = argparse.ArgumentParser(prog="release", description="build a release, or check one")
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    building = acts.add_parser("build", help="sdist, wheel, SBOM, sums: the same bytes each time")
    building.add_argument(
        "--tools", type=Path, required=True, metavar="DIR", help="environment of the extra `release`"
    )
    building.add_argument(
        "--out", type=Path, default=ROOT / "dist", metavar="DIR", help="where it is made (dist)"
    )
    building.add_argument("--key", type=Path, metavar="FILE", help="SSH key that signs the sums")
    building.add_argument("--try", dest="trial", action="store_true", help="also without a tag")
    checking = acts.add_parser("check", help="the files of a release against their signed sums")
    checking.add_argument("place", type=Path, metavar="DIRECTORY")
    checking.add_argument(
        "--signers", type=Path, metavar="FILE", help="keys that may sign (ssh-keygen: ALLOWED SIGNERS)"
    )
    checking.add_argument(
        "--identity", default="release", metavar="NAME", help="the signer's name in it (release)"
    )
    args = parser.parse_args()
    try:
        if args.act == "build":
            made = build(ROOT, args.tools, args.out, key=args.key, trial=args.trial, tell=_tell)
            _tell("made", str(made))
        else:
            count = check(args.place, args.signers, args.identity)
            signed = (
                f"signed by {args.identity}" if args.signers else "the signature was not checked: --signers"
            )
            _tell("check", f"{count} files are as summed up; {signed}")
    except (ReleaseError, NoNotesError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


def _tell(step: str, seen: str) -> None:
    print(f"{step:<22}{seen}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
