"""`dreamd top --once --json`: the scene for scripts. FIELDS is its documentation, printed by `--help`.

The names and their meaning stay: a field may be added under the same `schema`, none is removed or given
another meaning without another number. An unknown value is null, never zero and never left out.
"""

import math
from datetime import UTC, datetime
from typing import Final

from dreamd.top.sentences import headline, safe
from dreamd.top.view_model import Crowd, Happening, Sleeper, ViewModel

SCHEMA: Final = "dreamd.top/1"

SLEEPER: Final = (
    "seat pod sleeper state breaker locked cause granted applied quality distance synchrony identity"
    " heard_age_s"
)

FIELDS: Final = (
    ("schema", f'"{SCHEMA}"'),
    ("live", "whether what follows is so now"),
    ("safe", "no bed renders more than was granted; null: not known"),
    ("sentences", "the same in words, the verdict first"),
    ("dreamscape", "its id; null: there is none"),
    ("state", "planned gathering dreaming severed waking ended"),
    ("state_cause", "why"),
    ("term", "of whoever publishes couplings"),
    ("tick", "number of the newest tick"),
    ("tick_at", "its grid instant, UTC"),
    ("tick_ms", "how long it took"),
    ("ticks_skipped", "since the daemon took it up"),
    ("assigned", "sleepers who hold a slot"),
    ("merged", "of those, coupled above zero"),
    ("included", "of those, heard in the collective"),
    ("level", "coupling granted to whoever is included, 0..1"),
    ("halved_cause", "why every coupling is halved; empty: it is not"),
    ("artist_share", "an artist's share in what is blended, 0..0.5; 0: no artist leads"),
    ("coupled", "pods that render more than was granted"),
    ("synchrony", "a list, one a band: band ppc z surrogate_z order"),
    ("identity", "dispersion_ratio rank_ratio i_self i_others i_diff identified"),
    ("runaway", "energy energy_limit lag_correlation"),
    ("sleepers", f"a list: {SLEEPER}"),
    ("events", "a list, oldest first: cursor at kind pod cause sentence acted_at"),
    ("troubles", "what is wrong with broker, ledger and the way to the pods, in sentences"),
    ("unheard", "pods with a slot that have not been heard for 1.5 s: how they are is not known"),
)


def known(value: float, digits: int = 6) -> float | None:
    """The number, rounded; None where it is not known."""
    return round(value, digits) if math.isfinite(value) else None


def at_utc(at_s: float) -> str | None:
    """A moment, Unix seconds, as text; None where it is not known."""
    if not math.isfinite(at_s):
        return None
    return datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def report(scene: ViewModel) -> dict[str, object]:
    """The scene with every field of FIELDS."""
    crowd = scene.crowd
    return {
        "schema": SCHEMA,
        "live": scene.link.value == "live",
        "safe": safe(scene),
        "sentences": [said.words for said in headline(scene)],
        "dreamscape": scene.dreamscape or None,
        "state": scene.state or None,
        "state_cause": scene.state_cause,
        "term": scene.term,
        "tick": scene.tick,
        "tick_at": at_utc(scene.instant_s),
        "tick_ms": known(scene.tick_ms, 3),
        "ticks_skipped": scene.ticks_skipped,
        "assigned": scene.assigned,
        "merged": scene.merged,
        "included": scene.included,
        "level": known(crowd.level),
        "halved_cause": crowd.halved_cause,
        "artist_share": known(crowd.artist_share),
        "coupled": list(scene.coupled),
        "synchrony": _synchrony(crowd),
        "identity": _named(crowd, "dispersion_ratio rank_ratio i_self i_others i_diff identified"),
        "runaway": _named(crowd, "energy energy_limit lag_correlation"),
        "sleepers": [_sleeper(one) for one in scene.sleepers],
        "events": [_event(one) for one in scene.events],
        "troubles": list(scene.troubles),
        "unheard": list(scene.unheard),
    }


def _named(crowd: Crowd, fields: str) -> dict[str, float | None]:
    return {name: known(getattr(crowd, name)) for name in fields.split()}


def _synchrony(crowd: Crowd) -> list[dict[str, object]]:
    return [
        {
            "band": one.band,
            "ppc": known(one.ppc),
            "z": known(one.z),
            "surrogate_z": known(one.surrogate_z),
            "order": known(one.order),
        }
        for one in crowd.synchrony
    ]


def _sleeper(one: Sleeper) -> dict[str, object]:
    return {
        "seat": one.seat,
        "pod": one.pod,
        "sleeper": one.sleeper,
        "state": one.state.value,
        "breaker": one.breaker,
        "locked": one.locked,
        "cause": one.cause,
        "granted": known(one.granted),
        "applied": known(one.applied),
        "quality": known(one.quality),
        "distance": known(one.distance),
        "synchrony": known(one.synchrony),
        "identity": known(one.identity),
        "heard_age_s": known(one.heard_age_s, 3),
    }


def _event(one: Happening) -> dict[str, object]:
    return {
        "cursor": one.cursor,
        "at": at_utc(one.at_s),
        "kind": one.kind,
        "pod": one.pod,
        "cause": one.cause,
        "sentence": one.sentence,
        "acted_at": at_utc(one.acted_s),
    }
