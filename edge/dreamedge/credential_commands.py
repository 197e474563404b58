"""The commands about a bed's credential: `enrol`, `renew` and `status`."""

import argparse
import json
import os
from pathlib import Path
from typing import Any, Final

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.credential.files import CREDENTIAL_FILE, boot_id, read_plan, token_in
from dreamedge.settings import state_root
from dreamwire.argument_parser import ArgumentParser
from dreamwire.text import shown as on_screen

COMMANDS: Final = ("enrol", "renew", "status")
ENROLLED: Final = "enrolled"
"""The folder of enrolled beds, in the state directory."""
DAY_S: Final = 86_400.0
SOON_DAYS: Final = 7.0
"""An agent renews two weeks before the end: with less than this left it has failed for a week."""


def add_commands(commands: "argparse._SubParsersAction[ArgumentParser]") -> None:
    """Add them."""
    new = commands.add_parser("enrol", help="use the line of `dreamd enrol`, and keep this bed's credential")
    new.add_argument("line", metavar="LINE", help="SERVER PIN CODE, in quotes")
    new.add_argument("--state-dir", metavar="DIR", help="files go to DIR/enrolled/POD")
    new.add_argument(
        "--gateway", action="store_true", help="the line is of a gateway, for the beds enrolled in DIR"
    )
    again = commands.add_parser("renew", help="show a bed's credential to the daemon, and renew it if due")
    again.add_argument("--credential", required=True, metavar="FILE", help="credential.json of the bed")
    again.add_argument("--json", action="store_true", help="print JSON, for scripts")
    look = commands.add_parser("status", help="show how long the credentials of enrolled beds have left")
    look.add_argument("--state-dir", metavar="DIR")
    look.add_argument("--json", action="store_true", help="print JSON, for scripts")


def run_command(command: str, chosen: dict[str, Any]) -> int:
    """Run one of COMMANDS; returns the exit status."""
    if command == "status":
        return _status(chosen)
    # Not loaded by an agent that runs: they need grpc, and its memory is counted.
    if command == "renew":
        from dreamedge.adapters.credential.renewal import renew_bed  # noqa: PLC0415

        plan, renewed = renew_bed(Path(chosen["credential"]))
        told = {"renewed": renewed, "expires_in_s": plan.expires_in_s, "renew_in_s": plan.renew_in_s}
        days = f"it has {plan.expires_in_s / DAY_S:.1f} days left"
        print(
            json.dumps(told) if chosen["json"] else f"{'renewed' if renewed else 'not due'}: {days}",
            flush=True,
        )
        return 0
    from dreamedge.adapters.credential.enrolment import enrol_bed  # noqa: PLC0415

    folder, gateway = state_root(chosen["state_dir"] or "", os.environ) / ENROLLED, bool(chosen["gateway"])
    bed = enrol_bed(str(chosen["line"]), folder, gateway=gateway)
    beds = " --pods BED,BED,..." if gateway else ""
    print(f"{bed.pod} is enrolled until {bed.expires}; run: dreamedge run --config {bed.config}{beds}")
    return 0


def _status(chosen: dict[str, Any]) -> int:
    """Show every enrolled bed; exit status 1 where the credential of one ends soon or is not renewed."""
    folder = state_root(chosen["state_dir"] or "", os.environ) / ENROLLED
    found = [_bed(one) for one in sorted(folder.glob("*/")) if one.is_dir()]
    if chosen["json"]:
        print(json.dumps(found, indent=1))
    elif not found:
        print(f"no bed is enrolled in {folder}; enrol one with dreamedge enrol LINE")
    for bed in found if not chosen["json"] else ():
        print(on_screen(_line(bed)))
    return int(
        any(bed["why"] or (bed["left_days"] is not None and bed["left_days"] < SOON_DAYS) for bed in found)
    )


def _bed(folder: Path) -> dict[str, Any]:
    """The facts on the disk about one bed. left_days: None where a reboot has made that unknown."""
    file = folder / CREDENTIAL_FILE
    kept, why = read_plan(file), ""
    if not token_in(file):
        why = "it was enrolled by an older version, which renews nothing: enrol it again"
    left_s = kept.plan.left_s(boot_id(), boottime_ns() / 1e9) if kept.plan is not None else None
    days = None if left_s is None else round(max(0.0, left_s) / DAY_S, 1)
    return {"pod": folder.name, "left_days": days, "why": kept.why or why}


def _line(bed: dict[str, Any]) -> str:
    left = "the agent asks after this boot" if bed["left_days"] is None else f"{bed['left_days']} days left"
    return f"{bed['pod']}: {left}" + (f"; not renewed: {bed['why']}" if bed["why"] else "")
