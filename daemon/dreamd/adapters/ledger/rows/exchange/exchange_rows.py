"""The rows of the exchange: rounds, offers, asks. No text of a row names a sleeper."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa

from dreamd.adapters.ledger.rows import tables
from dreamd.adapters.ledger.rows.gathered_rows import GatheredRows, Row
from dreamd.core.exchange.book import Ask, Offer, Terms
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import Committed, Round, RoundState
from dreamd.core.exchange.kept_round import KeptAsk, KeptRound

GatherRows = Callable[[GatheredRows, Any], None]

_OFFERS, _ASKS = tables.round_offers, tables.round_asks
_DROP_OFFER: Final = _OFFERS.delete().where(
    _OFFERS.c.round == sa.bindparam("of"), _OFFERS.c.id == sa.bindparam("at")
)
_DROP_ASK: Final = _ASKS.delete().where(_ASKS.c.round == sa.bindparam("of"), _ASKS.c.id == sa.bindparam("at"))


class ExchangeRows:
    """Gathers the rows of rounds; for one engine."""

    def __init__(self, keep: Callable[[sa.Table], Any]) -> None:
        """keep: the engine's INSERT that replaces a row of the same key."""
        self._keep_round = keep(tables.rounds)
        self._keep_offer, self._keep_ask = keep(_OFFERS), keep(_ASKS)
        self.subjects: Final[tuple[tuple[str, GatherRows], ...]] = (
            ("rounds", self._rounds),
            ("dropped_offers", lambda rows, keys: rows.gather("round_offers", _DROP_OFFER, _keys(keys))),
            ("round_offers", self._offers),
            ("dropped_asks", lambda rows, keys: rows.gather("round_asks", _DROP_ASK, _keys(keys))),
            ("round_asks", self._asks),
        )
        """The fields of a transaction, and what gathers their rows."""

    def _rounds(self, rows: GatheredRows, rounds: Sequence[KeptRound]) -> None:
        rows.gather("rounds", self._keep_round, [round_row(one) for one in rounds])

    def _offers(self, rows: GatheredRows, offers: Sequence[tuple[str, Offer]]) -> None:
        of = [{"round": name, "id": one.id, "kept": json.dumps(asdict(one))} for name, one in offers]
        rows.gather("round_offers", self._keep_offer, of)

    def _asks(self, rows: GatheredRows, asks: Sequence[KeptAsk]) -> None:
        rows.gather("round_asks", self._keep_ask, [_ask_row(one) for one in asks])


def _keys(keys: Sequence[tuple[str, str]]) -> list[Row]:
    return [{"of": name, "at": one} for name, one in keys]


def _ask_row(kept: KeptAsk) -> Row:
    body = {"class": kept.ask.ask_class.value, "offers": kept.ask.offers}
    return {"round": kept.round, "id": kept.ask.id, "gone": kept.left, "kept": json.dumps(body)}


def round_row(kept: KeptRound) -> Row:
    """Return the row of a round, without offers and asks."""
    body = asdict(kept)
    body["round"]["state"] = kept.round.state.value
    return {
        "id": kept.round.id,
        "planned_s": kept.planned_s,
        "kept": json.dumps(body, allow_nan=False),
    }


def round_of(row: Any) -> KeptRound:  # noqa: ANN401 -- a row of SQLAlchemy
    """Build a round.

    Raises:
        ValueError, KeyError, TypeError: the row is not a round's.
    """
    body = json.loads(row.kept)
    told = body.pop("round")
    sides = {side: told[side] and Committed(**told[side]) for side in ("site", "advocate")}
    words = {"terms": Terms(**told["terms"]), "state": RoundState(told["state"])}
    return KeptRound(**body, round=Round(**told | sides | words))


def offer_of(row: Any) -> Offer:  # noqa: ANN401 -- a row of SQLAlchemy
    """Build an offer.

    Raises:
        ValueError, KeyError, TypeError: the row is not an offer's.
    """
    body = json.loads(row.kept)
    return Offer(**body | {"features": tuple(body["features"])})


def ask_of(row: Any) -> KeptAsk:  # noqa: ANN401 -- a row of SQLAlchemy
    """Build an ask.

    Raises:
        ValueError, KeyError, TypeError: the row is not an ask's.
    """
    body = json.loads(row.kept)
    ask = Ask(row.id, AskClass(body["class"]), tuple(body["offers"]))
    return KeptAsk(row.round, ask, int(row.gone))
