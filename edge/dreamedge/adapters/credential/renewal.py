"""Looks after a bed's credential once: shows it to the daemon, and renews it where that is due.

It needs grpc, which an agent that runs does not load: the agent runs it as a program of its own.
"""

import asyncio
import contextlib
from pathlib import Path

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.credential.files import KeptPlan, boot_id, read_plan, write_plan
from dreamedge.core.renewal_schedule import Plan
from dreamwire.broker_access import AccessError

try:
    import dreamapi
except ModuleNotFoundError as missing:
    if (missing.name or "").split(".")[0] != "grpc":
        raise
    raise AccessError(
        "dreamedge renew needs grpc, which is not installed; install the extra: pip install 'dreamd[client]'"
    ) from missing


class RenewalError(AccessError):
    """The credential was not looked after; the message has the reason."""


def renew_bed(file: Path) -> tuple[Plan, bool]:
    """Show the credential in `file`, renew it where that is due; return its time, and whether it is new.

    Raises:
        RenewalError: the file cannot be used, the daemon refuses or is not reached, or the disk refuses.
    """
    try:
        found = asyncio.run(_renewed(file))
        at_s = boottime_ns() / 1e9
        plan = Plan(boot_id(), at_s, found.renew_in_s, found.expires_in_s)
        write_plan(file, KeptPlan(plan))
    except (dreamapi.ApiError, OSError) as no:
        told = str(no) if isinstance(no, dreamapi.ApiError) else f"{file.parent}: {no.strerror}"
        with contextlib.suppress(OSError):
            write_plan(file, KeptPlan(read_plan(file).plan, told))
        raise RenewalError(told) from no
    return plan, found.renewed


async def _renewed(file: Path) -> dreamapi.Renewal:
    kept = dreamapi.load_credential(file)
    async with dreamapi.connect(kept.server, credential=file) as api:
        return await api.renew()
