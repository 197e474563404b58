"""The routes of the page of the guidelines: what is in force, what is proposed, a comment, a ratification.

A revision is proposed and opened by its file, on the command line. The daemon judges each ratification: its
two people, their roles, and the week of comments.
"""

from starlette.requests import Request
from starlette.routing import Route

import dreamapi
from dreamd.console.acts.order_bodies import Asked, UnfitOrderError
from dreamd.console.governing.doors import Answer, Doors
from dreamd.console.people.consent_wishes import Told, read_text, read_told
from dreamd.console.people.guideline_shapes import (
    COMMENT,
    RATIFY,
    comment_shape,
    diff_shape,
    dry_run_shape,
    revision_shape,
    viewer_shape,
)
from dreamd.console.request_reader import read_count
from dreamd.console.sessions import Session


class OpenGuidelines:
    """The routes over the doors of a console."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def routes(self) -> list[Route]:
        """Every route of the page's data and acts."""
        doors = self._doors
        return [
            Route("/console/guidelines", doors.reads(self._list)),
            Route("/console/guidelines/revision", doors.reads(self._revision)),
            Route("/console/guidelines/comment", doors.writes(self._comment), methods=["POST"]),
            Route("/console/guidelines/ratify", doors.writes(self._ratify), methods=["POST"]),
        ]

    async def _list(self, api: dreamapi.Api, _request: Request, session: Session) -> Answer:
        in_site = bool(self._doors.api.authority)
        viewer = viewer_shape(await api.access.caller() if in_site else None)
        return {
            "now_s": self._doors.now_s(),
            "in_site": in_site,
            "viewer": viewer,
            "may": {
                "comment": not in_site or COMMENT in session.methods,
                "ratify": in_site and RATIFY in session.methods,
            },
            "in_force": revision_shape(await api.guidelines.get_revision()),
            "revisions": [revision_shape(one) for one in await api.guidelines.list_revisions()],
        }

    async def _revision(self, api: dreamapi.Api, request: Request, _session: Session) -> Answer:
        revision = read_count(request.query_params.get("revision", "")) or 0
        told = await api.guidelines.get_revision(revision)
        answer: Answer = {
            "revision": revision_shape(told),
            "comments": [comment_shape(one) for one in await api.guidelines.list_comments(told.revision)],
            **diff_shape(await api.guidelines.diff(0, told.revision)),
            "dry_run": None,
            "dry_run_refused": "",
        }
        try:
            answer["dry_run"] = dry_run_shape(await api.guidelines.dry_run(told.revision))
        except dreamapi.Refused as no:  # a role without it still reads the rest
            answer["dry_run_refused"] = str(no)
        return answer

    async def _comment(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        told = read_told(asked)
        return comment_shape(
            await api.guidelines.comment(_number(told), read_text(told, "text"), by=read_text(told, "by"))
        )

    async def _ratify(self, api: dreamapi.Api, asked: Asked, _session: Session) -> Answer:
        told = read_told(asked)
        return revision_shape(await api.guidelines.ratify(_number(told), role=read_text(told, "role")))


def _number(told: Told) -> int:
    value = told.get("revision")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 31:
        raise UnfitOrderError("revision: expected its number, 1 or more")
    return value
