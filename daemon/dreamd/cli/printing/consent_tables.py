"""A consent and its grants for a terminal."""

from collections.abc import Iterable
from datetime import UTC

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dreamapi import names
from dreamapi.v1 import consents_pb2 as consents

Scope = consents.ConsentGrant.Scope
Modality = consents.ConsentGrant.Modality


def consent(shown: consents.Consent) -> str:
    """The consent as it stands, a fact a line."""
    state = names.word(consents.Consent.State, shown.state)
    lines = [f"{shown.name}: {state}, revision {shown.revision}"]
    if shown.HasField("grant"):
        lines += [f"  {name}: {value}" for name, value in _facts(shown.grant) if value]
        lines.append(f"  now: {_held(shown)}")
    return "\n".join(lines)


def _facts(grant: consents.ConsentGrant) -> Iterable[tuple[str, str]]:
    merges = Scope.SCOPE_MERGE in grant.scopes
    return (
        ("granted", _words(Scope, grant.scopes)),
        ("by", _words(Modality, grant.modalities)),
        ("ceiling", f"{grant.ceiling:g}" if merges else ""),
        ("artist's share", f"{grant.artist_share:g}" if grant.artist_share else ""),
        ("hours", hours(grant)),
        ("until", when(grant.expire_time)),
        ("research codes", ", ".join(grant.duo)),
    )


def _held(shown: consents.Consent) -> str:
    """The part that may be used now, in a sentence."""
    if not shown.HasField("until_time"):
        return "nothing may be used"
    scopes = _words(Scope, shown.held_scopes) or "nothing"
    until = when(shown.until_time)
    if set(shown.held_scopes) == set(shown.grant.scopes) and shown.held_ceiling == shown.grant.ceiling:
        return f"all of it, until {until}"
    return f"{scopes} up to {shown.held_ceiling:g}, until {until}; the rest from the next assign on"


def grants(shown: Iterable[consents.ConsentGrant]) -> RenderableType:
    """One row a grant."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("revision", "given", "scopes", "by", "ceiling", "hours", "until"):
        table.add_column(column, no_wrap=True)
    for one in shown:
        table.add_row(
            str(one.revision),
            when(one.create_time),
            _words(Scope, one.scopes),
            _words(Modality, one.modalities) or "-",
            f"{one.ceiling:g}",
            Text(hours(one) or "any"),
            when(one.expire_time),
        )
    return table


def hours(grant: consents.ConsentGrant) -> str:
    """The hours of each night with their zone; empty for any."""
    return f"{grant.hours} {grant.zone}" if grant.hours else ""


def when(at: Timestamp) -> str:
    """A time by the wall clock of this machine, with its offset."""
    return at.ToDatetime(UTC).astimezone().strftime("%Y-%m-%d %H:%M %z") if at.seconds else "-"


def _words(enum: names.EnumNames, numbers: Iterable[int]) -> str:
    return ", ".join(names.word(enum, number) for number in numbers)
