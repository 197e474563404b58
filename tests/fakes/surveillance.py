"""The surveillance of a house over a ledger in memory, for servers without an application."""

from dreamd.app.api.people.surveillance import SurveillanceCommands
from dreamd.app.guidelines.revisions import Revisions
from dreamd.app.surveillance.exposure_response import ResponseQuery
from dreamd.app.surveillance.surveillance import Surveillance
from dreamd.core.letters.letter import Place
from dreamd.ports.ledger.surveillance import JudgedNight
from dreamd.ports.ledger.transaction import Transaction
from fakes.access import FakeAccess


def commands(people: FakeAccess, revisions: Revisions) -> SurveillanceCommands:
    """The commands over the watches that the ledger has now."""
    watches = Surveillance(people.ledger, people.commits, people.clock, revisions, people.journal, Place())
    return SurveillanceCommands(watches, ResponseQuery(people.ledger, people.clock), people.table)


def judged(people: FakeAccess, *nights: JudgedNight) -> None:
    """Write judged nights."""
    people.ledger.write(Transaction(judged_nights=nights))
