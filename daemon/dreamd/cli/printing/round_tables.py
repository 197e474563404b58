"""Rounds, offers and asks as lines and tables."""

from collections.abc import Iterable

from rich.console import RenderableType

from dreamapi import names
from dreamapi.v1.exchange_pb2 import Ask, AskClass, Offer, Round, RoundSide
from dreamd.cli.printing.breaker_tables import table, when
from dreamd.core.exchange.accounts import money_text

_ASKED = {
    Ask.STATE_PLACED: "stands in the book",
    Ask.STATE_WITHDRAWN: "is withdrawn",
    Ask.STATE_HELD: "has a berth",
    Ask.STATE_UNPLACED: "has no berth",
    Ask.STATE_CANCELLED: "is cancelled",
}


def state(one: Round) -> str:
    """The state of a round in a word."""
    return names.word(Round.State, one.state)


def line(one: Round) -> str:
    """A round in one line, with the next step."""
    said = f"round {names.bare(one.name)} is {state(one)}"
    counts = f"{_many(one.berths, 'berth')} of {_many(one.offers, 'offer')}, {_many(one.asks, 'ask')}"
    match one.state:
        case Round.STATE_PLANNED:
            lacking = [word for word, side in _sides(one) if not side.sha256]
            have = "have" if len(lacking) > 1 else "has"
            waits = f"; the {' and the '.join(lacking)} {have} not committed" if lacking else ""
            return f"{said}: {counts}{waits}"
        case Round.STATE_OPEN:
            return f"{said}: {counts}; its book may be closed from {when(one.close_time)} on"
        case Round.STATE_CLOSED:
            waiting = " and of the ".join(word for word, side in _sides(one) if not side.revealed)
            return f"{said}: {counts}; the nonce of the {waiting} is due until {when(one.reveal_time)}"
        case Round.STATE_DRAWN:
            return f"{said}: {counts}; its result is there in a moment"
        case Round.STATE_VOID:
            return f"{said}: {one.void_reason}"
        case _:
            return f"{said}: {counts}, {one.held} with a berth"


def _many(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _sides(one: Round) -> tuple[tuple[str, RoundSide], tuple[str, RoundSide]]:
    return ("site", one.site), ("advocate", one.advocate)


def round_lines(one: Round) -> list[str]:
    """A round with its terms and its draw, a fact a line."""
    terms = one.terms
    shares = (
        f"largest price {money_text(terms.price_most_cents)}, pool {money_text(terms.pool_cents)}, "
        f"reserve for crisis {terms.reserve_crisis:.0%}, for the community {terms.reserve_community:.0%}, "
        f"levy {terms.levy:.0%}"
    )
    facts = [line(one), shares]
    for word, side in _sides(one):
        if side.sha256:
            shown = f", revealed {side.nonce}" if side.nonce else ", revealed" if side.revealed else ""
            facts.append(f"{word}: {side.by} committed to {side.sha256}{shown}")
    facts += [f"book {one.book_sha256}"] if one.book_sha256 else []
    return facts + ([f"seed {one.seed}"] if one.seed else [])


def rounds(shown: Iterable[Round]) -> RenderableType:
    """One row a round."""
    cells = (
        (
            names.bare(one.name),
            state(one),
            when(one.close_time),
            str(one.offers),
            str(one.berths),
            str(one.asks),
            str(one.held) if one.seed else "-",
            money_text(one.terms.price_most_cents),
        )
        for one in shown
    )
    head = ("round", "", "closes", "offers", "berths", "asks", "held", "largest price")
    return table(head, cells)


def offers(shown: Iterable[Offer]) -> RenderableType:
    """One row an offer."""
    cells = (
        (
            one.id,
            names.bare(one.site),
            one.night,
            str(one.count),
            money_text(one.price_cents),
            ", ".join(one.features) or "-",
        )
        for one in shown
    )
    return table(("offer", "site", "night", "berths", "price", "features"), cells)


def offer_words(one: Offer) -> str:
    """An offer in words."""
    return f"{one.id}, site {names.bare(one.site)}, night {one.night}, {money_text(one.price_cents)}"


def ask_line(one: Ask) -> str:
    """One's own ask in one line."""
    said = f"ask {one.id} in round {names.bare(one.round)}, class {class_word(one.ask_class)}, "
    said += _ASKED.get(one.state, str(one.state))
    if one.HasField("berth"):
        return f"{said}: {offer_words(one.berth)}"
    return f"{said}: {', '.join(one.offers)}"


def class_word(number: int) -> str:
    """A class in a word."""
    return AskClass.Name(number).removeprefix("ASK_CLASS_").lower() if number in AskClass.values() else "?"
