"""The checks before anything is started, so that a run that cannot work is refused in one sentence.

Ports are tried by binding them; another one is never picked silently, because the links on the screen, other
terminals and Prometheus count on the usual ones. The edge reports the persons in a recording, and whether a
bed could play them: it is asked once for all files (`dreamedge inspect --brief`).
"""

import errno
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from dreamd.up.plan import SIMULATED, CannotRun, Flags, Found, Plan, plan
from dreamwire.schema import BANDS6X2

LOOK_WITHIN_S: Final = 120.0
LOOK: Final = (sys.executable, "-m", "dreamedge", "inspect", "--brief", "--json")
_MEND: Final = "correct --recordings"
_LIVE: Final = ("brainflow:", "lsl:")
_FILES: Final = ("edf", "xdf", "npz", "arff", "csv", "mne", "bids")
"""Kinds of specs that name a file or folder."""
_DATASET: Final = "dataset_description.json"
_BIDS: Final = re.compile(r"(sub|ses)-[A-Za-z0-9+]+|eeg")
"""Folders inside a BIDS dataset."""


def look_over(flags: Flags, look: tuple[str, ...] = LOOK) -> Plan:
    """Work out the plan, each recording read first: a bad file is a bad file, not too few sleepers.

    look: the program that lists the persons in the files named after it.
    """
    for recording in flags.recordings:
        if not device(recording):
            check_recording(recording)
    look = (*look, *flags.reading)
    return plan(flags, people_in(flags.recordings, look) if flags.recordings else ())


def people_in(recordings: tuple[Path, ...], look: tuple[str, ...] = LOOK) -> tuple[Found, ...]:
    """The persons in the files, as the edge reports them; raises CannotRun where it reports nothing."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own program
            (*look, *(str(path) if device(path) else _whole(path) for path in recordings)),
            capture_output=True,
            timeout=LOOK_WITHIN_S,
            check=False,
            env=environment(),
        )
    except subprocess.TimeoutExpired:
        raise CannotRun(
            f"the recordings were not read within {LOOK_WITHIN_S:.0f} s; give fewer or shorter --recordings"
        ) from None
    try:
        return tuple(_found(one) for one in json.loads(done.stdout))
    except (ValueError, TypeError, KeyError):
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
        raise CannotRun(
            f"the recordings cannot be looked at, dreamedge inspect said: {said[-1]}; {_MEND}"
        ) from None


def _found(one: dict[str, Any]) -> Found:
    why = "" if one["playable"] else one["why"] or f"{one['file']} cannot be played"
    notes = tuple((note["code"], note["sentence"]) for note in one["notes"])
    return Found(one["file"], one["person"], one["spec"], why, notes, one.get("schema") or BANDS6X2.name)


def environment() -> dict[str, str]:
    """Our environment without settings meant for another daemon or pod: a run passes its own by flags."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("DREAMD_", "DREAMEDGE_"))}


def check(wanted: Plan) -> None:
    """Raise CannotRun for the first obstacle."""
    if wanted.night is not None:
        check_picture(wanted.night, "--night")
    if wanted.owns_broker:
        other = f", or use the broker that is there: --broker mqtt://127.0.0.1:{wanted.mqtt_port}"
        check_port("MQTT", wanted.mqtt_port, "--mqtt-port", other)
    check_port("gRPC", wanted.grpc_port, "--grpc-port")
    check_port("metrics", wanted.http_port, "--http-port")
    if not wanted.json:
        check_port("console", wanted.console_port, "--console-port")


def check_port(what: str, port: int, flag: str, other: str = "") -> None:
    """Raise CannotRun unless `port` of 127.0.0.1 can be bound."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                sentence = (
                    f"port {port} ({what}) is in use; stop what listens there, or choose another with {flag}"
                )
                raise CannotRun(sentence + other) from error
            why = os.strerror(error.errno or 0)
            raise CannotRun(
                f"port {port} ({what}) cannot be used: {why}; choose another with {flag}"
            ) from error


def check_recording(recording: Path) -> None:
    """Raise CannotRun unless it is a file that can be read, or a folder that is a recording or of a dataset.

    A mistyped file is not just left out.
    """
    kind, path, _ = _parts(recording)
    try:
        if path.is_dir():
            _check_folder(kind, path)
            return
        with path.open("rb"):
            pass
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise CannotRun(f"the recording {recording} cannot be read: {why}; {_MEND}") from error


def _check_folder(kind: str, path: Path) -> None:
    """Raise CannotRun unless the folder is EGI's, or a BIDS dataset or a folder of one."""
    os.scandir(path).close()
    inside = _BIDS.fullmatch(path.absolute().name)
    dataset = inside or (path / _DATASET).exists() or any(path.glob("sub-*"))
    if not (kind == "bids" or path.suffix.lower() == ".mff" or dataset):
        raise CannotRun(
            f"the recording {path} cannot be read: a folder, neither .mff nor of a BIDS dataset; {_MEND}"
        )


def _parts(recording: Path) -> tuple[str, Path, str]:
    """The kind of its spec ('' of a path alone), its path, and `#PERSON` or the like ('' if none)."""
    text, kind = str(recording), ""
    head, colon, rest = text.partition(":")
    if colon and head in _FILES and not recording.exists():
        text, kind = rest, head
    path, sharp, person = text.rpartition("#")
    if not sharp or Path(text).expanduser().exists():
        return kind, Path(text).expanduser(), ""
    return kind, Path(path).expanduser(), f"#{person}"


def _whole(recording: Path) -> str:
    """The same with a whole path, which cannot be taken for a flag."""
    kind, path, person = _parts(recording)
    return f"{kind}:{path.absolute()}{person}" if kind else f"{path.absolute()}{person}"


def device(recording: Path) -> bool:
    """Whether it is a simulated device by its spec.

    Raises:
        CannotRun: it is a live device, which a run does not seat.
    """
    text = str(recording)
    if text.startswith(SIMULATED) and not recording.exists():
        return True
    if text.startswith(_LIVE) and not recording.exists():
        raise CannotRun(
            f"{text} is a live device, and `dreamd up` plays recordings and simulated devices; "
            f"run a bed with it: dreamedge run --pod bed-1={text}"
        )
    return False


def check_picture(path: Path, flag: str) -> None:
    """Raise CannotRun unless the picture can be written at `path`."""
    folder = path.absolute().parent
    if path.is_dir():
        raise CannotRun(
            f"{path} is a directory; give {flag} the name of a file, such as {path / 'night.svg'}"
        )
    if not folder.is_dir():
        raise CannotRun(f"the directory {folder} does not exist; make it, or choose another with {flag}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise CannotRun(f"{path} cannot be written; choose another place with {flag}")
