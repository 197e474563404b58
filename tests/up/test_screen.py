"""The screen of `dreamd up`."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from dreamd.terminal.sleeper_row import State, Tone, plural
from dreamd.up.plan import Flags, plan
from dreamd.up.run_state import RunState
from dreamd.up.screen import Heading, plain, progress, screen
from dreamd.up.signal_words import cannot_join
from up.stories import CEILING, T0_NS, at, dreaming, entry, hop_of, sever

HEADING = Heading(
    "Eight simulated sleepers dream together, and any of them can leave at once.",
    (
        ("metrics", "http://127.0.0.1:8080/metrics"),
        ("python", "python -c 'import dreamapi; dreamapi.show()'"),
        ("watch", "dreamd dreamscapes watch night"),
    ),
    (("s", "sever"), ("r", "resume"), ("k", "kill the daemon"), ("w", "wake"), ("q", "end")),
)


def shown(
    chronicle: RunState, width: int, height: int = 24, now_s: float = 26.0, heading: Heading = HEADING
) -> list[str]:
    """The screen as lines of text."""
    out = io.StringIO()
    console = Console(file=out, width=width, height=height, force_terminal=True, color_system=None)
    console.print(screen(chronicle.board, heading, now_s, 60.0, (width, height)))
    return out.getvalue().splitlines()


def drawn_with(heading: Heading, width: int) -> list[str]:
    """A night of eight on 24 lines under this heading."""
    return shown(dreaming(), width, heading=heading)


@pytest.mark.parametrize("width", [80, 120])
def test_the_screen_fits_and_shows_everyone(width: int) -> None:
    """At 80 and at 120 columns by 24 lines all eight rows, the links and the keys are shown whole."""
    chronicle = dreaming()
    lines = shown(chronicle, width)
    assert len(lines) <= 24
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for sleeper in chronicle.sleepers:
        assert f"{sleeper.pod}  {sleeper.pseudonym}" in text
    for words in ("/metrics", "dreamapi.show()'", "watch night", "kill the daemon", "26 of 60 s"):
        assert words in text


def test_the_marker_goes_from_self_to_the_collective() -> None:
    """The marker moves right with the applied coupling, to the end at the ceiling."""
    places = []
    for until_s in (3.0, 9.0, 20.0):
        row = next(line for line in shown(dreaming(until_s=until_s), 80) if "bed-1" in line)
        places.append(row.index("●"))
    assert places == sorted(set(places))
    assert "─" not in row


def test_a_sever_is_shown_with_its_numbers() -> None:
    """A sever has its sentence with numbers, and the row has the cause."""
    chronicle = dreaming(until_s=25.0)
    sever(chronicle, "bed-5", 25.0)
    chronicle.settle(at(26.0))
    assert chronicle.board.lines[-1].words == "bed-5 severed: railed, zero in 12 ms, seven dream on"
    assert chronicle.board.lines[-1].tone is Tone.GRAVE
    row = next(line for line in shown(chronicle, 80) if line.strip().startswith("bed-5"))
    assert "severed: railed" in row


def test_severs_that_come_together_are_one_line() -> None:
    """A sever of all eight by key is one line, with the slowest zero."""
    chronicle = dreaming()
    for sleeper in chronicle.sleepers:
        sever(chronicle, sleeper.pod, 25.0, cause="operator")
    chronicle.settle(at(25.2))
    assert not chronicle.board.lines
    chronicle.settle(at(26.0))
    (line,) = chronicle.board.lines
    assert line.words == "eight sleepers severed: operator, zero in 12 ms, none dream on"


def test_a_killed_daemon_is_measured_at_the_pods() -> None:
    """One sentence has the time until all eight were alone; severs by lease are not listed."""
    chronicle = dreaming()
    chronicle.outage("the daemon", "killed (SIGKILL)", at(30.0))
    chronicle.outage("the daemon", "killed by SIGKILL", at(30.01))
    for index, sleeper in enumerate(chronicle.sleepers):
        sever(chronicle, sleeper.pod, 30.6 + index / 10, cause="lease", fade_s=0.5)
    chronicle.back("the daemon", at(32.0))
    chronicle.settle(at(36.0))
    assert [line.words for line in chronicle.board.lines] == [
        "the daemon killed (SIGKILL)",
        "all eight alone after 1.10 to 1.80 s, measured at the pods",
        "the daemon is back after 2.0 s; the beds are drawn in again from zero",
    ]


def test_pods_that_say_nothing_are_not_counted_as_alone() -> None:
    """After three seconds the outage is reported with the pods that answered, and no more."""
    chronicle = dreaming(sleepers=5)
    chronicle.outage("the broker", "killed by SIGKILL", at(30.0))
    sever(chronicle, "bed-1", 31.0, cause="lease", fade_s=0.4)
    chronicle.settle(at(33.1))
    words = chronicle.board.lines[-1].words
    assert "one alone after 1.40 s" in words
    assert "four have not reported it" in words


def test_a_quick_return_of_the_broker_counts_those_that_dream_on() -> None:
    """After a quick return of the broker, pods that kept their lease dream on, and the line counts them."""
    chronicle = dreaming(sleepers=5)
    chronicle.outage("the broker", "killed by SIGKILL", at(30.0))
    sever(chronicle, "bed-1", 31.0, cause="lease", fade_s=0.4)
    for number in range(2, 6):
        chronicle.on_journal_line(entry(f"bed-{number}", 31.4, "hop", applied=0.15))
    assert len(chronicle.board.lines) == 1, "their fade may not be over yet"
    for number in range(2, 6):
        chronicle.on_journal_line(entry(f"bed-{number}", 31.6, "hop", applied=0.15 if number < 5 else 0.0))
    chronicle.settle(at(33.1))
    words = chronicle.board.lines[-1].words
    assert words == (
        "one alone after 1.40 s, measured at the pods; three dreamt on, answered again within their lease; "
        "one has not reported it"
    )


def test_an_outage_that_affected_no_pod_is_reported_at_once() -> None:
    """An outage that affected no pod is reported once lease and fade have passed for all."""
    chronicle = dreaming(sleepers=5)
    chronicle.outage("the broker", "killed by SIGKILL", at(30.0))
    for number in range(1, 6):
        chronicle.on_journal_line(entry(f"bed-{number}", 31.6, "hop", applied=0.15))
    words = chronicle.board.lines[-1].words
    assert words == "no bed was alone: five were answered again within their lease"


def test_a_killed_process_is_reported() -> None:
    """A process that ends unasked is reported; one that ends after the closing is home."""
    chronicle = dreaming(until_s=25.0)
    chronicle.pods_ended(("bed-2",), at(25.0), "killed by SIGKILL")
    assert chronicle.board.lines[-1].words == "bed-2 gone: its process was killed by SIGKILL; seven dream on"
    chronicle.close(at(30.0))
    chronicle.pods_ended(("bed-3",), at(31.0), "exit status 0")
    assert chronicle.board.rows["bed-3"].state is State.HOME
    assert chronicle.board.rows["bed-2"].state is State.GONE


def test_an_outage_counts_a_bed_severed_before() -> None:
    """With one already alone a daemon's death is reported for all eight, with the time of the seven."""
    chronicle = dreaming()
    sever(chronicle, "bed-5", 25.0)
    chronicle.outage("the daemon", "killed (SIGKILL)", at(30.0))
    for sleeper in chronicle.sleepers:
        if sleeper.pod != "bed-5":
            sever(chronicle, sleeper.pod, 30.6, cause="lease", fade_s=0.5)
    assert chronicle.board.lines[-1].words == (
        "all eight alone: the seven that dreamt after 1.10 to 1.10 s, measured at the pods"
    )


def test_only_beds_that_are_heard_dream_on() -> None:
    """Beds with a journal silent for 1.5 s are not counted among those that dream on."""
    chronicle = dreaming(until_s=20.0)
    for sleeper in chronicle.sleepers[2:]:
        chronicle.on_journal_line(hop_of(sleeper.pod, 24.9))
    sever(chronicle, "bed-5", 25.0)
    chronicle.settle(at(25.5))
    assert chronicle.board.lines[-1].words == (
        "bed-5 severed: railed, zero in 12 ms, five dream on, two not heard"
    )


def test_before_its_first_sample_a_bed_has_no_quality() -> None:
    """Before its first sample a bed shows a dash, not 0.00; silence after it is a quality of 0.00."""
    chronicle = RunState.begin(plan(Flags(sleepers=5)).sleepers, T0_NS, CEILING)
    silent = {"applied": 0.0, "granted": 0.0, "quality": 0.0, "cause": "silence"}
    chronicle.on_journal_line(entry("bed-1", 1.0, "up"))
    chronicle.on_journal_line(entry("bed-1", 1.25, "hop", **silent))
    (row,) = (line for line in shown(chronicle, 80) if "bed-1" in line)
    assert row.split()[-4:] == ["-", "at", "rest:", "silence"]
    chronicle.on_journal_line(entry("bed-1", 1.5, "hop", applied=0.0, granted=0.0, quality=0.9))
    chronicle.on_journal_line(entry("bed-1", 1.75, "hop", **silent))
    (row,) = (line for line in shown(chronicle, 80) if "bed-1" in line)
    assert row.split()[-4:] == ["0.00", "at", "rest:", "silence"]


@pytest.mark.parametrize(
    ("cause", "refusal", "words"),
    [
        ("contact", "signal quality of pod bed-1 is 0.10 (contact), needs 0.5; mend", "no electrode contact"),
        ("silence", "", "no signal from its implant"),
        ("mains", "", "line noise drowns the signal"),
        (
            "NOT_CALIBRATED",
            "pod bed-1 has 0 s of clean calibration, needs 8; wait for the calibration (watch the pod)",
            "it has 0 s of clean calibration, needs 8",
        ),
        ("not seated", "", "no reason given"),
    ],
)
def test_a_bed_that_cannot_join_has_one_reason_in_words(cause: str, refusal: str, words: str) -> None:
    """A bed's reason is its signal's cause in words, else the daemon's sentence without the next step."""
    assert cannot_join("bed-1", cause, refusal) == words


@pytest.mark.parametrize("width", [80, 100])
def test_a_link_stands_on_one_line(width: int) -> None:
    """With a port of its own the line for Python has 72 characters: at 80 columns it loses its margin."""
    paste = """.venv/bin/python -c 'import dreamapi; dreamapi.show("127.0.0.1:21051")'"""
    links = (("console", "http://127.0.0.1:21080/"), ("python", paste))
    drawn = drawn_with(replace(HEADING, links=links), width)
    assert any(line.rstrip().endswith(paste) for line in drawn)
    assert len(drawn) <= 24
    assert "26 of 60 s" in drawn[-1]


def test_a_link_longer_than_its_line_loses_its_label_and_only_then_is_folded() -> None:
    """At 80 columns 78 characters stand alone on their line; 100 take two, and the keys stay in sight."""
    alone = drawn_with(replace(HEADING, links=(("python", "x" * 78),)), 80)
    assert "x" * 78 in [line.strip() for line in alone]
    folded = drawn_with(replace(HEADING, links=(("python", "x" * 100),)), 80)
    assert [line.count("x") for line in folded if "xx" in line] == [80, 20]
    assert "26 of 60 s" in folded[-1]


def test_a_frozen_pod_is_shown_as_silent_and_not_as_dreaming() -> None:
    """A pod with a journal silent for 1.5 s counts as silent until it is heard again."""
    chronicle = dreaming(until_s=20.0)
    for sleeper in chronicle.sleepers[1:]:
        chronicle.on_journal_line(hop_of(sleeper.pod, 22.0))
    chronicle.settle(at(22.0))
    assert chronicle.board.dreaming == 7
    assert any("bed-1" in line and "silent" in line for line in shown(chronicle, 80))
    chronicle.on_journal_line(hop_of("bed-1", 22.1))
    chronicle.settle(at(22.2))
    assert chronicle.board.dreaming == 8


def test_more_than_sixteen_become_a_field_of_dots() -> None:
    """A hundred sleepers are a hundred dots on 24 lines, with a count of each state."""
    chronicle = dreaming(sleepers=100)
    lines = shown(chronicle, 80)
    assert len(lines) <= 24
    assert sum(line.count("●") for line in lines) == 101  # and the marker of the mean
    assert any("100 dreaming" in line for line in lines)


@pytest.mark.parametrize("sleepers", range(2, 30))
def test_no_number_of_sleepers_pushes_the_keys_off_the_screen(sleepers: int) -> None:
    """On 24 lines too many rows become dots: the last line is always that of the keys."""
    lines = shown(dreaming(sleepers=sleepers, until_s=5.0), 80)
    assert len(lines) <= 24
    assert "26 of 60 s" in lines[-1]


def test_a_pipe_gets_plain_lines() -> None:
    """On a pipe lines have the second and no control characters."""
    chronicle = dreaming(until_s=25.0)
    sever(chronicle, "bed-5", 25.0)
    chronicle.settle(at(26.0))
    assert (
        plain(chronicle.board.lines[-1]) == "  25.0 s  bed-5 severed: railed, zero in 12 ms, seven dream on"
    )
    assert progress(chronicle.board, 26.0) == "  26.0 s  7 of 8 dream, 100 % of the way to the ceiling"


def test_a_recording_that_ends_leaves_and_when_all_have_the_night_is_over() -> None:
    """Leaving is reported, and a night that all have left is over."""
    chronicle = dreaming(sleepers=2)
    for pod in ("bed-1", "bed-2"):
        assert not chronicle.all_left
        sever(chronicle, pod, 40.0, cause="recording-over")
        chronicle.on_journal_line(entry(pod, 40.1, "left", cause="recording-ended"))
    assert chronicle.all_left


def test_numbers_are_words_up_to_twelve() -> None:
    """One is singular, none and many are plural."""
    assert plural(1, "dreams", "dream") == "one dreams"
    assert plural(0, "dreams", "dream") == "no dream"
    assert plural(13, "dreams", "dream") == "13 dream"


def test_synchrony_is_shown_on_one_line_while_it_is_fresh() -> None:
    """Synchrony is one line of the limit and signed bands; after 3 s, or without z, it is gone."""
    chronicle = dreaming()
    assert not any("synchrony" in line for line in shown(chronicle, 80))
    bands = ("delta", "theta", "alpha", "sigma", "beta")
    chronicle.board.agree(at(25.0), zip(bands, (-0.34, 1.26, 4.5, 0.0, 12.3), strict=True))
    lines = shown(chronicle, 80)
    (line,) = (line for line in lines if "synchrony" in line)
    assert " ".join(line.split()) == (
        "synchrony z (limit 4) delta -0.3 theta +1.3 alpha +4.5 sigma +0.0 beta +12.3"
    )
    assert len(lines) <= 24
    assert not any("synchrony" in line for line in shown(chronicle, 80, now_s=28.5))


def test_before_the_night_the_screen_says_what_is_awaited() -> None:
    """While beds gather screen and pipe name the awaited step; the minute counts from the night on."""
    told = "gathering: 3 of 8 calibrated (bed-4: quality-low)"
    chronicle = dreaming()
    chronicle.awaits(told)
    lines = shown(chronicle, 80)
    assert any(told in line for line in lines)
    assert "of 60 s" not in lines[-1]
    assert progress(chronicle.board, 26.0).endswith(told)
    chronicle.begins(at(26.0))
    assert not any("gathering" in line for line in shown(chronicle, 80))
    assert "26 of 60 s" in shown(chronicle, 80)[-1]
