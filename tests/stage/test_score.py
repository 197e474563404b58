"""Scores: curves, files, clauses, the picture."""

import re
from dataclasses import replace
from math import inf, nan, pi
from random import Random
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depth import examples
from dreamd.adapters.documents.shipped import bench_founding, shipped_bundle
from dreamd.app.collective.artist_input import NO_ARTIST
from dreamd.app.stage.lead_slew import LeadSlew
from dreamd.core.guidelines.running import running_limits
from dreamd.core.limits import HOP_S
from dreamd.stage.score.judgement import ScoreLimits, judge, score_limits
from dreamd.stage.score.picture import score_svg
from dreamd.stage.score.reading import ScoreError, read_score
from dreamd.stage.score.score import Score

GOLDEN = """\
title = "Tide"
artist = "Ida Berg"
schema = "bands6x2"
duration_s = 120
share_most = 0.3
commercial = false

[[move]]
at_s = 0
share = 0
vector = { alpha = [0, 0] }

[[move]]
at_s = 60
share = 0.3
curve = "cosine"
vector = { alpha = [1, -2] }

[[move]]
at_s = 90
share = 0.1
curve = "linear"
vector = {}

[[cue]]
at_s = 30
name = "bells"

[[cue]]
at_s = 90
name = "lights, low"
"""
ANTERIOR_ALPHA, POSTERIOR_ALPHA = 2, 8
SHIPPED = score_limits(shipped_bundle())


def read(text: str) -> Score:
    """Return the score of this text."""
    return read_score(text.encode())


def alpha(score: Score, at_s: float) -> tuple[float, float, float]:
    """Return anterior and posterior alpha and the share."""
    vector, share = score.lead_at(at_s)
    return vector[ANTERIOR_ALPHA], vector[POSTERIOR_ALPHA], share


def test_the_golden_score_has_its_values() -> None:
    """The golden score is at its known values: a raised cosine, then linear, then held, then over."""
    score = read(GOLDEN)
    assert alpha(score, 15.0) == pytest.approx((0.146447, -0.292893, 0.043934), abs=5e-7)
    assert alpha(score, 75.0) == pytest.approx((0.5, -1.0, 0.2))
    assert alpha(score, 30.0) == pytest.approx((0.5, -1.0, 0.15))
    assert alpha(score, 60.0) == (1.0, -2.0, 0.3)
    assert alpha(score, 110.0) == (0.0, 0.0, 0.1)
    assert sum(map(abs, score.lead_at(59.9)[0])) == pytest.approx(3.0, abs=1e-3), "no other feature moves"
    assert [score.lead_at(at_s) for at_s in (-0.1, 120.1, nan, inf)] == [score.zero] * 4
    judge(score, SHIPPED)


def test_a_score_whose_first_move_comes_later_begins_at_zero() -> None:
    """Before a first move the way leads from the zero vector with share 0."""
    score = read(GOLDEN.replace("[[move]]\nat_s = 0\nshare = 0\nvector = { alpha = [0, 0] }\n", ""))
    assert alpha(score, 0.0) == (0.0, 0.0, 0.0)
    assert alpha(score, 15.0) == alpha(read(GOLDEN), 15.0)


def test_cues_are_told_once() -> None:
    """A cue belongs to the span that ends at it or after it, and begins before it."""
    score = read(GOLDEN)
    spans = [(-1.0, 0.0), (0.0, 29.9), (29.9, 30.0), (30.0, 90.25), (90.25, 200.0)]
    assert [[cue.name for cue in score.cues_until(*span)] for span in spans] == [
        [],
        [],
        ["bells"],
        ["lights, low"],
        [],
    ]


MISTAKES = [
    (
        "at_s = 60",
        "at_s = 0",
        14,
        "the move at 0 s stands after the one at 0 s; expected times that increase",
    ),
    ("at_s = 90\nshare", "at_s = 59.5\nshare", 20, "59.5 s stands after the one at 60 s"),
    ("at_s = 90\nname", "at_s = 30\nname", 30, "the cue at 30 s stands after"),
    ("at_s = 30", "at_s = 130", 26, "the cue at 130 s is after the end; expected at most duration_s, 120 s"),
    ("duration_s = 120", "duration_s = 80", 20, "the move at 90 s is after the end"),
    ("duration_s = 120", "duration_s = 0", 4, "duration_s is 0; expected more than 0 s"),
    ("duration_s = 120", "duration_s = inf", 4, "duration_s is inf; expected more than 0 s, 0 to 43200"),
    ("at_s = 60", "at_s = nan", 14, "at_s is nan"),
    ("at_s = 60", "at_s = true", 14, "at_s is true"),
    ("at_s = 60\n", "", 13, "the move has no at_s"),
    ("[1, -2]", "[1, -6.5]", 17, "posterior alpha is -6.5; expected a number from -6 to 6"),
    ("[1, -2]", "[\n1,\nnan]", 19, "posterior alpha is nan"),
    ("[1, -2]", "[1]", 17, "alpha has 1 number; expected 2 numbers: anterior, posterior"),
    ("[1, -2]", "2", 17, "alpha is 2; expected 2 numbers"),
    ("{ alpha = [1", "{ alpah = [1", 17, "bands6x2 has no band 'alpah'; did you mean alpha?"),
    ("vector = {}", "", 19, "the move has no vector"),
    ("share = 0.3\n", "share = 0.31\n", 15, "share is 0.31; expected a share up to share_most, 0 to 0.3"),
    ("share_most = 0.3", "share_most = 0.6", 5, "share_most is 0.6; expected a share, 0 to 0.5"),
    ('"cosine"', '"sine"', 16, "curve is 'sine'; expected one of cosine, linear"),
    ('curve = "cosine"', 'curv = "cosine"', 16, "a move has no field 'curv'; did you mean curve?"),
    ('"bands6x2"', '"bands7"', 3, "schema is 'bands7'; expected one of bands6x2, bands5x2"),
    ("share = 0\n", "share = 0.1\n", 10, "the score begins with share 0.1; expected share 0 at 0 s"),
    (
        "alpha = [0, 0]",
        "beta = [0, 1]",
        11,
        "the move at 0 s has share 0 and a vector; expected the zero vector",
    ),
    ("commercial = false", "commercial = 0", 6, "commercial is 0; expected true or false"),
    ('title = "Tide"', 'title = "Tide\\u0007"', 1, "title has 5 characters, one of them a control character"),
    (
        '"Tide"',
        '"' + "T" * 101 + '"',
        1,
        "title has 101 characters; expected one line of 1 to 100 characters",
    ),
    ('"Ida Berg"', '"Ida Berg "', 2, "artist has 9 characters, with blanks around; expected one line"),
    ('artist = "Ida Berg"\n', "", 1, "the score has no artist; expected one line of 1 to 100 characters"),
    ('"bells"', '"' + "b" * 201 + '"', 27, "name has 201 characters; expected one line of 1 to 200"),
    (
        "[[cue]]\nat_s = 30",
        "[[cue]]\nlength = 3\nat_s = 30",
        26,
        "a cue has no field 'length'; it has at_s, name",
    ),
    ("at_s = 60", "at_s = = 60", 14, "column 8: not TOML"),
    ("Ida", "Id\udcff", 2, "not UTF-8: byte 27 is 0xff"),
]


@pytest.mark.parametrize(("found", "written", "line", "sentence"), MISTAKES)
def test_a_mistake_is_named_with_its_line(found: str, written: str, line: int, sentence: str) -> None:
    """Each mistake in a score file is one sentence that begins with its line."""
    assert GOLDEN.count(found) >= 1
    text = GOLDEN.replace(found, written, 1)
    with pytest.raises(ScoreError) as refused:
        read_score(text.encode(errors="surrogateescape"))
    said = str(refused.value)
    assert said.startswith((f"line {line}:", f"line {line}, column")), said
    assert sentence in said


def test_files_of_no_moves_or_too_many_are_refused() -> None:
    """A score has a move, and at most 10,000; a file has at most a million characters."""
    head = GOLDEN.partition("[[move]]")[0]
    with pytest.raises(ScoreError, match="the score has no move"):
        read(head)
    with pytest.raises(ScoreError, match=r"line 8: move is no list of tables; expected a line \[\[move\]\]"):
        read(f"{head}[move]\nat_s = 1\n")
    many = "".join("[[cue]]\n" for _ in range(10_001))
    with pytest.raises(ScoreError, match=r"^line 10\d\d\d: 10001 tables \[\[cue\]\]; expected at most 10000"):
        read(GOLDEN.partition("[[cue]]")[0] + many)
    with pytest.raises(ScoreError, match="at most 1048576 characters"):
        read(GOLDEN + "#" * (1 << 20))


def test_a_score_faster_than_the_slew_is_refused_with_its_line_and_the_least_time() -> None:
    """The clauses' slew holds the steepest instant of a way: pi / 2 of a cosine's average."""
    with pytest.raises(ScoreError) as refused:
        judge(read(GOLDEN.replace("[1, -2]", "[1, -6]").replace("at_s = 60", "at_s = 9")), SHIPPED)
    assert str(refused.value) == (
        "line 13: the cosine way of 9 s to the move at 9 s changes posterior.alpha by up to 1.047 a second; "
        "expected at most 1 (clause 4.2); 9.425 s are enough"
    )
    with pytest.raises(ScoreError, match=r"line 19: the linear way of 1\.5 s .* the share by up to 0\.1333"):
        judge(
            read(GOLDEN.replace("at_s = 90\nshare", "at_s = 61.5\nshare").replace("[1, -2]", "[0, 1]")),
            SHIPPED,
        )
    tide = GOLDEN.replace("[1, -2]", "[6, -6]").replace("at_s = 60", "at_s = 30")
    judge(read(tide), replace(SHIPPED, slew=replace(SHIPPED.slew, limit=pi / 2.0 * 6.0 / 30.0)))
    with pytest.raises(ScoreError, match=r"anterior\.alpha by up to 0\.3142"):
        judge(read(tide), replace(SHIPPED, slew=replace(SHIPPED.slew, limit=0.31)))


def test_a_score_above_the_share_or_commercial_is_refused_with_its_clause() -> None:
    """The clauses' share and the principle against commercial content are held, each with its line."""
    wide = GOLDEN.replace("share_most = 0.3", "share_most = 0.5").replace("share = 0.3", "share = 0.4")
    with pytest.raises(ScoreError, match=r"line 13: .* share 0\.4; expected at most 0\.3 \(clause 4\.1\)"):
        judge(read(wide), SHIPPED)
    judge(read(wide), score_limits(bench_founding().bundle))
    sold = read(GOLDEN.replace("commercial = false", "commercial = true"))
    with pytest.raises(
        ScoreError, match=r"line 6: the score is commercial; clause 4\.3 allows no commercial"
    ):
        judge(sold, SHIPPED)


@st.composite
def scores(draw: st.DrawFn) -> Score:
    """Return a score within the shipped clauses: each way takes as long as it must, or a little longer."""
    at_s, blocks, before, share_before = 0.0, [], 0.0, 0.0
    for _ in range(draw(st.integers(1, 5))):
        value, share = draw(st.floats(-6.0, 6.0)), draw(st.floats(0.01, 0.3))
        curve = draw(st.sampled_from(["cosine", "linear"]))
        steepest = pi / 2.0 if curve == "cosine" else 1.0
        least = steepest * max(abs(value - before), abs(share - share_before) / 0.1, 0.05)
        at_s += least * draw(st.floats(1.0, 2.0))
        blocks.append(
            f'[[move]]\nat_s = {at_s!r}\nshare = {share!r}\ncurve = "{curve}"\n'
            f"vector = {{ beta = [{value!r}, 0] }}\n"
        )
        before, share_before = value, share
    head = GOLDEN.partition("[[move]]")[0].replace("120", repr(at_s + 3.0))
    return read(head + "".join(blocks))


@settings(max_examples=examples(20), deadline=None)
@given(scores(), st.floats(0.0, 1.0))
def test_a_judged_score_is_applied_as_it_is_written(score: Score, phase: float) -> None:
    """On any grid of ticks the daemon's slew leaves a score that passes as it is written."""
    judge(score, SHIPPED)
    slew, limits = LeadSlew(), running_limits(shipped_bundle())
    for tick in range(int(score.duration_s / HOP_S)):
        at_s = HOP_S * (tick + phase)
        vector, share = score.lead_at(at_s)
        wanted = (np.array(vector, dtype=np.float32), share) if share > 0.0 else NO_ARTIST
        applied = slew.follow(wanted, 1.0, limits, at_s)
        assert applied[1] == pytest.approx(share, abs=1e-6)
        if share > 0.0:
            assert applied[0] == pytest.approx(vector, abs=1e-4)


@pytest.mark.parametrize(
    ("written", "line", "sentence"),
    [
        ("[move.vector]\nalpha = [1,\n-7]", 19, "posterior alpha is -7"),
        ("vector.alpha = [1, -7]", 17, "posterior alpha is -7"),
        ('"vector" = {"alpha" = [true, 2]}', 17, "anterior alpha is true"),
        ("vector = { alpha = [[1], 2] }", 17, "anterior alpha is a list"),
    ],
)
def test_a_line_is_named_in_every_layout(written: str, line: int, sentence: str) -> None:
    """A table of its own, dotted and quoted keys and lists over lines are read, and their lines are named."""
    with pytest.raises(ScoreError, match=f"^line {line}: {sentence}"):
        read(GOLDEN.replace("vector = { alpha = [1, -2] }", written))


def test_files_of_other_editors_are_read() -> None:
    """Line ends of Windows and a mark of byte order change nothing but the digest of the file."""
    windows = read("\ufeff" + GOLDEN.replace("\n", "\r\n"))
    assert replace(windows, sha256=read(GOLDEN).sha256) == read(GOLDEN)
    assert windows.sha256 != read(GOLDEN).sha256


JUNK = (b"nan", b"-1", b"[", b"]", b"{", b"}", b"'", b'"', b"\n", b"=", b"[[move]]\n", b"1e400", b"9" * 400)
MORE_JUNK = (
    b"true",
    b"\x00",
    b"\xff",
    b"#",
    b".",
    b",",
    b'"""',
    b"\r\n",
    b"alpha = [1,2]\n",
    b"[move.vector]\n",
)


def test_a_mangled_file_is_a_score_or_a_sentence_with_a_line() -> None:
    """Of files mangled at random each one is a score, or one sentence that names one of its lines."""
    random = Random(19)
    for _ in range(examples(400)):
        data = bytearray(GOLDEN.encode())
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(data) + 1)
            data[at : at + random.choice((0, 0, 1, 3, 10))] = random.choice(JUNK + MORE_JUNK)
        refused = refusal(bytes(data))
        if refused:
            named = re.match(r"line (\d+)[:,][^\n]*$", refused)
            assert named is not None, refused
            assert 1 <= int(named[1]) <= data.count(b"\n") + 1


def refusal(data: bytes) -> str:
    """Return why a file is no score that may be played; empty: it is one."""
    try:
        judge(read_score(data), SHIPPED)
    except ScoreError as refused:
        return str(refused)
    return ""


def test_the_picture_shows_the_score() -> None:
    """A score's picture is well-formed SVG with its title, moving bands, moves and cues; no other band."""
    score = read(GOLDEN.replace("Tide", "Tide & <Ebb>"))
    svg = score_svg(score)
    root = ET.fromstring(svg)
    words = [text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "Tide & <Ebb>, by Ida Berg" in words
    assert {"bells", "lights, low", "alpha, standard deviations"} <= set(words)
    assert not [word for word in words if word.startswith("beta")]
    assert svg.count("<circle") == 9, "three moves in the share and in each region of alpha"
    assert "At 60 s share 0.3, anterior.alpha 1, posterior.alpha -2." in svg
    assert score_svg(score) == svg


def test_a_picture_of_a_large_score_stays_small() -> None:
    """A score of 2,000 moves is drawn in below 300 kB, each line by points of about a pixel."""
    moves = "".join(
        f"[[move]]\nat_s = {at}\nshare = 0.1\nvector = {{ alpha = [{at % 3}, 0] }}\n"
        for at in range(1, 2_001)
    )
    large = read(GOLDEN.partition("[[move]]")[0].replace("120", "2001") + moves)
    assert len(score_svg(large)) < 300_000


def test_the_shipped_limits_are_those_of_the_clauses() -> None:
    """A score is judged by the clauses on artists of the revision, by their numbers."""
    assert SHIPPED.revision == 1
    assert [str(bound) for bound in (SHIPPED.share, SHIPPED.slew, SHIPPED.share_slew)] == [
        "0.3 (clause 4.1)",
        "1 (clause 4.2)",
        "0.1 (clause 4.4)",
    ]
    assert isinstance(SHIPPED, ScoreLimits)
