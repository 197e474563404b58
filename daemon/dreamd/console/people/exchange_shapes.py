"""Rounds, asks and results of the exchange, in the shape that their page draws. Pure; money is in cents."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dreamapi.names import bare, word
from dreamapi.v1 import exchange_pb2 as exchange
from dreamd.console.shapes import given
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.reading import read_book

SHOWN_MOST: Final = 100
"""Moves, and rows of an account, that a page lists; further ones are counted."""
LETTERS: Final = {AskClass.CRISIS: "c", AskClass.COMMUNITY: "m", AskClass.OPEN: "o"}
"""One ask of the line, by its class: a capital letter has a berth."""
_SIDES: Final = ("site", "advocate")


def round_shape(one: exchange.Round) -> dict[str, object]:
    """A round as everyone sees it."""
    return {
        "round": bare(one.name),
        "state": word(exchange.Round.State, one.state),
        "price_most": one.terms.price_most_cents,
        "pool": one.terms.pool_cents,
        "reserve_crisis": one.terms.reserve_crisis,
        "reserve_community": one.terms.reserve_community,
        "levy": one.terms.levy,
        "closes_s": given(one, "close_time"),
        "closed_s": given(one, "closed_time"),
        "reveal_s": given(one, "reveal_time"),
        **{side: _side(getattr(one, side)) for side in _SIDES},
        "offers": one.offers,
        "berths": one.berths,
        "asks": one.asks,
        "held": one.held,
        "book_sha256": one.book_sha256,
        "seed": one.seed,
        "void_reason": one.void_reason,
    }


def _side(one: exchange.RoundSide) -> dict[str, object]:
    return {"sha256": one.sha256, "by": one.by, "revealed": one.revealed, "nonce": one.nonce}


def offer_shape(one: exchange.Offer) -> dict[str, object]:
    """An offer. pays: the sleeper's part of its price, by class."""
    return {
        "offer": one.id,
        "site": bare(one.site),
        "night": one.night,
        "features": list(one.features),
        "count": one.count,
        "price": one.price_cents,
        "pays": {found.value: found.pays(one.price_cents) for found in AskClass},
    }


def ask_shape(one: exchange.Ask) -> dict[str, object]:
    """One's own ask, with the reasons of its result."""
    return {
        "ask": one.id,
        "class": word(exchange.AskClass, one.ask_class).removeprefix("class-"),
        "offers": list(one.offers),
        "state": word(exchange.Ask.State, one.state),
        "berth": offer_shape(one.berth) if one.HasField("berth") else None,
        "sentences": list(one.sentences),
    }


def result_shape(document: Mapping[str, Any], own: str) -> dict[str, object]:
    """The result of a cleared round, from its public file. own: the id of one's own ask; empty: none.

    Raises:
        ValueError, KeyError: the file is not as a daemon publishes it.
    """
    book = read_book(document["book"])
    held: Mapping[str, str] = document["held"]
    line: Sequence[str] = document["line"]
    classes = {ask.id: ask.ask_class for ask in book.asks}
    places = {ask: place for place, ask in enumerate(line, 1)}
    given_to = {offer.id: dict.fromkeys((one.value for one in AskClass), 0) for offer in book.offers}
    for ask, offer in held.items():
        given_to[offer][classes[ask].value] += 1
    moves = [
        {**move, "ask": places[move["ask"]], "made_for": places[move["made_for"]]}
        for move in document["moves"]
    ]
    return {
        "line": "".join(
            LETTERS[classes[ask]].upper() if ask in held else LETTERS[classes[ask]] for ask in line
        ),
        "own_place": places.get(own),
        "cancelled": len(document["cancelled"]),
        "classes": [
            {
                "class": one.value,
                "asks": sum(found is one for found in classes.values()),
                "held": sum(classes[ask] is one for ask in held),
            }
            for one in AskClass
        ],
        "given": given_to,
        "moves": moves[:SHOWN_MOST],
        "moves_more": max(0, len(moves) - SHOWN_MOST),
        "unfunded": len(document["unfunded"]),
        "pool_before": book.terms.pool_cents,
        "pool_after": document["pool_cents"],
    }


def account_shape(one: exchange.RoundAccount) -> dict[str, object]:
    """The account of a round. csv: the whole table as text; rows: its first ones, without the names."""
    text = one.csv.decode()
    columns, *rows = csv.reader(io.StringIO(text))
    return {
        "csv": text,
        "columns": columns,
        "rows": rows[:SHOWN_MOST],
        "more": max(0, len(rows) - SHOWN_MOST),
        "pool_before": one.pool_before_cents,
        "pool_after": one.pool_after_cents,
    }
