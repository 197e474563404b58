"""What the flags of `dreamd up` come to."""

from pathlib import Path

import pytest

from dreamd.up.plan import CannotRun, Flags, Malfunction, malfunction, plan, pseudonym


def test_malfunction_reads_name_seconds_and_count() -> None:
    """NAME@SECONDS[:COUNT] is read with fractions of a second, COUNT being 1 where it is left out."""
    assert malfunction("railed@25") == Malfunction("railed", 25.0, 1)
    assert malfunction("silence@7.5:3") == Malfunction("silence", 7.5, 3)


def test_unknown_malfunction_is_refused_with_the_list() -> None:
    """Another name is refused, and the sentence lists all there are."""
    with pytest.raises(CannotRun, match="silence, flat, railed, nonfinite"):
        malfunction("gremlins@3")


@pytest.mark.parametrize(
    "text", ["railed", "railed@", "railed@-3", "railed@3:", "railed@3:x", "@3", "railed@nan"]
)
def test_bad_syntax_shows_how_it_is_written(text: str) -> None:
    """What cannot be read is answered with an example that can."""
    with pytest.raises(CannotRun, match="railed@25"):
        malfunction(text)


def test_one_implant_rails_by_itself_at_25_seconds() -> None:
    """Without --malfunction and --json, bed-5 alone rails 25 s into the run."""
    failing = {s.pod: s.malfunction for s in plan(Flags()).sleepers if s.malfunction}
    assert failing == {"bed-5": Malfunction("railed", 25.0)}


def test_nothing_fails_by_itself_under_json_or_beside_a_wish() -> None:
    """With --json nothing fails unasked, and an own --malfunction replaces the built-in one."""
    assert not any(s.malfunction for s in plan(Flags(json=True)).sleepers)
    asked = {
        s.pod: s.malfunction
        for s in plan(Flags(malfunctions=("flat@3:2", "silence@9"))).sleepers
        if s.malfunction
    }
    assert {pod: one.name for pod, one in asked.items() if one} == {
        "bed-5": "flat",
        "bed-6": "flat",
        "bed-7": "silence",
    }


def test_more_failures_than_beds_are_refused() -> None:
    """Each bed fails once at most."""
    with pytest.raises(CannotRun, match="9 failing implants and there are 8 beds"):
        plan(Flags(malfunctions=("flat@3:9",)))


def test_each_recording_is_a_sleeper() -> None:
    """The number of files is the number of sleepers, and the run lasts as long as they do."""
    files = (Path("a.edf"), Path("b.edf"), Path("c.edf"))
    made = plan(Flags(recordings=files))
    assert [s.recording for s in made.sleepers] == list(files)
    assert made.duration_s is None
    with pytest.raises(CannotRun, match="disagree"):
        plan(Flags(recordings=files, sleepers=8))


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (Flags(sleepers=1), "--sleepers"),
        (Flags(ramp_s=5.0), "--ramp"),
        (Flags(ramp_s=float("nan")), "--ramp"),
        (Flags(duration_s=0.0), "--duration"),
        (Flags(duration_s=float("nan")), "--duration"),
        (Flags(mqtt_port=0), "--mqtt-port"),
        (Flags(grpc_port=8080), "its own"),
        (Flags(broker="rabbit"), "mqtt://127.0.0.1:1883"),
        (Flags(broker="mqtt://user:secret@host"), "mqtt://127.0.0.1:1883"),
        (Flags(loop=True), "--recordings"),
    ],
)
def test_a_bad_flag_is_named(flags: Flags, words: str) -> None:
    """Every flag that cannot be used is refused with a sentence that names it or shows one that can."""
    with pytest.raises(CannotRun, match=words):
        plan(flags)


@pytest.mark.parametrize(
    ("sleepers", "sizes"), [(8, [1] * 8), (9, [9]), (50, [16, 16, 16, 2]), (200, [25] * 8)]
)
def test_pods_are_packed_16_to_25_to_a_process_above_eight(sleepers: int, sizes: list[int]) -> None:
    """Up to eight sleepers have a process each; more share, at most 25."""
    groups = plan(Flags(sleepers=sleepers)).groups
    assert [len(group) for group in groups] == sizes


def test_names_seeds_and_pseudonyms_are_all_different() -> None:
    """Nobody of two hundred sleepers is anybody else's double."""
    sleepers = plan(Flags(sleepers=200)).sleepers
    for values in ({s.pod for s in sleepers}, {s.seed for s in sleepers}, {s.pseudonym for s in sleepers}):
        assert len(values) == 200
    assert pseudonym(1) == "ash"


def test_fewer_than_five_are_intimate() -> None:
    """Below five sleepers the plan asks for the intimate scope, from five on it does not."""
    assert plan(Flags(sleepers=4)).intimate
    assert not plan(Flags(sleepers=5)).intimate
