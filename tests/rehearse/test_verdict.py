"""The verdict, its figures beside their limits, and the command that repeats a rehearsal."""

import platform
from dataclasses import replace

import pytest

from dreamd.rehearsal.origin import command_of, origin
from dreamd.rehearsal.run import lines
from dreamd.rehearsal.scenarios import SCENES, cue, scene_named
from dreamd.rehearsal.verdict import figures, milliseconds, times, verdict
from rehearse.stories import COUNT, Story, at, told_of


def railed(zero_s: float = 20.2, evidence_s: float = 0.1) -> Story:
    """One implant rails, its pod severs itself, everyone comes home."""
    story = Story("railed", ("bed-3",))
    story.fall("bed-3", zero_s, "railed", evidence_s)
    for number in range(1, COUNT + 1):
        story.say(f"bed-{number}", 30.0, "alone", alone_ns=at(30.0))
    return story


def test_a_rehearsal_that_passed_is_one_sentence() -> None:
    """The verdict counts the found, severed and home; it names no limit where all are kept."""
    story = railed()
    assert verdict(story.books, told_of(story)) == (
        "Passed: 1 of 1 fault was found, no healthy sleeper was severed, 10 of 10 came home."
    )
    assert all(one.kept is not False for one in figures(story.books, told_of(story)))


def test_a_limit_that_is_not_kept_is_named_in_the_verdict() -> None:
    """Evidence older than 500 ms at zero, and an onset longer ago than the fault may last."""
    story = railed(zero_s=25.0, evidence_s=0.7)
    words = verdict(story.books, told_of(story))
    assert words.startswith("Passed: ")
    assert "beyond its limit: evidence to zero, p99 700 ms (limit 500 ms)" in words
    assert "onset to alone, at most 5050 ms (limit 4000 ms)" in words


def test_a_healthy_sleeper_severed_fails_it() -> None:
    """The number of healthy sleepers is in the sentence."""
    story = railed()
    story.fall("bed-4", 21.0, "flat")
    assert verdict(story.books, told_of(story)).startswith(
        "Failed: 1 of 1 fault was found, 1 healthy sleeper was severed, "
    )


def test_a_time_that_is_not_known_keeps_no_limit() -> None:
    """Without a sever there is no time: neither kept nor beyond, and in words."""
    story = Story("railed", ("bed-3",))
    timed = {one.label: one for one in figures(story.books, told_of(story))}
    assert timed["evidence to zero, p99"].kept is None
    assert timed["onset to alone, at most"].value == "not known"


def test_the_account_on_a_terminal_has_verdict_and_limits() -> None:
    """No count of zero by zero, and the limits beside the times."""
    story = railed()
    text = "\n".join(lines(story.books, {**told_of(story), "halved": 0}))
    assert "Passed: 1 of 1" in text
    assert "the Dreamscape: halved never, severed never" in text
    assert "at most 100 ms (limit of p99: 500 ms)" in text
    assert "(limit: 4000 ms)" in text


def test_times_and_milliseconds_are_words() -> None:
    """Never, once, twice, then numbers; ten seconds and more are seconds."""
    assert [times(count) for count in range(4)] == ["never", "once", "twice", "3 times"]
    assert [milliseconds(one) for one in (None, 343.2, 14_400.0)] == ["not known", "343 ms", "14.4 s"]


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("sleepers", [20, 24, 40, 200, 333])
def test_the_command_repeats_the_rehearsal(name: str, sleepers: int) -> None:
    """Its share gives the same beds of the same sleepers, its times the same cue."""
    played = cue(scene_named(name), sleepers)
    words = command_of(played, sleepers, 7, "auto", light=True).split()
    flags = dict(zip(words[3::2], words[4::2], strict=True))
    again = cue(
        scene_named(flags["--malfunction"]),
        int(flags["--sleepers"]),
        *(float(flags[name]) for name in ("--share", "--at", "--duration")),
    )
    assert again == played
    assert (flags["--seed"], flags["--signal"], flags["--broker"]) == ("7", "features", "auto")


def test_a_report_names_no_host_and_no_address() -> None:
    """The broker's address and the machine's name stay out; version, Python, cores and system are in."""
    played = replace(cue(scene_named("railed"), 24), beds=2)
    command = command_of(played, 24, 0, "mqtt://who:secret@10.0.0.7:1883", light=False)
    assert "secret" not in command
    assert "10.0.0.7" not in command
    assert command.endswith("--signal whole --broker URL")
    where = origin(command)
    assert platform.node() not in where.system.split()
    assert where.cores >= 1
    assert where.python == platform.python_version()
