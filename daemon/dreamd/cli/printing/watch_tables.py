"""The watches over harm, and low check-ins by dose, for a terminal."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dreamapi import names
from dreamapi.v1 import exposure_pb2 as exposure
from dreamd.cli.printing.consent_tables import when
from dreamd.plots.watch_chart import SLEEPER_NIGHT, TITLES, UNITS

HarmWatch = exposure.HarmWatch
_STYLES = {HarmWatch.STATE_ALARM: "bold red", HarmWatch.STATE_BLIND: "yellow"}


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column)
    return table


def watches(found: exposure.Surveillance) -> RenderableType:
    """One row a kind."""
    table = _table("kind", "state", "evidence", "alarm at", "rate", "nights")
    for one in found.watches:
        state = names.word(HarmWatch.State, one.state)
        table.add_row(
            TITLES[one.kind],
            Text(state, style=_STYLES.get(one.state, "")),
            f"{one.value:,.1f}" if one.HasField("value") else "-",
            f"{one.threshold:,.0f}",
            _rate(one),
            str(one.nights),
        )
    return table


def _rate(one: HarmWatch) -> str:
    if not one.HasField("rate"):
        return f"{one.gathered:,} of {one.gathered_least:,} {UNITS.get(one.kind, SLEEPER_NIGHT)}s"
    return f"{one.rate:.4g} ({'declared' if one.declared else 'own'})"


def notes(found: exposure.Surveillance) -> Iterator[str]:
    """A line for each alarm, and for each own rate above the clause's."""
    for one in found.watches:
        if one.HasField("alarm"):
            agreed = " and ".join(filter(None, (one.alarm.clinician, one.alarm.advocate)))
            said = f"; {agreed} agrees to lift it" if agreed else ""
            since = f"the alarm of {TITLES[one.kind].lower()} stands since {when(one.alarm.begin_time)}"
            yield f"{since}: the cap of the guidelines is held to its share{said} (dreamd clinic lift-alarm)"
        if one.above_clause:
            yield (
                f"{TITLES[one.kind].lower()}: the house's own rate {one.own_rate:.4g} is above the "
                f"{found.clause_rate:.4g} of clause {found.clause}; look for the cause, or propose a "
                "revision that states its basis (dreamd guidelines propose)"
            )


def lifting(one: HarmWatch) -> str:
    """The outcome of an agreement in a line."""
    kind = TITLES[one.kind].lower()
    if not one.HasField("alarm"):
        return f"the alarm of {kind} is lifted; a seat has the whole cap from its next assign"
    missing = "an advocate" if one.alarm.clinician else "a clinician"
    return f"the alarm of {kind} stands until {missing}, another person, agrees as well"


def bins(found: exposure.ExposureResponse) -> RenderableType:
    """One row a bin of planned dose."""
    table = _table("planned merge-minutes", "mornings", "sleepers", "low", "share", "95 %", "design effect")
    for one in found.bins:
        table.add_row(
            f"{one.from_min:.3g} to {one.to_min:.3g}",
            str(one.mornings),
            str(one.sleepers),
            str(one.events),
            f"{one.events / one.mornings:.1%}",
            f"{one.share_low:.1%} to {one.share_high:.1%}",
            f"{one.deff:.2f}",
        )
    return table
