"""`dreamd capacity`: the model, its questions and its costs."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from dreamd.cli.capacity import coefficients
from dreamd.cli.capacity.coefficients import SHIPPED
from dreamd.cli.capacity.model import Question, answer
from dreamd.core.limits import DREAMSCAPES_MAX, PODS_MAX, SEATS_MAX
from dreamd.main import main


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "dreamd" / "capacity.json"


def test_the_answer_follows_from_the_costs_by_hand() -> None:
    """1,000 sleepers in one Dreamscape cost what a calculation by hand says: work, network and memory."""
    found = answer(Question(1000, 1000), SHIPPED)
    tick = 1500 + 256 * 10 + 744 * 1.5 + 4 * 80
    assert found.core_share == pytest.approx((1000 * (4 * 12 + 60 + 15) + 4 * tick) * 1e-6)
    assert found.broker_share == pytest.approx(1000 * (5.5 * 11 + 4.5 * 8.5) * 1e-6)
    assert found.up_gbit_s == pytest.approx(1000 * (4 * 320 + 450 + 50) * 8e-9)
    assert found.memory_gb == pytest.approx(0.036)
    assert (found.daemons, found.brokers, found.cores, found.shared_by) == (1, 1, 2, 1)


def test_a_gateway_takes_work_from_daemon_and_broker() -> None:
    """The same house with gateways of 64 costs daemons and brokers less than with single beds."""
    alone, gathered = (answer(Question(10_000, 10_000, beds), SHIPPED) for beds in (1, 64))
    assert gathered.core_share < alone.core_share
    assert gathered.broker_share < alone.broker_share
    assert gathered.up_gbit_s == alone.up_gbit_s


def test_more_sleepers_never_need_less() -> None:
    """Daemons, brokers and work never fall while sleepers grow, in Dreamscapes of 20 and in one alone."""
    for seats in (20, None):
        found = [answer(Question(many, seats or many), SHIPPED) for many in (50, 500, 5000, 50_000, 500_000)]
        needs = [(each.daemons, each.brokers, each.core_share) for each in found]
        assert needs == sorted(needs)


def test_no_daemon_is_planned_beyond_a_limit_of_the_code() -> None:
    """However cheap a sleeper is, a daemon holds no more pods, seats and Dreamscapes than it may."""
    cheap = replace(SHIPPED, **dict.fromkeys(asdict(SHIPPED), 1e-6))
    assert answer(Question(PODS_MAX * 5, 10_000), cheap).daemons == 5
    assert answer(Question(SEATS_MAX * 3, SEATS_MAX * 3), cheap).shared_by == 3
    assert answer(Question(DREAMSCAPES_MAX * 3 * 2, 3), cheap).daemons == 2


def test_the_first_wall_is_the_lowest() -> None:
    """Small Dreamscapes end at the daemon's core; by gateway with a free core, at the broker's."""
    assert answer(Question(100_000, 20), SHIPPED).walls[0].what == "the daemon's core"
    slow_broker = replace(SHIPPED, broker_message_us=500.0)
    walls = answer(Question(1000, 1000), slow_broker).walls
    assert walls[0].what == "the broker's core"
    assert [wall.sleepers for wall in walls] == sorted(wall.sleepers for wall in walls)


def test_the_command_prints_people_a_table_and_programs_an_object(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The table names daemons, brokers, network, money, walls and the costs' source; --json has the same."""
    assert main(["capacity", "--sleepers", "100000", "--seats", "20"]) == 0
    told = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert told["Dreamscapes"] == "5,000 of 20"
    assert told["costs"].startswith("shipped with dreamd")
    assert told.keys() >= {"daemons", "brokers", "memory", "network", "money", "breaks", "then"}
    assert main(["capacity", "--sleepers", "100000", "--seats", "20", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert told["daemons"].startswith(f"{found['daemons']:,}, ")
    assert found["cores"] == found["daemons"] + found["brokers"]
    assert found["money_per_1000"] == pytest.approx(found["cores"] * 0.04 * 8 / 100)


def test_money_is_of_the_cores_and_the_night(capsys: pytest.CaptureFixture[str]) -> None:
    """Twice the price and half the night are the same money."""
    line = ["capacity", "--sleepers", "1000", "--json"]
    assert main([*line, "--core-hour", "0.08", "--hours", "4"]) == main(line) == 0
    one, other = (json.loads(said)["money_per_1000"] for said in capsys.readouterr().out.splitlines())
    assert one == pytest.approx(other)


def test_measured_costs_are_kept_and_named(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--measure keeps what it has timed; the next answer uses and names that, with --shipped not."""
    assert main(["capacity", "--measure", "--json"]) == 0
    measured = json.loads(capsys.readouterr().out)
    assert coefficients.load(cache) == coefficients.Coefficients(**measured)
    for name in ("message_us", "frame_us", "status_us", "probe_us", "tick_us", "broadcast_us"):
        assert 0.0 < measured[name] < 50_000.0
        assert measured[name] != getattr(SHIPPED, name)
    assert 200 < measured["frame_bytes"] < 400
    assert main(["capacity", "--sleepers", "1000"]) == 0
    assert f"measured here, {cache}" in capsys.readouterr().out
    assert main(["capacity", "--sleepers", "1000", "--shipped"]) == 0
    assert "shipped with dreamd" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ([], "--sleepers is missing: say how many, as in dreamd capacity --sleepers 1000"),
        (["--sleepers", "2"], "--sleepers is 2, expected 3 to 1000000000"),
        (["--sleepers", "10", "--seats", "11"], "--seats is 11, expected 3 to the 10 of --sleepers"),
        (["--sleepers", "10", "--gateway", "0"], "--gateway is 0, expected 1 (no gateway) to 256"),
        (["--sleepers", "10", "--core-hour", "nan"], "--core-hour is nan, expected a price of 0 or more"),
        (["--sleepers", "10", "--hours", "nan"], "--hours is nan, expected above 0, to 24"),
        (["--measure", "--shipped"], "--measure and --shipped exclude each other"),
    ],
)
def test_a_question_without_an_answer_is_refused_with_what_is_expected(
    flags: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each flag that has no answer is named with its value and what is expected; status 2."""
    assert main(["capacity", *flags]) == 2
    assert capsys.readouterr().err == f"dreamd capacity: {sentence}\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON"),
        ("{}", "has not the costs of this version (broadcast_bytes, "),
        (json.dumps(asdict(SHIPPED) | {"frame_us": None}), "frame_us is None, expected a number above 0"),
        (
            json.dumps(asdict(SHIPPED) | {"frame_us": float("nan")}),
            "frame_us is nan, expected a number above 0",
        ),
    ],
)
def test_a_damaged_file_of_costs_is_named(
    content: str, told: str, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of costs that cannot be used is an error with its path and the next step, not shipped costs."""
    cache.parent.mkdir()
    cache.write_text(content)
    assert main(["capacity", "--sleepers", "1000"]) == 2
    said = capsys.readouterr().err
    assert str(cache) in said
    assert told in said
    assert "dreamd capacity --measure" in said
