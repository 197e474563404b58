"""A site with light pods: mosquitto with a bed's account each, `dreamd serve` over TLS, and callers by role.

Its identity provider never answers. The site's files are made here, and the first principals stand in the
ledger before the daemon starts. Beds enrol as beds do: a code from an administrator, redeemed over TLS, with
the broker's account behind it.
"""

import asyncio
import contextlib
import json
import socket
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import dreamapi
from dreamapi.credentials import CredentialFile
from dreamapi.v1.access_pb2 import Principal as Told
from dreamd.adapters.documents.shipped import bench_founding
from dreamd.adapters.ledger.opening import LEDGER_FILE
from dreamd.adapters.ledger.sqlite import SqliteLedger
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Credential, Grant, Kind, Principal, digest_of, token_of
from dreamd.core.guidelines.course import Course, CourseState
from dreamd.ports.ledger.guidelines import KeptRevision
from dreamd.ports.ledger.transaction import Transaction
from dreamedge.adapters.credential.enrolment import EnrolmentError, enrol_bed
from integration.fleet import Fleet, whole_grant
from mosquitto import free_port
from site_broker import HOST, SiteWard

SECRET = "s" * 52
ROLES = {"admin": Role.ADMIN, "olga": Role.OPERATOR}
LIVES_S = 86_400.0
SLEEPERS = 200
"""Of the beds light-1 and so on: each may call from the start, to grant."""
AT_ONCE = 12
"""Check-ins without a pause: of twenty calls that bind."""


class SiteFleet(Fleet):
    """A fleet whose daemon is a site's; `admin` and `olga`, an operator, may call from the start."""

    def __init__(self, folder: Path, watchers: int = 0, flags: tuple[str, ...] = ()) -> None:
        """watchers: further operators, `watcher-0` and so on. flags: of the daemon."""
        state = folder / "state"
        state.mkdir(mode=0o700)
        self.ward = SiteWard(state)
        port = free_port()
        super().__init__(
            folder,
            self.ward.broker,
            through={"daemon": f"mqtts://{HOST}:{self.ward.port}"},
            fixed_port=port,
            flags=("--grpc-host", "0.0.0.0", *flags),
        )
        self.server = f"{HOST}:{port}"
        self.watchers = tuple(f"watcher-{number}" for number in range(watchers))
        # Connections wait in its queue and are never answered: a provider that is gone in the worst way.
        self._silent = socket.create_server((HOST, 0))
        roles_of_people = [{"value": "night-staff", "role": "operator", "sites": ["*"]}]
        self.flags += (
            *("--oidc-issuer", f"https://{HOST}:{self._silent.getsockname()[1]}"),
            *("--oidc-client-id", "site", "--oidc-roles", json.dumps(roles_of_people)),
        )
        everywhere = frozenset("*")
        roles = {**ROLES, **dict.fromkeys(self.watchers, Role.OPERATOR)}
        now_s = time.time()
        principals = tuple(
            Principal(name, Kind.PERSON, (Grant(role, sites=everywhere),)) for name, role in roles.items()
        )
        sleepers = [f"sleeper-light-{number}" for number in range(1, SLEEPERS + 1)]
        principals += tuple(
            Principal(name, Kind.PERSON, (Grant(Role.SLEEPER, sleeper=name),)) for name in sleepers
        )
        names = (*roles, *sleepers)
        held = tuple(Credential(_id(name), name, digest_of(SECRET), now_s, now_s + LIVES_S) for name in names)
        ledger = SqliteLedger(state / LEDGER_FILE)
        ledger.write(Transaction(principals=principals, credentials=held, guidelines=(_in_force(now_s),)))
        ledger.close()

    def founding(self) -> tuple[str, ...]:
        """No flag: in a site two people ratify, and the ledger holds what they have ratified."""
        return ()

    @property
    def authority(self) -> str:
        """The authority's certificate, PEM."""
        return self.ward.authority.certificate.read_text()

    @property
    def beds(self) -> Path:
        """Where enrolled beds keep their files."""
        return self.folder / "beds"

    def token(self, name: str) -> str:
        """The credential of a principal of the start."""
        return token_of(_id(name), SECRET)

    def shown(self, whose: str) -> CredentialFile:
        """The contents of a principal's credential file."""
        return CredentialFile(self.server, whose, self.token(whose), self.authority)

    def api(self, whose: str = "olga") -> dreamapi.Api:
        """A connection as this principal, to be entered."""
        return dreamapi.connect(self.server, credential=self.shown(whose))

    def caller_files(self) -> list[Path]:
        """The credential files of the watchers, in four directories: one for each process of a siege."""
        folders = [self.folder / f"callers-{number}" for number in range(4)]
        for number, name in enumerate(self.watchers):
            for folder in folders[number % 2 :: 2]:
                self.shown(name).write_file(folder / f"{name}.json")
        return folders

    async def check_in(self, api: dreamapi.Api, pods: Iterable[str]) -> None:
        """One sleeper each grants, by their own credential, and is checked in.

        No faster than one caller may; calls are left for the start.
        """
        for place, pod in enumerate(pods):
            async with self.api(f"sleeper-{pod}") as own:
                await own.consents.grant(f"sleeper-{pod}", whole_grant())
            await api.pods.check_in(pod, f"sleeper-{pod}")
            if place > AT_ONCE:
                await asyncio.sleep(0.25)

    async def enrol(self, bed: str) -> None:
        """Enrol one bed, at the pace at which the daemon takes codes from one host."""
        async with self.api("admin") as api:
            code = (await api.access.enrol(bed, Told.KIND_BED)).code
        line = f"{self.server} {self.ward.authority.pin_text()} {code}"
        while True:
            try:
                await asyncio.to_thread(enrol_bed, line, self.beds)
            except EnrolmentError as no:
                if "codes a second" not in str(no):
                    raise
                await asyncio.sleep(0.4)
            else:
                return

    async def light_beds(self, name: str, count: int, *flags: str) -> tuple[str, ...]:
        """Enrol light-1 and so on, and run them in one process; return their names."""
        pods = tuple(f"light-{number}" for number in range(1, count + 1))
        for pod in pods:
            await self.enrol(pod)
        self.light(name, 1, count, "--enrolled", str(self.beds), *flags)
        return pods

    @contextlib.contextmanager
    def ledger_locked(self) -> Iterator[None]:
        """Another process's transaction holds the ledger's file."""
        base = sqlite3.connect(self.state / LEDGER_FILE, isolation_level=None, timeout=5.0)
        base.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            base.execute("ROLLBACK")
            base.close()

    def close(self) -> None:
        """End everything, the broker too."""
        super().close()
        self.ward.broker.kill()
        self._silent.close()

    def zeroed_after_s(self, pods: Sequence[str], since_s: float, process: str) -> list[float]:
        """Seconds from `since_s` until each pod was at zero, by its own stamp; ascending."""
        took_s = []
        for pod in pods:
            zeros_s = [int(str(one["zero_ns"])) / 1e9 for one in self.facts(pod, "severed", process)]
            took_s.append(min(at_s for at_s in zeros_s if at_s >= since_s) - since_s)
        return sorted(took_s)


def _in_force(now_s: float) -> KeptRevision:
    """The guidelines of empty beds, in force."""
    first = bench_founding()
    bundle = first.bundle
    course = Course(bundle.revision, "anna", now_s, CourseState.IN_FORCE, in_force_s=now_s)
    return KeptRevision(bundle, first.digest(bundle.document()), course)


def _id(name: str) -> str:
    return "c" + name.replace("-", "")
