"""The words of causes and their kinds."""

import pytest

from dreamd.core.safety.causes import CAUSES, Cause, Kind, Scope, cause_named, kind_of

KINDS = {
    Kind.SOFT: "flat railed contact mains amplitude highfreq resolution unit quality renderer",
    Kind.HARD: "nonfinite range rate frozen replayed misfit actuator arousal distress wake withdraw"
    " latched unknown crosstalk identity",
    Kind.TRANSPORT: "silence lost stale clock lease stalled uplink",
    Kind.EXCLUDE: "outlier",
    Kind.ORDER: "quorum mass operator moratorium release left stopped duration recording-over reassigned"
    " time-over ended shutdown daemon ledger consent-expired exposure gain-runaway synchrony-runaway"
    " homogenise elsewhere unjoined",
}


def test_every_word_has_the_kind_of_the_table() -> None:
    """The list of words with their kinds is exactly this; a word is never renamed."""
    expected = {word: kind for kind, words in KINDS.items() for word in words.split()}
    assert {cause.value: kind_of(cause) for cause in Cause} == expected


@pytest.mark.parametrize("word", ["", "FLAT", "gamma-burst", "outlier "])
def test_an_unknown_cause_is_hard(word: str) -> None:
    """An unknown cause reads as `unknown` and trips at once."""
    assert cause_named(word) is Cause.UNKNOWN
    assert kind_of(cause_named(word)) is Kind.HARD


def test_every_known_word_is_read_back() -> None:
    """Each word on the wire reads as its own cause and has a readable sentence."""
    assert all(cause_named(cause.value) is cause for cause in Cause)
    assert all(row.sentence and row.sentence[-1] != "." for row in CAUSES.values())


def test_transport_never_concerns_a_person() -> None:
    """Causes against a person or device are never transport, and the reverse."""
    own = {Scope.PERSON, Scope.DEVICE}
    for cause, row in CAUSES.items():
        if row.kind is Kind.TRANSPORT:
            assert row.scope not in own, cause
        if row.kind in (Kind.HARD, Kind.SOFT):
            assert row.scope in own, cause
