"""The audit log as the daemon tells it, verified from its first record to its newest.

The lines are kept in a file without a name while their checkpoints come, for a checkpoint is judged by the
line that it counts. The daemon's public key proves the checkpoints; without it the chain alone is verified,
and the answer says so.
"""

import tempfile
from contextlib import aclosing
from typing import Final

import dreamapi
from dreamd.core.audit.verification import ChainCheck
from dreamwire.checkpoint import checkpoint_of, note_holds
from dreamwire.signing import VerifyKey

RECORDS_MAX: Final = 200_000
"""Records that a page has verified: some seconds. A longer log is verified by `dreamd audit verify`."""


async def verified_log(api: dreamapi.Api, key: VerifyKey | None) -> dict[str, object]:
    """The verdict: `whole`, the newest record `n`, whether checkpoints were `proven`, and the findings."""
    notes: list[str] = []
    count = 0
    with tempfile.TemporaryFile() as lines:
        async with aclosing(api.audit.export()) as parts:
            async for part in parts:
                count += len(part.records)
                notes += part.checkpoints
                lines.writelines(record.encode() + b"\n" for record in part.records)
                if count > RECORDS_MAX:
                    told = (
                        f"the log has more than {RECORDS_MAX:,} records; verify it with dreamd audit export"
                    )
                    return {"whole": None, "n": count, "proven": False, "findings": [told]}
        unsigned = [note for note in notes if key is not None and not note_holds(note, key.raw, key.verify)]
        check = ChainCheck([found for note in notes if (found := checkpoint_of(note)) is not None])
        lines.seek(0)
        for line in lines:
            check.take_line(line.rstrip(b"\n"))
    verdict = check.verdict()
    findings = [f"{one.fault.value}: {one.sentence}" for one in verdict.findings]
    findings += ["a checkpoint is not signed by this daemon's key"] if unsigned else []
    return {
        "whole": not findings,
        "n": verdict.n,
        "proven": key is not None and bool(notes) and not unsigned,
        "findings": findings,
    }
