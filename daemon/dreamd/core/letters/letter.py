"""The morning letter: one page in plain words about one sleeper's night, as text and as HTML.

Rules
- At most WORDS_MOST words, whatever happened. Further intervals and stops are counted; the export has all.
- A fact that is missing is told to be not known. No number is made up.
- No name of a sleeper stands in it: it may lie at the bed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo
from math import isfinite
from typing import Final

from dreamd.core.letters.night import BACK_BELOW_SHARE, Lead, Night, Oneself, Span, Stop, WindowDose
from dreamd.core.letters.page import page
from dreamd.core.letters.sentences import CARED_FOR, SENTENCES
from dreamd.core.letters.wording import NOT_KNOWN, WallClock, first_words, length, listed, minutes, share

WORDS_MOST: Final = 250
LANGUAGE: Final = "en"
LISTED_MOST: Final = 3
"""Intervals, and stops, that are written out."""
LEADS_MOST: Final = 2
TITLE_WORDS: Final = 6
"""Words of an artist's name, of a title and of the contact that are written out."""
MEDICAL: Final = "This is not a medical finding."


@dataclass(frozen=True, slots=True)
class Place:
    """The zone in which times are told, and the telephone number or address to ask; empty: at the desk."""

    zone: tzinfo = UTC
    zone_name: str = "UTC"
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, sentences, and a list below them."""

    heading: str
    sentences: tuple[str, ...]
    rows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter. text: at most WORDS_MOST words. html: a whole page without scripts and other files."""

    title: str
    text: str
    html: str
    language: str = LANGUAGE


def letter(night: Night, place: Place) -> Letter:
    """Return the letter of a night."""
    clock = WallClock(place.zone, night.begin_s, night.end_s)
    title = f"Your night, {clock.night()}"
    end = clock.time(night.end_s) if night.end_known else "a time not known"
    opening = f"Bed {night.bed or NOT_KNOWN}, {clock.time(night.begin_s)} to {end}, {place.zone_name} time."
    sections = tuple(_sections(night, clock, place))
    blocks = [title, opening]
    for section in sections:
        lines = [section.heading, " ".join(section.sentences), *(f"  - {row}" for row in section.rows)]
        blocks.append("\n".join(filter(None, lines)))
    text = "\n\n".join(blocks) + "\n"
    return Letter(title, text, page(title, opening, sections, LANGUAGE))


def _sections(night: Night, clock: WallClock, place: Place) -> Iterator[Section]:
    yield _merged(night, clock)
    if night.stops:
        yield _stops(night, clock)
    yield Section("What is left", tuple(_left(night, clock)))
    yield Section("Were you still yourself?", (_SELF[night.oneself], MEDICAL))
    yield Section("The artist", tuple(_artists(night)))
    yield Section("Your yes", (_yes(night, clock),))
    yield Section("Next", (next_step(night, place),))
    yield Section("Yours", (), _RIGHTS)


def _merged(night: Night, clock: WallClock) -> Section:
    many = len(night.spans) + night.more
    if many == 0:
        sentences = ["You did not merge, as far as we know." if night.missed else "You did not merge."]
    else:
        times = "once" if many == 1 else f"{many} times"
        whole = not night.more and all(isfinite(one.end_s) for one in night.spans)
        lasted = length(night.merged_s) if whole else f"at least {length(night.merged_s)}"
        if not whole and night.merged_s < 60.0:  # noqa: PLR2004 - seconds of a minute
            lasted = "a time not known"
        sentences = [f"You merged {times}, for {lasted} in all."]
    rows = [f"{clock.time(one.begin_s)} to {_end(one, clock)}" for one in night.spans[:LISTED_MOST]]
    if many > len(rows):
        rows.append(f"and {many - len(rows)} more")
    if isfinite(night.lived_min):
        sentences.append(f"That is {minutes(night.lived_min)} merge-minutes (minutes at full strength).")
    else:
        sentences.append("Your merge-minutes are not known.")
    if night.anchored_min > 0.0:
        lasted = minutes(night.anchored_min)
        sentences.append(f"You had an anchor session of {lasted} minutes, with your own pattern alone.")
    if night.missed:
        sentences.append("Our computer restarted, so something may be missing here.")
    return Section("When you merged", tuple(sentences), tuple(rows) if many else ())


def _end(span: Span, clock: WallClock) -> str:
    return clock.time(span.end_s) if isfinite(span.end_s) else "a time not known"


def _stops(night: Night, clock: WallClock) -> Section:
    kept = sorted(night.stops, key=_weight, reverse=True)[:LISTED_MOST]
    rows = [f"{clock.time(one.at_s)}: {SENTENCES[one.cause]}" for one in sorted(kept, key=lambda s: s.at_s)]
    if len(night.stops) > len(kept):
        rows.append(f"and {len(night.stops) - len(kept)} more, in your export")
    return Section("Why it stopped", (), tuple(rows))


def _weight(stop: Stop) -> tuple[bool, float]:
    return stop.cause in CARED_FOR, stop.at_s


def _left(night: Night, clock: WallClock) -> Iterator[str]:
    for name, window in (("24 hours", night.day), ("7 days", night.week)):
        if window is None:
            yield f"In {name}: {NOT_KNOWN}."
        elif not isfinite(window.limit_min):
            yield f"In {name}: {minutes(window.used_min)} merge-minutes, without a limit."
        else:
            yield f"In {name}: {minutes(window.used_min)} of {window.limit_min:g} merge-minutes."
    windows = [one for one in (night.day, night.week) if one is not None]
    if windows:
        yield _below(windows, night.end_s, clock)


def _below(windows: list[WindowDose], now_s: float, clock: WallClock) -> str:
    back_s = max(one.below_s for one in windows)
    if not isfinite(back_s):
        return "No more is allowed."
    under = f"under {share(BACK_BELOW_SHARE)} of " + ("both" if len(windows) > 1 else "it")
    return f"You are {under}." if back_s <= now_s else f"You are {under} from {clock.day(back_s)}."


_SELF: Final = {
    Oneself.NOT_MEASURED: "That could not be measured.",
    Oneself.WITHIN: "Your own pattern stayed within its usual band.",
    Oneself.HALVED: "Your own pattern left its usual band for a while, so your merging was halved.",
    Oneself.LOST: "Your own pattern was fading, so we ended your merging.",
}


def _artists(night: Night) -> Iterator[str]:
    leads = [one for one in night.leads if any(_meets(one, span) for span in night.spans)]
    if not leads:
        yield "Not known." if night.missed else "No artist led while you were merged."
        return
    pieces = list(dict.fromkeys(map(_piece, leads)))
    more = len(pieces) - LEADS_MOST
    yield f"Led by {listed(pieces[-LEADS_MOST:] + [f'{more} more'] * (more > 0))}."
    shares = [one.share for one in leads if isfinite(one.share)]
    yield f"The largest share was {share(max(shares))}." if shares else "The share is not known."


def _meets(lead: Lead, span: Span) -> bool:
    return not lead.begin_s >= span.end_s and span.begin_s < lead.end_s


def _piece(lead: Lead) -> str:
    title = f"“{first_words(lead.title, TITLE_WORDS)}”" if lead.title else "a piece of unknown title"
    return f"{first_words(lead.artist, TITLE_WORDS) or 'an artist'} with {title}"


def _yes(night: Night, clock: WallClock) -> str:
    yes = night.yes
    if yes.state in ("given", "expired") and not yes.until_s > night.end_s:
        return "The time of your yes is over."
    if yes.state in ("given", "expired"):
        hours = f", {yes.hours.replace('/', ' to ')}" if yes.hours else ""
        what = listed([SCOPES.get(scope, scope) for scope in yes.scopes] or ["nothing"])
        return f"You said yes to {what}{hours}, until {clock.day(yes.until_s)}."
    return _NO_YES.get(yes.state, "Not known.")


SCOPES: Final = {
    "merge": "merging",
    "intimate": "groups below five",
    "perform": "artists",
    "record": "recordings",
    "research": "research",
}
_NO_YES: Final = {
    "withdrawn": "You took your yes back.",
    "suspended": "We must ask you anew.",
    "none": "You have given no yes.",
}


def next_step(night: Night, place: Place) -> str:
    """Return the one thing that comes next for this sleeper."""
    if night.case:
        return f"{_case(night)} {_ask(place)}."
    if any(stop.cause in CARED_FOR for stop in night.stops) or night.oneself is Oneself.LOST:
        return f"{_ask(place)} and speak about this night before you merge again."
    if night.yes.state in ("withdrawn", "none", "suspended"):
        return "Sleep. You merge only after a new yes."
    clock = WallClock(place.zone, night.begin_s, night.end_s)
    back_s = max((one.below_s for one in (night.day, night.week) if one is not None), default=0.0)
    if back_s > night.end_s:
        when = f"until {clock.day(back_s)}" if isfinite(back_s) else "for now"
        return f"Sleep alone {when}."
    if night.yes.state in ("given", "expired") and not night.yes.until_s > night.end_s:
        return "Sleep. To merge again, give a new yes."
    return "Sleep well. Nothing else is needed."


def _ask(place: Place) -> str:
    return f"Ring {first_words(place.contact, TITLE_WORDS)}" if place.contact else "Go to the desk"


def _case(night: Night) -> str:
    """The case in words; a hold keeps from merging, never from sleeping or leaving."""
    if night.held:
        return f"The clinic cares for you (case {night.case}). Until it releases you, you sleep alone."
    return f"The clinic looks at your night (case {night.case})."


_RIGHTS: Final = (
    "To take back your yes: the button at your bed, or dreamd me withdraw, at any time.",
    "To have all that we keep: dreamd me export FOLDER",
    "To have it erased: dreamd me erase",
)
