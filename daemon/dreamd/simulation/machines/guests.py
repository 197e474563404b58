"""Guests of intimate Dreamscapes in a simulation: invited, and accepting, by the application's commands."""

from collections.abc import Collection
from typing import Final

from dreamd.app.application import Application
from dreamd.core.invitations.course import Answer
from dreamd.core.refusals import Refusal
from dreamd.simulation.machines.grants import SLEEPER
from dreamd.simulation.machines.operators import OPERATOR

ASKED: Final = frozenset({Answer.ASKED, Answer.ASKED_ANEW})


def all_come(app: Application, dreamscape: str, sleepers: Collection[str]) -> bool:
    """Let these be invited where the Dreamscape is intimate, and let each guest that is asked accept.

    A guest that has declined accepts where it is one of these. Returns whether none of these is left to
    accept, in the ledger too; so does a Dreamscape without guests.
    """
    listed = app.invitations.guests_of(OPERATOR, dreamscape)
    if isinstance(listed, Refusal):
        return True
    missing = sorted(sleeper for sleeper in sleepers if listed.guest(sleeper) is None)
    if missing:
        app.invitations.invite_guests(OPERATOR, dreamscape, missing)
        listed = app.invitations.guests_of(OPERATOR, dreamscape)
        if isinstance(listed, Refusal):
            return True
    for guest in listed.guests:
        answer = listed.answer_of(guest)
        if answer in ASKED or (answer is Answer.DECLINED and guest.sleeper in sleepers):
            app.invitations.accept_invitation(SLEEPER, guest.sleeper, dreamscape, listed.revision)
    return _accepted(app, dreamscape, sleepers)


def _accepted(app: Application, dreamscape: str, sleepers: Collection[str]) -> bool:
    listed = app.invitations.guests_of(OPERATOR, dreamscape)
    if isinstance(listed, Refusal):
        return True
    found = [listed.guest(sleeper) for sleeper in sleepers]
    return all(one is not None and listed.answer_of(one) is Answer.ACCEPTED for one in found)
