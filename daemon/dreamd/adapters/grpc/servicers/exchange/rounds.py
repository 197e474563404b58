"""Rounds, offers and asks, read from their messages and written to them.

Only the form of a name is checked here; `core.exchange` judges the rest.
"""

from typing import Final, cast

from dreamapi import names
from dreamapi.v1 import exchange_pb2 as exchange
from dreamapi.v1 import rules_pb2
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.servicers.responses import moment
from dreamd.core.access.caller import Role
from dreamd.core.exchange.book import LISTED_MOST, Offer
from dreamd.core.exchange.classes import AskClass
from dreamd.core.exchange.course import REVEAL_S, Committed, RoundState, Side
from dreamd.core.exchange.views import AskState, Attestation, OwnAsk, ShownRound
from dreamd.core.refusals import Figure

FEATURES_SENT: Final = 16
"""Features in one message, however often each is named."""
STATES: Final[dict[RoundState, exchange.Round.State]] = {
    state: getattr(exchange.Round, f"STATE_{state.name}") for state in RoundState
}
OF_STATE: Final[dict[int, RoundState]] = {number: state for state, number in STATES.items()}
CLASSES: Final[dict[int, AskClass]] = {getattr(exchange, f"ASK_CLASS_{one.name}"): one for one in AskClass}
_NUMBER_OF_CLASS: Final = {one: cast("exchange.AskClass", number) for number, one in CLASSES.items()}
SIDES: Final[dict[int, Role | None]] = {
    rules_pb2.ROLE_UNSPECIFIED: None,
    rules_pb2.ROLE_OPERATOR: Role.OPERATOR,
    rules_pb2.ROLE_ADVOCATE: Role.ADVOCATE,
}
ASK_STATES: Final[dict[AskState, exchange.Ask.State]] = {
    state: getattr(exchange.Ask, f"STATE_{state.name}") for state in AskState
}


def round_id(name: str, field: str = "name") -> str:
    """The round of `rounds/{round}`."""
    found = names.id_in(names.ROUNDS, name)
    if found is None:
        raise bad_input(field, f"rounds/{{round}}, {names.ID_RULE}", name)
    return found


def state_of(number: int) -> RoundState:
    """The state of a filter."""
    if number not in OF_STATE:
        raise bad_input("states", "a state of a round", Figure(number))
    return OF_STATE[number]


def side_of(number: int) -> Role | None:
    """The role in which a person commits or reveals; None: the one that they have."""
    if number not in SIDES:
        raise bad_input("role", "ROLE_OPERATOR, ROLE_ADVOCATE or none", Figure(number))
    return SIDES[number]


def offer_of(told: exchange.Offer) -> Offer:
    """The offer of a request."""
    if not len(told.features) <= FEATURES_SENT:
        raise bad_input("offer.features", f"at most {FEATURES_SENT}", Figure(len(told.features)))
    return Offer(
        told.id,
        request_fields.site_id(told.site, "offer.site"),
        told.night,
        tuple(told.features),
        told.count,
        told.price_cents,
    )


def listed_of(offers: list[str]) -> tuple[str, ...]:
    """The offers that an ask lists."""
    if not 0 < len(offers) <= LISTED_MOST:
        raise bad_input("offers", f"1 to {LISTED_MOST} offers, best first", Figure(len(offers)))
    return tuple(offers)


def class_of(number: int) -> AskClass | None:
    """The class of an ask; None: the one in greatest need that is attested."""
    if number and number not in CLASSES:
        raise bad_input("ask_class", "a class of asks, or none", Figure(number))
    return CLASSES.get(number)


def attested_class_of(number: int) -> AskClass:
    """The class of a person's word."""
    found = CLASSES.get(number)
    if found is None or not found.subsidised:
        raise bad_input("ask_class", "ASK_CLASS_CRISIS or ASK_CLASS_COMMUNITY", Figure(number))
    return found


def told_offer(one: Offer) -> exchange.Offer:
    """An offer as a message."""
    return exchange.Offer(
        id=one.id,
        site=names.site(one.site),
        night=one.night,
        features=one.features,
        count=one.count,
        price_cents=one.price_cents,
    )


def told_round(shown: ShownRound) -> exchange.Round:
    """A round as a message."""
    one = shown.round
    return exchange.Round(
        name=names.exchange_round(one.id),
        state=STATES[one.state],
        terms=exchange.RoundTerms(
            price_most_cents=one.terms.price_most_cents,
            pool_cents=one.terms.pool_cents,
            reserve_crisis=one.terms.reserve_crisis,
            reserve_community=one.terms.reserve_community,
            levy=one.terms.levy,
        ),
        close_time=moment(one.closes_s),
        closed_time=moment(one.closed_s),
        reveal_time=moment(one.closed_s + REVEAL_S) if one.closed_s else None,
        offers=shown.offered,
        berths=one.berths or sum(offer.count for offer in shown.offers),
        asks=shown.asks,
        held=shown.held,
        book_sha256=one.book_sha256,
        seed=one.seed,
        void_reason=one.void_reason,
        site=_told_side(one.site, revealed=Side.SITE in shown.revealed),
        advocate=_told_side(one.advocate, revealed=Side.ADVOCATE in shown.revealed),
    )


def _told_side(part: Committed | None, *, revealed: bool) -> exchange.RoundSide | None:
    """One side; None: it has not committed. Its nonce is empty until both are there."""
    if part is None:
        return None
    return exchange.RoundSide(sha256=part.sha256, by=part.person, revealed=revealed, nonce=part.nonce)


def told_ask(one: OwnAsk) -> exchange.Ask:
    """One's own ask as a message."""
    return exchange.Ask(
        round=names.exchange_round(one.round),
        id=one.ask.id,
        ask_class=_NUMBER_OF_CLASS[one.ask.ask_class],
        offers=one.ask.offers,
        state=ASK_STATES[one.state],
        berth=told_offer(one.berth) if one.berth is not None else None,
        sentences=one.sentences,
    )


def told_attestation(one: Attestation) -> exchange.Attestation:
    """A person's word as a message."""
    return exchange.Attestation(
        name=names.of_sleeper(one.sleeper, "attestation"),
        ask_class=_NUMBER_OF_CLASS[one.ask_class],
        by=one.by,
        expire_time=moment(one.until_s),
    )
