"""The plan of one run of `dreamd up`, worked out from its flags before anything starts.

Pure: flags in, a `Plan` out, or `CannotRun` with one sentence that names the remedy. Every second on the
plan, the screen, the picture and in `--json` is counted from the moment the run begins.

Rules. Up to eight sleepers have a process each, so that any one can be killed; more are packed, 16 to 25 to a
process. Malfunctions take beds in order from bed-5 on, each bed at most once, so that two runs with the same
flags fail in the same places; one implant fails unasked, but none that plays a recording. Every person found
in a recording that can be played has a bed, in the order of the files; persons that cannot be played are left
out with a message, as long as two beds remain.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dreamd.core.limits import ARTIST_SHARE_MOST, INTIMATE_BELOW, RAMP_MIN_S
from dreamwire.schema import BANDS6X2, schema_named

MALFUNCTIONS: Final = ("silence", "flat", "railed", "nonfinite")
SIMULATED: Final = ("sim:", "brainflow:synthetic", "brainflow:-1")
"""Beginnings of the devices' specs that stand for no person, and that `--recordings` takes beside files."""
BROKERS: Final = ("auto", "mosquitto", "amqtt")
SLEEPERS_MIN: Final = 2
SLEEPERS_MAX: Final = 500
DURATION_DEFAULT_S: Final = 60.0
FIRST_TO_FAIL: Final = 5
ALONE_IN_PROCESS_MAX: Final = 8
PACK_MIN: Final = 16
PACK_MAX: Final = 25
LIGHT_PACK_MAX: Final = 100
"""An even number, so that no pair is parted."""
ALIGNMENT: Final = "alignment"
"""The code of the edge's notes about recordings that may not be aligned to the others."""
NAME_MAX: Final = 40
"""Letters of a name; the API takes 63, and a number may follow."""

PSEUDONYMS: Final = (
    *("ash", "birch", "cedar", "dogwood", "elm", "fir", "ginkgo", "hazel", "ivy", "juniper", "katsura"),
    *("larch", "maple", "nutmeg", "oak", "pine", "quince", "rowan", "spruce", "thorn", "ulmus", "vine"),
    *("willow", "yew", "zelkova"),
)

_SYNTAX: Final = re.compile(r"(?P<name>[a-z_-]+)@(?P<merged>\+?)(?P<at>\d+(\.\d+)?)(:(?P<count>\d+))?")


class CannotRun(Exception):  # noqa: N818 -- it is a sentence for a person, not a programming error
    """The run cannot start; the message is one sentence that names the remedy."""


@dataclass(frozen=True, slots=True)
class Malfunction:
    """`count` implants do `name` from `at_s` seconds after the run began, or after each was first merged."""

    name: str
    at_s: float
    count: int = 1
    when_merged: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A person in a recording: the spec that opens it, or the reason why it cannot be played ('' if it can).

    person: '' for the only person of a file. notes: what does not keep it from playing, as (code, sentence).
    schema: the features that its sampling rate allows.
    """

    file: str
    person: str
    spec: str
    why: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    schema: str = BANDS6X2.name


@dataclass(frozen=True, slots=True)
class Sleeper:
    """One bed: its sleeper and the recording that its implant plays. recording '': a simulated sleeper."""

    pod: str
    pseudonym: str
    seed: int
    recording: str = ""
    malfunction: Malfunction | None = None


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags as given, each checked by `plan`.

    reading: flags about recordings that the edge understands, with their values, passed on to it.
    """

    sleepers: int | None = None
    recordings: tuple[Path, ...] = ()
    duration_s: float | None = None
    seed: int = 0
    malfunctions: tuple[str, ...] = ()
    broker: str = "auto"
    ramp_s: float = RAMP_MIN_S
    json: bool = False
    loop: bool = False
    reading: tuple[str, ...] = ()
    mqtt_port: int = 1883
    grpc_port: int = 50051
    http_port: int = 8080
    console_port: int = 8081
    night: Path = Path("night.svg")
    record: bool = False
    artist_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A run.

    duration_s: from the beginning of the run, plus the time that gathering takes above 15 s; None:
    until the recordings are over, or a person ends it. refused: persons that cannot be played.
    notes: findings about the others' recordings, as (pod, code, sentence). light: simulated
    sleepers are features alone. packed: many sleepers to a process however few they are. every_hop:
    pods of features alone journal each hop, else one a second. night None: no picture. record: the
    daemon keeps a recording, and it is moved to the usual state directory. schema: the features of
    all beds, which the slowest recording measures. artist_share: largest one; 0: no artist can lead.
    """

    sleepers: tuple[Sleeper, ...]
    duration_s: float | None
    seed: int
    broker: str
    ramp_s: float
    loop: bool
    reading: tuple[str, ...]
    mqtt_port: int
    grpc_port: int
    http_port: int
    console_port: int
    night: Path | None
    json: bool
    refused: tuple[Found, ...] = ()
    notes: tuple[tuple[str, str, str], ...] = ()
    light: bool = False
    packed: bool = False
    every_hop: bool = False
    record: bool = False
    artist_share: float = 0.0
    schema: str = BANDS6X2.name

    @property
    def intimate(self) -> bool:
        """With fewer than five sleepers, each needs the intimate scope."""
        return len(self.sleepers) < INTIMATE_BELOW

    @property
    def owns_broker(self) -> bool:
        """Whether the run starts a broker of its own."""
        return self.broker in BROKERS

    @property
    def mqtt_url(self) -> str:
        """The address of the broker for daemon and pods."""
        return f"mqtt://127.0.0.1:{self.mqtt_port}" if self.owns_broker else self.broker

    @property
    def groups(self) -> tuple[tuple[Sleeper, ...], ...]:
        """The sleepers by the process that runs them."""
        count = len(self.sleepers)
        if self.light:
            size = min(LIGHT_PACK_MAX, 2 * math.ceil(count / 4))
        elif count <= ALONE_IN_PROCESS_MAX and not self.packed:
            size = 1
        else:
            size = min(PACK_MAX, max(PACK_MIN, math.ceil(count / 4)))
            size -= size % 2 if self.packed else 0
        return tuple(self.sleepers[i : i + size] for i in range(0, count, size))


def malfunction(text: str) -> Malfunction:
    """Parse NAME@SECONDS[:COUNT] or NAME@+SECONDS[:COUNT]; raise CannotRun with the possible names."""
    found = _SYNTAX.fullmatch(text)
    if found is None:
        raise CannotRun(
            f"--malfunction {text!r} is not NAME@SECONDS[:COUNT]; write for example railed@25, silence@30:2, "
            "or railed@+6 for six seconds after the bed was merged"
        )
    name = found["name"]
    if name not in MALFUNCTIONS:
        raise CannotRun(f"--malfunction {name!r} is not known; choose one of {', '.join(MALFUNCTIONS)}")
    count = int(found["count"] or 1)
    if count < 1:
        raise CannotRun(f"--malfunction {text!r} asks for no implant at all; COUNT is at least 1")
    return Malfunction(name, float(found["at"]), count, when_merged=bool(found["merged"]))


def pseudonym(number: int) -> str:
    """The name of sleeper `number`, from 1 on; the woods begin again with a figure."""
    round_, tree = divmod(number - 1, len(PSEUDONYMS))
    return PSEUDONYMS[tree] if round_ == 0 else f"{PSEUDONYMS[tree]}-{round_ + 1}"


def _strikes(malfunctions: tuple[Malfunction, ...], beds: int) -> dict[int, Malfunction]:
    """The malfunction of each bed (from 1 on)."""
    wanted = sum(one.count for one in malfunctions)
    if wanted > beds:
        raise CannotRun(
            f"--malfunction asks for {wanted} failing implants and there are {beds} beds; "
            "each fails once at most: ask for fewer, or for more --sleepers"
        )
    first = min(FIRST_TO_FAIL, beds)
    order = (1 + (first - 1 + i) % beds for i in range(beds))
    return {next(order): one for one in malfunctions for _ in range(one.count)}


def _check_numbers(flags: Flags, beds: int) -> None:
    if not SLEEPERS_MIN <= beds <= SLEEPERS_MAX:
        raise CannotRun(
            f"a collective needs {SLEEPERS_MIN} to {SLEEPERS_MAX} sleepers and this would be {beds}; "
            "change --sleepers, or the number of --recordings"
        )
    if not RAMP_MIN_S <= flags.ramp_s < math.inf:
        raise CannotRun(f"--ramp is at least {RAMP_MIN_S:.0f} seconds: nobody is pulled in faster")
    if flags.duration_s is not None and not 0 < flags.duration_s < math.inf:
        raise CannotRun("--duration is a number of seconds above zero; leave it out for the usual minute")
    ports = {
        "--mqtt-port": flags.mqtt_port,
        "--grpc-port": flags.grpc_port,
        "--http-port": flags.http_port,
        "--console-port": flags.console_port,
    }
    for flag, port in ports.items():
        if not 1 <= port <= 65535:  # noqa: PLR2004 -- the range of TCP
            raise CannotRun(f"{flag} {port} is not a port; choose one from 1 to 65535")
    if len(set(ports.values())) < len(ports):
        raise CannotRun(f"two of {', '.join(ports)} are the same; give each its own")
    if not 0.0 <= flags.artist_share <= ARTIST_SHARE_MOST:
        raise CannotRun(f"--artist-share {flags.artist_share:g} is not within 0 and {ARTIST_SHARE_MOST:g}")


def _check_broker(broker: str) -> None:
    if broker in BROKERS:
        return
    try:
        parts = urlsplit(broker)
        plain = not (parts.username or parts.password or parts.path.strip("/") or parts.query)
        ok = parts.scheme == "mqtt" and bool(parts.hostname) and plain and parts.port != 0
    except ValueError:
        ok = False
    if not ok:
        raise CannotRun(
            f"--broker {broker!r} is neither {', '.join(BROKERS)} nor an address such as mqtt://127.0.0.1:1883"
        )


def _failing(flags: Flags) -> tuple[Malfunction, ...]:
    if flags.malfunctions:
        return tuple(malfunction(text) for text in flags.malfunctions)
    return () if flags.json or flags.recordings else (Malfunction("railed", 6.0, when_merged=True),)


def names(people: tuple[Found, ...]) -> tuple[str, ...]:
    """A name for each person that the API takes: their own where a file has several people, else a tree's.

    Of an own name as few words are taken as distinguish the people of the file: of `Blue-Muse-2265: EEG` and
    `Green-Muse-1E58: EEG`, blue and green.
    """
    taken: list[str] = []
    for number, one in enumerate(people, 1):
        others = [_words(other) for other in people if other.file == one.file and other is not one]
        words = _words(one)
        enough = next(
            (k for k in range(1, len(words)) if words[:k] not in [o[:k] for o in others]), len(words)
        )
        name = "-".join(words[:enough])[:NAME_MAX].rstrip("-") or pseudonym(number)
        again = next(k for k in range(1, len(people) + 1) if _numbered(name, k) not in taken)
        taken.append(_numbered(name, again))
    return tuple(taken)


def _words(one: Found) -> tuple[str, ...]:
    whole = one.person.rpartition(":")[0] or one.person
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
    return tuple(re.findall(r"[a-z0-9]+", plain.lower()))


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def _check_recordings(flags: Flags, found: tuple[Found, ...]) -> None:
    people = sum(not one.why for one in found)
    refused = next((one.why for one in found if one.why), "")
    if refused and people < SLEEPERS_MIN:
        left = f"; without it one sleeper is left, and a collective needs {SLEEPERS_MIN}" if people else ""
        raise CannotRun(f"{refused.rstrip('.')}{left}")
    if flags.recordings and flags.sleepers not in {None, people}:
        raise CannotRun(
            f"--sleepers {flags.sleepers} and {people} people in --recordings disagree; "
            "each of them is one sleeper: leave --sleepers out"
        )
    if flags.loop and not flags.recordings:
        raise CannotRun("--loop repeats recordings; give some with --recordings, or leave it out")
    if flags.reading and not flags.recordings:
        raise CannotRun(
            f"{flags.reading[0]} is about recordings; give some with --recordings, or leave it out"
        )


def _shared_schema(people: tuple[Found, ...]) -> str:
    """The schema that each of them measures: the smallest, because each is a part of the one before."""
    names = [one.schema for one in people] or [BANDS6X2.name]
    return min(names, key=lambda name: schema_named(name).size)


def plan(flags: Flags, found: tuple[Found, ...] = ()) -> Plan:
    """Work out the run, or raise CannotRun with the one sentence that helps.

    found: the persons in the recordings.
    """
    _check_recordings(flags, found)
    people = tuple(one for one in found if not one.why)
    beds = len(people) if flags.recordings else 8 if flags.sleepers is None else flags.sleepers
    _check_numbers(flags, beds)
    _check_broker(flags.broker)
    strikes = _strikes(_failing(flags), beds)
    called = names(people) if people else tuple(pseudonym(number) for number in range(1, beds + 1))
    sleepers = tuple(
        Sleeper(
            pod=f"bed-{number}",
            pseudonym=called[number - 1],
            seed=flags.seed * 10_000 + number,
            recording=people[number - 1].spec if people else "",
            malfunction=strikes.get(number),
        )
        for number in range(1, beds + 1)
    )
    played = flags.recordings and not all(one.spec.startswith(SIMULATED) for one in people)
    usual = None if played else DURATION_DEFAULT_S
    return Plan(
        sleepers=sleepers,
        duration_s=usual if flags.duration_s is None else flags.duration_s,
        seed=flags.seed,
        broker=flags.broker,
        ramp_s=flags.ramp_s,
        loop=flags.loop,
        reading=flags.reading,
        mqtt_port=flags.mqtt_port,
        grpc_port=flags.grpc_port,
        http_port=flags.http_port,
        console_port=flags.console_port,
        night=flags.night,
        json=flags.json,
        refused=tuple(one for one in found if one.why),
        record=flags.record,
        artist_share=flags.artist_share,
        schema=_shared_schema(people),
        notes=tuple(
            (sleeper.pod, *note) for sleeper, one in zip(sleepers, people, strict=False) for note in one.notes
        ),
    )
