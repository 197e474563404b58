"""Attestations: the word of a person of the house for the class of a sleeper's asks, for 14 days.

An attestation is a personal row: sealed under the sleeper's key, and gone with it.
"""

import json
from collections.abc import Iterator

from dreamd.app.durability.commits import Commits
from dreamd.core.exchange.classes import AskClass, attestation_holds
from dreamd.core.exchange.views import Attestation
from dreamd.core.refusals import Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.exchange import attestation_kind
from dreamd.ports.ledger.personal import PersonalLedger, PersonalRow
from dreamd.ports.ledger.terms import Terms
from dreamd.ports.ledger.transaction import Transaction


class Attestations:
    """The newest word by sleeper and class; one thread uses it."""

    def __init__(self, ledger: PersonalLedger, commits: Commits, clock: SessionClock) -> None:
        """Read those that hold.

        Raises:
            LedgerError: they cannot be read.
        """
        self._commits, self._clock = commits, clock
        self._of = {(one.sleeper, one.ask_class): one for one in _kept(ledger)}

    def keep_word(self, word: Attestation) -> Attestation | Refusal | Deferred[Attestation]:
        """Keep a word: it counts once the ledger has it, in place of the one before."""
        key = word.sleeper, word.ask_class
        before = self._of.get(key)
        rows = (_row(word),) if before is None else (_row(before, gone=True), _row(word))

        def done(_terms: Terms) -> Attestation:
            self._of[key] = word
            return word

        return self._commits.ask(Transaction(personal=rows), "an attestation", done)

    def classes_of(self, sleeper: str) -> list[AskClass]:
        """The classes in which a sleeper may ask now, that in greatest need first."""
        now_s = self._clock.now_s()
        held = (self._of.get((sleeper, of)) for of in AskClass)
        attested = [one.ask_class for one in held if one and attestation_holds(one.at_s, now_s)]
        return [*attested, AskClass.OPEN]

    def forget_words(self, sleeper: str) -> None:
        """The sleeper is erased."""
        for of in AskClass:
            self._of.pop((sleeper, of), None)


def _row(word: Attestation, *, gone: bool = False) -> PersonalRow:
    body = b"" if gone else json.dumps({"class": word.ask_class.value, "by": word.by}).encode()
    return PersonalRow(word.sleeper, attestation_kind(word.ask_class), word.at_s, body)


def _kept(ledger: PersonalLedger) -> Iterator[Attestation]:
    for of in AskClass:
        for row in ledger.personal_of(attestation_kind(of)):
            yield Attestation(row.sleeper, of, str(json.loads(row.body)["by"]), row.at_s)
