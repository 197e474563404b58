"""The daemon's settings: one frozen `Settings`, each value with its source.

Four layers, the later wins: the default written here, a TOML file (--config or DREAMD_CONFIG), the
environment (DREAMD_MQTT_URL for mqtt.url, and so on), the flags of the command line. A layer may name the
keys of KEYS and no other; anything else is refused with the nearest key's name, because a misspelt setting
that is silently ignored is worse than a daemon that does not start.

Without `dreamd init` the ports listen on loopback alone, and the start refuses any other address: a caller of
the API can move every sleeper in the house.

`load` is pure but for reading the file; the environment is an argument.
"""

import argparse
import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dreamd.cluster_settings import CLUSTER_KEYS, ClusterSettings, wrong_cluster
from dreamd.core.consent.hours import zone_of
from dreamd.core.limits import BROKERS_MAX
from dreamd.house_settings import HOUSE_KEYS, HouseSettings, wrong_standby
from dreamd.oidc_settings import OIDC_KEYS, OidcSettings, wrong_provider
from dreamd.setting_values import A_FILE, PREFIX, Key, UnfitError, file, path
from dreamwire.broker_access import EXPECTED, Address, Papers, parse_address
from dreamwire.text import shown, unfit

CONFIG_VARIABLE: Final = "DREAMD_CONFIG"
NOT_SETTINGS: Final = re.compile(
    r"DREAMD_(CONFIG|SERVER|CREDENTIAL|RECORDINGS|SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)"
)
"""Variables with that prefix and another meaning: for the clients, the tests, Kubernetes' links."""
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
BROKER_USER: Final = "dreamd"
FREE_SOCKET: Final = "free.sock"
LOG_FORMATS: Final = ("console", "json")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
_PORT_MAX: Final = 65535
TEXT_MAX: Final = 4096
"""Characters of one setting; a path has no more."""


class SettingsError(Exception):
    """A setting cannot be used; the message names it, its source, its fault and the expected value."""


@dataclass(frozen=True, slots=True)
class Settings(OidcSettings, ClusterSettings, HouseSettings):
    """The settings in force. Ports may be 0: any free one, named when ready."""

    state_dir: Path
    ledger_url: str
    guidelines: str
    house_zone: str
    house_name: str
    house_address: str
    house_country: str
    house_contact: str
    mqtt_url: str
    mqtt_ca: str
    mqtt_cert: str
    mqtt_key: str
    mqtt_user: str
    mqtt_password_file: str
    grpc_host: str
    grpc_port: int
    free_socket: str
    http_host: str
    http_port: int
    http_names: tuple[str, ...]
    recordings_part_s: int
    log_format: str
    log_level: str

    @property
    def hosts(self) -> tuple[str, str]:
        """The addresses of the API and of the port for metrics."""
        return self.grpc_host, self.http_host

    @property
    def ways_out_socket(self) -> Path:
        """The socket of the ways out; where none is named it stands in the state directory."""
        return Path(self.free_socket) if self.free_socket else self.state_dir / FREE_SOCKET

    @property
    def brokers(self) -> tuple[Address, ...]:
        """The brokers of the house, by the order of their numbers."""
        return tuple(map(parse_address, self.mqtt_url.split(",")))

    @property
    def broker(self) -> Address:
        """The first broker: a bed that enrols is given its address."""
        return self.brokers[0]

    @property
    def papers(self) -> Papers:
        """The credentials shown to the broker, and the trusted CA."""
        return Papers(
            "--mqtt", self.mqtt_ca, self.mqtt_cert, self.mqtt_key, self.mqtt_user, self.mqtt_password_file
        )


@dataclass(frozen=True, slots=True)
class Setting:
    """A value in force and its source: `default`, `file PATH`, `environment VARIABLE` or `flag FLAG`."""

    key: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and the source of each, in the order of KEYS."""

    settings: Settings
    sources: tuple[Setting, ...]


def _brokers(given: object) -> str:
    """One URL or several, from a list or from a text with commas; as a text with commas."""
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise UnfitError
    urls = [part.strip() for part in parts]
    addresses = [parse_address(url) for url in urls]
    if not 1 <= len(urls) <= BROKERS_MAX:
        raise UnfitError(f"{len(urls)} brokers are named; a house has 1 to {BROKERS_MAX}")
    twice = next((one.url for one in addresses if addresses.count(one) > 1), "")
    if twice:
        raise UnfitError(f"{twice} is named twice; name each broker once")
    return ",".join(urls)


def _ledger(given: object) -> str:
    """An address of PostgreSQL; empty: none."""
    if not isinstance(given, str) or not (given == "" or given.startswith(("postgresql://", "postgres://"))):
        raise UnfitError
    return given


def _user(given: object) -> str:
    if not isinstance(given, str) or not given.isprintable():
        raise UnfitError
    return given


def _country(given: object) -> str:
    """An ISO 3166-1 code of two letters; empty: not stated."""
    if not (isinstance(given, str) and (given == "" or re.fullmatch("[A-Z]{2}", given))):
        raise UnfitError
    return given


def _zone(given: object) -> str:
    """A zone of the tz database; empty: none."""
    if not isinstance(given, str):
        raise UnfitError
    if given:
        zone_of(given)
    return given


def _host(given: object) -> str:
    if not isinstance(given, str) or not given or not _ADDRESS.fullmatch(given):
        raise UnfitError
    return given


def _port(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise UnfitError
    port = int(given)
    if not 0 <= port <= _PORT_MAX:
        raise UnfitError
    return port


def _part_s(given: object) -> int:
    """Whole seconds of a part."""
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise UnfitError
    part_s = int(given)
    if not 1 <= part_s <= _PART_MAX_S:
        raise UnfitError
    return part_s


def _names(given: object) -> tuple[str, ...]:
    """Host names, from a list or from a text with commas."""
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple):
        raise UnfitError
    names = tuple(part.strip().lower() for part in parts if isinstance(part, str) and part.strip())
    if len(names) > _HOST_NAMES_MAX or not all(_HOST_NAME.fullmatch(name) for name in names):
        raise UnfitError
    return names


def _one_of(choices: tuple[str, ...]) -> Callable[[object], str]:
    def read(given: object) -> str:
        if given not in choices:
            raise UnfitError
        return str(given)

    return read


_AN_ADDRESS: Final = "an address or a name of this machine"
_ADDRESS: Final = re.compile(r"[0-9A-Za-z.:_-]{1,253}")
_HOST_NAMES_MAX: Final = 16
_HOST_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_HOST_NAMES: Final = f"at most {_HOST_NAMES_MAX} host names without a port, separated by commas"
_PART_MAX_S: Final = 600
_A_PORT: Final = "a port from 1 to 65535, or 0 for any free one"

KEYS: Final = (
    Key("state_dir", "", path, "a directory", "terms, check-ins and the signing key"),
    Key(
        "ledger.url",
        "",
        _ledger,
        "postgresql://USER@HOST/DATABASE, or nothing for a file in the state directory",
        "PostgreSQL for the ledger, else a file in the state directory",
    ),
    Key("house.zone", "", _zone, "a zone such as Europe/Zurich", "zone of letters, else this machine's own"),
    Key("house.name", "", _user, "a name", "the house that answers for the data, on receipts of consent"),
    Key("house.address", "", _user, "an address on one line", "its address, on receipts"),
    Key("house.country", "", _country, "two capital letters, such as CH", "its jurisdiction, on receipts"),
    Key("house.contact", "", _user, "a number or an address", "whom to ask, in letters, else the desk"),
    Key("guidelines", "", file, A_FILE, "first revision of a house without access control, else the shipped"),
    Key(
        "mqtt.url",
        "mqtt://127.0.0.1:1883",
        _brokers,
        f"{EXPECTED}; of several brokers a list, or with commas",
        "URL of the broker that the pods use; of several brokers each",
    ),
    Key("mqtt.ca", "", file, A_FILE, "CA certificate to trust for the broker, else the system's"),
    Key("mqtt.cert", "", file, A_FILE, "the daemon's certificate, if the broker requires one"),
    Key("mqtt.key", "", file, A_FILE, "its key"),
    Key("mqtt.user", "", _user, "a name", f"the daemon's user there, {BROKER_USER} where it has a password"),
    Key("mqtt.password_file", "", file, A_FILE, "one line, not readable by others"),
    Key(
        "grpc.host",
        "127.0.0.1",
        _host,
        _AN_ADDRESS,
        "address on which the API listens; beyond loopback after dreamd init alone",
    ),
    Key("grpc.port", 50051, _port, _A_PORT, "the API's port"),
    Key(
        "free.socket",
        "",
        file,
        A_FILE,
        "socket of the ways out on this machine, without a credential; default free.sock beside the ledger",
    ),
    Key(
        "http.host",
        "127.0.0.1",
        _host,
        _AN_ADDRESS,
        "address for /metrics, /healthz, /readyz; beyond loopback after dreamd init alone",
    ),
    Key("http.port", 8080, _port, _A_PORT, "their port"),
    Key(
        "http.names",
        (),
        _names,
        _HOST_NAMES,
        "host names by which /metrics may be requested, besides addresses",
    ),
    Key(
        "recordings.part_s",
        60,
        _part_s,
        f"whole seconds from 1 to {_PART_MAX_S}",
        "seconds of a recording in one file: what a killed daemon loses at most",
    ),
    Key("log.format", "console", _one_of(LOG_FORMATS), " or ".join(LOG_FORMATS), "format of the log"),
    *OIDC_KEYS,
    *CLUSTER_KEYS,
    *HOUSE_KEYS,
    Key("log.level", "info", _one_of(LOG_LEVELS), ", ".join(LOG_LEVELS), "lowest level that is logged"),
)
_BY_NAME: Final = {key.name: key for key in KEYS}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add --config and a flag for every key; absent ones stay None."""
    group = parser.add_argument_group("settings", "flags win over the environment, that over the file")
    group.add_argument("--config", metavar="FILE", help=f"a TOML file (else {CONFIG_VARIABLE})")
    for key in KEYS:
        metavar = key.field.rsplit("_", 1)[-1].upper()
        group.add_argument(key.flag, dest=key.field, metavar=metavar, help=f"{key.meaning} ({key.name})")


def load(env: Mapping[str, str], flags: Mapping[str, object]) -> Loaded:
    """Settle every key from defaults, file, environment and flags, the later winning.

    Args:
        env: the environment; only DREAMD_*, XDG_STATE_HOME and HOME are read.
        flags: parsed flags by field name; None means not given, names that are no keys are ignored.

    Raises:
        SettingsError: on the first key or value that cannot be used.
    """
    given: dict[str, tuple[object, str]] = {key.name: (key.default, "default") for key in KEYS}
    given["state_dir"] = (_default_state_dir(env), "default")
    given.update(_from_file(_config_file(env, flags)))
    given.update(_from_environment(env))
    for key in KEYS:
        if flags.get(key.field) is not None:
            given[key.name] = (flags[key.field], f"flag {key.flag}")
    sources = tuple(_settle(key, *given[key.name]) for key in KEYS)
    values = {key.field: setting.value for key, setting in zip(KEYS, sources, strict=True)}
    settings = Settings(**values)
    wrong = (
        wrong_provider(settings) or wrong_cluster(settings) or wrong_standby(settings, settings.ledger_url)
    )
    if wrong:
        raise SettingsError(wrong)
    return Loaded(settings, sources)


def _settle(key: Key, given: object, source: str) -> Setting:
    wrong = unfit(given, TEXT_MAX) if isinstance(given, str) else ""
    if wrong:
        raise SettingsError(f"{key.name} (from {source}) cannot be used: {wrong}; write it without that")
    try:
        return Setting(key.name, key.read(given), source)
    except UnfitError as wrong_value:
        if str(wrong_value):
            raise SettingsError(f"{key.name} (from {source}): {wrong_value}") from None
        raise SettingsError(f"{key.name} is {given!r} (from {source}); expected {key.expected}") from None
    except ValueError:
        raise SettingsError(f"{key.name} is {given!r} (from {source}); expected {key.expected}") from None


def _default_state_dir(env: Mapping[str, str]) -> str:
    state_home = env.get("XDG_STATE_HOME") or f"{env.get('HOME', '~')}/.local/state"
    return f"{state_home}/dreamd"


def _config_file(env: Mapping[str, str], flags: Mapping[str, object]) -> tuple[str, str] | None:
    if flags.get("config"):
        return str(flags["config"]), "flag --config"
    if env.get(CONFIG_VARIABLE):
        return env[CONFIG_VARIABLE], f"environment {CONFIG_VARIABLE}"
    return None


def _from_file(named: tuple[str, str] | None) -> Iterator[tuple[str, tuple[object, str]]]:
    if named is None:
        return
    path, source = named
    try:
        tree = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"the configuration file {path} (from {source}) cannot be read: {error.strerror}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the configuration file {path} is not valid TOML: {error}") from error
    for name, value in _leaves(tree, ""):
        _known(name, f"file {path}", {key.name: key.name for key in KEYS})
        yield name, (value, f"file {path}")


def _leaves(tree: Mapping[str, object], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        if isinstance(value, dict) and f"{prefix}{name}" not in _BY_NAME:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _from_environment(env: Mapping[str, str]) -> Iterator[tuple[str, tuple[object, str]]]:
    names = {key.variable: key.name for key in KEYS}
    for variable, text in env.items():
        if variable.startswith(PREFIX) and not NOT_SETTINGS.fullmatch(variable):
            yield _known(variable, "the environment", names), (text, f"environment {variable}")


def _known(given: str, source: str, names: Mapping[str, str]) -> str:
    if given in names:
        return names[given]
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(names)}"
    raise SettingsError(f"{shown(given)} (from {source}) is not a setting; {hint}")
