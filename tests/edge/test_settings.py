"""The edge's settings: precedence, pods, and messages for bad values."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

import dreamedge
from dreamedge.adapters.implants import light_sleeper, open_implant
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.ports.implant import Implant
from dreamedge.setting_values import SettingsError
from dreamedge.settings import daemon_key_path, load, state_root
from dreamwire.broker_access import Papers
from dreamwire.messages import Floats

HOME = {"XDG_STATE_HOME": "/state"}


def test_flag_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    """Flag wins over environment over file over default."""
    config = tmp_path / "edge.toml"
    config.write_text('site = "file"\nbroker = "mqtt://file:1"\nseed = 5\npod = ["bed-1"]\n')
    env = HOME | {"DREAMEDGE_SITE": "env", "DREAMEDGE_BROKER": "mqtt://env:2"}
    settings = load({"broker": "mqtt://flag:3"}, env, config)
    assert settings.broker.url == "mqtt://flag:3"
    assert settings.site == "env"
    assert settings.pods[0].seed == 5
    assert settings.pods[0].renderer == "null"


def test_defaults_need_nothing_but_a_pod() -> None:
    """One pod name is enough: broker, key and state directory have defaults."""
    settings = load({"pod": ["bed-1"]}, HOME, None)
    assert settings.broker.url == "mqtt://127.0.0.1:1883"
    assert settings.daemon_key == "/state/dreamd/daemon.pub"
    assert settings.pods[0].state_dir == Path("/state/dreamedge/bed-1")


def test_the_daemons_key_is_found_in_its_state_directory() -> None:
    """$DREAMD_STATE_DIR moves the daemon's state, and the edge looks there."""
    assert daemon_key_path(HOME | {"DREAMD_STATE_DIR": "/d"}) == Path("/d/daemon.pub")
    assert state_root("", HOME | {"DREAMEDGE_STATE_DIR": "/e"}) == Path("/e")


def test_each_pod_may_have_its_own_implant_and_malfunction() -> None:
    """`--pod NAME=SPEC,malfunction=KIND@SECONDS` applies to that pod alone, odd paths included."""
    given = ["bed-1=sim:7,malfunction=railed@25", "bed-2=edf:/a,b/c=d.edf", "bed-3"]
    pods = load({"pod": given, "implant": "sim", "malfunction": "flat@9"}, HOME, None).pods
    assert [(p.name, p.implant, p.malfunction, p.after_s) for p in pods] == [
        ("bed-1", "sim:7", "railed", 25.0),
        ("bed-2", "edf:/a,b/c=d.edf", "flat", 9.0),
        ("bed-3", "sim", "flat", 9.0),
    ]


def test_pods_in_a_list_get_seeds_of_their_own() -> None:
    """`--pods` with one seed makes different sleepers."""
    pods = load({"pods": "bed-1,bed-2,bed-3", "implant": "sim:40"}, HOME, None).pods
    assert [(p.name, p.implant, p.seed) for p in pods] == [
        ("bed-1", "sim", 40),
        ("bed-2", "sim", 41),
        ("bed-3", "sim", 42),
    ]


@pytest.mark.parametrize("implant", ["sim", "sim-light"])
def test_simulated_sleepers_of_separate_processes_are_different_people(implant: str) -> None:
    """Without a seed the pod's name is the seed: the same at every start, different at another pod."""
    apart = [load({"pod": [name], "implant": implant}, HOME, None).pods[0] for name in ("bed-1", "bed-2")]
    together = load({"pods": "bed-1,bed-2", "implant": implant}, HOME, None).pods
    assert [pod.seed for pod in apart] == [pod.seed for pod in together]
    assert apart[0].seed == 386067752
    first, second = (open_implant(pod.implant, seed=pod.seed) for pod in apart)
    again = open_implant(apart[0].implant, seed=apart[0].seed)
    told = [described(one) for one in (first, second, again)]
    assert np.array_equal(told[0], told[2])
    assert not np.allclose(told[0], told[1])


def described(implant: Implant) -> Floats:
    """A simulated sleeper's identity: the template, or the first second of signal."""
    light = light_sleeper(implant)
    if light is not None:
        return light.template().template_db
    block = implant.enrolment()
    assert block is not None
    return block.uv[:250].astype(np.float32)


def test_a_given_seed_is_counted_on_and_zero_is_one_too() -> None:
    """`--seed K` makes the pods of one process K, K + 1, and so on."""
    for seed in ("0", "7"):
        pods = load({"pods": "bed-1,bed-2", "seed": seed}, HOME, None).pods
        assert [pod.seed for pod in pods] == [int(seed), int(seed) + 1]


def test_each_pod_has_papers_of_its_own(tmp_path: Path) -> None:
    """`{pod}` in a broker setting is the pod's name, by flag, environment and file."""
    config = tmp_path / "edge.toml"
    config.write_text('broker = "mqtts://broker.ward"\nbroker_ca = "~/ca.crt"\n')
    env = HOME | {"DREAMEDGE_BROKER_PASSWORD_FILE": "/secrets/{pod}"}
    settings = load({"pods": "bed-1,bed-2", "broker_cert": "/{pod}.crt", "broker_key": "/k"}, env, config)
    assert settings.broker.url == "mqtts://broker.ward:8883"
    assert [pod.papers for pod in settings.pods] == [
        Papers("--broker", str(Path.home() / "ca.crt"), f"/{pod}.crt", "/k", "", f"/secrets/{pod}")
        for pod in ("bed-1", "bed-2")
    ]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ({}, "give --pod NAME"),
        ({"pod": ["Bed 1"]}, "is no name"),
        ({"pod": ["bed-1", "bed-1"]}, "named twice"),
        ({"pod": ["bed-1"], "broker": "http://x"}, "not mqtt://HOST"),
        ({"pod": ["bed-1"], "broker": "mqtt://x:99999"}, "not mqtt://HOST"),
        ({"pod": ["bed-1"], "broker": "mqtts://bed-1:secret@x"}, "without credentials"),
        ({"pods": "bed-1,bed-2", "broker_password_file": "/p"}, "cannot share one broker_password_file"),
        ({"pods": "bed-1,bed-2", "broker_user": "nurse"}, "put {pod} into it"),
        ({"pod": ["bed-1"], "malfunction": "railed"}, "NAME@SECONDS"),
        ({"pod": ["bed-1"], "seed": "x"}, "not a whole number"),
        ({"pod": ["bed-1"], "duration": "nan"}, "not a number of seconds"),
        ({"pod": ["bed-1"], "loop": "perhaps"}, "neither true nor false"),
        ({"pod": ["bed-1", "bed-2"], "renderer": "wav:a.wav"}, "put {pod} into its name"),
        ({"pod": ["bed-1"], "colour": "red"}, "no setting"),
    ],
)
def test_a_bad_value_is_refused_in_a_sentence(flags: dict[str, str], says: str) -> None:
    """A bad value is refused with its source and the valid form."""
    with pytest.raises(SettingsError) as refusal:
        load(flags, HOME, None)
    assert says in str(refusal.value)


def test_the_agent_says_the_distributions_version() -> None:
    """The agent announces the installed version."""
    assert dreamedge.__version__ == version("dreamd")


def test_a_bad_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """A missing file and invalid TOML are each refused in a sentence."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load({}, HOME, tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("pod = [")
    with pytest.raises(SettingsError, match="not TOML"):
        load({}, HOME, tmp_path / "bad.toml")


def test_values_missing_in_recordings_can_be_given() -> None:
    """`--rate`, `--full-scale` and `--montage` set values missing in recordings; a non-number is refused."""
    flags = {"pod": ["bed-1"], "rate": "128", "full_scale": "187500", "montage": "Fp1, O1,"}
    settings = load(flags, HOME, None)
    assert settings.recordings == RecordingOptions(("Fp1", "O1"), rate_hz=128.0, full_scale_uv=187_500.0)
    assert load({"pod": ["bed-1"]}, HOME, None).recordings == PLAIN
    chosen = load({"pod": ["bed-1"], "unit": "nV", "align": "start", "from": "Lights off"}, HOME, None)
    assert chosen.recordings == RecordingOptions(unit="nV", align="start", begin="Lights off")
    with pytest.raises(SettingsError, match="flag: unit 'dB' is not known; write one of uV, mV, V, nV"):
        load({"pod": ["bed-1"], "unit": "dB"}, HOME, None)
    with pytest.raises(SettingsError, match="flag: rate '-1' is not a number of Hz from 0"):
        load({"pod": ["bed-1"], "rate": "-1"}, HOME, None)
    with pytest.raises(SettingsError, match="flag: full-scale 'nan' is not a number of microvolts from 0"):
        load({"pod": ["bed-1"], "full_scale": "nan"}, HOME, None)


def test_a_malfunction_may_count_from_the_merge() -> None:
    """`KIND@+SECONDS` counts from the first merge, `KIND@SECONDS` from the process's start."""
    given = ["bed-1=sim-light:7,malfunction=homogenise@+20", "bed-2=sim,malfunction=flat@5"]
    pods = load({"pod": given}, HOME, None).pods
    assert [(p.malfunction, p.after_s, p.when_merged) for p in pods] == [
        ("homogenise", 20.0, True),
        ("flat", 5.0, False),
    ]


def test_a_pod_may_not_be_called_as_the_daemon() -> None:
    """A pod named `dreamd` is refused: at the broker it would be the daemon."""
    with pytest.raises(SettingsError, match="'dreamd' would be the daemon"):
        load({"pod": ["dreamd"]}, HOME, None)


@pytest.mark.parametrize("odd", ["caf\udce9", "a\x00b", "a\u202eb", "a\nb"])
def test_odd_text_in_a_setting_is_refused_by_name(odd: str) -> None:
    """Surrogates, NUL, controls and overrides of direction are refused with the setting's name."""
    for flags, environ in (({"site": odd}, HOME), ({}, HOME | {"DREAMEDGE_SITE": odd})):
        with pytest.raises(SettingsError, match=r"'site' cannot be used: character .*write it without"):
            load({"pod": ["bed-1"], **flags}, environ, None)


def test_a_gateway_has_an_account_of_its_own() -> None:
    """`{pod}` stands for its name, too; without, and with a name that is taken, it is refused."""
    enrolled = {"pods": "bed-1,bed-2", "gateway": "ward-a", "credential": "/enrolled/{pod}/credential.json"}
    gateway = load(enrolled, HOME, None).gateway
    assert gateway is not None
    assert (gateway.name, gateway.credential) == ("ward-a", "/enrolled/ward-a/credential.json")
    assert gateway.papers.password_file == "/enrolled/ward-a/password"
    assert load({"pod": ["bed-1"]}, HOME, None).gateway is None
    with pytest.raises(SettingsError, match="gateway 'bed-2' is taken"):
        load(enrolled | {"gateway": "bed-2"}, HOME, None)
    with pytest.raises(SettingsError, match="a gateway and its pods cannot share one credential"):
        load({"pod": ["bed-1"], "gateway": "ward-a", "credential": "/one.json"}, HOME, None)
