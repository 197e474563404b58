"""The Rest Exchange: its line, its reserves, room made, the pool, the course of a round, verification."""

from typing import Final

from mutate.mutation import Mutation

_ROOM: Final = "daemon/dreamd/core/exchange/"
_BERTHS, _CLEARING, _GIVEN = _ROOM + "berths.py", _ROOM + "clearing.py", _ROOM + "given_on.py"
_ACCOUNTS, _COURSE, _BOOK = _ROOM + "accounts.py", _ROOM + "course.py", _ROOM + "book.py"
_CLASSES, _PUBLISHED, _READING = _ROOM + "classes.py", _ROOM + "published.py", _ROOM + "reading.py"
_CLEARED: Final = ("tests/core/test_exchange.py",)
_ROUNDS: Final = ("tests/core/test_exchange_rounds.py",)

EXCHANGE: Final = (
    Mutation(
        "exchange.line",
        "phase 1 serves everybody, so the classes do not count",
        _CLEARING,
        "if book.asks[n].ask_class.phase <= p]",
        "if book.asks[n].ask_class.phase <= PHASES]",
        _CLEARED,
    ),
    Mutation(
        "exchange.reserve",
        "phase 1 goes on until all asks in crisis had their turn",
        _CLEARING,
        "            if placed >= quota:\n                return\n",
        "",
        _CLEARED,
    ),
    Mutation(
        "exchange.guarantee",
        "a reserve is rounded down, so a small round reserves nothing",
        _CLASSES,
        "return ceil(Fraction(repr(float(share))) * whole)",
        "return int(Fraction(repr(float(share))) * whole)",
        _CLEARED,
    ),
    Mutation(
        "exchange.best-left",
        "an ask is given the last offer of its list that is left",
        _BERTHS,
        "next((offer for offer in self._listed[ask] if left[offer]), NONE)",
        "next((offer for offer in reversed(self._listed[ask]) if left[offer]), NONE)",
        _CLEARED,
    ),
    Mutation(
        "exchange.room",
        "no room is made: berths stay empty beside asks that they would do for",
        _CLEARING,
        "if placed < quota and self._make_room(ask):",
        "if placed < 0 and self._make_room(ask):",
        _CLEARED,
    ),
    Mutation(
        "exchange.closed",
        "a failed search closes offers that it did not reach",
        _BERTHS,
        "        for offer in reached:\n            self._closed[offer] = True",
        "        for offer in range(len(self._closed)):\n            self._closed[offer] = True",
        _CLEARED,
    ),
    Mutation(
        "exchange.moved",
        "a moved ask keeps its old berth too",
        _BERTHS,
        "            self.left[step.left] += 1\n",
        "",
        _CLEARED,
    ),
    Mutation(
        "exchange.pool",
        "a subsidised berth is given without money set aside",
        _CLEARING,
        "self._funds -= self._book.asks[step.ask].ask_class.subsidised",
        "self._funds -= 0",
        _CLEARED,
    ),
    Mutation(
        "exchange.attested",
        "a clinician's word counts for good",
        _CLASSES,
        "0.0 <= now_s - attested_s <= ATTESTED_S",
        "0.0 <= now_s - attested_s",
        _CLEARED,
    ),
    Mutation(
        "exchange.given-on",
        "a cancelled berth goes to an ask that cancelled before",
        _GIVEN,
        "if ask.id in holds or ask.id in out or",
        "if ask.id in holds or",
        _ROUNDS,
    ),
    Mutation(
        "exchange.given-unfunded",
        "a cancelled berth goes to an ask that the pool cannot pay for",
        _GIVEN,
        "(ask.ask_class.subsidised and not funds > 0)",
        "(ask.ask_class.subsidised and not funds > -len(asks))",
        _ROUNDS,
    ),
    Mutation(
        "exchange.levy",
        "the site gets the levy too",
        _ACCOUNTS,
        "return self.price - self.levy",
        "return self.price",
        _ROUNDS,
    ),
    Mutation(
        "exchange.funded",
        "a round opens although its reserves are without money",
        _ACCOUNTS,
        "if terms.pool_cents >= needed:",
        "if terms.pool_cents >= 0:",
        _ROUNDS,
    ),
    Mutation(
        "exchange.withheld",
        "a withheld nonce is waited for without end",
        _COURSE,
        "now_s < found.closed_s + REVEAL_S:",
        "now_s < found.closed_s + 1e9:",
        _ROUNDS,
    ),
    Mutation(
        "exchange.copied",
        "a side may copy the other side's commitment",
        _COURSE,
        "if other is not None and other.sha256 == part.sha256:",
        "if other is not None and other.sha256 == part.person:",
        _ROUNDS,
    ),
    Mutation(
        "exchange.one-person",
        "one person commits for both sides",
        _COURSE,
        "if other is not None and other.person == part.person:",
        "if other is not None and other.person == part.sha256:",
        _ROUNDS,
    ),
    Mutation(
        "exchange.opened",
        "a nonce is not held to its commitment",
        _COURSE,
        "(is_hex(event.nonce) and commitment(event.nonce) == own.sha256)",
        "(is_hex(event.nonce) and commitment(event.nonce) != own.nonce)",
        _ROUNDS,
    ),
    Mutation(
        "exchange.voided",
        "an operator voids a round after its book is closed",
        _COURSE,
        "Voids: frozenset({RoundState.PLANNED, RoundState.OPEN}),",
        "Voids: frozenset({RoundState.PLANNED, RoundState.OPEN, RoundState.CLOSED, RoundState.DRAWN}),",
        _ROUNDS,
    ),
    Mutation(
        "exchange.verified",
        "a file whose nonces do not open the commitments verifies",
        _PUBLISHED,
        "if commitment(nonce) != promised",
        "if not promised",
        _ROUNDS,
    ),
    Mutation(
        "exchange.unknown-members",
        "a book with a member that it does not have is read",
        _READING,
        "        if name not in names:\n",
        "        if not names:\n",
        _ROUNDS,
    ),
    Mutation(
        "exchange.price",
        "a price above the round's largest is taken, and the pool can run dry",
        _BOOK,
        '_whole(offer.price_cents, f"{at}.price_cents", most)',
        '_whole(offer.price_cents, f"{at}.price_cents", CENTS_MOST)',
        _ROUNDS,
    ),
)
