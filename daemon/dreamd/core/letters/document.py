"""A night's facts as a document for JSON, and back. A number that is not known is null."""

from math import inf
from typing import Any

from dreamd.core.letters.night import Lead, Night, Oneself, Span, Stop, WindowDose, Yes
from dreamd.core.letters.open_night import known, number
from dreamd.core.safety.causes import cause_named


def document(night: Night) -> dict[str, Any]:
    """Return every fact of a night, by the names of its fields."""
    return {
        "night": night.id,
        "bed": night.bed,
        "begin_s": night.begin_s,
        "end_s": night.end_s,
        "end_known": night.end_known,
        "missed": night.missed,
        "case": night.case,
        "held": night.held,
        "anchored_min": night.anchored_min,
        "spans": [{"begin_s": one.begin_s, "end_s": known(one.end_s)} for one in night.spans],
        "stops": [{"at_s": one.at_s, "cause": one.cause.value} for one in night.stops],
        "more": night.more,
        "lived_min": known(night.lived_min),
        "planned_min": known(night.planned_min),
        "day": _window(night.day),
        "week": _window(night.week),
        "oneself": night.oneself.value,
        "leads": [
            {
                "begin_s": one.begin_s,
                "end_s": known(one.end_s),
                "artist": one.artist,
                "title": one.title,
                "share": known(one.share),
            }
            for one in night.leads
        ],
        "yes": {
            "state": night.yes.state,
            "scopes": list(night.yes.scopes),
            "until_s": night.yes.until_s,
            "hours": night.yes.hours,
        },
    }


def _window(window: WindowDose | None) -> dict[str, float | None] | None:
    if window is None:
        return None
    limit_min, below_s = known(window.limit_min), known(window.below_s)
    return {"used_min": window.used_min, "limit_min": limit_min, "below_s": below_s}


def night_of(facts: dict[str, Any]) -> Night:
    """Return the night of such a document.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    yes = facts["yes"]
    return Night(
        bed=facts["bed"],
        begin_s=facts["begin_s"],
        end_s=facts["end_s"],
        spans=tuple(Span(one["begin_s"], number(one["end_s"])) for one in facts["spans"]),
        stops=tuple(Stop(one["at_s"], cause_named(one["cause"])) for one in facts["stops"]),
        more=facts["more"],
        lived_min=number(facts["lived_min"]),
        planned_min=number(facts["planned_min"]),
        day=_read_window(facts["day"]),
        week=_read_window(facts["week"]),
        oneself=Oneself(facts["oneself"]),
        leads=tuple(
            Lead(one["begin_s"], number(one["end_s"]), one["artist"], one["title"], number(one["share"]))
            for one in facts["leads"]
        ),
        yes=Yes(yes["state"], tuple(yes["scopes"]), yes["until_s"], yes["hours"]),
        missed=facts["missed"],
        end_known=facts["end_known"],
        case=facts.get("case", ""),
        held=facts.get("held", False),
        anchored_min=facts.get("anchored_min", 0.0),
    )


def _read_window(window: dict[str, Any] | None) -> WindowDose | None:
    if window is None:
        return None
    limit_min, below_s = (inf if window[name] is None else window[name] for name in ("limit_min", "below_s"))
    return WindowDose(window["used_min"], limit_min, below_s)
