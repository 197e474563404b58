"""Rounds of the exchange in the house: written first, left at once, and berths owed to their holders."""

from typing import Final

from mutate.mutation import Mutation

_ROOM: Final = "daemon/dreamd/app/exchange/"
_APP: Final = ("tests/app/test_exchange.py",)

ROUNDS: Final = (
    Mutation(
        "rounds.owed",
        "a bed that is owed to a sleeper with a berth goes to another",
        _ROOM + "owed_berths.py",
        "if free > awaited:",
        "if free > 0:",
        _APP,
    ),
    Mutation(
        "rounds.awaited",
        "a holder that lies in a bed is awaited still, and keeps another bed free",
        _ROOM + "owed_berths.py",
        "not self._fleet.pod_of(one) and one not in people for one in owed",
        "one not in people for one in owed",
        _APP,
    ),
    Mutation(
        "rounds.written-first",
        "a berth is given on before the ledger has that its holder has left",
        _ROOM + "living_round.py",
        "while self._uncounted and self._uncounted[0] in self._written:",
        "while self._uncounted:",
        _APP,
    ),
    Mutation(
        "rounds.left-at-once",
        "a sleeper that cancels keeps the berth until that is written",
        _ROOM + "living_round.py",
        'held = "" if ask_id in self.leaving else self.holding.holds.get(ask_id, "")',
        'held = self.holding.holds.get(ask_id, "")',
        _APP,
    ),
    Mutation(
        "rounds.nameless",
        "an erased sleeper keeps a berth from everybody",
        _ROOM + "exchange_book.py",
        "                self.take_out(living, ask)\n                living.drop_name(ask)",
        "                living.drop_name(ask)",
        _APP,
    ),
    Mutation(
        "rounds.one-by-one",
        "two steps of a round are written at once, and a crash loses the first",
        _ROOM + "exchange_book.py",
        "if living.stepping:\n            return",
        "if False:\n            return",
        _APP,
    ),
    Mutation(
        "rounds.quiet",
        "a book is named while an ask of it is on its way",
        _ROOM + "closings.py",
        "quiet = not one.living.writing and not self._book.late.has_rows(name)",
        "quiet = True",
        _APP,
    ),
    Mutation(
        "rounds.thawed",
        "a close that the ledger did not take keeps the book frozen",
        _ROOM + "closings.py",
        "if living.round.state is RoundState.OPEN:",
        "if living.round.state is RoundState.PLANNED:",
        _APP,
    ),
    Mutation(
        "rounds.overtaken",
        "an ask that was taken back on its way comes into the book",
        _ROOM + "asks.py",
        "if placing.overtaken:",
        "if False:",
        _APP,
    ),
    Mutation(
        "rounds.one-night",
        "a sleeper asks for two berths in one night",
        _ROOM + "asks.py",
        "for night in sorted(nights & wanted):",
        "for night in ():",
        _APP,
    ),
    Mutation(
        "rounds.frozen-offers",
        "an offer comes into a round that is being opened",
        "daemon/dreamd/app/api/people/exchange.py",
        "is not RoundState.PLANNED or living.publishing:\n                undo()",
        "is RoundState.VOID:\n                undo()",
        _APP,
    ),
    Mutation(
        "rounds.attested",
        "an ask stands in the class of crisis without a word",
        "daemon/dreamd/app/api/people/exchange.py",
        "if ask_class is not None and ask_class not in classes:",
        "if ask_class is AskClass.OPEN and ask_class not in classes:",
        _APP,
    ),
    Mutation(
        "rounds.own-word",
        "a person of the house attests for themselves",
        "daemon/dreamd/app/api/people/exchange.py",
        "any(one.sleeper == sleeper for one in principal.grants)",
        "any(one.sleeper == caller.name for one in principal.grants)",
        _APP,
    ),
    Mutation(
        "rounds.hidden-nonce",
        "the second side knows the first nonce before it reveals",
        "daemon/dreamd/core/exchange/views.py",
        'part and replace(part, nonce="")',
        "part and replace(part, nonce=part.nonce)",
        _APP,
    ),
    Mutation(
        "rounds.set-aside",
        "two rounds spend the same money of the pool",
        "daemon/dreamd/core/exchange/kept_round.py",
        "found -= one.round.terms.pool_cents",
        "found -= 0",
        _APP,
    ),
    Mutation(
        "rounds.doubted",
        "a round goes on over a copy of the ledger that may lack asks of it",
        "daemon/dreamd/app/api/people/exchange_parts.py",
        "self.book.doubt()",
        "self.book.late.write_late()",
        _APP,
    ),
)
