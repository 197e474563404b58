"""`dreamd pods` and `dreamd dreamscapes`: their output and exit status."""

import argparse
import asyncio
import json
from dataclasses import replace
from functools import cache

import pytest

from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamd.adapters.grpc.server import Running
from dreamd.cli import (
    breakers,
    clinic,
    doctor,
    dose,
    dreamscapes,
    exchange,
    guidelines,
    handover,
    house,
    me,
    moratorium,
    piece,
    pods,
    report,
    sever,
    wake,
)
from dreamd.cli.printing.tables import collective_line
from dreamd.core.dreamscapes.views import DreamscapeState, PodState, SeatState
from dreamd.core.refusals import Code, Refusal, bad_field
from fakes.coordination import FakeCoordination
from fakes.views import pod_view, seat_view
from fakes.waiting import until


@cache
def commands() -> argparse.ArgumentParser:
    """The verbs that use the API; made once, because it takes longer than a call."""
    parser = argparse.ArgumentParser("dreamd")
    subjects = parser.add_subparsers(required=True)
    pods.add_parser(subjects)
    dreamscapes.add_parser(subjects)
    breakers.add_parser(subjects)
    wake.add_parser(subjects)
    sever.add_parser(subjects)
    doctor.add_parser(subjects)
    house.add_parser(subjects)
    handover.add_parser(subjects)
    me.add_parser(subjects)
    guidelines.add_parser(subjects)
    dose.add_parser(subjects)
    report.add_parser(subjects)
    piece.add_parser(subjects)
    clinic.add_parser(subjects)
    exchange.add_parser(subjects)
    moratorium.add_parser(subjects)
    return parser


class Shell:
    """Runs a command line as `main` would, against the server of the test."""

    def __init__(self, server: str, capture: pytest.CaptureFixture[str]) -> None:
        self._server = server
        self._capture = capture

    def parse(self, line: str) -> argparse.Namespace:
        """The arguments of a line, --server added."""
        return commands().parse_args([*line.split(), "--server", self._server])

    async def __call__(self, line: str) -> tuple[int, str, str]:
        """Exit status, stdout, stderr."""
        args = self.parse(line)
        status = await asyncio.to_thread(args.run, args)
        said = self._capture.readouterr()
        return status, said.out, said.err


@pytest.fixture
def shell(server: Running, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A command line at the server."""
    return Shell(f"127.0.0.1:{server.port}", capsys)


async def test_pods_are_listed_as_a_table(shell: Shell) -> None:
    """Pods are listed one per row, the most important columns first."""
    status, out, err = await shell("pods list")
    assert (status, err) == (0, "")
    assert out.splitlines()[0].split()[:3] == ["pod", "state", "sleeper"]
    assert ["bed-1", "idle"] in [line.split()[:2] for line in out.splitlines()]


async def test_an_empty_fleet_says_what_to_do(application: FakeCoordination, shell: Shell) -> None:
    """An empty fleet prints the next step instead of an empty table."""
    application.fleet = {}
    assert (await shell("pods list"))[1].startswith("no pod has connected yet; start one")
    assert (await shell("dreamscapes list"))[1].startswith("there is no Dreamscape yet; plan one")


async def test_the_pods_that_are_meant_are_listed(application: FakeCoordination, shell: Shell) -> None:
    """Pods are filtered by state, site, coupling, quality and clock; NaN and an unsynced clock are worst."""
    application.fleet = {
        "bed-1": pod_view("bed-1", state=PodState.SEATED, applied=0.1, site="north"),
        "bed-2": pod_view("bed-2", quality=0.3, clock_uncertainty_us=4000),
        "bed-3": pod_view("bed-3", quality=float("nan"), clock_synced=False, applied=float("nan")),
    }

    async def names(asked: str) -> list[str]:
        return [pod["name"][5:] for pod in json.loads((await shell(f"pods list --json {asked}"))[1])]

    assert await names("--state seated") == ["bed-1"]
    assert await names("--site ward-a") == ["bed-2", "bed-3"]
    assert await names("--coupled") == ["bed-1", "bed-3"]
    assert await names("--below-quality 0.5") == ["bed-2", "bed-3"]
    assert await names("--clock-above 2.5") == ["bed-2", "bed-3"]
    assert await names("--site ward-a --clock-above 5") == ["bed-3"]
    assert (await shell("pods list --state latched"))[1] == "none of 3 pods matches\n"


async def test_json_is_for_scripts(application: FakeCoordination, shell: Shell) -> None:
    """JSON uses the proto's own field names, zeros included."""
    application.add("n", DreamscapeState.DREAMING)
    listed = json.loads((await shell("pods list --json"))[1])
    assert (listed[0]["name"], listed[0]["applied"], listed[0]["state"]) == ("pods/bed-1", 0.0, "STATE_IDLE")
    got = json.loads((await shell("dreamscapes get n --json"))[1])
    assert [seat["pod"] for seat in got["seats"]] == ["pods/bed-1", "pods/bed-2"]
    assert json.loads((await shell("dreamscapes list --json"))[1])[0]["seats"] == []
    assert json.loads((await shell("dreamscapes sever n --json"))[1]) == {
        "zeroed": 2,
        "confirmed": 2,
        "unconfirmed": [],
        "kept": "",
    }
    assert json.loads((await shell("pods release bed-1 --json"))[1])["confirmed"] == 1
    assert json.loads((await shell("dreamscapes explain n bed-1 --json"))[1])[1]["code"] == "NOT_CALIBRATED"


async def test_one_pod_is_shown_with_its_channels(shell: Shell) -> None:
    """One pod is shown with calibration, clock and its poor channel."""
    out = (await shell("pods get bed-1"))[1]
    assert "calibrated: yes, simulated, 8.5 s clean, alpha 10.2 Hz" in out
    assert "O1 0.40 high frequency" in out


async def test_check_in_and_out(application: FakeCoordination, shell: Shell) -> None:
    """The check-in and check-out verbs reach the application."""
    assert "ada" in (await shell("pods check-in bed-1 ada"))[1]
    assert "ada" not in (await shell("pods check-out bed-1"))[1]
    assert "1 zeroed, 1 confirmed" in (await shell("pods release bed-1 --reason storm"))[1]
    assert application.calls == [
        ("check_in", "bed-1", "ada", ""),
        ("dreamscapes",),
        ("check_out", "bed-1"),
        ("release", "bed-1", "storm"),
    ]


async def test_the_verbs_of_a_dreamscape(application: FakeCoordination, shell: Shell) -> None:
    """A Dreamscape's life from create to end works by command line alone."""
    line = "dreamscapes create n --min 1 --max 8 --pods bed-1,bed-2 --ramp 10 --ceiling 0.1"
    assert (await shell(f"{line} --validate-only"))[0] == 0
    assert not application.sessions
    assert "planned" in (await shell(line))[1]
    plan = application.sessions["n"].plan
    assert (plan.pods, plan.ramp_s, plan.ceiling) == (("bed-1", "bed-2"), 10.0, 0.1)
    assert "dreaming" in (await shell("dreamscapes start n"))[1]
    assert "2 zeroed" in (await shell("dreamscapes sever n --reason storm"))[1]
    assert "dreaming" in (await shell("dreamscapes resume n"))[1]
    explained = (await shell("dreamscapes explain n bed-1"))[1]
    assert "NOT_CALIBRATED" in explained
    assert "clause G-3.1" in explained
    assert "next: keep to the clause's limit" in explained
    assert "2 zeroed" in (await shell("dreamscapes wake n --reason fire --issuer nurse"))[1]
    assert "2 zeroed" in (await shell("dreamscapes end n"))[1]
    assert "ended" in (await shell("dreamscapes list"))[1]


async def test_a_plan_is_changed_by_its_flags(application: FakeCoordination, shell: Shell) -> None:
    """Given flags change the plan and the rest stays; without a flag no call is made."""
    application.add("n", DreamscapeState.PLANNED)
    status, out, _ = await shell("dreamscapes update n --max 6 --no-late-joining --json")
    plan = json.loads(out)["plan"]
    assert (status, plan["seats_max"], plan["late_joining"]) == (0, 6, False)
    assert plan["pods"] == ["pods/bed-1", "pods/bed-2"]
    status, out, err = await shell("dreamscapes update n")
    assert (status, out, err) == (2, "", "dreamd: give at least one field to change, such as --min 3\n")


@pytest.mark.parametrize(
    ("line", "method", "field", "flag"),
    [
        ("dreamscapes create n --min 2 --max 8", "create", "plan.seats_min", "--min"),
        ("dreamscapes create n --min 3 --max 8 --ramp 1", "create", "plan.ramp", "--ramp"),
        ("dreamscapes create n --min 3 --max 8 --pods a,b,c", "create", "plan.pods[1]", "--pods"),
        ("dreamscapes update n --artist-share 1", "update", "plan.artist_share", "--artist-share"),
        ("dreamscapes create n --min 3 --max 8 --record", "create", "plan.record", "--record"),
    ],
)
async def test_a_wrong_field_is_named_by_its_flag(
    line: str, method: str, field: str, flag: str, application: FakeCoordination, shell: Shell
) -> None:
    """A wrong field is reported by its flag, not by its path in the request."""
    application.add("n", DreamscapeState.PLANNED)
    application.refuse(method, bad_field(field, "something else", 2))
    status, _, err = await shell(line)
    assert status == 1
    assert err.startswith(f"dreamd: {flag}: expected something else, got 2; ")
    assert "plan" not in err


async def test_pods_that_never_came_are_reported(application: FakeCoordination, shell: Shell) -> None:
    """An invitation of an unknown pod is accepted, as it may still come, and the output mentions it."""
    application.add("n", DreamscapeState.PLANNED)
    application.sessions["n"] = replace(application.sessions["n"], unknown_pods=("bed-99",))
    _, out, _ = await shell("dreamscapes get n")
    assert "invited, never connected: bed-99" in out


async def test_a_refusal_is_one_sentence_and_a_status(shell: Shell) -> None:
    """A refusal is one sentence on stderr with the next step; stdout stays empty."""
    status, out, err = await shell("pods get bed-9")
    assert (status, out) == (1, "")
    assert err == (
        "dreamd: pod bed-9 has never connected; "
        "list the pods (dreamd pods list); a pod appears once its agent has connected\n"
    )


async def test_a_daemon_that_is_not_there(unused_tcp_port: int, shell: Shell) -> None:
    """An absent daemon gives one sentence with the remedy and no traceback."""
    shell._server = f"127.0.0.1:{unused_tcp_port}"
    status, _, err = await shell("pods list")
    assert status == 1
    assert err == (
        f"dreamd: nothing answers at 127.0.0.1:{unused_tcp_port}; "
        "start the daemon (dreamd serve) or name its address\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "pods",
        "pods get",
        "dreamscapes create n --min 0 --max 2",
        "dreamscapes create n --min 1 --max 2 --ramp nan",
        "dreamscapes wake n --reason fire",
    ],
)
def test_wrong_usage_is_status_2(line: str, shell: Shell) -> None:
    """Wrong usage has argparse's own exit status, 2."""
    with pytest.raises(SystemExit) as left:
        shell.parse(line)
    assert left.value.code == 2


def test_the_server_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """DREAMD_SERVER names the server, unless --server does."""
    monkeypatch.setenv("DREAMD_SERVER", "elsewhere:1")
    parser = argparse.ArgumentParser("dreamd")
    pods.add_parser(parser.add_subparsers())
    assert parser.parse_args(["pods", "list"]).server == "elsewhere:1"
    assert parser.parse_args(["pods", "list", "--server", "here:2"]).server == "here:2"


async def test_watching_a_dreamscape_line_by_line(application: FakeCoordination, shell: Shell) -> None:
    """Without a terminal each tick is a line; with --json it is a value."""
    application.add("n", DreamscapeState.DREAMING)
    for line, expected in (
        ("dreamscapes watch n --count 1", "n tick 7: 8 of 8 merged, 8 heard, dispersion 3.40, 1.2 ms\n"),
        ("dreamscapes watch n --count 1 --json", '{"dreamscape": "dreamscapes/n", '),
    ):
        watching = asyncio.ensure_future(shell(line))
        await until(lambda: application.collective_watches)
        application.tick("n", 7)
        status, out, _ = await watching
        assert (status, out.startswith(expected)) == (0, True)
        await until(lambda: not application.collective_watches)


async def test_watching_events_and_pods(application: FakeCoordination, shell: Shell) -> None:
    """`watch` follows one Dreamscape's journal after a cursor, and the pods that change."""
    application.happen("merged", "n", "bed-1")
    application.happen("home", "n", "bed-1")
    status, out, _ = await shell("dreamscapes watch n --events --after 1 --count 1")
    assert (status, out.endswith("home: bed-1: home\n"), out.startswith("2 ")) == (0, True, True)
    status, out, _ = await shell("pods watch --count 3")
    assert out.splitlines()[0] == "bed-1: idle, quality 0.90, coupling 0.000"
    status, out, _ = await shell("pods watch --count 1 --json")
    assert json.loads(out)["name"] == "pods/bed-1"


async def test_square_brackets_in_a_cause_are_not_markup(application: FakeCoordination, shell: Shell) -> None:
    """Square brackets in a cause are printed, not taken for markup."""
    application.add("n", DreamscapeState.DREAMING)
    session = application.sessions["n"]
    seat = seat_view(1, "bed-1", state=SeatState.SEVERED, refusal="[red]Fp1[/nonsense]")
    application.sessions["n"] = type(session)(
        **{**{f: getattr(session, f) for f in session.__dataclass_fields__}, "seats": (seat,)}
    )
    assert "[red]Fp1[/nonsense]" in (await shell("dreamscapes get n"))[1]


async def test_an_unconfirmed_sever_names_the_pods(application: FakeCoordination, shell: Shell) -> None:
    """An unconfirmed sever names the pods and states why they are safe."""
    application.refuse("pods", Refusal(Code.SHUTTING_DOWN, "never asked"))
    application.add("n", DreamscapeState.DREAMING)
    application.confirm_at_once = False
    severing = asyncio.ensure_future(shell("dreamscapes sever n"))
    await until(lambda: application.tickets)
    application.tickets[0].confirm("bed-1")
    out = (await severing)[1]
    assert out == (
        "2 zeroed, 1 confirmed by their pods; not confirmed: bed-2 "
        "(each switches to zero by its own tether within 1.5 s)\n"
    )


def test_a_tick_says_the_synchrony_that_is_known() -> None:
    """A tick's line shows the z of every band that is known and omits unknown bands."""
    said = [
        dreams.Synchrony(band="delta", z=-0.4),
        dreams.Synchrony(band="theta"),
        dreams.Synchrony(band="alpha", z=5.25),
    ]
    line = collective_line(dreams.Collective(dreamscape="dreamscapes/n", synchrony=said))
    assert "dispersion 0.00, synchrony z delta -0.4 alpha +5.2, 0.0 ms" in line
