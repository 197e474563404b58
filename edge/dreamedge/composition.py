"""The composition root of the edge: the only file that names technologies.

It builds each bed of a process from the settings: implant, signal path, agent, link, disk, renderer,
recorder.
"""

import asyncio
import os
import random
import string
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from dreamedge import __version__
from dreamedge.adapters.bedside import open_button, open_light
from dreamedge.adapters.clock import boottime_ns, process_began_ns, unix_ms, wall_ns
from dreamedge.adapters.credential.files import BedCredential, boot_id, read_plan, token_in
from dreamedge.adapters.fault_injection import BENDS, CLOCK_JUMP, STUCK, FailingLink, StuckRenderer, leaping
from dreamedge.adapters.fault_onset import Onset
from dreamedge.adapters.gateway import Gateway
from dreamedge.adapters.implants import LIGHT, light_sleeper, malfunctioning, open_implant, tapped
from dreamedge.adapters.message_verifier import Broadcasts, MessageVerifier
from dreamedge.adapters.mqtt import MqttLink
from dreamedge.adapters.pod_disk import PodDisk
from dreamedge.adapters.renderers import kinds_of, open_renderer
from dreamedge.app.credential_keeper import CredentialKeeper
from dreamedge.app.pod_runner import Parts, PodRunner
from dreamedge.core.agent import BUTTONS, Agent
from dreamedge.core.audit_witness import AuditWitness
from dreamedge.core.broker_passwords import BrokerPasswords
from dreamedge.core.clock import SessionClock
from dreamedge.core.identity import Identity, Restored
from dreamedge.core.renewal_schedule import Schedule
from dreamedge.core.signal.calibration import Baseline, EnrolRefusal, enrol
from dreamedge.core.signal.features import FrontEnd
from dreamedge.ports.implant import Implant, ImplantError
from dreamedge.ports.journal import Journal
from dreamedge.setting_values import SettingsError
from dreamedge.settings import PodSettings, Settings
from dreamwire.broker_access import Access, AccessError, open_access
from dreamwire.messages import Presence
from dreamwire.schema import BANDS6X2, Schema, richest, schema_named
from dreamwire.signing import PUBLIC_KEY_BYTES, VerifyKey


def open_daemon_key(text: str) -> VerifyKey:
    """The daemon's public key, in hex or from a file."""
    if len(text) == 2 * PUBLIC_KEY_BYTES and set(text) <= set(string.hexdigits):
        return VerifyKey.from_hex(text)
    path = Path(text).expanduser()
    if not path.exists():
        raise SettingsError(
            f"the daemon's public key is not at {path}; start `dreamd serve` once on this machine, "
            "or copy its daemon.pub here and name it with --daemon-key."
        )
    return VerifyKey.load(path)


def open_keepers(settings: Settings) -> dict[str, CredentialKeeper]:
    """The keepers of the credentials of enrolled beds and of their gateway, by name.

    Raises:
        AccessError: a credential file holds none.
    """
    alone, boot = asyncio.Lock(), boot_id()
    keepers: dict[str, CredentialKeeper] = {}
    gateways = () if settings.gateway is None else (settings.gateway,)
    for pod in (*settings.pods, *gateways):
        if not pod.credential:
            continue
        file = Path(pod.credential)
        newest = token_in(file)
        if not newest:
            raise AccessError(
                f"{file} (--credential) holds no credential that can be read; enrol {pod.name} again "
                "(dreamedge enrol), or leave it out"
            )
        password = Path(pod.papers.password_file)
        kept = password.read_text(encoding="utf-8").strip() if password.is_file() else newest
        schedule = Schedule(read_plan(file).plan, boot, _boottime_s(), random.Random())  # noqa: S311 - jitter
        store = BedCredential(file, alone)
        passwords = BrokerPasswords(kept, newest)
        keepers[pod.name] = CredentialKeeper(store, passwords, schedule, _boottime_s, boot)
    return keepers


def _boottime_s() -> float:
    return boottime_ns() / 1e9


def open_gateway(
    settings: Settings, journal: Journal, passwords: Mapping[str, BrokerPasswords] = MappingProxyType({})
) -> Gateway | None:
    """The sender of all beds' frames; None: each bed sends its own. passwords: of those enrolled, by name.

    Raises:
        AccessError: its papers cannot be used.
    """
    given = settings.gateway
    if given is None:
        return None
    access = open_access(settings.broker, given.papers, given.name)
    rng = random.Random()  # noqa: S311 - jitter

    def note(kind: str, values: dict[str, float | int | str]) -> None:
        journal.note(boottime_ns(), given.name, kind, values)

    say = partial(print, file=sys.stderr, flush=True)
    return Gateway(given.name, access, rng, say, note=note, passwords=passwords.get(given.name))


def open_beds(
    settings: Settings,
    key: VerifyKey,
    journal: Journal,
    passwords: Mapping[str, BrokerPasswords] = MappingProxyType({}),
    gateway: Gateway | None = None,
) -> list[PodRunner]:
    """The runners of all beds, each enrolled and not yet connected; a failure closes those opened before."""
    beds: list[PodRunner] = []
    broadcasts = Broadcasts(key)
    implant: Implant | None = None
    try:
        for pod, follower in zip(settings.pods, (*settings.pods[1:], None), strict=True):
            onset = Onset(pod.after_s, process_began_ns(), when_merged=pod.when_merged)
            listened = follower is not None and follower.malfunction == "crosstalk"
            implant = _implant(pod, settings, onset, implant)
            implant = tapped(implant) if listened else implant
            own = passwords.get(pod.name)
            beds.append(_bed(pod, settings, broadcasts, journal, implant, onset, (own, gateway)))
    except BaseException:
        for bed in beds:
            bed.close()
        raise
    return beds


def _implant(pod: PodSettings, settings: Settings, onset: Onset, before: Implant | None) -> Implant:
    """The implant of one bed, which may be made to fail; before: that of the bed before."""
    implant = open_implant(
        pod.implant,
        seed=pod.seed,
        options=settings.recordings,
        replay_from_ns=settings.replay_from_ns,
    )
    return malfunctioning(implant, pod.malfunction, onset, before) if pod.malfunction else implant


def _bed(
    pod: PodSettings,
    settings: Settings,
    broadcasts: Broadcasts,
    journal: Journal,
    implant: Implant,
    onset: Onset,
    ways: tuple[BrokerPasswords | None, Gateway | None] = (None, None),
) -> PodRunner:
    """One bed, enrolled, not yet connected. ways: of its own connection, and of its frames."""
    access = open_access(settings.broker, pod.papers, pod.name)
    disk = PodDisk(pod.state_dir, unix_ms(), BUTTONS)
    light = light_sleeper(implant) if pod.implant.partition(":")[0] == LIGHT else None
    try:
        renderer = open_renderer(pod.renderer, pod.name, settings.volume)
        schema = schema_of(pod, settings.schema, implant)
        own = light.template() if light else _enrolled(pod, implant, schema)
        recorder = None
        if settings.record:
            # Loaded only by a bed that records: a pod's memory is counted.
            from dreamedge.adapters.recorder import open_recorder  # noqa: PLC0415

            recorder = open_recorder(settings.record, pod.name, implant, wall_ns)
        button = open_button(pod.button, pod.name) if pod.button else None
        lamp = open_light(pod.light, pod.name) if pod.light else None
    except BaseException:
        disk.close()
        raise
    kept = disk.kept
    identity = _identity(pod, settings, implant, schema, kept.incarnation)
    rng = random.Random(f"{pod.seed} {pod.name} {kept.incarnation}")  # noqa: S311 - jitter and numbers, no secret
    clock = SessionClock()
    front = light or FrontEnd(schema, implant.montage)
    restored = Restored(kept.latched, kept.severed, kept.woken, kept.consents)
    opens = broadcasts.decrypt
    agent = Agent(identity, front, clock, own, restored, rng, tells_hops=journal.hops, opens=opens)
    now_ns = leaping(boottime_ns, onset) if pod.malfunction == CLOCK_JUMP else boottime_ns
    link = _link(pod, onset, (access, identity.presence(online=True)), broadcasts, (now_ns, rng))
    link.passwords, link.gateway = ways
    if pod.malfunction == STUCK:
        renderer = StuckRenderer(renderer, onset)
    for event in kept.events:
        link.event(event)
    parts = Parts(
        *(pod.name, agent, clock, implant, renderer, link, disk, journal, now_ns, recorder, button, lamp),
        AuditWitness(kept.witnessed),
    )
    bed = PodRunner(parts)
    started: dict[str, float | int | str] = {
        "pid": os.getpid(),
        "incarnation": kept.incarnation,
        "latched": kept.latched,
        "damage": kept.damage,
        "clean_s": own.clean_s if own else 0.0,
    }
    bed.note("up", started)
    for pressed in kept.pressed:
        bed.press(pressed)  # the last run was killed before the disk had it
    return bed


def _link(
    pod: PodSettings,
    onset: Onset,
    here: tuple[Access, Presence],
    broadcasts: Broadcasts,
    run: tuple[Callable[[], int], random.Random],
) -> MqttLink:
    """The bed's link, which may be made to fail. here: its access and presence. run: its clock and jitter."""
    door = MessageVerifier(pod.name, broadcasts)
    if pod.malfunction in BENDS:
        return FailingLink(*here, door, *run, bend=BENDS[pod.malfunction](), onset=onset)
    return MqttLink(*here, door, *run)


def schema_of(pod: PodSettings, wanted: str, implant: Implant) -> Schema:
    """The features of one bed: those wanted by name, else the richest that its implant measures.

    Raises:
        ImplantError: the implant is too slow for what is set, or makes features of another schema.
    """
    rate_hz = implant.montage.rate_hz
    schema = schema_named(wanted) if wanted else richest(rate_hz)
    if pod.implant.partition(":")[0] == LIGHT and schema is not BANDS6X2:
        raise ImplantError(
            f"{pod.name}: {LIGHT} makes the features of {BANDS6X2.name}, and --schema is {schema.name}; "
            "use sim, which has a signal, or leave --schema out."
        )
    slow = wanted and not rate_hz >= schema.least_rate_hz
    if slow:
        raise ImplantError(
            f"{pod.name} cannot play {pod.implant}: {FrontEnd(schema, implant.montage).unmeasured}."
        )
    return schema


def _identity(
    pod: PodSettings, settings: Settings, implant: Implant, schema: Schema, incarnation: int
) -> Identity:
    """The pod's identity from this start on."""
    return Identity(
        pod.name,
        settings.site,
        implant.device,
        __version__,
        schema,
        implant.source,
        incarnation,
        gateway=settings.gateway.name if settings.gateway is not None else "",
        renderer=kinds_of(pod.renderer),
    )


def _enrolled(pod: PodSettings, implant: Implant, schema: Schema) -> Baseline | None:
    """The calibration from before the first read; None: the agent calibrates while it runs."""
    block = implant.enrolment()
    if block is None:
        return None
    match enrol(schema, implant.montage, block, implant.source):
        case Baseline() as own:
            return own
        case EnrolRefusal("short"):
            return None
        case EnrolRefusal(_, sentence):
            raise ImplantError(
                f"{pod.name} cannot be calibrated from {pod.implant}: {sentence}; use another."
            )
