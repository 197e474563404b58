"""What is looked at before anything is started, so that what cannot work is said in one sentence.

Ports are tried by binding them; another one is never picked silently, because the links on the screen,
other terminals and Prometheus count on the usual ones.
"""

import errno
import os
import socket
from pathlib import Path
from typing import Final

from dreamd.up.plan import CannotRun, Flags, Plan, plan

EDF_VERSION: Final = b"0       "
BDF_VERSION: Final = b"\xffBIOSEMI"


def look_over(flags: Flags) -> Plan:
    """Work out the plan, each recording read first: a bad file is a bad file, not too few sleepers."""
    for recording in flags.recordings:
        check_recording(recording)
    return plan(flags)


def check(wanted: Plan) -> None:
    """Raise CannotRun for the first thing that stands in the way."""
    check_night(wanted.night)
    if wanted.owns_broker:
        other = f", or use the broker that is there: --broker mqtt://127.0.0.1:{wanted.mqtt_port}"
        check_port("MQTT", wanted.mqtt_port, "--mqtt-port", other)
    check_port("gRPC", wanted.grpc_port, "--grpc-port")
    check_port("HTTP", wanted.http_port, "--http-port")


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


def check_recording(path: Path) -> None:
    """Raise CannotRun unless `path` is a readable file that begins as an EDF file does."""
    try:
        with path.open("rb") as file:
            version = file.read(8)
    except OSError as error:
        raise CannotRun(
            f"the recording {path} cannot be read: {os.strerror(error.errno or 0)}; correct --recordings"
        ) from error
    if version == BDF_VERSION:
        raise CannotRun(f"the recording {path} is BDF, and EDF is what is read here; convert it to EDF first")
    if version != EDF_VERSION:
        raise CannotRun(f"the recording {path} is not an EDF file; give --recordings files in EDF or EDF+")


def check_night(path: Path) -> None:
    """Raise CannotRun unless the picture can be written at `path`."""
    folder = path.absolute().parent
    if path.is_dir():
        raise CannotRun(
            f"{path} is a directory; give --night the name of a file, such as {path / 'night.svg'}"
        )
    if not folder.is_dir():
        raise CannotRun(f"the directory {folder} does not exist; make it, or choose another with --night")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise CannotRun(f"{path} cannot be written; choose another place with --night")
