"""The broker's files of a site, as `dreamd init` makes them: certificate, configuration, first accounts.

They stand in `access/broker`, to be given to mosquitto. The passwords of the daemon's own accounts stay in
`access`, where `serve` finds them. Every file is closed to others.

From its first start the broker owns `dynamic-security.json`: it writes each change of an account there.
"""

import asyncio
import datetime as dt
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from dreamd.adapters.mqtt.anonymous_trial import AnonymousTrial
from dreamd.adapters.mqtt.dynamic_security import first_file
from dreamd.adapters.mqtt.rights_keeper import RightsKeeper
from dreamd.adapters.site_authority import AuthorityError, SiteAuthority
from dreamd.core.access.broker_accounts import CANARY, DAEMON, HOUSE, KEEPER
from dreamd.ports.broker_rights import NoBrokerRights, RightsOwner
from dreamd.ports.clock import SessionClock
from dreamwire.broker_access import Access, Address, Papers, open_access
from dreamwire.closed_file import write_closed

BROKER_DAYS: Final = 397
"""Life of the broker's certificate: mosquitto takes a new one only when it is told."""
HOME: Final = Path("/etc/mosquitto/dreamd")
"""Where mosquitto keeps the files, on Debian."""
PLUGIN: Final = "mosquitto_dynamic_security.so"
_PLUGIN_DIRECTORIES: Final = ("/usr/lib", "/usr/local/lib", "/opt/homebrew/lib")
_PLUGIN_DEBIAN: Final = "/usr/lib/x86_64-linux-gnu"
_PASSWORD_BYTES: Final = 32

_CONFIGURATION: Final = """\
# The broker of a site, made by dreamd init. Written for mosquitto 2.0.
#
# Each bed has an account, which the daemon makes when the bed enrols and removes when it is revoked. Nothing
# is allowed that no role names. An account that is added here by hand is removed by the daemon.
listener 8883
cafile {home}/authority.pem
certfile {home}/broker.pem
keyfile {home}/broker.key
tls_version tlsv1.2

allow_anonymous false
plugin {plugin}
plugin_opt_config_file {home}/dynamic-security.json
# A pod is connected once, and no pod ends the connection of another by its client id.
use_username_as_clientid true

# Without it a paced stream of small packets waits for Nagle: p50 24 ms against 0.4 (60 times).
set_tcp_nodelay true

max_packet_size 65536
queue_qos0_messages false
max_queued_messages 65536
max_queued_bytes 33554432
max_inflight_messages 100
max_inflight_bytes 1048576
max_keepalive 60
max_connections 25000

persistence false
autosave_interval 0

connection_messages true
log_dest stderr
log_type error
log_type warning
log_type notice
sys_interval 0
"""


class SiteBroker:
    """The broker's files in a state directory."""

    def __init__(self, site: SiteAuthority) -> None:
        self._site = site
        self.directory = site.directory / "broker"
        self.accounts = self.directory / "dynamic-security.json"

    @property
    def made(self) -> bool:
        """Whether `dreamd init` has made the files."""
        return self.accounts.exists()

    def make_broker(
        self, names: Sequence[str], now: dt.datetime, home: Path = HOME, plugin: Path | None = None
    ) -> None:
        """Make every file.

        Args:
            names: host names and addresses of the broker.
            now: the certificate begins here.
            home: where the broker keeps the files.
            plugin: its plugin for accounts; None: as this machine has it.

        Raises:
            AuthorityError: the authority's key cannot be read, or the directory not be written.
        """
        passwords = {account: secrets.token_urlsafe(_PASSWORD_BYTES) for account in HOUSE}
        text = _CONFIGURATION.format(home=home, plugin=plugin or _plugin())
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
            self.renew_broker(names, now)
            write_closed(self.directory / "authority.pem", self._site.certificate.read_bytes(), 0o600)
            write_closed(self.directory / "mosquitto.conf", text.encode(), 0o600)
            for account, password in passwords.items():
                write_closed(self.password_file(account), f"{password}\n".encode(), 0o600)
            # Last: its presence says that all is made.
            write_closed(self.accounts, first_file(passwords).encode(), 0o600)
        except OSError as error:
            raise AuthorityError(f"{self.directory} cannot be written ({error.strerror})") from error

    def renew_broker(self, names: Sequence[str], now: dt.datetime) -> None:
        """Issue the broker's certificate anew.

        Raises:
            AuthorityError: the authority's key cannot be read.
        """
        key, certificate = self._site.issue("dreamd broker", names, now, BROKER_DAYS)
        write_closed(self.directory / "broker.key", key, 0o600)
        write_closed(self.directory / "broker.pem", certificate, 0o600)

    def password_file(self, account: str) -> Path:
        """The password of one of the daemon's own accounts."""
        return self._site.directory / f"broker-{account}.password"

    def papers(self, given: Papers, address: Address) -> Papers:
        """The papers of the daemon: those that are given, and this site's in the place of none."""
        if not (self.made and address.tls) or given.cert or given.user or given.password_file:
            return given
        return self._of(DAEMON, given)

    def daemon_access(self, given: Papers, address: Address) -> Access:
        """The access of the daemon itself.

        Raises:
            AccessError: the papers do not fit the address, or a file cannot be used.
        """
        return open_access(address, self.papers(given, address), DAEMON)

    def keeper(
        self,
        given: Papers,
        address: Address,
        owner: RightsOwner,
        clock: SessionClock,
        rng: random.Random,
        say: Callable[[str], None],
    ) -> "RightsKeeper | AnonymousTrial | UnkeptRights":
        """The keeper of the broker's accounts.

        Of a broker that is kept by hand: a trial whether it lets in a stranger. Without a site: nothing.

        given: as of `papers`. say: see RightsKeeper.

        Raises:
            AccessError: a file cannot be used.
        """
        if self.papers(given, address) == given:
            if not self._site.made:
                return UnkeptRights()
            stranger = open_access(address, Papers(given.flags, ca=given.ca), "")
            return AnonymousTrial(stranger, owner, certified=bool(given.cert))
        keeper, canary = (open_access(address, self._of(one, given), one) for one in (KEEPER, CANARY))
        return RightsKeeper(keeper, canary, owner, clock=clock, rng=rng, say=say)

    def _of(self, account: str, papers: Papers) -> Papers:
        ca = papers.ca or str(self._site.certificate)
        return replace(papers, ca=ca, user=account, password_file=str(self.password_file(account)))


class UnkeptRights(NoBrokerRights):
    """A broker of no site, in the place of a RightsKeeper. trouble: always none."""

    trouble: Final = ""

    async def keep_rights(self) -> None:
        """Do nothing, for ever."""
        await asyncio.Event().wait()


def _plugin() -> Path:
    """The plugin's file on this machine; where there is none, the place on Debian."""
    for directory in _PLUGIN_DIRECTORIES:
        for found in (*Path(directory).glob(PLUGIN), *Path(directory).glob(f"*/{PLUGIN}")):
            return found
    return Path(_PLUGIN_DEBIAN) / PLUGIN
