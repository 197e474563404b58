"""The refusals of the institutions: the clinic, moratoria, reports and the exchange, as types."""

from dreamapi.errors import Refused


class CaseUnknown(Refused, reason="CASE_UNKNOWN"):
    """There is no case of this id at the caller's sites."""


class OnHold(Refused, reason="ON_HOLD"):
    """A case holds the sleeper; a clinician of the site ends the hold; metadata: the case's id."""


class NotYourSite(Refused, reason="NOT_YOUR_SITE"):
    """The case is of another site, or the caller is no clinician; metadata: the case's id."""


class PlanStep(Refused, reason="PLAN_STEP"):
    """A step of the return is not over; metadata: the step."""


class NotMeasured(Refused, reason="NOT_MEASURED"):
    """There are too few observations for an answer; the sentence says which."""


class Moratorium(Refused, reason="MORATORIUM"):
    """A moratorium stands over the pod's site or over the fleet; metadata: its id and its end."""


class MoratoriumUnknown(Refused, reason="MORATORIUM_UNKNOWN"):
    """There is no moratorium of this id."""


class QuorumLacking(Refused, reason="QUORUM_LACKING"):
    """A call has too few seconds; metadata: how many it has, and how many it takes."""


class AlreadyPublished(Refused, reason="ALREADY_PUBLISHED"):
    """The report of this period was published; it is never issued anew."""


class NotInvited(Refused, reason="NOT_INVITED"):
    """The sleeper is no guest of an intimate Dreamscape, or an acceptance does not cover everyone seated.

    Metadata: the Dreamscape, the revision of its list, and how many of the seated lack an acceptance.
    """


class LeaderSevered(Refused, reason="LEADER_SEVERED"):
    """The artist is a sleeper as well and was severed; metadata: the cause."""


class ReserveUnfunded(Refused, reason="RESERVE_UNFUNDED"):
    """The pool of the exchange cannot pay the reserves of a round; metadata: needed, held."""


class PieceUnknown(Refused, reason="PIECE_UNKNOWN"):
    """There is no piece of this id; metadata: the id."""


class RoundUnknown(Refused, reason="ROUND_UNKNOWN"):
    """There is no round of this id; metadata: the id."""


class AskUnknown(Refused, reason="ASK_UNKNOWN"):
    """The sleeper has no ask in this round."""


class BerthNotYours(Refused, reason="BERTH_NOT_YOURS"):
    """Each free bed of the site is owed in this night to a sleeper that has a berth of a round."""
