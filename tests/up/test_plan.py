"""The flags of `dreamd up` and their plan."""

from pathlib import Path

import pytest

from dreamd.up.plan import CannotRun, Flags, Found, Malfunction, malfunction, names, plan, pseudonym
from dreamwire.topics import is_name


def test_malfunction_reads_name_seconds_and_count() -> None:
    """NAME@SECONDS[:COUNT] is read with fractions of a second; COUNT is 1 if omitted."""
    assert malfunction("railed@25") == Malfunction("railed", 25.0, 1)
    assert malfunction("silence@7.5:3") == Malfunction("silence", 7.5, 3)
    assert malfunction("flat@+4:2") == Malfunction("flat", 4.0, 2, when_merged=True)


def test_unknown_malfunction_is_refused_with_the_list() -> None:
    """An unknown malfunction is refused with the list."""
    with pytest.raises(CannotRun, match="silence, flat, railed, nonfinite"):
        malfunction("gremlins@3")


@pytest.mark.parametrize(
    "text", ["railed", "railed@", "railed@-3", "railed@3:", "railed@3:x", "@3", "railed@nan"]
)
def test_bad_syntax_shows_how_it_is_written(text: str) -> None:
    """An unreadable malfunction is refused with an example."""
    with pytest.raises(CannotRun, match="railed@25"):
        malfunction(text)


def test_one_implant_rails_by_itself_after_its_merge() -> None:
    """Without --malfunction and --json bed-5 alone rails, 6 s after its own merge."""
    failing = {s.pod: s.malfunction for s in plan(Flags()).sleepers if s.malfunction}
    assert failing == {"bed-5": Malfunction("railed", 6.0, when_merged=True)}


def test_nothing_fails_by_itself_under_json_or_beside_a_wish() -> None:
    """With --json nothing fails by default, and an own --malfunction replaces the built-in one."""
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
    """More failures than beds are refused: each bed fails at most once."""
    with pytest.raises(CannotRun, match="9 failing implants and there are 8 beds"):
        plan(Flags(malfunctions=("flat@3:9",)))


FILES = (Path("a.edf"), Path("b.xdf"), Path("c.npz"))
GROUP = tuple(
    Found("b.xdf", f"{name}: EEG", f"xdf:/b.xdf#{name}: EEG")
    for name in ("Blue-Muse-2265", "Green-Muse-1E58", "Orange-Muse-2262")
)
ALONE = Found("a.edf", "", "edf:/a.edf")
EPOCHS = Found("c.npz", "", "", "c.npz holds 14 epochs of 1 s, and a bed needs 30 s that were never cut.")


def test_each_person_of_each_recording_is_a_sleeper() -> None:
    """Each sleeper of each recording has a bed, in the order of the files, for as long as they last."""
    made = plan(Flags(recordings=FILES[:2]), (ALONE, *GROUP))
    assert [s.recording for s in made.sleepers] == ["edf:/a.edf", *(one.spec for one in GROUP)]
    assert made.duration_s is None
    with pytest.raises(CannotRun, match="4 people in --recordings disagree"):
        plan(Flags(recordings=FILES[:2], sleepers=8), (ALONE, *GROUP))


def test_people_of_one_file_keep_their_names() -> None:
    """A sleeper's name is the distinguishing part in its file; one alone in a file is named by a tree."""
    assert [s.pseudonym for s in plan(Flags(recordings=FILES), (ALONE, *GROUP)).sleepers] == [
        *("ash", "blue", "green", "orange")
    ]


@pytest.mark.parametrize(
    ("people", "called"),
    [
        (("Muse-01: EEG", "Muse-02: EEG"), ("muse-01", "muse-02")),
        (("EEG", "EEG"), ("eeg", "eeg-2")),
        (("Jos\u00e9-\u00c1lvarez: EEG", "\u6708"), ("jose", "birch")),
        (("x" * 90, "y" * 90), ("x" * 40, "y" * 40)),
    ],
)
def test_a_name_is_one_that_the_api_takes(people: tuple[str, ...], called: tuple[str, ...]) -> None:
    """Equal names get a number, invalid letters are dropped, and an empty name becomes a tree."""
    found = tuple(Found("b.xdf", person, f"xdf:/b.xdf#{person}") for person in people)
    assert names(found) == called
    assert all(is_name(name) for name in called)


def test_equal_names_of_two_files_are_distinguished() -> None:
    """Two files that both have a Blue give blue and blue-2: a pseudonym is in one bed."""
    again = tuple(Found("d.xdf", one.person, one.spec) for one in GROUP[:2])
    assert names((*GROUP, *again)) == ("blue", "green", "orange", "blue-2", "green-2")


def test_what_cannot_be_played_is_left_out_while_two_remain() -> None:
    """With two playable sleepers the others' reasons are kept in the plan; with fewer the run is refused."""
    made = plan(Flags(recordings=FILES), (*GROUP[:2], EPOCHS))
    assert (len(made.sleepers), made.refused) == (2, (EPOCHS,))
    with pytest.raises(CannotRun, match=r"14 epochs of 1 s.*; without it one sleeper is left"):
        plan(Flags(recordings=FILES), (ALONE, EPOCHS))
    with pytest.raises(CannotRun, match=r"never cut$"):
        plan(Flags(recordings=FILES[2:]), (EPOCHS,))


def test_one_person_alone_is_no_collective() -> None:
    """A readable recording of one sleeper is refused for the number."""
    with pytest.raises(CannotRun, match="this would be 1"):
        plan(Flags(recordings=FILES[:1]), (ALONE,))


def test_no_recording_fails_unasked() -> None:
    """In recordings only requested failures happen; the built-in one needs a simulated sleeper."""
    assert not any(s.malfunction for s in plan(Flags(recordings=FILES), (ALONE, *GROUP)).sleepers)
    asked = plan(Flags(recordings=FILES, malfunctions=("flat@3",)), (ALONE, *GROUP))
    assert [s.pod for s in asked.sleepers if s.malfunction] == ["bed-4"]


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
        (Flags(artist_share=0.6), "--artist-share 0.6 is not within 0 and 0.5"),
        (Flags(artist_share=float("nan")), "--artist-share"),
    ],
)
def test_a_bad_flag_is_named(flags: Flags, words: str) -> None:
    """Every invalid flag is refused with its name or a valid example."""
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
    """Two hundred sleepers have different names, seeds and pseudonyms."""
    sleepers = plan(Flags(sleepers=200)).sleepers
    for values in ({s.pod for s in sleepers}, {s.seed for s in sleepers}, {s.pseudonym for s in sleepers}):
        assert len(values) == 200
    assert pseudonym(1) == "ash"


def test_fewer_than_five_are_intimate() -> None:
    """Below five sleepers the plan asks for the intimate scope, from five on it does not."""
    assert plan(Flags(sleepers=4)).intimate
    assert not plan(Flags(sleepers=5)).intimate
