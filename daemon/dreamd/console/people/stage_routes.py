"""The routes of the artist's page: the acts that are offered, the artist's vectors, and the end of a lead.

The page follows the collective by `/console/look`, as the page of the house does. The daemon judges each
lead: the artist's Dreamscapes, the plan's share, one artist at a time.
"""

from math import isfinite, nan
from typing import Final

from starlette.requests import Request
from starlette.routing import Route

import dreamapi
from dreamd.console.acts.leads import Leads, LeadWord
from dreamd.console.acts.order_bodies import Asked, UnfitOrderError
from dreamd.console.governing.doors import Answer, Doors
from dreamd.console.people.consent_shapes import sleeper_of
from dreamd.console.people.consent_wishes import Told, read_text, read_told
from dreamd.console.sessions import Session
from dreamd.core.limits import ARTIST_FRESH_S
from dreamwire.blend import X_LIMIT
from dreamwire.schema import SCHEMAS
from dreamwire.topics import is_name

ACTS: Final = {
    "lead": "LeadDreamscape",
    "sever": "SeverDreamscape",
    "wake": "WakeDreamscape",
    "release": "ReleasePod",
}
"""Each act of the page, and its method."""
SLEWS: Final = ("artist_slew", "artist_share_slew")
FEATURES_MOST: Final = max(schema.size for schema in SCHEMAS.values())


class ArtistsStage:
    """The routes over the doors of a console. `leads` is set while the console serves."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self.leads: Leads | None = None

    def stage_routes(self) -> list[Route]:
        """Every route of the page's data and acts."""
        doors = self._doors
        return [
            Route("/console/stage", doors.reads(self._stage)),
            Route("/console/stage/lead", doors.takes(self._lead), methods=["POST"]),
            Route("/console/stage/give-up", doors.takes(self._give_up, when_idle=True), methods=["POST"]),
        ]

    async def _stage(self, api: dreamapi.Api, _request: Request, session: Session) -> Answer:
        in_site = bool(self._doors.api.authority)
        try:
            clauses = {one.key: one.limit for one in (await api.guidelines.get_revision()).clauses}
        except dreamapi.Refused:  # a role without it leads all the same
            clauses = {}
        return {
            "principal": session.principal,
            "own": sleeper_of(await api.access.caller()) if in_site else "",
            "may": {act: not in_site or method in session.methods for act, method in ACTS.items()},
            "limit": X_LIMIT,
            "fresh_s": ARTIST_FRESH_S,
            "slews": {key: clauses.get(key) for key in SLEWS},
            "schemas": {
                name: {"bands": [band.name for band in one.bands], "regions": list(one.regions)}
                for name, one in SCHEMAS.items()
            },
        }

    async def _lead(self, asked: Asked, session: Session) -> Answer:
        assert self.leads is not None
        told = read_told(asked)
        share, title = _number(told.get("share"), "share"), read_text(told, "title").strip()
        word = LeadWord(_key(told, session), _name(told, "name"), _vector(told), share, title)
        if self.leads.has_moved(word):
            session.note_act(self._doors.now_s())
        if told.get("begin") is True:
            server = self._doors.api.shown(session.credential.credential)
            return {"leads": await self.leads.begin_lead(word, server)}
        return {"leads": await self.leads.go_on(word)}

    async def _give_up(self, asked: Asked, session: Session) -> Answer:
        assert self.leads is not None
        session.note_act(self._doors.now_s())
        return {"confirmed": await self.leads.give_up(_key(read_told(asked), session))}


def _key(told: Told, session: Session) -> tuple[str, str]:
    """The page of a session: two pages of one artist are two leads, of which the daemon takes one."""
    return session.principal, _name(told, "page")


def _name(told: Told, field: str) -> str:
    value = told.get(field)
    if not isinstance(value, str) or not is_name(value):
        raise UnfitOrderError(f"{field}: expected a name: 1 to 63 of a-z 0-9 _ . -")
    return value


def _vector(told: Told) -> tuple[float, ...]:
    value = told.get("vector")
    if not isinstance(value, list) or not 0 < len(value) <= FEATURES_MOST:
        raise UnfitOrderError(f"vector: expected a list of 1 to {FEATURES_MOST} numbers, one a feature")
    return tuple(_number(one, f"vector {place}") for place, one in enumerate(value, 1))


def _number(value: object, field: str) -> float:
    try:
        found = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else nan
    except OverflowError:
        found = nan
    if not isfinite(found):
        raise UnfitOrderError(f"{field}: expected a finite number")
    return found
