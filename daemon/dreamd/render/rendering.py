"""One rendering: asks permission, writes sound and pictures beside their place, signs and moves them there.

A file takes its name once it is whole and, where it has a manifest, valid.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dreamd.adapters.recordings.led_ticks import disagreement
from dreamd.adapters.recordings.reader import Progress, Recording, quiet, within
from dreamd.core.pieces.piece import Piece, instant_text
from dreamd.render.authority import signer_keys
from dreamd.render.manifests import sign_media
from dreamd.render.night import Night, read_night
from dreamd.render.permission import RenderError, ask_permission
from dreamd.render.picture import picture
from dreamd.render.png import png_of
from dreamd.render.sound import SPEED_DEFAULT, write_wav

_READ: float = 0.1
"""The part of the work that is the reading."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """The rendering that is asked for. kinds: of `wav`, `svg`, `png`.

    speed: seconds of the night in a second of sound. pieces: verified ones; the recording must hold the chain
    of each. force: replace files that are there. provenance: the state directory with the authority, and the
    house's name; None: without manifests.
    """

    kinds: tuple[str, ...]
    speed: float = SPEED_DEFAULT
    pieces: tuple[Piece, ...] = ()
    force: bool = False
    provenance: tuple[Path, str] | None = None


def render(
    recording: Path, out: Path, wanted: Rendering, now: datetime, progress: Progress = quiet
) -> list[Path]:
    """Render a recording into the directory `out`; return the files.

    Args:
        recording: its directory.
        out: made if absent.
        wanted: what.
        now: UTC, for the certificates.
        progress: called with the share that is done.

    Raises:
        RenderError: it may not be rendered, cannot be, or a file is there.
        RecordingError: the recording is damaged.
        ImportError: an extra is not installed.
        OSError: a file cannot be written.
    """
    opened = Recording.from_directory(recording)
    ask_permission(opened)
    for piece in wanted.pieces:
        wrong = disagreement(piece, opened)
        if wrong:
            raise RenderError(f"piece {piece.id} is not named: {wrong}")
    targets = [out / f"{opened.path.name}.{kind}" for kind in dict.fromkeys(wanted.kinds)]
    there = [one for one in targets if one.exists()]
    if there and not wanted.force:
        raise RenderError(f"{there[0]} is there already; replace it with --force, or choose another --out")
    night = read_night(opened, within(progress, 0.0, _READ))
    out.mkdir(parents=True, exist_ok=True)
    finish = _finishing(night, wanted, now)
    for target in targets:
        with tempfile.TemporaryDirectory(dir=out, prefix=".render-") as folder:
            draft = Path(folder) / target.name
            _write(night, draft, wanted, within(progress, _READ, 1.0))
            done = finish(draft)
            done.chmod(0o644)
            done.replace(target)
    progress(1.0)
    return targets


def _write(night: Night, draft: Path, wanted: Rendering, progress: Progress) -> None:
    if draft.suffix == ".wav":
        write_wav(night, draft, wanted.speed, progress)
        return
    svg = picture(night, wanted.pieces)
    draft.write_bytes(svg.encode() if draft.suffix == ".svg" else png_of(svg))


def _finishing(night: Night, wanted: Rendering, now: datetime) -> Callable[[Path], Path]:
    """Return a function that signs a draft, and returns the file that is whole."""
    if wanted.provenance is None:
        return lambda draft: draft
    keys = signer_keys(*wanted.provenance, now)
    facts = {
        "dreamscape": night.dreamscape,
        "begin": instant_text(night.begin_s),
        "end": instant_text(night.begin_s + night.lasted_s),
        "speed": wanted.speed,
        "consent": "each sleeper granted perform and record",
        "pieces": [
            {
                "id": one.id,
                "title": one.credits.title,
                "artist": one.credits.artist,
                "score_sha256": one.credits.score_sha256,
                "chain_sha256": one.chain_sha256,
            }
            for one in wanted.pieces
        ],
    }

    def sign(draft: Path) -> Path:
        signed = draft.with_name(f"signed{draft.suffix}")
        sign_media(draft, signed, draft.name, facts, keys)
        return signed

    return sign
