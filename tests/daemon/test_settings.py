"""Settings: four layers, every value with its source, every refusal in one sentence."""

from pathlib import Path

import pytest

from dreamd.settings import KEYS, SettingsError, load
from dreamwire.broker_access import Papers


def _file(folder: Path, text: str) -> str:
    path = folder / "dreamd.toml"
    path.write_text(text)
    return str(path)


def _source(env: dict[str, str], flags: dict[str, object], key: str) -> tuple[object, str]:
    found = next(one for one in load(env, flags).sources if one.key == key)
    return found.value, found.source


def test_defaults_need_nothing() -> None:
    """With an empty environment and no flags every key has its default, on loopback."""
    loaded = load({"HOME": "/home/ada"}, {})
    assert loaded.settings.state_dir == Path("/home/ada/.local/state/dreamd")
    assert loaded.settings.broker.url == "mqtt://127.0.0.1:1883"
    assert (loaded.settings.grpc_port, loaded.settings.http_port) == (50051, 8080)
    assert {one.source for one in loaded.sources} == {"default"}
    assert len(loaded.sources) == len(KEYS)


def test_the_broker_of_a_ward_is_named_in_any_layer(tmp_path: Path) -> None:
    """mqtts:// with its own port, and credentials from file, environment and flags, as absolute paths."""
    config = _file(tmp_path, "[mqtt]\nurl = 'mqtts://broker.ward'\nca = '/etc/ca.crt'\n")
    env = {"DREAMD_MQTT_PASSWORD_FILE": "~/password", "HOME": str(tmp_path)}
    settings = load(env, {"config": config, "mqtt_cert": "/c", "mqtt_key": "/k", "mqtt_user": "ada"}).settings
    assert settings.broker.url == "mqtts://broker.ward:8883"
    password_file = str(Path("~/password").expanduser())
    assert settings.papers == Papers("--mqtt", "/etc/ca.crt", "/c", "/k", "ada", password_file)


def test_the_state_home_of_the_desktop_is_respected() -> None:
    """XDG_STATE_HOME moves the state directory."""
    assert load({"XDG_STATE_HOME": "/var/lib"}, {}).settings.state_dir == Path("/var/lib/dreamd")


def test_each_layer_wins_over_the_one_before(tmp_path: Path) -> None:
    """Default < file < environment < flag, and each value names its source."""
    config = _file(tmp_path, "[grpc]\nport = 6001\n[http]\nport = 6002\n[log]\nlevel = 'error'\n")
    env = {"DREAMD_CONFIG": config, "DREAMD_HTTP_PORT": "7002", "DREAMD_GRPC_PORT": "7001"}
    flags: dict[str, object] = {"grpc_port": "8001", "log_level": None}
    assert _source(env, flags, "grpc.port") == (8001, "flag --grpc-port")
    assert _source(env, flags, "http.port") == (7002, "environment DREAMD_HTTP_PORT")
    assert _source(env, flags, "log.level") == ("error", f"file {config}")
    assert _source(env, flags, "mqtt.url") == ("mqtt://127.0.0.1:1883", "default")


def test_the_flag_names_the_file_before_the_environment(tmp_path: Path) -> None:
    """--config wins over DREAMD_CONFIG."""
    config = _file(tmp_path, "[log]\nformat = 'json'\n")
    assert load({"DREAMD_CONFIG": "/nowhere.toml"}, {"config": config}).settings.log_format == "json"


def test_several_brokers_are_a_list_or_a_text_with_commas(tmp_path: Path) -> None:
    """The file lists brokers, a flag or variable separates them by commas; the first is that of new beds."""
    config = _file(tmp_path, "[mqtt]\nurl = ['mqtts://a.ward', 'mqtts://b.ward:8884']\n")
    listed = load({}, {"config": config}).settings
    parted = load({"DREAMD_MQTT_URL": "mqtts://a.ward, mqtts://b.ward:8884"}, {}).settings
    urls = ["mqtts://a.ward:8883", "mqtts://b.ward:8884"]
    assert [one.url for one in listed.brokers] == [one.url for one in parted.brokers] == urls
    assert listed.broker.url == urls[0]


@pytest.mark.parametrize("host", ["", "a b", "x/y", "h" * 254, "ü"])
def test_an_address_that_is_none_is_refused(host: str) -> None:
    """Text that is no address or name of a machine is refused."""
    for key in ("grpc", "http"):
        with pytest.raises(SettingsError, match=rf"{key}\.host"):
            load({}, {f"{key}_host": host})


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"grpc_port": "65536"}, "grpc.port is '65536' (from flag --grpc-port)"),
        ({"http_port": "web"}, "http.port is 'web'"),
        ({"mqtt_url": "http://127.0.0.1"}, "mqtt.url"),
        ({"mqtt_url": "mqtts://broker/topic"}, "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]"),
        ({"mqtt_ca": 0}, "mqtt.ca is 0 (from flag --mqtt-ca); expected a file's path"),
        ({"mqtt_user": "a\nb"}, "mqtt.user"),
        ({"mqtt_url": "mqtt://ada:secret@127.0.0.1"}, "without credentials"),
        ({"mqtt_url": "mqtt://127.0.0.1:99999"}, "mqtt.url"),
        ({"mqtt_url": "127.0.0.1:1883"}, "mqtt.url"),
        ({"mqtt_url": "mqtt://a,http://b"}, "mqtt.url is 'mqtt://a,http://b'"),
        ({"mqtt_url": "mqtt://a,"}, "of several brokers a list, or with commas"),
        ({"mqtt_url": "mqtt://a, mqtt://b, mqtt://a:1883"}, "mqtt://a:1883 is named twice"),
        (
            {"mqtt_url": ",".join(f"mqtt://b{n}" for n in range(17))},
            "17 brokers are named; a house has 1 to 16",
        ),
        ({"log_level": "loud"}, "debug, info, warning, error"),
        ({"log_format": "xml"}, "console or json"),
        ({"state_dir": ""}, "state_dir"),
    ],
)
def test_a_bad_value_is_named_with_its_source(flags: dict[str, object], named: str) -> None:
    """A bad value's sentence has the key, the source and the expected value."""
    with pytest.raises(SettingsError) as refused:
        load({}, flags)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "text", ["[grpc]\nprot = 1\n", "prot = 1\n", "[grpc.port]\nx = 1\n", "[mqtt]\nurl = 5\n"]
)
def test_a_key_or_type_the_file_gets_wrong_is_refused(tmp_path: Path, text: str) -> None:
    """A misspelt key, one on the wrong level, or a wrong type in the file is refused."""
    with pytest.raises(SettingsError, match=r"dreamd\.toml"):
        load({}, {"config": _file(tmp_path, text)})


def test_a_misspelt_variable_is_refused_with_the_nearest_one() -> None:
    """A misspelt variable, DREAMD_GRPC_PROT, is refused with the nearest name."""
    with pytest.raises(SettingsError, match="did you mean DREAMD_GRPC_PORT"):
        load({"DREAMD_GRPC_PROT": "1"}, {})


def test_a_file_that_is_not_there_or_no_toml_is_a_sentence(tmp_path: Path) -> None:
    """A missing file or invalid TOML is a sentence, not a traceback."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load({"DREAMD_CONFIG": str(tmp_path / "none.toml")}, {})
    with pytest.raises(SettingsError, match="is not valid TOML"):
        load({}, {"config": _file(tmp_path, "port ==")})


def test_true_is_no_port(tmp_path: Path) -> None:
    """TOML's booleans are not taken for 1."""
    with pytest.raises(SettingsError, match=r"grpc\.port"):
        load({}, {"config": _file(tmp_path, "[grpc]\nport = true\n")})


@pytest.mark.parametrize(
    "variable",
    ["DREAMD_SERVER", "DREAMD_RECORDINGS", "DREAMD_SERVICE_HOST", "DREAMD_PORT", "DREAMD_PORT_50051_TCP"],
)
def test_variables_that_mean_something_to_others_are_left_alone(variable: str) -> None:
    """Variables of clients, tests or Kubernetes in the environment stop no daemon."""
    assert {one.source for one in load({variable: "tcp://10.0.0.1:1"}, {}).sources} == {"default"}


@pytest.mark.parametrize("odd", ["caf\udce9", "a\x00b", "a\u202eb", "a\x1b[2J", "x" * 5000])
def test_odd_text_in_a_setting_is_refused_with_its_source(odd: str) -> None:
    """Text that an encoder or a terminal cannot handle is refused by key and source, without the text."""
    with pytest.raises(
        SettingsError, match=r"^mqtt\.user \(from .*\) cannot be used: .*; write it with"
    ) as no:
        load({"DREAMD_MQTT_USER": odd}, {})
    assert str(no.value).isprintable()
    with pytest.raises(SettingsError, match=r"state_dir \(from flag --state-dir\)"):
        load({}, {"state_dir": odd})


def test_an_odd_name_of_a_variable_is_shown_as_text() -> None:
    """An unknown variable's name is printed escaped."""
    with pytest.raises(SettingsError) as no:
        load({"DREAMD_\x1b[2J": "1"}, {})
    assert r"DREAMD_\x1b[2J" in str(no.value)
