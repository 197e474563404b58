"""Guests and invitations as lines and tables."""

from rich.console import RenderableType

from dreamapi import names
from dreamapi.v1.invitations_pb2 import GuestList, Invitation
from dreamd.cli.printing.breaker_tables import table, when


def _word(answer: GuestList.Answer) -> str:
    return names.word(GuestList.Answer, answer).replace("-", " ")


def invitation(one: Invitation) -> str:
    """An invitation in one line, with everyone on the list."""
    people = ", ".join(map(names.bare, one.people))
    return f"{names.bare(one.dreamscape)}, list {one.revision}: {people}; your answer: {_word(one.answer)}"


def line(listed: GuestList) -> str:
    """The answers to a list in one line."""
    yes = sum(guest.answer == GuestList.ANSWER_ACCEPTED for guest in listed.guests)
    many, name = len(listed.guests), names.bare(listed.name)
    return f"{name}, list {listed.revision}: {yes} of {many} guests have accepted"


def rows(listed: GuestList) -> RenderableType:
    """One row a guest."""
    cells = (
        (
            names.bare(guest.sleeper) or "-",
            _word(guest.answer),
            str(guest.since_revision),
            str(guest.accepted_revision or "-"),
            when(guest.answer_time) if guest.HasField("answer_time") else "-",
        )
        for guest in listed.guests
    )
    return table(("guest", "answer", "since list", "accepted list", "when"), cells)
