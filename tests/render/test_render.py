"""`dreamd render`: permission, sound, picture and manifests of a recorded night."""

import datetime as dt
import json
import sys
import wave
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamd.adapters.documents.pieces import sign_piece
from dreamd.adapters.recordings.led_ticks import disagreement
from dreamd.adapters.recordings.manifest import Hole, features_of
from dreamd.adapters.recordings.reader import Recording
from dreamd.main import main
from dreamd.render.authority import signer_keys
from dreamd.render.manifests import read_manifest, sign_media
from dreamd.render.night import Night, read_night
from dreamd.render.permission import RenderError, ask_permission
from dreamd.render.picture import picture
from dreamd.render.sound import amplitudes_by_window, write_wav
from dreamwire.schema import BANDS5X2, BANDS6X2
from dreamwire.signing import SigningKey
from dreamwire.synthesis import PARTIALS_HZ, RATE_HZ
from fakes.recordings import Row, write_recording
from render.nights import SIZE, performing, piece_of, tick_row, write_night

NOW = dt.datetime(2026, 11, 30, 21, 0, tzinfo=dt.UTC)
KEY = SigningKey.from_seed(bytes(range(32)))


def made(tmp_path: Path, ticks: list[Row] | int = 480, **changed: object) -> Recording:
    """The recording `night` of these ticks."""
    path = tmp_path / "recordings" / "night"
    write_night(path, ticks, **changed)
    return Recording.from_directory(path)


def rendered(tmp_path: Path, *flags: str) -> int:
    """Render it into `out`."""
    return main(["render", "night", "--state-dir", str(tmp_path), "--out", str(tmp_path / "out"), *flags])


def samples(path: Path) -> NDArray[np.float64]:
    """The samples of a file, -1..1."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE_HZ)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2") / 32767.0


def sound_of(tmp_path: Path, rows: list[Row], speed: float = 1.0) -> NDArray[np.float64]:
    """The sound of a night of these ticks."""
    write_wav(read_night(made(tmp_path, rows)), tmp_path / "x.wav", speed)
    return samples(tmp_path / "x.wav")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"research": performing(without=frozenset({2, 5}))}, "2 of its 8 sleepers did not grant `perform`"),
        ({"intimate": True}, "its Dreamscape was intimate, and no such night ever is"),
        ({"research": performing(without=frozenset({2})), "intimate": True}, "intimate"),
        ({"research": None}, "does not tell which sleepers granted `perform`"),
        ({"research": performing(0)}, "no sleeper was in it"),
    ],
)
def test_a_night_is_rendered_with_perform_of_all_and_never_an_intimate_one(
    tmp_path: Path, changed: dict[str, object], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each refusal is one sentence with a count and no name, exit status 1, and no file is written."""
    made(tmp_path, 8, **changed)
    assert rendered(tmp_path) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_recording_of_an_earlier_version_and_one_with_unknown_people_are_not_rendered(
    tmp_path: Path,
) -> None:
    """Without the entry nobody is known to perform; a sleeper with rows and no answer counts as without."""
    path = made(tmp_path, 8).path
    text = (path / "recording.json").read_text()
    tree = json.loads(text)
    del tree["research"]["unperformed"]
    (path / "recording.json").write_text(json.dumps(tree))
    with pytest.raises(RenderError, match="does not tell which sleepers"):
        ask_permission(Recording.from_directory(path))
    other = tmp_path / "recordings" / "other"
    write_recording(other, people=3, ticks=8, research=performing(2))
    with pytest.raises(RenderError, match="1 of its 3 sleepers did not grant"):
        ask_permission(Recording.from_directory(other))


def test_one_recording_gives_the_same_bytes_and_a_manifest_leaves_the_sound(tmp_path: Path) -> None:
    """Twice without manifests: equal files. With one: every sample as without, whatever the signature."""
    made(tmp_path)
    assert rendered(tmp_path, "--plain") == 0
    plain = {one.name: one.read_bytes() for one in (tmp_path / "out").iterdir()}
    assert sorted(plain) == ["night.png", "night.svg", "night.wav"]
    assert rendered(tmp_path, "--plain") == 1
    assert rendered(tmp_path, "--plain", "--force") == 0
    assert {one.name: one.read_bytes() for one in (tmp_path / "out").iterdir()} == plain
    unsigned = samples(tmp_path / "out" / "night.wav")
    assert rendered(tmp_path, "--force", "--only", "wav") == 0
    assert (tmp_path / "out" / "night.wav").read_bytes() != plain["night.wav"]
    assert np.array_equal(samples(tmp_path / "out" / "night.wav"), unsigned)


def test_the_sound_is_the_beds_own_in_loudness_and_pitch(tmp_path: Path) -> None:
    """A feature above the centre is heard at its partial, as loud as a bed sounds at this share."""
    loud = [4.0 if n == 3 else -6.0 for n in range(SIZE)]
    whole = sound_of(tmp_path, [tick_row(n, m=loud, artist=None, artist_share=0.0) for n in range(1, 41)])
    middle = whole[RATE_HZ : 9 * RATE_HZ]
    heard = np.abs(np.fft.rfft(middle * np.hanning(len(middle))))
    assert abs(np.argmax(heard) * RATE_HZ / len(middle) - PARTIALS_HZ[3]) < 0.5
    assert 0.7 * 0.8 * np.sqrt(0.15) < np.abs(middle).max() < 0.8 * np.sqrt(0.15)


def test_few_sleepers_a_sever_and_a_hole_are_silence(tmp_path: Path) -> None:
    """Below five sleepers, without a grant, where nothing was fused, and where no tick was written."""
    rows = [tick_row(n) for n in range(1, 25)]
    rows += [tick_row(n, included=4) for n in range(25, 49)]
    rows += [tick_row(n, level=0.0) for n in range(49, 73)]
    rows += [tick_row(n, m=[float("nan")] * SIZE) for n in range(73, 97)]
    rows += [tick_row(n) for n in (*range(97, 121), *range(145, 169))]
    whole = np.abs(sound_of(tmp_path, rows))
    seconds = (6 * part + 2 for part in range(7))
    sounds = [whole[begin * RATE_HZ : (begin + 3) * RATE_HZ].max() > 0.01 for begin in seconds]
    assert sounds == [True, False, False, False, True, False, True]


def test_the_artist_is_heard_as_far_as_the_share_goes(tmp_path: Path) -> None:
    """The blend is every pod's: a share of .25 of A; without a lead the centre alone."""
    night = read_night(made(tmp_path, [tick_row(1, m=[1.0] * SIZE), tick_row(120, m=[1.0] * SIZE)]))
    vector = float(str(tick_row(120)["artist"]).strip("[]").split(",")[0])
    assert np.allclose(night.bands, [[1.0] * SIZE, [0.75 + 0.25 * vector] * SIZE])
    assert night.artist_share.tolist() == [0.0, 0.25]


def test_a_night_without_gamma_sounds_and_is_drawn(tmp_path: Path) -> None:
    """A schema of ten features: gamma is at the shared centre in the sound, and has no curve."""
    few = {"m": [1.0] * BANDS5X2.size, "r": [0.0] * BANDS5X2.size, "sum": [0.0] * BANDS5X2.size}
    rows = [tick_row(n, artist=None, artist_share=0.0, **few) for n in range(1, 41)]
    night = read_night(made(tmp_path, rows, features=features_of(BANDS5X2)))
    assert night.bands[7].tolist() == [
        1.0 if "gamma" not in name else 0.0 for name in BANDS6X2.feature_names()
    ]
    assert "gamma" not in picture(night)
    assert "gamma" in picture(read_night(made(tmp_path, 8)))


@pytest.mark.parametrize("speed", [1.0, 7.0, 60.0, 3600.0])
def test_a_faster_night_is_shorter_and_nothing_of_it_is_skipped(tmp_path: Path, speed: float) -> None:
    """Its length follows the speed; each tick's amplitudes are in exactly one window's mean."""
    night = read_night(made(tmp_path, 161))
    write_wav(night, tmp_path / "x.wav", speed)
    window_s = max(0.25 / speed, 0.05) * speed
    windows = amplitudes_by_window(night, window_s)
    assert abs(len(samples(tmp_path / "x.wav")) / RATE_HZ - (len(windows) * window_s / speed + 0.05)) < 0.001
    counts = np.diff(np.ceil(np.arange(len(windows) + 1) * window_s / 0.25 - 1e-6))
    every = amplitudes_by_window(night, 0.25)
    assert np.allclose((windows * np.maximum(counts, 1)[:, np.newaxis]).sum(axis=0), every.sum(axis=0))


@pytest.mark.parametrize("speed", ["0.5", "0", "-1", "nan", "3601", "inf"])
def test_a_speed_out_of_range_is_refused(
    tmp_path: Path, speed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence names the flag and the range; nothing is left of the attempt."""
    made(tmp_path, 8)
    assert rendered(tmp_path, "--speed", speed, "--plain", "--only", "wav") == 1
    assert "give one from 1 to 3600 (--speed)" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def named(night: Night, *, title: str = "Low Tide <1>") -> str:
    """The picture of a night with one piece of this title."""
    piece = piece_of([tick_row(n) for n in range(1, 200)])
    return picture(night, [replace(piece, credits=replace(piece.credits, title=title))])


def test_the_picture_names_the_piece_and_counts_nobody(tmp_path: Path) -> None:
    """Well-formed, title and artist escaped; nights that differ in their sleepers alone look the same."""
    night = read_night(made(tmp_path))
    svg = named(night)
    root = ET.fromstring(svg)
    assert root[0].text == "Low Tide <1>"
    assert "led by Mia Vance" in str(root[1].text)
    fewer = read_night(made(tmp_path, [tick_row(n, included=6, assigned=7) for n in range(1, 481)]))
    assert named(fewer) == svg
    assert named(night, title="x" * 100).count("x" * 70) == 1


def test_manifests_are_valid_and_one_bit_changed_is_not(tmp_path: Path) -> None:
    """Each kind states the night and the piece's chain; a changed byte is a data mismatch for any reader."""
    rows = [tick_row(step) for step in range(1, 481)]
    made(tmp_path, rows)
    piece = piece_of(rows)
    (tmp_path / "piece.json").write_text(sign_piece(piece.for_json(), KEY))
    KEY.save_public(tmp_path / "daemon.pub")
    assert rendered(tmp_path, "--piece", str(tmp_path / "piece.json")) == 0
    for path in (tmp_path / "out").iterdir():
        state, faults, facts = read_manifest(path)
        assert (state, faults) == ("Valid", ("signingCredential.untrusted",))
        assert (facts["dreamscape"], facts["pieces"][0]["chain_sha256"]) == ("night", piece.chain_sha256)
        whole = bytearray(path.read_bytes())
        place = {".wav": 3000, ".svg": whole.find(b"#12161f") + 1, ".png": len(whole) - 40}[path.suffix]
        whole[place] ^= 1
        path.write_bytes(whole)
        assert read_manifest(path)[0] == "Invalid"


def test_the_authority_is_made_once_and_the_signer_anew_before_it_ends(tmp_path: Path) -> None:
    """Keys are the owner's alone; the listed certificate stays; an old signer gives way; damage is told."""
    first = signer_keys(tmp_path, "House Ash", NOW)
    assert signer_keys(tmp_path, "House Ash", NOW + dt.timedelta(days=300)) == first
    later = signer_keys(tmp_path, "House Ash", NOW + dt.timedelta(days=340))
    assert later.key != first.key
    assert later.chain.split(b"-----END")[1] == first.chain.split(b"-----END")[1]
    folder = tmp_path / "provenance"
    modes = {one.name: one.stat().st_mode & 0o777 for one in folder.iterdir()}
    assert modes == {"authority.key": 0o600, "signer.key": 0o600, "authority.pem": 0o644, "signer.pem": 0o644}
    (folder / "authority.pem").write_text("nothing")
    with pytest.raises(RenderError, match=r"cannot be used .* \(--plain\)"):
        signer_keys(tmp_path, "House Ash", NOW)


def test_a_signature_by_a_key_that_is_not_the_certificates_is_never_written_as_good(tmp_path: Path) -> None:
    """The signed file is read back; one that does not hold is refused."""
    one, other = signer_keys(tmp_path, "a", NOW), signer_keys(_made_dir(tmp_path / "b"), "b", NOW)
    (tmp_path / "x.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><path d="M0,0"/></svg>\n'
    )
    with pytest.raises(RenderError, match=r"x-signed\.svg"):
        sign_media(
            tmp_path / "x.svg", tmp_path / "x-signed.svg", "x", {}, type(one)(chain=one.chain, key=other.key)
        )


def _made_dir(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_piece_follows_from_the_recording_or_is_not_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its chain is made again from the recorded ticks; another number, Dreamscape or a hole is told."""
    rows = [tick_row(step) for step in range(1, 481)]
    recording, piece = made(tmp_path, rows), piece_of(rows)
    assert disagreement(piece, recording) == ""
    changed = [*rows[:200], rows[200] | {"artist": [9.0] * SIZE}, *rows[201:]]
    assert "its chain does not follow" in disagreement(piece_of(changed), recording)
    assert "was led in noon" in disagreement(piece_of(rows, "noon"), recording)
    again = [row | {"segment": 2, "session_s": float(str(row["session_s"])) + 1.0} for row in rows[120:240]]
    restarted = made(tmp_path, [*rows[:200], *again])
    assert disagreement(piece_of(again), restarted) == ""
    holed = made(tmp_path, [*rows[:150], *rows[160:]], holes=(Hole(150, 10),))
    assert "has a hole of 10 ticks" in disagreement(piece, holed)
    file, key = tmp_path / "piece.json", tmp_path / "daemon.pub"
    file.write_text(sign_piece(piece.for_json(), KEY))
    KEY.save_public(key)
    assert rendered(tmp_path, "--plain", "--piece", str(file)) == 1
    assert f"piece {piece.id} is not named" in capsys.readouterr().err
    verify = ["piece", "verify", str(file), "--key", str(key), "--recording", str(recording.path)]
    assert main(verify) == 1
    assert "is signed by this key, but" in capsys.readouterr().err
    made(tmp_path, rows)
    assert main(verify) == 0
    assert "signed by this key, and as recorded" in capsys.readouterr().out


@pytest.mark.parametrize(("module", "flags"), [("c2pa", ("--only", "svg")), ("resvg_py", ("--plain",))])
def test_without_the_extra_the_message_names_the_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    module: str,
    flags: tuple[str, ...],
) -> None:
    """The library that is missing and the one command; sound and SVG without a manifest need neither."""
    made(tmp_path, 16)
    monkeypatch.setitem(sys.modules, module, None)
    assert rendered(tmp_path, *flags) == 1
    err = capsys.readouterr().err
    assert f"dreamd render needs {module}" in err
    assert "pip install 'dreamd[recordings,stage]'" in err
    assert rendered(tmp_path, "--plain", "--force", "--only", "svg", "--only", "wav") == 0
