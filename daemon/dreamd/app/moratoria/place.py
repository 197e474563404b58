"""Moratoria in words and on the wire: their refusals, their messages, and those that a ledger has lost."""

from dataclasses import replace

from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.moratoria.course import HOUR_S, Moratorium, MoratoriumScope, MoratoriumState
from dreamd.core.refusals import Code, Refusal
from dreamwire import messages
from dreamwire.messages import WakeScope


def outside_hours(bundle: Bundle, zone: str, wait_s: float) -> Refusal:
    """Return the refusal of a person outside the hours. wait_s: seconds until they begin."""
    clause = bundle.by_key["hours"]
    sentence = (
        f"clause {clause.name} of the guidelines, revision {bundle.revision}: people are merged in the hours "
        f"{clause.limit} by the clock of {zone}, which begin in {wait_s / HOUR_S:.1f} h"
    )
    metadata = {"clause": clause.name, "revision": str(bundle.revision), "limit": str(clause.limit)}
    return Refusal(Code.MORATORIUM, sentence, metadata)


def lost_of(said: messages.Moratorium, known: Moratorium | None, now_s: float) -> Moratorium | None:
    """Return a moratorium of the retained place as it stands again; None: the book has it, or it is over."""
    found = _found(said) if known is None else known
    if known is not None and said.seconded and known.state is MoratoriumState.CALLED:
        found = replace(known, state=MoratoriumState.STANDING, seconded_s=now_s)
    return None if found is known or now_s >= found.until_s else found


def acting_refusal(one: Moratorium, now_s: float) -> Refusal:
    """Return the refusal of an admission that this moratorium reaches."""
    left_h = (one.until_s - now_s) / HOUR_S
    sentence = f"moratorium {one.id} of {one.reach} by {one.by} acts for another {left_h:.1f} h: {one.reason}"
    metadata = {"moratorium": one.id} | ({"clause": one.clause} if one.clause else {})
    return Refusal(Code.MORATORIUM, sentence, metadata)


def message_of(one: Moratorium) -> messages.Moratorium:
    """Return the moratorium as it stands in the retained place."""
    fleet = one.scope is MoratoriumScope.FLEET
    return messages.Moratorium(
        id=one.id,
        scope=WakeScope.FLEET if fleet else WakeScope.SITE,
        target=one.site,
        issuer=one.by,
        reason=one.reason,
        called_ms=int(one.called_s * 1000),
        from_ms=int(one.begins_s * 1000),
        until_ms=int(one.until_s * 1000),
        ends_ms=int(one.ends_s * 1000),
        seconded=one.state is MoratoriumState.STANDING,
        people_only=one.people_only,
        clause=one.clause,
    )


def _found(said: messages.Moratorium) -> Moratorium:
    of_site = said.scope is WakeScope.SITE
    return Moratorium(
        id=said.id,
        revision=0,
        scope=MoratoriumScope.SITE if of_site else MoratoriumScope.FLEET,
        site=said.target,
        begins_s=said.from_ms / 1000,
        ends_s=said.ends_ms / 1000,
        reason=said.reason,
        by=said.issuer,
        called_s=said.called_ms / 1000,
        state=MoratoriumState.STANDING if said.seconded else MoratoriumState.CALLED,
        clause=said.clause,
        people_only=said.people_only,
        seconded_s=said.called_ms / 1000 if said.seconded else 0.0,
    )
