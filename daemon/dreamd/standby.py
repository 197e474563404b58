"""A standby: a daemon that waits until its house has no owner, and then starts as a restarted one does.

Theory of operation. A standby holds its state directory, answers /healthz and /readyz, and reads the row of
its house (`adapters/ledger/house`) every LOOK_S. On the API's port it leads each caller to the owner
(`adapters/grpc/elsewhere_server`). It opens no ledger and no broker. It writes one row: that it waits, so
that an owner which ends by plan hands the house over to it. Where the lease is over it ends its ports, and
the daemon's own start claims the house. Of two standbys one claim succeeds; the other waits again.

Rules
- A standby without the signing key of the house ends at its start, not at the takeover: beds accept no other.
- A standby in whose file of keys a sleeper is missing takes nothing over, and says so before: a sleeper
  without a name would begin anew, with no exposure recorded. Without house.standby a daemon starts all the
  same.
- A database that does not answer is no evidence that the owner is dead. Once it answers again, its owner has
  the length of a lease to renew, before a standby claims the house.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, Protocol

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Gauge, make_wsgi_app

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.grpc.elsewhere_server import WaysOutElsewhere, serve_elsewhere
from dreamd.adapters.grpc.server_certificate import renewing_credentials
from dreamd.adapters.keys import KEY_FILE, open_key
from dreamd.adapters.ledger import migrations
from dreamd.adapters.ledger.house.house_row import has_ended, read_house
from dreamd.adapters.ledger.house.lease_keeper import boottime_s
from dreamd.adapters.ledger.house.standby_rows import drop_standby, note_standby
from dreamd.adapters.ledger.people_keys.keys_file import KEYS_FILE, KeysFile
from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.metrics.http_server import Checks, MetricsServer
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.adapters.site_guard import renew_in_time
from dreamd.core.fleet.lease import Patience
from dreamd.core.refusals import Refusal
from dreamd.house_address import advertised, refusal_of, unreachable
from dreamd.ports.commit import LedgerError
from dreamd.ports.houses import HouseRecord, HouseState
from dreamd.settings import Settings
from dreamwire.sd_notify import ServiceManager
from dreamwire.text import shown

LOOK_S: Final = 0.25
"""How late a standby sees that a lease has ended."""
NOTED_EVERY: Final = 4
"""Looks from one note in the database that this daemon waits to the next."""
KEYS_EVERY: Final = 20
"""Looks from one comparison of the people's keys to the next; the one before a takeover compares too."""
_PEOPLE: Final = sa.union(sa.select(tables.beds.c.sleeper), sa.select(tables.consents.c.sleeper))


class Tells(Protocol):
    """Takes events of the log."""

    def info(self, event: str, **fields: object) -> object:
        """Write one."""
        ...

    def warning(self, event: str, **fields: object) -> object:
        """Write one that wants a person."""
        ...


class Standby:
    """Waits for a house; `wait` returns when it has no owner."""

    def __init__(
        self,
        settings: Settings,
        engine: sa.Engine,
        log: Tells,
        site: SiteAuthority | None = None,
        ways_out: WaysOutElsewhere | None = None,
        manager: ServiceManager | None = None,
    ) -> None:
        """engine: of the ledger's database; it belongs to the standby. site: of the house, if it has one.

        manager: of this service; it is given more time for the start with each look.
        """
        self._settings, self._engine, self._log = settings, engine, log
        self._manager = manager or ServiceManager()
        self._site, self._ways_out = site, ways_out
        self._house: HouseRecord | None = None
        self._free = False
        self._why = "standby: the house has not been read yet"
        self._left_s = 0.0
        self._looks = 0
        self._patience = Patience(settings.house_lease_s)
        self._unnamed = ""
        self._address = advertised(settings, site.names() if site is not None else ())

    @property
    def why(self) -> str:
        """The reason why it waits, for /readyz."""
        return self._why

    async def wait(self, stop: asyncio.Event) -> bool:
        """Return True once the house has no owner, False once `stop` is set.

        Raises:
            LedgerError: it could not serve the house; the sentence has the next step.
            CannotListen: the port of the API cannot be opened.
            OSError: the port of health cannot be.
        """
        port = self._open_port()
        try:
            async with self._leading():
                return await self._until_free(stop)
        finally:
            port.close()
            self._leave()
            self._engine.dispose()

    async def _until_free(self, stop: asyncio.Event) -> bool:
        while not stop.is_set():
            self._manager.alive(boottime_s())
            self._manager.status(self._why)
            if await asyncio.to_thread(self.read_once):
                self._log.info("house_free", why=self._why)
                return True
            try:
                async with asyncio.timeout(LOOK_S):
                    await stop.wait()
            except TimeoutError:
                continue
        return False

    @asynccontextmanager
    async def _leading(self) -> AsyncIterator[None]:
        """Lead the callers of the API to the owner, with a certificate that is renewed in time."""
        settings, site = self._settings, self._site
        server = await serve_elsewhere(
            *(settings.grpc_host, settings.grpc_port, self.owner_refusal),
            credentials=None if site is None else renewing_credentials(site),
            ways_out=self._ways_out,
            socket=settings.ways_out_socket,
        )
        self._log.info("standby_serves", grpc=server.port)
        renewing = asyncio.create_task(  # noqa: TID251 -- ended below
            renew_in_time(site, BoottimeClock().now_s, self._ages),
            name="certificate",
        )
        try:
            yield
        finally:
            renewing.cancel()
            await server.end_serving()

    def _ages(self, why: str) -> None:
        self._log.warning("certificate_ages", why=why)

    def owner_refusal(self) -> Refusal:
        """The answer to a call that is the owner's."""
        return refusal_of(self._house, free=self._free, lacks=self._unnamed, own=self._address)

    def _leave(self) -> None:
        """Wait no more, in the database too; a row that cannot be dropped is soon too old to count."""
        with suppress(sa.exc.SQLAlchemyError), self._engine.connect() as base, base.begin():
            drop_standby(base)

    def read_once(self) -> bool:
        """Read the house once, and note that this daemon waits; whether it may be claimed.

        Raises:
            LedgerError: this state directory could not serve it.
        """
        keys = self._settings.state_dir
        try:
            with self._engine.connect() as base:
                migrations.need_head(base, "of the house")
                house = read_house(base)
                free = self._is_free(house)
                if free or self._looks % KEYS_EVERY == 0:
                    self._unnamed = unnamed(keys, set(base.execute(_PEOPLE).scalars()) - {""})
                if self._looks % NOTED_EVERY == 0:
                    note_standby(base, self._address, self._unnamed)
                    base.commit()
        except sa.exc.SQLAlchemyError as error:
            self._patience.begin_anew()
            self._say(f"standby: the database does not answer ({' '.join(str(error.__cause__).split())})")
            return False
        wrong = lacking(keys, house)
        if wrong:
            raise LedgerError(wrong)
        self._looks += 1
        self._house, self._free, self._left_s = house, free, house.left_s
        unled = unreachable(house, self._address)
        owner = f"{house.address or 'a daemon'} owns it" if not free else "it has no owner"
        lacks = f"; it will not take over: {self._unnamed}" if self._unnamed else ""
        lacks += f"; no caller is led there: {unled}" if unled and not free else ""
        self._say(f"standby of {house.house or 'the house'}: {owner}{lacks}")
        return free and not self._unnamed

    def _is_free(self, house: HouseRecord) -> bool:
        """Whether the house has no owner, or one that did not renew although the database answered."""
        given_up = has_ended(house.owner) or house.state is not HouseState.OWNED
        return self._patience.is_over(boottime_s(), given_up=given_up, living=house.living)

    def _say(self, why: str) -> None:
        if why != self._why:
            self._log.info("standby", why=why)
        self._why = why

    def _open_port(self) -> MetricsServer:
        registry = CollectorRegistry()
        name, means = "dreamd_house_lease_seconds", "left of the house's lease, of its owner"
        Gauge(name, means, registry=registry).set_function(lambda: self._left_s)
        settings = self._settings
        return MetricsServer(
            *(settings.http_host, settings.http_port),
            metrics=make_wsgi_app(registry, disable_compression=True),
            checks=Checks(lambda: (), lambda: (self._why,)),
            names=settings.http_names,
        )


def lacking(state_dir: Path, house: HouseRecord) -> str:
    """Why the beds would not know a daemon with this state directory; empty: they would."""
    if not house.key:
        return ""
    copied = "copy it from the owner's state directory, readable by its user alone"
    if not (state_dir / KEY_FILE).exists():
        return f"the standby lacks {state_dir / KEY_FILE}, by which beds know the house; {copied}"
    if open_key(state_dir).public.raw.hex() == house.key:
        return ""
    return (
        f"the standby's {state_dir / KEY_FILE} is not that of the house {shown(house.house)}: beds would "
        f"refuse it; {copied}"
    )


def unnamed(state_dir: Path, subjects: set[str]) -> str:
    """Why some of these people would have no name here; empty: each has one.

    The file is opened anew each time, for a copy may have replaced it.
    """
    path = state_dir / KEYS_FILE
    if not subjects:
        return ""
    known: set[str] = set()
    if path.exists():
        file = KeysFile(path)
        try:
            known = {person.subject for person in (file.links() or {}).values()}
        except LedgerError as error:
            return str(error)
        finally:
            file.close()
    count = len(subjects - known)
    people = "1 sleeper has" if count == 1 else f"{count} sleepers have"
    return f"{people} no key in {path}; copy the file from the owner's state directory" if count else ""
