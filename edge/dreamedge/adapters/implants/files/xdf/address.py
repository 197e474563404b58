"""Finds a stream of an XDF file by its address: a name, NAME@HOST, or KEY=VALUE,... as for a live stream."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.files.xdf.streams import Stream
from dreamedge.core.signal.recording_facts import Note
from dreamedge.ports.implant import ImplantError

_KEYS: Final = ("id", "name", "type", "source_id", "hostname")


def eeg_streams(streams: tuple[Stream, ...]) -> tuple[Stream, ...]:
    """The EEG streams that hold samples; all EEG streams if none does."""
    eeg = tuple(stream for stream in streams if stream.is_eeg)
    return tuple(stream for stream in eeg if stream.begun) or eeg


def title(stream: Stream, streams: Sequence[Stream]) -> str:
    """The address that only this stream has: its name, or its id where the name is another's too."""
    same = sum(other.name == stream.name for other in streams)
    return stream.name if stream.name and same == 1 else f"id={stream.id}"


def stream_and_person(streams: tuple[Stream, ...], wanted: str) -> tuple[str, str]:
    """Split `STREAM#N`, where no stream has that whole name, and `N` of a file with one EEG stream.

    Returns the address of the stream and the number of a person, '' if none is named.
    """
    name, sign, number = wanted.rpartition("#")
    if not number.isdecimal() or any(stream.name == wanted for stream in streams):
        return wanted, ""
    if sign:
        return name, number
    begins = any(stream.name.startswith(wanted) for stream in streams)
    return (wanted, "") if begins or len(eeg_streams(streams)) != 1 else ("", number)


def choose(streams: tuple[Stream, ...], wanted: str, path: Path, notes: Sequence[Note] = ()) -> Stream:
    """The stream with that address, whatever type it declares; '' for the only EEG stream.

    notes: on the streams that are left out; a refusal gives the first.

    Raises:
        ImplantError: no stream or several match; the text lists them.
    """
    eeg = eeg_streams(streams)
    found = _matching(streams, eeg, wanted, path) if wanted else list(eeg)
    if len(found) == 1:
        if not found[0].numeric:
            raise ImplantError(f"{path}#{wanted} is a text stream, not a signal; name an EEG stream.")
        return found[0]
    if not eeg and not found:
        there = ", ".join(repr(stream.name) for stream in streams) or "none"
        there += "".join(f"; {note.sentence.partition(';')[0]}" for note in notes[:1])
        raise ImplantError(
            f"{path} has no EEG stream (its streams: {there}); choose another recording, "
            f"or write xdf:{path}#STREAM to play one of another type."
        )
    listed = ", ".join(_listed(stream, streams) for stream in (found if wanted and found else eeg))
    why = f"several streams for {wanted!r}" if wanted else f"{len(eeg)} EEG streams"
    if not found:
        why = f"no stream {wanted!r}"
    raise ImplantError(f"{path} has {why}; write xdf:{path}#STREAM with one of {listed}.")


def _matching(streams: tuple[Stream, ...], eeg: Sequence[Stream], wanted: str, path: Path) -> list[Stream]:
    exact = [stream for stream in streams if stream.name == wanted]
    if exact:
        return exact
    if "=" in wanted:
        return _by_properties(streams, wanted, path)
    name, at, host = wanted.rpartition("@")
    if at:
        return [one for one in streams if one.name == name and one.host.lower() == host.lower()]
    begin = wanted.lower()
    return [one for one in eeg if one.name.lower().startswith(begin)] or [
        one for one in streams if one.numeric and one.name.lower().startswith(begin)
    ]


def _by_properties(streams: tuple[Stream, ...], wanted: str, path: Path) -> list[Stream]:
    found = list(streams)
    for pair in wanted.split(","):
        key, _, value = (part.strip() for part in pair.partition("="))
        if key not in _KEYS or not value:
            raise ImplantError(
                f"xdf:{path}#{wanted} asks for {pair!r}; write KEY=VALUE with one of {', '.join(_KEYS)}."
            )
        found = [one for one in found if _property(one, key).lower() == value.lower()]
    return found


def _property(stream: Stream, key: str) -> str:
    if key == "type":
        return stream.kind
    return {"id": str(stream.id), "name": stream.name, "source_id": stream.source_id}.get(key, stream.host)


def _listed(stream: Stream, streams: Sequence[Stream]) -> str:
    address = title(stream, streams)
    if address == stream.name:
        return repr(address)
    told = [repr(stream.name)]
    told += [f"source_id={stream.source_id}"] if stream.source_id else []
    told += [f"hostname={stream.host}"] if stream.host else []
    return f"'{address}' ({', '.join(told)})"
