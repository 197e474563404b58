"""Fencing: an owner without its ledger grants nothing; a replaced owner publishes nothing."""

from dreamd.app.durability.fencing import TermFence
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.ports.ledger.transaction import Transaction
from fakes.callers import OPERATOR
from fakes.ledger import MemoryLedger, draw
from fakes.stage import Stage

NOW_S = 1_760_000_000.0


def dreaming() -> tuple[Stage, MemoryLedger]:
    """A Dreamscape that grants, and its ledger."""
    ledger = MemoryLedger()
    stage = Stage(pods=4, ledger=ledger)
    stage.appear()
    stage.dream()
    stage.hop(8)
    assert stage.coupling("bed-1") > 0
    return stage, ledger


def test_unconfirmed_for_five_seconds_is_zeros() -> None:
    """With an unreachable ledger grants go on for five seconds, then zeros; grants return with the ledger."""
    stage, ledger = dreaming()
    ledger.broken = "the disk is gone"
    stage.hop(15)
    assert stage.coupling("bed-1") > 0
    stage.hop(10)
    published = len(stage.link.collectives)
    stage.hop(4)
    assert len(stage.link.collectives) == published + 4, "zeros are said, not kept back"
    assert not stage.link.collectives[-1].coupling.any()
    ledger.broken = ""
    stage.hop(8)
    assert stage.coupling("bed-1") > 0
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.DREAMING


def test_a_replaced_owner_publishes_nothing_more() -> None:
    """A higher term drawn by another process stops this one's publishing for good, within a second."""
    stage, ledger = dreaming()
    draw(ledger, "night", 0, stage.clock.now_s())
    stage.hop(5)
    published = len(stage.link.collectives)
    stage.hop(12)
    assert len(stage.link.collectives) == published


def test_an_owner_whose_lease_has_run_out_is_at_zero_in_the_next_tick() -> None:
    """Without the lease of its house zeros are published at once; a renewed one grants again."""
    stage, ledger = dreaming()
    ledger.leased = lambda: False
    published = len(stage.link.collectives)
    stage.hop(4)
    assert len(stage.link.collectives) > published
    assert not any(one.coupling.any() for one in stage.link.collectives[published:])
    ledger.leased = lambda: True
    stage.hop(8)
    assert stage.coupling("bed-1") > 0
    ledger.leased = lambda: False
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.SEVERED


def test_severing_does_not_wait_for_the_ledger() -> None:
    """With a ledger that fails at every call a sever still publishes its zeros."""
    stage, ledger = dreaming()
    ledger.broken = "the disk is gone"
    stage.app.dreamscapes.sever(OPERATOR, "night", "enough")
    assert not stage.link.collectives[-1].coupling.any()
    assert stage.app.dreamscapes.get("night").state is DreamscapeState.SEVERED


def test_a_question_that_meets_our_own_new_term_says_nothing() -> None:
    """A check that meets this owner's own new term in the ledger is not a loss of ownership."""
    ledger = MemoryLedger()
    ownership = TermFence(ledger, "night")
    ownership.drawn(ledger.write(Transaction(terms=ownership.lacking((0,), NOW_S))), NOW_S)
    ownership.close(0)
    draws = ownership.lacking((0,), NOW_S + 1.0)
    ownership.draw(draws)
    terms = ledger.write(Transaction(terms=draws))
    ownership.confirm(NOW_S + 2.0)
    assert not ownership.lost
    ownership.ended(draws)
    ownership.drawn(terms, NOW_S + 1.0)
    ownership.confirm(NOW_S + 4.0)
    assert not ownership.lost
    assert ownership.may_grant(NOW_S + 4.0)
    draw(ledger, "night", 0, NOW_S + 5.0)
    ownership.confirm(NOW_S + 6.0)
    assert ownership.lost, "another owner's term is noticed as ever"
