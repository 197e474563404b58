"""Tables of pods, Dreamscapes and ticks for a terminal."""

import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dreamapi import names
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1 import pods_pb2 as beds
from dreamapi.v1.severing_pb2 import Breaker, SeverOutcome
from dreamd.cli.printing.durations import lasts
from dreamd.core.dreamscapes.views import RENDERS_NOTHING, REPORTED, renders_nothing
from dreamd.core.limits import EXPOSURE_WARN_SHARE

BAR_CELLS: Final = 20
MINUTES_FROM_S: Final = 120.0
TOLD_LATE_S: Final = 2.0
"""An event reported this much later than it happened shows both times."""
ShowTick = Callable[[dreams.Collective], None]
POD_COLUMNS: Final = (
    *("pod", "state", "sleeper", "dreamscape", "quality", "coupling", "last heard", "breaker", "device"),
    "renders",
)
SEAT_COLUMNS: Final = (
    *("seat", "pod", "state", "self > collective", "coupling", "quality", "last heard", "breaker"),
    *("consent", "dose", "why"),
)
NOT_KNOWN: Final = "not known"
IN_A_CELL: Final = ("quality_cause", "renderer", "renderer_fault")
"""Reported fields of a pod that stand in a cell of its row; the others get a line each in `pods get`."""


def _table(columns: Iterable[str]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _add_row(table: Table, *cells: str | Text, style: str = "") -> None:
    """Print cells literally: text from the daemon is never markup."""
    table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in cells), style=style)


def _breaker(breaker: Breaker) -> Text:
    word = names.word(Breaker.State, breaker.state)
    healthy = breaker.state == Breaker.STATE_CLOSED
    return Text(word if healthy else f"{word}: {breaker.cause}", style="" if healthy else "red")


def pods(shown: Iterable[beds.Pod]) -> RenderableType:
    """One row a pod."""
    table = _table(POD_COLUMNS)
    for pod in shown:
        _add_row(
            table,
            names.bare(pod.name),
            names.word(beds.Pod.State, pod.state),
            names.bare(pod.sleeper) or "-",
            names.bare(pod.dreamscape) or "-",
            f"{figure(pod, 'quality', 2)} {pod.quality_cause}".rstrip(),
            figure(pod, "applied", 3),
            last_heard(pod),
            _breaker(pod.breaker),
            f"{pod.device.kind} {pod.device.model}".strip(),
            _renders(pod),
        )
    return table


def _renders(pod: beds.Pod) -> Text:
    """The renderers of a pod; red where its sleeper gets nothing."""
    if pod.renderer_fault:
        return Text(f"failed: {pod.renderer_fault}", style="red")
    if renders_nothing(pod.renderer):
        return Text("nothing", style="red")
    return Text(pod.renderer or NOT_KNOWN)


def renderer_warning(pod: beds.Pod) -> str:
    """The warning that this pod gives its sleeper nothing; empty where it renders, or is not known to."""
    return RENDERS_NOTHING if renders_nothing(pod.renderer) else ""


def pod_line(pod: beds.Pod) -> str:
    """One line of `pods watch`."""
    state = names.word(beds.Pod.State, pod.state)
    latched = f", latched: {pod.latched}" if pod.latched else ""
    heard = f"quality {figure(pod, 'quality', 2)}, coupling {figure(pod, 'applied', 3)}"
    return f"{names.bare(pod.name)}: {state}, {heard}{latched}"


def pod(shown: beds.Pod) -> RenderableType:
    """One pod with its channels."""
    channels = (
        ", ".join(f"{c.name} {c.quality:.2f} {c.cause}".rstrip() for c in shown.channels) or "none known"
    )
    calibration = shown.calibration
    clean_s = calibration.clean_duration.ToMilliseconds() / 1e3
    done = "yes" if calibration.done else "no"
    alpha = f", alpha {calibration.alpha_hz:.1f} Hz" if calibration.alpha_hz else ""
    warning = renderer_warning(shown)
    facts = (
        *([warning] if warning else []),
        f"calibrated: {done}, {calibration.source}, {clean_s:.1f} s clean{alpha}",
        f"clock: {_clock_words(shown)}",
        f"channels: {channels}",
        f"latched: {shown.latched or 'no'}",
        f"etag: {shown.etag}",
        *([f"gateway: {shown.gateway}"] if shown.gateway else []),
        *(f"{name.replace('_', ' ')}: {_plain(shown, name)}" for name in REPORTED if name not in IN_A_CELL),
    )
    return Group(pods([shown]), *(Text(fact) for fact in facts))


def _plain(shown: beds.Pod, name: str) -> str:
    """A reported field; a number that is absent is not known."""
    value = getattr(shown, name)
    return figure(shown, name, 3) if isinstance(value, float) else str(value)


def _clock_words(pod: beds.Pod) -> str:
    if not pod.HasField("clock"):
        return NOT_KNOWN
    within_ms = pod.clock.uncertainty.ToMicroseconds() / 1e3
    return f"{'synced' if pod.clock.synced else 'not synced'}, within {within_ms:.2f} ms"


def number_of(message: Message, field: str) -> float:
    """An optional number of a message; NaN where it is absent, which means not known."""
    return float(getattr(message, field)) if message.HasField(field) else math.nan


def figure(message: Message, field: str, digits: int) -> str:
    """An optional number, or the words for an unknown one."""
    value = number_of(message, field)
    return f"{value:.{digits}f}" if math.isfinite(value) else NOT_KNOWN


def last_heard(shown: beds.Pod | dreams.Seat) -> str:
    """The time since the bed's last report; a dash without one."""
    if not shown.HasField("heard_age"):
        return "-"
    age_s = shown.heard_age.ToMilliseconds() / 1e3
    return f"{age_s:.1f} s ago" if age_s < MINUTES_FROM_S else f"{age_s / 60:.0f} min ago"


ANCHORED = "an anchor session: the sleeper is drawn to their own template alone"


def dreamscapes(shown: Iterable[dreams.Dreamscape]) -> RenderableType:
    """One row a Dreamscape."""
    table = _table(("dreamscape", "state", "assigned", "merged", "tick", "skipped", "recorded", "why"))
    for one in shown:
        _add_row(
            table,
            names.bare(one.name),
            names.word(dreams.Dreamscape.State, one.state),
            f"{one.assigned} of {one.plan.seats_min}-{one.plan.seats_max}",
            str(one.merged) + (f", {one.unheard} {NOT_KNOWN}" if one.unheard else ""),
            str(one.tick),
            str(one.ticks_skipped),
            _recorded(one),
            one.state_cause or "-",
        )
    return table


def dreamscape(shown: dreams.Dreamscape) -> RenderableType:
    """One Dreamscape with its seats."""
    unknown = ", ".join(map(names.bare, shown.unknown_pods))
    said = [Text(ANCHORED)] if shown.plan.kind == dreams.DREAMSCAPE_KIND_ANCHOR else []
    said += [Text(f"invited, never connected: {unknown}")] if unknown else []
    if shown.HasField("recording"):
        said += recording(shown.recording)
    return Group(dreamscapes([shown]), *said, Text(), seats(shown.seats))


def _recorded(shown: dreams.Dreamscape) -> Text:
    """How much is on the disk; red where the recording has stopped or something is missing."""
    one = shown.recording
    if not shown.HasField("recording"):
        return Text("-")
    if one.state == dreams.Recording.STATE_WAITING:
        return Text("not yet")
    written = lasts(one.written_duration.ToMilliseconds() / 1e3)
    stopped = one.state == dreams.Recording.STATE_STOPPED
    words = f"{written}, stopped" if stopped else written
    return Text(words, style="red" if stopped or one.missing else "")


def recording(shown: dreams.Recording) -> list[Text]:
    """The recording in full: how much the disk has, where, and what is wrong."""
    if shown.state == dreams.Recording.STATE_WAITING:
        return [Text("recorded, without names, from its first tick on")]
    state = names.word(dreams.Recording.State, shown.state)
    parts = f"{shown.parts} part" if shown.parts == 1 else f"{shown.parts} parts"
    written = f"{lasts(shown.written_duration.ToMilliseconds() / 1e3)} in {parts} on the disk"
    where = f", in {shown.directory}" if shown.directory else ""
    said = [Text(f"recording, without names: {state}, {written}{where}")]
    if shown.trouble:
        said.append(Text(f"recorded no longer: {shown.trouble}", style="red"))
    if shown.missing:
        slow = f"the disk is too slow: the recording lacks {shown.missing} ticks and events"
        said.append(Text(slow, style="red"))
    return said


def seats(shown: Iterable[dreams.Seat]) -> RenderableType:
    """One row a seat, with a bar from self to the collective, the state of consent and the share of dose."""
    table = _table(SEAT_COLUMNS)
    for seat in shown:
        _add_row(
            table,
            names.bare(seat.name),
            names.bare(seat.pod),
            names.word(dreams.Seat.State, seat.state),
            bar(number_of(seat, "applied")),
            f"{figure(seat, 'applied', 3)} of {seat.granted:.3f}",
            figure(seat, "quality", 2),
            last_heard(seat),
            _breaker(seat.breaker),
            seat.consent or NOT_KNOWN,
            _dose(seat),
            seat.refusal or seat.cause or "-",
            style="red" if seat.state == dreams.Seat.STATE_SEVERED else "",
        )
    return table


def _dose(seat: dreams.Seat) -> Text:
    """The share of the nearer limit of dose; red from where the sleeper is not admitted anew."""
    share = number_of(seat, "dose_share")
    if not math.isfinite(share):
        return Text(NOT_KNOWN)
    return Text(f"{share:.0%}", style="" if share < EXPOSURE_WARN_SHARE else "red")


def bar(share: float) -> str:
    """The distance of a sleeper from self (all dots) to the collective (all blocks); 0..1, or not known."""
    if not math.isfinite(share):
        return NOT_KNOWN
    full = round(min(max(share, 0.0), 1.0) * BAR_CELLS)
    return "█" * full + "·" * (BAR_CELLS - full)


def collective(tick: dreams.Collective) -> RenderableType:
    """The live view of one tick."""
    return Group(Text(collective_line(tick)), seats(tick.seats))


def collective_line(tick: dreams.Collective) -> str:
    """One line of `dreamscapes watch`."""
    skipped = f", {tick.skipped} skipped" if tick.skipped else ""
    return (
        f"{names.bare(tick.dreamscape)} tick {tick.tick}: {tick.merged} of {tick.assigned} merged, "
        f"{_unheard(tick)}"
        f"{tick.included} heard, dispersion {tick.dispersion:.2f}, {_synchrony(tick)}"
        f"{tick.tick_duration.ToMicroseconds() / 1e3:.1f} ms{skipped}"
    )


def _unheard(tick: dreams.Collective) -> str:
    return f"{tick.unheard} {NOT_KNOWN}, " if tick.unheard else ""


def _synchrony(tick: dreams.Collective) -> str:
    """Every known band's z."""
    told = " ".join(f"{one.band} {one.z:+.1f}" for one in tick.synchrony if one.HasField("z"))
    return f"synchrony z {told}, " if told else ""


def event_line(event: dreams.Event) -> str:
    """One line of `dreamscapes watch --events`."""
    late_s = event.event_time.ToMilliseconds() / 1e3 - event.act_time.ToMilliseconds() / 1e3
    told_late = event.HasField("act_time") and not late_s <= TOLD_LATE_S
    when = f" (happened at {_clock(event.act_time)})" if told_late else ""
    return f"{event.cursor} {_clock(event.event_time)} {event.kind}: {event.sentence}{when}"


def _clock(at: Timestamp) -> str:
    return datetime.fromtimestamp(at.seconds).astimezone().strftime("%H:%M:%S")


def checks(shown: Iterable[dreams.Check]) -> RenderableType:
    """One row an admission check."""
    table = _table(("check", "", "why"))
    for check in shown:
        verdict = Text("passed", style="green") if check.passed else Text(check.code, style="red")
        _add_row(table, check.name, verdict, check.sentence or "-")
        if check.next_step:
            _add_row(table, "", "", f"next: {check.next_step}")
    return table


def outcome(said: SeverOutcome) -> str:
    """The outcome of a sever, in one sentence."""
    if said.kept:
        return f"kept for the owner of the house: {said.kept}"
    sentence = f"{said.zeroed} zeroed, {said.confirmed} confirmed by their pods"
    if not said.unconfirmed:
        return sentence
    missing = ", ".join(names.bare(pod) for pod in said.unconfirmed)
    return f"{sentence}; not confirmed: {missing} (each switches to zero by its own tether within 1.5 s)"
