"""A revision of the guidelines that is open for comments."""

from dreamd.adapters.documents.shipped import shipped_text
from dreamd.app.api.people.guidelines_protocol import GuidelinesApi
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.refusals import Refusal

PIA = Caller("pia", Role.OPERATOR, Channel.GRPC)


def tightened(revision: int = 2, limit: str = "50", of: str = "dose_24h_min", was: str = "60") -> str:
    """The shipped revision under another number, with one other limit."""
    before, key, after = shipped_text().partition(f'key = "{of}"')
    changed = after.replace(f"limit = {was}", f"limit = {limit}", 1)
    return before.replace("revision = 1", f"revision = {revision}", 1) + key + changed


def propose_revision(guidelines: GuidelinesApi, text: str = "") -> None:
    """Pia proposes revision 2 and opens it for comments; text: absent, one that only tightens."""
    for answer in (guidelines.propose(PIA, text or tightened()), guidelines.open_revision(PIA, 2)):
        assert not isinstance(answer, Refusal), answer
