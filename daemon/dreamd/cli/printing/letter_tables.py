"""A sleeper's status, doses and nights for a terminal."""

from collections.abc import Iterable, Iterator

from rich.console import RenderableType
from rich.table import Table

from dreamapi import names
from dreamapi.v1 import consents_pb2 as consents
from dreamapi.v1 import exposure_pb2 as exposure
from dreamapi.v1 import pods_pb2 as beds
from dreamd.cli.printing.consent_tables import when

State = consents.Consent.State
_YES = {
    State.STATE_NONE: "nothing is granted",
    State.STATE_GIVEN: "given",
    State.STATE_WITHDRAWN: "withdrawn",
    State.STATE_EXPIRED: "outside its hours, or over",
    State.STATE_SUSPENDED: "suspended: the ledger was restored from a copy",
}


def status(consent: consents.Consent, dose_now: exposure.Dose, bed: beds.Pod | None) -> Iterator[str]:
    """Consent, dose, bed and next step, a line each. bed: None, in none that the caller may see."""
    yield f"consent: {_yes(consent)}"
    yield from dose(dose_now)
    yield f"bed: {_lies(bed)}"
    yield f"next: {_next(consent, dose_now, bed)}"


def _yes(consent: consents.Consent) -> str:
    told = _YES.get(consent.state, "not known")
    if not consent.HasField("until_time"):
        return told
    scopes = ", ".join(names.word(consents.ConsentGrant.Scope, one) for one in consent.held_scopes)
    return f"{told}: {scopes or 'nothing'} until {when(consent.until_time)}"


def dose(now: exposure.Dose) -> Iterator[str]:
    """Both windows, and what is left."""
    yield f"dose: {_window(now.day)} merge-minutes in 24 hours, {_window(now.week)} in 7 days"
    if now.HasField("left_min"):
        yield f"left: {now.left_min:.1f} merge-minutes"
    back = [one.below_time for one in (now.day, now.week) if one.HasField("below_time")]
    if back:
        yield f"below 80 % of both: from {when(max(back, key=lambda at: at.seconds))}"


def _window(window: exposure.DoseWindow) -> str:
    limit = f" of {window.limit_min:g}" if window.HasField("limit_min") else ""
    return f"{window.used_min:.1f}{limit}"


def _lies(bed: beds.Pod | None) -> str:
    if bed is None:
        return "none"
    seat = f", seat {names.bare(bed.seat)} of {names.bare(bed.dreamscape)}" if bed.seat else ", no seat"
    return f"{names.bare(bed.name)}, {names.word(beds.Pod.State, bed.state)}{seat}"


def _next(consent: consents.Consent, now: exposure.Dose, bed: beds.Pod | None) -> str:
    """The first thing that keeps the sleeper from a merge, or that nothing does."""
    if consent.state in (State.STATE_NONE, State.STATE_WITHDRAWN, State.STATE_SUSPENDED):
        return "grant, if you want to merge: dreamd me consent grant SCOPE ..."
    if not consent.HasField("until_time"):
        return "wait for your hours, or grant others: dreamd me consent show"
    if not now.admitted:
        return "sleep alone until the dose is below 80 %"
    if bed is None:
        return "go to bed: the staff checks you in"
    return "sleep; leave at any time by the button at the bed or dreamd me withdraw"


def nights(shown: Iterable[exposure.Night]) -> RenderableType:
    """One row a night."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("night", "from", "to", "planned", "lived"):
        table.add_column(column, no_wrap=True)
    for one in shown:
        table.add_row(
            one.name.rpartition("/")[2],
            when(one.begin_time),
            when(one.end_time) if one.HasField("end_time") else "goes on",
            f"{one.planned_min:.1f}" if one.HasField("planned_min") else "not known",
            f"{one.lived_min:.1f}" if one.HasField("lived_min") else "not known",
        )
    return table
