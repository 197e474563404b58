"""The edge's settings: flag over environment (DREAMEDGE_*) over TOML file over default.

One table names them all. A value that cannot be read is refused with a sentence that names its source. Pods:
`--pod NAME`, repeatable, each with an implant of its own as `--pod NAME=SPEC[,malfunction=KIND@[+]SECONDS]`;
or `--pods a,b,c`, which share `--implant`.

A simulated sleeper is made from a seed. Without one, the pod's name is the seed, so that pods are different
sleepers also in different processes. Pods that share a given seed count on from it.

A pod has its own button and light, never those of another: `--button SPEC` with `{pod}`, or
`--button POD=SPEC`, repeatable; `--light` likewise.

Each pod has its own identity at the broker: its user is its name. If several pods run, their password files
are distinguished by `{pod}`, which stands for the name in every broker setting.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.recording_options import ALIGNMENTS, CLOCK, UNITS, RecordingOptions
from dreamedge.adapters.renderers.specs import specs_of
from dreamedge.core.merging.loudness import FULL_SCALE_DB, VOLUME_DB, Volume
from dreamedge.setting_values import (
    SettingsError,
    Value,
    instant_ns,
    loudness_db,
    malfunction_of,
    number_from_zero,
    one_of,
    pod_name,
    truth,
    whole_number,
)
from dreamwire.broker_access import EXPECTED, Address, Papers, parse_address
from dreamwire.schema import SCHEMAS
from dreamwire.text import unfit
from dreamwire.topics import RESERVED

_PREFIX: Final = "DREAMEDGE_"

TEXT_MAX: Final = 1 << 16
"""Characters of one setting: a ward names all its pods in one."""


@dataclass(frozen=True, slots=True)
class PodSettings:
    """One bed: its name, its implant's spec, and its malfunction (empty: none) with the delay.

    when_merged: the delay counts from the moment its sleeper is first merged, else from the start of the
    process. button, light: the specs of what stands beside the bed; empty: none.
    """

    name: str
    implant: str
    seed: int
    malfunction: str
    after_s: float
    when_merged: bool
    renderer: str
    state_dir: Path
    papers: Papers
    button: str = ""
    light: str = ""
    credential: str = ""
    """The file of an enrolled bed, which its agent renews; empty: none."""


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The sender of all beds' frames. name: its account. credential: the file of one enrolled, or empty."""

    name: str
    papers: Papers
    credential: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of an agent process; `duration_s` 0: until stopped.

    recordings: what recordings and devices lack, and how recordings play. schema: the features of every bed;
    '' the richest that each device measures. record: the directory of all beds'
    recordings; None: no recording. replay_from_ns: CLOCK_BOOTTIME at which recordings begin; None: each when
    its bed is up. gateway: None: each bed sends its own frames.
    """

    pods: tuple[PodSettings, ...]
    broker: Address
    daemon_key: str
    site: str
    journal: str
    journal_every_s: float
    recordings: RecordingOptions
    replay_from_ns: int | None
    duration_s: float
    record: Path | None
    volume: Volume
    schema: str = ""
    gateway: GatewaySettings | None = None


_DEFAULTS: Final = {
    "broker": "mqtt://127.0.0.1",
    "gateway": "",
    "broker_ca": "",
    "broker_cert": "",
    "broker_key": "",
    "broker_user": "",
    "broker_password_file": "",
    "credential": "",
    "daemon_key": "",
    "state_dir": "",
    "site": "home",
    "implant": "sim",
    "renderer": "null",
    "volume_max": "60",
    "full_volume": "100",
    "journal": "",
    "journal_every": "0",
    "record": "",
    "malfunction": "",
    "loop": "false",
    "replay_from": "",
    "montage": "",
    "unit": "",
    "align": CLOCK,
    "from": "",
    "rate": "0",
    "schema": "",
    "full_scale": "0",
    "seed": "",
    "duration": "0",
    "pods": "",
}
_SEVERAL: Final = ("pod", "button", "light")
NAMES: Final = (*_DEFAULTS, *_SEVERAL)
"""Every setting, as flags (`--state-dir`), in the environment (`DREAMEDGE_STATE_DIR`) and in the file."""

_POD: Final = re.compile(r"(?P<name>[^=]+)(=(?P<implant>.*?)(,malfunction=(?P<malfunction>[^,]*))?)?")
_OF_POD: Final = re.compile(r"[^=:]+=")


def load(
    flags: Mapping[str, str | Sequence[str]], environ: Mapping[str, str], config: Path | None
) -> Settings:
    """Combine the settings.

    flags: by setting name; `pod` is a list. config: a TOML file, or None.

    Raises:
        SettingsError: a value cannot be used, or no pod is named.
    """
    values, several = _gather(flags, environ, config)
    named = _named(values, several["pod"], state_root(values["state_dir"].text, environ))
    if not named:
        raise SettingsError("no pod is named; give --pod NAME, for instance --pod bed-1.")
    twice = {pod.name for pod in named if [other.name for other in named].count(pod.name) > 1}
    if twice:
        raise SettingsError(f"pod {min(twice)} is named twice; each bed runs once.")
    for setting in ("button", "light"):
        named = _beside(named, setting, several[setting])
    return Settings(
        pods=named,
        gateway=_gateway(values, named),
        broker=_broker(values["broker"]),
        daemon_key=values["daemon_key"].text or str(daemon_key_path(environ)),
        site=pod_name(values["site"], "site"),
        journal=values["journal"].text,
        journal_every_s=number_from_zero(values["journal_every"], "journal-every", "seconds"),
        recordings=_recordings(values),
        replay_from_ns=instant_ns(values["replay_from"]),
        duration_s=number_from_zero(values["duration"], "duration", "seconds"),
        record=Path(values["record"].text).expanduser() if values["record"].text else None,
        volume=Volume(
            loudness_db(values["volume_max"], "volume-max", VOLUME_DB),
            loudness_db(values["full_volume"], "full-volume", FULL_SCALE_DB),
        ),
        schema=one_of(values["schema"], "schema", ("", *SCHEMAS)),
    )


def _gateway(values: Mapping[str, Value], pods: Sequence[PodSettings]) -> GatewaySettings | None:
    given = values["gateway"]
    if not given.text:
        return None
    name = pod_name(given, "gateway")
    if name in {*RESERVED, *(pod.name for pod in pods)}:
        raise SettingsError(f"{given.source}: gateway {name!r} is taken; give it an account of its own.")
    _refuse_one_account(values, "a gateway and its pods")
    return GatewaySettings(name, _papers(values, name), _credential(values, name))


def _refuse_one_account(values: Mapping[str, Value], who: str) -> None:
    """Refuse an account at the broker that several would share; each has a name of its own."""
    for setting in ("broker_user", "broker_password_file", "credential"):
        if values[setting].text and "{pod}" not in values[setting].text:
            raise SettingsError(
                f"{values[setting].source}: {who} cannot share one {setting}; put {{pod}} into it, "
                "which stands for the name."
            )


def _recordings(values: Mapping[str, Value]) -> RecordingOptions:
    return RecordingOptions(
        montage=electrode_names(values["montage"].text),
        rate_hz=number_from_zero(values["rate"], "rate", "Hz"),
        unit=one_of(values["unit"], "unit", ("", *UNITS)),
        full_scale_uv=number_from_zero(values["full_scale"], "full-scale", "microvolts"),
        align=one_of(values["align"], "align", ALIGNMENTS),
        begin=values["from"].text,
        loop=truth(values["loop"]),
    )


def electrode_names(text: str) -> tuple[str, ...]:
    """The electrodes of `--montage`, in order."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def state_root(text: str, environ: Mapping[str, str]) -> Path:
    """The pods' state directory: `text`, or $DREAMEDGE_STATE_DIR, or the user's state directory."""
    chosen = text or environ.get(f"{_PREFIX}STATE_DIR", "")
    return Path(chosen).expanduser() if chosen else _user_state(environ) / "dreamedge"


def daemon_key_path(environ: Mapping[str, str]) -> Path:
    """The path at which a daemon on this machine leaves its public key."""
    chosen = environ.get("DREAMD_STATE_DIR", "")
    directory = Path(chosen).expanduser() if chosen else _user_state(environ) / "dreamd"
    return directory / "daemon.pub"


def _user_state(environ: Mapping[str, str]) -> Path:
    home = environ.get("XDG_STATE_HOME", "")
    return Path(home) if home else Path.home() / ".local" / "state"


def _gather(
    flags: Mapping[str, str | Sequence[str]], environ: Mapping[str, str], config: Path | None
) -> tuple[dict[str, Value], dict[str, list[Value]]]:
    """Every value with its source, and those that may be given several times, as they were given."""
    values = {name: Value(text, "default") for name, text in _DEFAULTS.items()}
    many: dict[str, list[Value]] = {name: [] for name in _SEVERAL}
    sources: list[tuple[str, Mapping[str, object]]] = [
        (str(config), _file(config) if config else {}),
        ("environment", _environment(environ)),
        ("flag", flags),
    ]
    for source, given in sources:
        for name, raw in given.items():
            several = raw if isinstance(raw, list | tuple) else [raw]
            texts = [_text(item, name, source) for item in several]
            if name in many:
                many[name] = [Value(text, source) for text in texts if text]
            elif name in values:
                values[name] = Value(",".join(texts), source)
            else:
                raise SettingsError(
                    f"{source} sets {name!r}, which is no setting; known: {', '.join(NAMES)}."
                )
    return values, many


def _text(raw: object, name: str, source: str) -> str:
    text = str(raw).lower() if isinstance(raw, bool) else str(raw)
    wrong = unfit(text, TEXT_MAX)
    if wrong:
        raise SettingsError(f"{source}: {name!r} cannot be used: {wrong}; write it without that.")
    return text


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    found = {name: environ.get(_PREFIX + name.upper(), "") for name in NAMES}
    return {name: text for name, text in found.items() if text}


def _file(path: Path) -> dict[str, object]:
    import tomllib  # noqa: PLC0415 - a pod without a file does not need its memory

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path} cannot be read ({error.strerror}); check --config.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML ({error}); correct it.") from None


def _named(values: Mapping[str, Value], pods: Sequence[Value], root: Path) -> tuple[PodSettings, ...]:
    """The pods given one by one, then those given as a list."""
    many = [Value(name, values["pods"].source) for name in values["pods"].text.split(",") if name]
    several = len(pods) + len(many) > 1
    if several:
        _refuse_shared(values["renderer"])
        _refuse_one_account(values, "several pods")
    return tuple(_pod(given, place, values, root) for place, given in enumerate([*pods, *many]))


def _refuse_shared(renderer: Value) -> None:
    """Refuse a renderer that several pods would share; a bed must not render its neighbour's feedback."""
    for spec in specs_of(renderer.text):
        if spec.startswith("wav:") and "{pod}" not in spec:
            raise SettingsError("several pods cannot write one WAV file; put {pod} into its name.")
        if spec.startswith(("sound", "serial")) and "{pod}" not in spec:
            raise SettingsError(
                f"{renderer.source}: several pods cannot share the renderer {spec}; put {{pod}} into its "
                "name, or run one agent for each bed."
            )


def _beside(pods: tuple[PodSettings, ...], setting: str, given: Sequence[Value]) -> tuple[PodSettings, ...]:
    """The pods with a button or a light each: `SPEC` with {pod} for all of them, `POD=SPEC` for one."""
    wanted: dict[str, str] = {}
    for value in given:
        pod, _, spec = value.text.partition("=") if _OF_POD.match(value.text) else ("", "", value.text)
        if pod and pod not in {one.name for one in pods}:
            raise SettingsError(
                f"{value.source}: {setting} {value.text!r} names pod {pod!r}, which is not run here; "
                f"run it with --pod {pod}, or correct the name."
            )
        for one in pods if not pod else [one for one in pods if one.name == pod]:
            wanted[one.name] = spec.replace("{pod}", one.name)
    devices = [spec.partition(",")[0] for spec in wanted.values()]
    shared = next((device for device in devices if devices.count(device) > 1), "")
    if shared:
        raise SettingsError(
            f"several pods cannot share one {setting} ({shared}); put {{pod}} into it, or give one to each: "
            f"--{setting} {pods[0].name}={shared}."
        )
    if setting == "button":
        return tuple(replace(one, button=wanted.get(one.name, "")) for one in pods)
    return tuple(replace(one, light=wanted.get(one.name, "")) for one in pods)


def _pod(given: Value, place: int, values: Mapping[str, Value], root: Path) -> PodSettings:
    match = _POD.fullmatch(given.text)
    if match is None:
        raise SettingsError(f"{given.source}: pod {given.text!r} is not NAME or NAME=IMPLANT.")
    name = pod_name(Value(match["name"], given.source), "pod")
    if name in RESERVED:
        raise SettingsError(
            f"{given.source}: pod {name!r} would be the daemon itself at the broker; choose another name."
        )
    own = match["malfunction"]
    malfunction, after_s, when_merged = malfunction_of(
        values["malfunction"] if own is None else Value(own, given.source)
    )
    seed = whole_number(values["seed"]) + place if values["seed"].text else zlib.crc32(name.encode())
    implant = match["implant"] or values["implant"].text
    shared = re.fullmatch(r"(?P<kind>sim|sim-light):(?P<seed>\d+)", implant)
    if match["implant"] is None and shared is not None:
        implant, seed = shared["kind"], int(shared["seed"]) + place
    return PodSettings(
        name=name,
        implant=implant,
        seed=seed,
        malfunction=malfunction,
        after_s=after_s,
        when_merged=when_merged,
        renderer=values["renderer"].text.replace("{pod}", name),
        state_dir=root / name,
        papers=_papers(values, name),
        credential=_credential(values, name),
    )


def _credential(values: Mapping[str, Value], pod: str) -> str:
    path = values["credential"].text.replace("{pod}", pod)
    return str(Path(path).expanduser()) if path else ""


def _papers(values: Mapping[str, Value], pod: str) -> Papers:
    def told(setting: str) -> str:
        return values[f"broker_{setting}"].text.replace("{pod}", pod)

    def file(setting: str) -> str:
        path = told(setting)
        return str(Path(path).expanduser()) if path else ""

    password, credential = file("password_file"), _credential(values, pod)
    if credential and not password:
        password = str(Path(credential).with_name("password"))  # as `dreamedge enrol` writes it
    return Papers("--broker", file("ca"), file("cert"), file("key"), told("user"), password)


def _broker(value: Value) -> Address:
    try:
        return parse_address(value.text if "://" in value.text else f"mqtt://{value.text}")
    except ValueError:
        raise SettingsError(f"{value.source}: broker {value.text!r} is not {EXPECTED}.") from None
