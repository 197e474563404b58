"""Reading of a scenario from TOML: each error names its line, the value found and the values expected."""

from collections.abc import Callable, Mapping
from math import floor
from typing import Final, TypeVar

from dreamd.core.exchange.accounts import reserve_fault
from dreamd.core.exchange.book import FEATURES, Terms
from dreamd.core.guidelines.bundle import BundleError
from dreamd.core.guidelines.keys import KEYS
from dreamd.core.limits import ARTIST_SHARE_MOST
from dreamd.core.toml_lines import TomlError, TomlLines, read_toml
from dreamd.festival.scenario.fields import (
    FestivalFileError,
    Table,
    cents,
    clock_time,
    day,
    name,
    number,
    one_of,
    some_of,
    whole,
    words,
    yes_or_no,
    zone,
)
from dreamd.festival.scenario.limits import festival_bundle
from dreamd.festival.scenario.plan import (
    FAILURES,
    SCENES,
    ActPlan,
    ArtistPlan,
    ClinicPlan,
    FailureCue,
    Festival,
    MoratoriumPlan,
    RoundPlan,
    SitePlan,
)
from dreamd.rehearsal.scenarios import SCENES as REHEARSED

T = TypeVar("T")
TEXT_LONGEST: Final = 1 << 20
BEDS: Final = (5, 500)
ACTS_MOST, SITES_MOST, ARTISTS_MOST, FAILURES_MOST = 12, 20, 20, 50
MINUTES: Final = (1.25, 60.0)
MONEY_MOST: Final = 1_000_000.0
BETWEEN_S: Final = 600.0
"""From the end of an act to the next one: beds are asked, and calibrated anew."""
ROUND_BEFORE_S: Final = 7200.0
"""From the round to the first act: asks, nonces, and check-ins."""
ONCE: Final = frozenset({"festival", "round", "moratorium", "clinic", "guidelines"})
TABLES: Final = (
    "festival",
    "site",
    "artist",
    "round",
    "act",
    "failure",
    "moratorium",
    "clinic",
    "guidelines",
)


def read_festival(text: str) -> Festival:
    """Return the scenario written in this TOML.

    Raises:
        FestivalFileError: one sentence, which begins with the line at fault.
    """
    try:
        document, lines = read_toml(text, TEXT_LONGEST)
    except TomlError as error:
        raise FestivalFileError(str(error)) from error
    for unknown in document.keys() - set(TABLES):
        top = Table(lines, (), {})
        raise top.fault_of(unknown, f"is no table of a festival; there are {', '.join(TABLES)}")
    found = _read(lines, document)
    _check(lines, found)
    return found


def _read(lines: TomlLines, document: Mapping[str, object]) -> Festival:
    whole_one = Table(lines, ("festival",), document.get("festival", {}))
    festival = Festival(
        title=whole_one.field("title", words()),
        seed=whole_one.field("seed", whole(0, 2**31), 1),
        zone=whole_one.field("zone", zone, "UTC"),
        day=whole_one.field("day", day),
        evenings=whole_one.field("evenings", whole(0, 7), 3),
        sites=_many(lines, document, "site", SITES_MOST, _site),
        artists=_many(lines, document, "artist", ARTISTS_MOST, _artist),
        acts=_many(lines, document, "act", ACTS_MOST, _act),
        failures=_many(lines, document, "failure", FAILURES_MOST, _failure),
        round=_one(lines, document, "round", _round),
        moratorium=_one(lines, document, "moratorium", _moratorium),
        clinic=_one(lines, document, "clinic", _clinic),
        cautious=whole_one.field("cautious", number(0.0, 1.0), 0.2),
        limits=_one(lines, document, "guidelines", _limits) or (),
    )
    whole_one.no_more("title, seed, zone, day, evenings, cautious")
    return festival


def _many(
    lines: TomlLines,
    document: Mapping[str, object],
    table: str,
    most: int,
    read: Callable[[Table, int], T],
) -> tuple[T, ...]:
    listed = document.get(table, [])
    if not isinstance(listed, list):
        raise Table(lines, (table,), {}).fault_of("", f"expected tables, each under a line [[{table}]]")
    if not len(listed) <= most:
        raise Table(lines, (table, most), {}).fault_of("", f"found {len(listed)}, expected at most {most}")
    return tuple(read(Table(lines, (table, at), one), at) for at, one in enumerate(listed))


def _one(
    lines: TomlLines, document: Mapping[str, object], table: str, read: Callable[[Table], T]
) -> T | None:
    return read(Table(lines, (table,), document[table])) if table in document else None


def _site(table: Table, _at: int) -> SitePlan:
    found = SitePlan(
        table.field("name", name),
        table.field("beds", whole(1, BEDS[1])),
        table.field("price", cents(MONEY_MOST), 2000),
        table.field("features", some_of(FEATURES), ()),
    )
    table.no_more("name, beds, price, features")
    return found


def _artist(table: Table, _at: int) -> ArtistPlan:
    found = ArtistPlan(table.field("name", words()))
    table.no_more("name")
    return found


def _round(table: Table) -> RoundPlan:
    asks = whole(0, 5000)
    found = RoundPlan(
        at=table.field("at", clock_time),
        crisis=table.field("crisis", asks),
        community=table.field("community", asks),
        open=table.field("open", asks),
        pool_cents=table.field("pool", cents(MONEY_MOST)),
        price_most_cents=table.field("price_most", cents(MONEY_MOST)),
        cancelled=table.field("cancelled", asks, 0),
    )
    table.no_more("at, crisis, community, open, pool, price_most, cancelled")
    return found


def _act(table: Table, at: int) -> ActPlan:
    found = ActPlan(
        number=at + 1,
        at=table.field("at", clock_time),
        dreamscape=table.field("dreamscape", name, f"act-{at + 1}"),
        title=table.field("title", words(), f"Act {at + 1}"),
        minutes=table.field("minutes", number(*MINUTES)),
        site=table.field("site", name, "") if "site" in table else "",
        artist=table.field("artist", words(), "") if "artist" in table else "",
        score=table.field("score", words(), "") if "score" in table else "",
        share=table.field("share", number(0.0, ARTIST_SHARE_MOST), 0.0),
    )
    table.no_more("at, dreamscape, title, minutes, site, artist, score, share")
    return found


def _failure(table: Table, _at: int) -> FailureCue:
    scene = table.field("scene", one_of(*SCENES))
    rehearsed = REHEARSED.get(scene)
    found = FailureCue(
        scene=scene,
        act=table.field("act", whole(1, ACTS_MOST)),
        at_s=table.field("at_s", number(5.0, 3600.0)),
        share=table.field("share", number(0.001, 1.0), rehearsed.share if rehearsed else 0.05),
        lasts_s=table.field(
            "lasts_s",
            number(1.0, 3600.0),
            rehearsed.lasts_least_s + rehearsed.settles_s if rehearsed else 10.0,
        ),
    )
    table.no_more("scene, act, at_s, share, lasts_s")
    return found


def _moratorium(table: Table) -> MoratoriumPlan:
    found = MoratoriumPlan(
        act=table.field("act", whole(1, ACTS_MOST)),
        at_s=table.field("at_s", number(5.0, 3600.0)),
        hours=table.field("hours", number(0.01, 336.0)),
        reason=table.field("reason", words()),
        reach=table.field("reach", name, "fleet"),
        seconded=table.field("seconded", yes_or_no, default=True),
    )
    table.no_more("act, at_s, hours, reason, reach, seconded")
    return found


def _clinic(table: Table) -> ClinicPlan:
    found = ClinicPlan(
        days=table.field("days", whole(1, 60)),
        recovery_days=table.field("recovery_days", number(0.1, 60.0), 3.0),
        pull=table.field("pull", number(0.0, 2.0), 0.45),
        stuck=table.field("stuck", whole(0, 500), 0),
        answer_share=table.field("answer_share", number(0.01, 10.0), 0.4),
    )
    table.no_more("days, recovery_days, pull, stuck, answer_share")
    return found


def _limits(table: Table) -> tuple[tuple[str, float | str], ...]:
    """Limits by the keys of the guidelines, each judged as a clause of a revision is."""
    found = []
    for key in KEYS:
        if key in table:
            limit = table.field(key, lambda value: value)
            try:
                festival_bundle(((key, limit),))  # type: ignore[arg-type]
            except BundleError as error:
                raise table.fault_of(key, str(error)) from error
            found.append((key, limit))
    table.no_more("keys of the guidelines, such as dose_24h_min (dreamd guidelines show)")
    return tuple(found)  # type: ignore[arg-type]


# -- together ----------------------------------------------------------------------------------------------


def _check(lines: TomlLines, found: Festival) -> None:
    """Refuse parts that do not go together.

    Raises:
        FestivalFileError: the part, with its line.
    """

    def no(table: str, at: int, key: str, sentence: str) -> FestivalFileError:
        place = (table,) if table in ONCE else (table, at)
        return Table(lines, place, {}).fault_of(key, sentence)

    if not found.sites or not found.acts:
        raise no("festival", 0, "", "a festival has at least one [[site]] and one [[act]]")
    if not BEDS[0] <= found.beds <= BEDS[1]:
        raise no("site", 0, "beds", f"all sites have {found.beds} beds, expected {BEDS[0]} to {BEDS[1]}")
    _once(no, "site", "name", [one.name for one in found.sites])
    _once(no, "artist", "name", [one.name for one in found.artists])
    _once(no, "act", "dreamscape", [one.dreamscape for one in found.acts])
    _check_acts(found, no)
    for at, cue in enumerate(found.failures):
        _check_failure(found, at, cue, no)
    _check_round(found, no)
    if found.moratorium is not None:
        called = found.moratorium
        _in_act(found, no, "moratorium", 0, called.act, called.at_s)
        if called.reach != "fleet" and called.reach not in {site.name for site in found.sites}:
            raise no(
                "moratorium", 0, "reach", f"found {called.reach!r}, expected fleet or the name of a site"
            )


No = Callable[[str, int, str, str], FestivalFileError]


def _once(no: No, table: str, key: str, names: list[str]) -> None:
    for at, one in enumerate(names):
        if one in names[:at]:
            raise no(table, at, key, f"{one!r} is there twice")


def _check_acts(found: Festival, no: No) -> None:
    sites, artists = {one.name for one in found.sites}, {one.name for one in found.artists}
    over_s = 0.0
    for at, act in enumerate(found.acts):
        begin_s = found.instant_s(act.at)
        if not begin_s >= over_s:
            raise no(
                "act", at, "at", f"begins at {act.at:%H:%M}, expected ten minutes after the act before it"
            )
        over_s = begin_s + act.minutes * 60.0 + BETWEEN_S
        if act.site and act.site not in sites:
            raise no("act", at, "site", f"found {act.site!r}, expected one of {', '.join(sorted(sites))}")
        if act.artist and act.artist not in artists:
            expected = ", ".join(sorted(artists)) or "a name under [[artist]]"
            raise no("act", at, "artist", f"found {act.artist!r}, expected one of {expected}")
        if bool(act.artist) is not bool(act.share > 0.0):
            raise no("act", at, "share", "an act with an artist has a share above 0, another has none")
        if act.score and not act.artist:
            raise no("act", at, "score", "a score needs an artist")


def _audience(found: Festival, act: int) -> int:
    site = found.acts[act - 1].site
    return sum(one.beds for one in found.sites if site in ("", one.name))


def _in_act(found: Festival, no: No, table: str, at: int, act: int, at_s: float) -> None:
    if not act <= len(found.acts):
        raise no(table, at, "act", f"found {act}, and there are {len(found.acts)} acts")
    lasts_s = found.acts[act - 1].minutes * 60.0
    if not at_s < lasts_s:
        raise no(table, at, "at_s", f"found {at_s:g}, and act {act} lasts {lasts_s:g} s")


def _check_failure(found: Festival, at: int, cue: FailureCue, no: No) -> None:
    """A failure that could not show itself is refused: of it an account tells nothing."""
    _in_act(found, no, "failure", at, cue.act, cue.at_s)
    people = _audience(found, cue.act)
    beds = floor(cue.share * people + 1e-9)
    scene = REHEARSED.get(cue.scene) if cue.scene in FAILURES else None
    least = 1 if scene is None else scene.beds_least
    if not beds >= least:
        raise no(
            "failure", at, "share", f"{cue.share:g} of {people} beds is {beds}, {cue.scene} needs {least}"
        )
    lasts_s = found.acts[cue.act - 1].minutes * 60.0
    if scene is None:
        return
    if not people >= scene.sleepers_least:
        raise no("failure", at, "act", f"{cue.scene} needs {scene.sleepers_least} beds, the act has {people}")
    if not scene.share_least <= cue.share <= scene.share_most:
        raise no(
            *("failure", at, "share"),
            f"{cue.scene} takes {scene.share_least:g} to {scene.share_most:g}, found {cue.share:g}",
        )
    if not cue.at_s >= scene.at_least_s:
        raise no("failure", at, "at_s", f"{cue.scene} shows itself from {scene.at_least_s:g} s on")
    if not cue.lasts_s >= scene.lasts_least_s:
        raise no("failure", at, "lasts_s", f"{cue.scene} takes {scene.lasts_least_s:g} s to be seen")
    if not cue.at_s + cue.lasts_s <= lasts_s:
        raise no("failure", at, "lasts_s", f"act {cue.act} ends before: it lasts {lasts_s:g} s")


def _check_round(found: Festival, no: No) -> None:
    if found.round is None:
        return
    asked = found.round
    begins_s, first_s = found.instant_s(asked.at), found.instant_s(found.acts[0].at)
    if not begins_s + ROUND_BEFORE_S <= first_s:
        raise no("round", 0, "at", "the round begins two hours before the first act, or earlier")
    if not found.beds <= asked.asks <= 4 * BEDS[1]:
        expected = f"expected {found.beds}, one for each bed, to {4 * BEDS[1]}"
        raise no("round", 0, "open", f"there are {asked.asks} asks, {expected}")
    for at, site in enumerate(found.sites):
        if not site.price_cents <= asked.price_most_cents:
            raise no("site", at, "price", "is above the largest price of the round (round.price_most)")
    bundle = festival_bundle(found.limits)
    shares = (bundle.number(key) for key in ("reserve_crisis", "reserve_community", "levy"))
    fault = reserve_fault(Terms(asked.price_most_cents, asked.pool_cents, *shares), found.beds)
    if fault is not None:
        raise no("round", 0, "pool", fault.sentence)
    if not asked.cancelled <= min(asked.asks, found.beds):
        raise no("round", 0, "cancelled", f"found {asked.cancelled}, more than there are berths given")
