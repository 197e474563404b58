"""An enrolled bed's credential on its disk, and the program of its own that renews it.

The folder of an enrolled bed has four files: `credential.json`, the newest credential with its server;
`password`, the last that the broker has taken; `renewal.json`, how long the credential has left; and
`authority.pem`. Each is written whole, closed to others and flushed to the disk, before it counts.

The renewal needs grpc, which costs an agent 20 MB and a second of start. So `dreamedge renew` does it, in a
process of its own that may be killed at any step.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from dreamedge.core.renewal_schedule import Plan
from dreamedge.ports.bed_credential import Looked
from dreamwire.closed_file import write_closed
from dreamwire.operating_system import LOOP_STARTS_PROGRAMS, goes_last

CREDENTIAL_FILE: Final = "credential.json"
PASSWORD_FILE: Final = "password"  # noqa: S105 - a name
PLAN_FILE: Final = "renewal.json"
RENEW_WITHIN_S: Final = 90.0
"""The longest that the program may take: it waits 30 s for another that renews the same file."""
NICENESS: Final = 5
PROGRAM: Final = (sys.executable, "-m", "dreamedge")
_WHY_MAX: Final = 300
_NO_JSON: Final = "dreamedge renew has answered with no JSON"
_GLANCE_S: Final = 0.1
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """`renewal.json`: the last answer of the daemon, and why the last look has failed (empty: it has not)."""

    plan: Plan | None = None
    why: str = ""


def boot_id() -> str:
    """The id of this boot: CLOCK_BOOTTIME begins anew with each."""
    with contextlib.suppress(OSError):
        return _BOOT.read_text(encoding="ascii").strip()
    return ""


def token_in(file: Path) -> str:
    """The text of the credential in a file; empty where it has none."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return str(json.loads(file.read_text(encoding="utf-8")).get("credential", ""))
    return ""


def read_plan(file: Path) -> KeptPlan:
    """The plan beside a credential file; a torn or missing one is none."""
    try:
        kept = json.loads(file.with_name(PLAN_FILE).read_text(encoding="utf-8"))
        told = kept.get("plan")
        return KeptPlan(_plan(told) if told else None, str(kept.get("why", "")))
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return KeptPlan()


def _plan(told: dict[str, Any]) -> Plan:
    numbers = [float(told[name]) for name in ("at_s", "renew_in_s", "expires_in_s")]
    if not all(0.0 <= one < float("inf") for one in numbers):
        raise ValueError("no time")
    return Plan(str(told["boot"]), *numbers)


def write_plan(file: Path, kept: KeptPlan) -> None:
    """Write the plan beside a credential file; OSError from the disk."""
    told = {"plan": asdict(kept.plan) if kept.plan is not None else None, "why": kept.why}
    write_closed(file.with_name(PLAN_FILE), f"{json.dumps(told)}\n".encode())


class BedCredential:
    """`ports.bed_credential.CredentialStore`: one bed's folder.

    alone: shared by the beds of a process, which renew one after another. program: this one, as words.
    """

    def __init__(self, file: Path, alone: asyncio.Lock, program: Sequence[str] = PROGRAM) -> None:
        self.file, self._alone, self._program = file, alone, program

    async def look(self) -> Looked:
        """Run `dreamedge renew` on the file; it is killed if it takes too long, or if this is cancelled."""
        async with self._alone:
            why, renewed = await self._run()
        kept = await asyncio.to_thread(read_plan, self.file)
        token = await asyncio.to_thread(token_in, self.file)
        if why or kept.plan is None:
            return Looked(None, token, why or f"{self.file.with_name(PLAN_FILE)} cannot be read")
        return Looked(kept.plan, token, renewed=renewed)

    async def _run(self) -> tuple[str, bool]:
        """Return why it has failed (empty: it has not), and whether the credential is a new one."""
        words = (*self._program, "renew", "--credential", str(self.file), "--json")
        pipe = asyncio.subprocess.PIPE
        if not LOOP_STARTS_PROGRAMS:
            return await _run_polled(words)
        try:
            program = await asyncio.create_subprocess_exec(*words, stdout=pipe, stderr=pipe)
        except OSError as error:
            return f"dreamedge renew cannot be started ({error.strerror})", False
        with contextlib.suppress(OSError):
            goes_last(program.pid, NICENESS)  # a pulse of the tether goes first
        try:
            async with asyncio.timeout(RENEW_WITHIN_S):
                return await _answer(program)
        except TimeoutError:
            return f"dreamedge renew has not ended within {RENEW_WITHIN_S:.0f} s", False
        finally:
            if program.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    program.kill()
                await program.wait()

    async def keep_password(self, password: str) -> str:
        """Write the password that the broker has taken."""
        path = self.file.with_name(PASSWORD_FILE)
        try:
            await asyncio.to_thread(write_closed, path, f"{password}\n".encode())
        except OSError as error:
            return f"{path} cannot be written ({error.strerror})"
        return ""


async def _answer(program: asyncio.subprocess.Process) -> tuple[str, bool]:
    """The first line of the program's output, or why there is none.

    All is on the disk when it writes that line, so its end is not waited for.
    """
    assert program.stdout is not None
    assert program.stderr is not None
    said = await program.stdout.readline()
    if said:
        with contextlib.suppress(ValueError, AttributeError):
            return "", bool(json.loads(said).get("renewed"))
        return _NO_JSON, False
    lines = (await program.stderr.read()).decode(errors="replace").strip().splitlines()
    ended = await program.wait()
    return _refused(lines, ended), False


def _refused(lines: list[str], ended: int) -> str:
    """The program's last line of errors, or how it ended."""
    told = lines[-1] if lines else f"dreamedge renew has ended with {ended}"
    return told.removeprefix("dreamedge: ")[:_WHY_MAX]


async def _run_polled(words: Sequence[str]) -> tuple[str, bool]:
    """Do the same where the loop starts no programs; its output is far shorter than a pipe holds."""
    try:
        program = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # noqa: S603, ASYNC220
    except OSError as error:
        return f"dreamedge renew cannot be started ({error.strerror})", False
    with program:
        try:
            async with asyncio.timeout(RENEW_WITHIN_S):
                while program.poll() is None:  # noqa: ASYNC110 - no event comes from it
                    await asyncio.sleep(_GLANCE_S)
        except TimeoutError:
            return f"dreamedge renew has not ended within {RENEW_WITHIN_S:.0f} s", False
        finally:
            program.kill()
        said, errors = program.communicate()
    if not said:
        return _refused(errors.decode(errors="replace").strip().splitlines(), program.returncode), False
    with contextlib.suppress(ValueError, AttributeError):
        return "", bool(json.loads(said.splitlines()[0]).get("renewed"))
    return _NO_JSON, False
