"""`dreamd stage check` and the words of `dreamd stage`: heard, not heard, taken, and wrong usage."""

import asyncio
import json
import socket

import pytest

from dreamd.cli import stage as stage_verb
from dreamd.main import main
from dreamd.stage.check import ADDRESSES_MOST, PORTS_MOST, Hearing
from dreamd.stage.osc import encoded
from dreamwire.schema import BANDS5X2, BANDS6X2

HERE = "127.0.0.1"


def free() -> socket.socket:
    """A bound socket of this machine."""
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((HERE, 0))
    return one


def number(one: socket.socket) -> int:
    """Its port."""
    return int(one.getsockname()[1])


def test_the_account_tells_what_came_from_where_and_what_did_not() -> None:
    """Each address has its count, ports and last values, a wrong one its nearest; missing ones are named."""
    hearing = Hearing(BANDS6X2)
    for port in (57120, 57121, 57120):
        hearing.hear_datagram(encoded("/dreamd/lead", tuple(0.5 * k for k in range(12))), port)
    hearing.hear_datagram(encoded("/dreamd/wake", (1,)), 57120)
    hearing.hear_datagram(encoded("/dreamd/leed", (1.0,)), 57120)
    hearing.hear_datagram(b"GET / HTTP/1.1", 40000)
    wrong = "/dreamd/leed is no address of a stage; the nearest one is /dreamd/lead"
    mangled = "it is no OSC message; expected OSC 1.0 with finite numbers or texts"
    assert hearing.lines() == [
        "/dreamd/lead: 3 times from port 57120, 57121, last 0 0.5 1 1.5 2 2.5 and 6 more",
        "/dreamd/wake: 1 times from port 57120, last 1 (it acts in dreamd stage, not here)",
        f"not taken, 1 times from port 57120: {wrong}",
        f"not taken, 1 times from port 40000: {mangled}",
        "not heard: /dreamd/share, /dreamd/cue, /dreamd/sever",
    ]
    assert hearing.taken == 2


def test_a_vector_is_judged_by_the_schema() -> None:
    """Ten numbers are a vector of bands5x2 and none of bands6x2."""
    for schema, taken in ((BANDS5X2, 1), (BANDS6X2, 0)):
        hearing = Hearing(schema)
        hearing.hear_datagram(encoded("/dreamd/lead", (0.0,) * 10), 1)
        assert hearing.taken == taken


def test_what_is_kept_is_bounded() -> None:
    """Of ten thousand addresses and ports a few are told apart; the rest are counted."""
    hearing = Hearing(BANDS6X2)
    for count in range(1000):
        hearing.hear_datagram(encoded(f"/x/{count}", ()), count)
        hearing.hear_datagram(encoded("/x/0", ()), count)
    assert len(hearing.account_rows()) == ADDRESSES_MOST
    assert hearing.beyond == 1000 - ADDRESSES_MOST
    assert len(hearing.account_rows()[0]["ports"]) == PORTS_MOST  # type: ignore[arg-type]


async def checked(program: socket.socket, *flags: str, out: int) -> int:
    """Run `stage check` beside a program that sends all the time; its exit status."""
    with free() as one:
        port = number(one)
    words = ["stage", "check", "--in", str(port), "--out", str(out), "--for", "0.2", *flags]
    running = asyncio.create_task(asyncio.to_thread(main, words), name="check")
    while not running.done():
        program.sendto(encoded("/dreamd/share", (0.2,)), (HERE, port))
        await asyncio.sleep(0.01)
    return await running


async def test_the_verb_listens_and_tells_whether_it_is_listened_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The verb prints what it heard and exits with 0; a port out without a listener is named."""
    with free() as program, free() as silent:
        nowhere = number(silent)
        silent.close()
        assert await checked(program, out=nowhere) == 0
        told = capsys.readouterr().out.splitlines()
        assert f"times from port {number(program)}, last 0.2" in told[1]
        assert told[-1].startswith(f"no program listens at {HERE}:{nowhere}")
        assert await checked(program, "--json", out=number(program)) == 0
        account = json.loads(capsys.readouterr().out)
        assert account["listener"] is True
        assert [one["address"] for one in account["heard"]] == ["/dreamd/share"]


def test_nothing_heard_and_a_port_that_is_taken_exit_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a message the way is told; a port that another program holds is one sentence."""
    with free() as other:
        port = str(number(other))
        assert main(["stage", "check", "--in", port]) == 1
        assert capsys.readouterr().err.startswith(
            f"dreamd: port {port} of {HERE} is taken by another program"
        )
    assert main(["stage", "check", "--in", port, "--for", "0.01"]) == 1
    assert f"let your program send OSC by UDP to {HERE}, port {port}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ([], ["live"]),
        (["night"], ["live", "night"]),
        (["--flat", "night"], ["live", "--flat", "night"]),
        (["dreamscapes/check"], ["live", "dreamscapes/check"]),
        (["check", "--for", "3"], ["check", "--for", "3"]),
        (["--help"], ["--help"]),
    ],
)
def test_a_stage_without_a_verb_is_live(words: list[str], whole: list[str]) -> None:
    """The first word is a verb or belongs to `live`."""
    assert stage_verb.completed(words) == whole


@pytest.mark.parametrize(
    "words",
    [
        ["--in", "0"],
        ["--out", "70000"],
        ["--smooth", "0"],
        ["--smooth", "nan"],
        ["--share", "nan"],
        ["check", "--for", "nan"],
        ["check", "--schema", "bands9x9"],
    ],
)
def test_wrong_usage_exits_with_2(words: list[str]) -> None:
    """A flag out of its range is wrong usage."""
    with pytest.raises(SystemExit) as ended:
        main(["stage", *words])
    assert ended.value.code == 2


def test_a_stage_does_not_hear_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """One port for both ways is refused."""
    assert main(["stage", "--in", "9101", "--out", "9101"]) == 2
    assert "would hear itself" in capsys.readouterr().err
