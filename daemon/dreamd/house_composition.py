"""The daemon's part in its house: the claim, the wait of a standby, and the end of a daemon that lost it."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol, TypeVar

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.grpc.guards import admission_of, open_to_all
from dreamd.adapters.grpc.kept_ways_out import KeptWaysOut
from dreamd.adapters.grpc.server import CannotListen
from dreamd.adapters.ledger.house.facts_reader import FactsReader
from dreamd.adapters.ledger.house.house_row import Claim
from dreamd.adapters.ledger.house.order_desk import OrderDesk
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.adapters.site_guard import guarded_site
from dreamd.core.fleet.house import HouseLease, Waiting
from dreamd.house_address import advertised
from dreamd.ports.commit import LedgerHeldError
from dreamd.settings import Settings
from dreamd.standby import Standby, Tells
from dreamwire.sd_notify import ServiceManager

LOOK_S: Final = 0.1
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

T = TypeVar("T")


class HouseLostError(Exception):
    """Another daemon owns the house: what this process has in memory is the past."""


class Leased(Protocol):
    """A ledger that is held by a lease, or by a lock (then it is always owned)."""

    @property
    def owned(self) -> bool:
        """Whether it is surely this daemon's now."""
        ...

    @property
    def lost(self) -> bool:
        """Whether another daemon has claimed it."""
        ...

    @property
    def house(self) -> HouseLease | None:
        """Its lease and who waits for it; None: it is held by a lock."""
        ...


def claim_of(settings: Settings, key: bytes, site: SiteAuthority | None = None) -> Claim:
    """Return what this daemon writes into the row of its house. key: its public signing key, raw.

    Raises:
        AuthorityError: the certificate of its site does not name the address that is advertised.
    """
    address = advertised(settings, site.names() if site is not None else ())
    return Claim(settings.house_name, address, key.hex(), settings.house_lease_s)


@asynccontextmanager
async def kept_ways_out(settings: Settings, site: SiteAuthority | None) -> AsyncIterator[KeptWaysOut]:
    """The ways out of a daemon that waits: kept in the database for the owner.

    Raises:
        CannotListen: the house has principals, and this state directory has no site to judge them by.
    """
    from dreamd.adapters.ledger.postgres import engine_of  # noqa: PLC0415 -- an optional extra

    facts = FactsReader(engine_of(settings.ledger_url), settings.state_dir)
    desk = OrderDesk(engine_of(settings.ledger_url), facts)
    try:
        await asyncio.to_thread(facts.begin_readings)
        if site is None:
            open_to_all(facts)
        admission = admission_of(facts, facts, BoottimeClock().now_s) if site is not None else None
        yield KeptWaysOut(desk, admission, advertised(settings, site.names() if site is not None else ()))
    finally:
        facts.end_readings()
        desk.end_desk()


async def opened(
    settings: Settings, open_daemon: Callable[[], T], log: Tells, manager: ServiceManager | None = None
) -> T | None:
    """Open the daemon, as a standby once its house has no owner; None: a signal ended the wait.

    Raises:
        LedgerError, CannotListen, AuthorityError: with the sentence that has the next step.
    """
    if not settings.house_standby:
        return open_daemon()
    from dreamd.adapters.ledger.postgres import engine_of  # noqa: PLC0415 -- an optional extra

    site = guarded_site(settings.state_dir, settings.hosts, BoottimeClock().now_s, *settings.brokers)
    claim_of(settings, b"", site)  # an address that cannot be advertised ends the start, not the takeover
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    while True:
        try:
            async with kept_ways_out(settings, site) as ways_out:
                engine = engine_of(settings.ledger_url)
                free = await Standby(settings, engine, log, site, ways_out, manager).wait(stop)
        except CannotListen:
            raise
        except OSError as error:
            where = f"{settings.http_host}:{settings.http_port}"
            raise CannotListen(
                f"the standby's health cannot be told on {where} ({error.strerror}); choose another port "
                "(--http-port)"
            ) from error
        if not free:
            return None
        with suppress(LedgerHeldError):  # another standby was first
            return open_daemon()


def heir_of(ledger: Leased) -> Waiting | None:
    """A standby that takes the house from a daemon that ends now; None: there is none."""
    house = ledger.house
    return house.heir if house is not None and ledger.owned else None


def lease_trouble(ledger: Leased) -> str:
    """Why the house is not surely this daemon's; empty: it is."""
    if ledger.owned:
        return ""
    return "the lease of the house has run out, so nothing is granted; its database does not renew it"


async def until_lost(ledger: Leased) -> None:
    """Return never; end the daemon once another one owns its house.

    Raises:
        HouseLostError: so it is.
    """
    while not ledger.lost:  # noqa: ASYNC110 -- a thread of the ledger learns it
        await asyncio.sleep(LOOK_S)
    raise HouseLostError(
        "another dreamd owns the house now, so this one has set its beds to zero and ended; start it again "
        "as a standby (--house-standby yes)"
    )
