"""Enrols a bed: uses the code of a line, and keeps what its agent needs in a directory of its own.

The directory gets `bed.toml`, a configuration for `dreamedge run --config`, and the files that it names: the
bed's credential, its password at the broker and the site's authority. A gateway is enrolled as a bed is, and
gets `ward.toml` in its place, which runs the beds enrolled beside it. The pin of the line is checked
before the code is sent: a server of another authority learns nothing.

It needs grpc, which an agent that runs does not load.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.credential.files import (
    CREDENTIAL_FILE,
    PASSWORD_FILE,
    KeptPlan,
    boot_id,
    write_plan,
)
from dreamedge.core.renewal_schedule import Plan
from dreamwire.broker_access import AccessError
from dreamwire.closed_file import write_closed

try:
    import dreamapi
    from dreamapi.credentials import CredentialFile
    from dreamapi.pinned import PinError, authority_of
    from dreamapi.v1.access_pb2 import IssuedCredential, Principal
except ModuleNotFoundError as missing:
    if (missing.name or "").split(".")[0] != "grpc":
        raise
    raise AccessError(
        "dreamedge enrol needs grpc, which is not installed; install the extra: pip install 'dreamd[client]'"
    ) from missing

_PARTS: Final = 3
AUTHORITY_FILE: Final = "authority.pem"
CONFIG_FILE: Final = "bed.toml"
WARD_FILE: Final = "ward.toml"
"""In a gateway's folder: for an agent that runs the enrolled beds of this machine behind it."""


class EnrolmentError(AccessError):
    """The bed was not enrolled; the message has the reason and the next step."""


@dataclass(frozen=True, slots=True)
class EnrolledBed:
    """A bed with its credential. config: of `dreamedge run`. expires: RFC 3339."""

    pod: str
    config: Path
    expires: str


def enrol_bed(line: str, directory: Path, *, gateway: bool = False) -> EnrolledBed:
    """Redeem the code of `SERVER PIN CODE`; keep everything in `directory`/{the bed's name}.

    gateway: the account is to send the frames of other beds, enrolled in the same directory.

    Raises:
        EnrolmentError: the line is none, the server is another, the code is not good, the line is of no bed,
            or the disk refuses.
    """
    parts = line.split()
    if len(parts) != _PARTS:
        raise EnrolmentError("the line has not three parts; copy it whole, in quotes")
    server, pin, code = parts
    try:
        issued = asyncio.run(_redeemed(server, pin, code))
    except (PinError, dreamapi.ApiError) as no:
        raise EnrolmentError(str(no)) from no
    pod = issued.principal.name.removeprefix("principals/")
    if issued.principal.kind != Principal.KIND_BED:
        raise EnrolmentError(f"the line is of {pod}, which is no bed; redeem it with dreamd redeem")
    home = directory / pod
    try:
        return _keep(home, pod, server, issued, gateway=gateway)
    except OSError as error:
        raise EnrolmentError(f"{home} cannot be written ({error.strerror}); ask for a new code") from error


async def _redeemed(server: str, pin: str, code: str) -> IssuedCredential:
    authority = await asyncio.to_thread(authority_of, server, pin)
    async with dreamapi.connect(server, authority=authority) as api:
        issued: IssuedCredential = await api.access.redeem(code)
        return issued


def _keep(home: Path, pod: str, server: str, issued: IssuedCredential, *, gateway: bool) -> EnrolledBed:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    credential, expires = home / CREDENTIAL_FILE, issued.expire_time.ToJsonString()
    keys = tuple(one.hex() for one in issued.signing_keys)
    told = CredentialFile(server, pod, issued.credential, issued.authority, keys, issued.broker_url, expires)
    told.write_file(credential)
    times = (one.ToMicroseconds() / 1e6 for one in (issued.renew_in, issued.expires_in))
    write_plan(credential, KeptPlan(Plan(boot_id(), boottime_ns() / 1e9, *times)))
    write_closed(home / PASSWORD_FILE, f"{issued.credential}\n".encode())
    write_closed(home / AUTHORITY_FILE, issued.authority.encode(), 0o644)
    key = issued.signing_keys[0].hex() if issued.signing_keys else ""
    own = {"pods": pod, "broker_password_file": str(home / PASSWORD_FILE), "credential": str(credential)}
    shared = {"gateway": pod, "credential": str(home.with_name("{pod}") / CREDENTIAL_FILE)}
    settings: Mapping[str, str] = {
        **(shared if gateway else own),
        "broker": issued.broker_url,
        "daemon_key": key,
        **({"broker_ca": str(home / AUTHORITY_FILE)} if issued.broker_url.startswith("mqtts") else {}),
    }
    # A TOML basic string and a JSON string are written alike for printable text.
    text = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    config = home / (WARD_FILE if gateway else CONFIG_FILE)
    write_closed(config, text.encode())
    return EnrolledBed(pod, config, expires)
