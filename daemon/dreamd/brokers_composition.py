"""The brokers of a house, put together: links, intakes and accounts, one of each for a broker."""

import random
import secrets
from collections.abc import Callable
from importlib.metadata import version

from dreamd.adapters.keys import Seal
from dreamd.adapters.mqtt.intake import Intake
from dreamd.adapters.mqtt.link import Broker, MqttLink
from dreamd.adapters.mqtt.several import BrokerLinks, BrokerMeter
from dreamd.adapters.mqtt.several_rights import OwnerAt, RightsKeeping, SeveralRights
from dreamd.adapters.site_broker import SiteBroker
from dreamd.app.application import Application
from dreamd.app.inbound_guard import InboundGuard
from dreamd.ports.clock import SessionClock
from dreamd.ports.metrics import LinkMetrics
from dreamd.settings import Settings
from dreamwire.messages import Versions
from dreamwire.schema import WIRE_REVISION
from dreamwire.signing import SigningKey


def links_of(
    settings: Settings,
    files: SiteBroker,
    key: SigningKey,
    clock: SessionClock,
    meters: LinkMetrics,
    say: Callable[[str], None],
    owns: Callable[[], bool],
) -> BrokerLinks:
    """Return a link to each broker; see MqttLink.

    Raises:
        AccessError: a file of the site's or of the settings cannot be used.
    """
    brokers, instance, reached = settings.brokers, secrets.token_hex(4), set[int]()
    versions = Versions(version("dreamd"), WIRE_REVISION)
    return BrokerLinks(
        [
            MqttLink(
                Broker(files.daemon_access(settings.papers, address), instance, versions),
                seal=Seal(key),
                opener=key.public,
                clock=clock,
                meters=BrokerMeter(meters, reached, number, len(brokers)),
                rng=random.SystemRandom(),
                say=say,
                owns=owns,
            )
            for number, address in enumerate(brokers)
        ]
    )


def intakes_of(
    settings: Settings, application: Application, links: BrokerLinks, clock: SessionClock, meters: LinkMetrics
) -> list[Intake]:
    """Name the brokers, and return the intake of each; `links` ask the application where a pod is."""
    urls = tuple(address.url for address in settings.brokers)
    application.brokers.name_brokers(urls)
    links.place_of = application.registry.place_of
    guards = (InboundGuard(application.inbound, application.failures, number) for number in range(len(urls)))
    return [Intake(guard, clock, meters) for guard in guards]


def rights_of(
    settings: Settings,
    files: SiteBroker,
    application: Application,
    links: BrokerLinks,
    clock: SessionClock,
    say: Callable[[str], None],
) -> RightsKeeping:
    """Return the keeper of the accounts at each broker, which the application then tells its changes.

    Raises:
        AccessError: a file of the site's cannot be used.
    """
    owner, rng = application.bed_accounts, random.SystemRandom()
    if len(settings.brokers) == 1:
        keeper: RightsKeeping = files.keeper(settings.papers, settings.broker, owner, clock, rng, say)
    else:
        urls, open_to = [address.url for address in settings.brokers], dict[str, tuple[str, ...]]()
        keepers = [
            files.keeper(settings.papers, one, OwnerAt(owner, one.url, open_to), clock, rng, say)
            for one in settings.brokers
        ]
        keeper = SeveralRights(keepers, urls, links.reached)
    application.bed_accounts.rights = keeper
    return keeper
