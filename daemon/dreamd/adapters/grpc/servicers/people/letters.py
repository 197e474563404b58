"""The Letters service: the letters of one sleeper, read by that sleeper alone."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Iterator
from typing import Final

from dreamapi import names
from dreamapi.v1 import letters_pb2 as letters
from dreamapi.v1.letters_pb2_grpc import LettersServicer
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import settled
from dreamd.adapters.grpc.servicers.people.consents import acting, sleeper_of
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.app.api.people.letters_protocol import KeptLetter, LettersApi
from dreamd.core.letters.night import is_night_id

PART: Final = "letters"


class Letters(LettersServicer):
    """Serves dreamapi.v1.Letters."""

    def __init__(self, queries: LettersApi) -> None:
        self._queries = queries

    async def GetLetter(self, request: letters.GetLetterRequest, context: Context) -> letters.Letter:
        """The letter of one night."""
        of, slash, night = request.name.rpartition(f"/{PART}/")
        if not slash or not (night == names.OWN or is_night_id(night)):
            form = f"sleepers/{{sleeper}}/{PART}/{{night}}, such as 20261130T214100Z, or - for the newest"
            raise bad_input("name", form, "something else")
        sleeper = sleeper_of(of, context, PART)
        chosen = "" if night == names.OWN else night
        return _told(sleeper, await settled(self._queries.letter_of(acting(context), sleeper, chosen)))

    async def ListLetters(
        self, request: letters.ListLettersRequest, context: Context
    ) -> letters.ListLettersResponse:
        """Every letter of one sleeper, newest first."""
        sleeper = sleeper_of(request.name, context, PART)
        kept = await settled(self._queries.letters_of(acting(context), sleeper))

        def listed(after: str) -> Iterator[KeptLetter]:
            return (one for one in kept if not after or one.night < after)

        shown, token = page(
            listed,
            lambda one: one.night,
            lambda one: _told(sleeper, one),
            request.page_size,
            request.page_token,
        )
        return letters.ListLettersResponse(letters=shown, next_page_token=token)


def _told(sleeper: str, letter: KeptLetter) -> letters.Letter:
    return letters.Letter(
        name=f"{names.of_sleeper(sleeper, PART)}/{letter.night}",
        begin_time=moment(letter.begin_s),
        end_time=moment(letter.end_s),
        title=letter.title,
        text=letter.text.encode(),
        html=letter.html.encode(),
        language=letter.language,
        zone=letter.zone,
        facts=letter.facts.encode(),
    )
