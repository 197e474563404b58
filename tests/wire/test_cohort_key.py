"""The cohort key on the wire: its holders alone read a broadcast, and what surrounds it is bound."""

from dataclasses import replace

import pytest

from dreamwire import codec
from dreamwire.cohort_key import CohortKey, decrypt
from dreamwire.messages import KEY_BYTES, EncryptedCollective
from wire.specimens import COHORT_SECRET, COLLECTIVE, ENCRYPTED, same

SECRET = COHORT_SECRET


def test_the_golden_ciphertext_opens_and_is_made_again() -> None:
    """The first message under a known key has known bytes, and decrypts to the Collective."""
    assert CohortKey(9, SECRET).encrypt(COLLECTIVE) == ENCRYPTED
    opened = decrypt(ENCRYPTED, SECRET)
    assert opened is not None
    assert same(opened, COLLECTIVE)


def test_another_key_opens_nothing() -> None:
    """A key with one bit changed, and another key of the same number, decrypt nothing."""
    for other in (bytes([SECRET[0] ^ 1]) + SECRET[1:], CohortKey.draw(9).secret):
        assert decrypt(ENCRYPTED, other) is None


@pytest.mark.parametrize(
    "change",
    [
        {"dreamscape": "night-2"},
        {"cohort": 2},
        {"tick": COLLECTIVE.tick + 1},
        {"instant": COLLECTIVE.instant + 1},
        {"term": COLLECTIVE.term + 1},
        {"min_reader": 0},
        {"key_number": 8},
        {"count": 2},
        {"ciphertext": ENCRYPTED.ciphertext[:-1] + bytes([ENCRYPTED.ciphertext[-1] ^ 1])},
        {"ciphertext": ENCRYPTED.ciphertext[:15]},
        {"ciphertext": b"x"},
    ],
)
def test_every_field_around_the_ciphertext_is_bound(change: dict[str, object]) -> None:
    """A ciphertext in another Dreamscape, cohort, tick, term or place, or cut short, does not open."""
    assert decrypt(replace(ENCRYPTED, **change), SECRET) is None  # type: ignore[arg-type]


def test_no_nonce_is_used_twice() -> None:
    """The same broadcast, said again or by a restarted daemon in the same tick, has another count or key."""
    key = CohortKey.draw(1)
    said = [key.encrypt(COLLECTIVE) for _ in range(50)]
    assert [one.count for one in said] == list(range(1, 51))
    assert len({one.ciphertext for one in said}) == 50
    again = CohortKey.draw(1)
    assert again.secret != key.secret
    assert again.encrypt(COLLECTIVE).ciphertext not in {one.ciphertext for one in said}


def test_the_bytes_outside_the_ciphertext_tell_nothing_of_sleepers() -> None:
    """None of the arrays, couplings or sums of a Collective stands in the payload."""
    payload = codec.encode(ENCRYPTED)
    for array in (COLLECTIVE.r, COLLECTIVE.m, COLLECTIVE.sum, COLLECTIVE.artist, COLLECTIVE.phase_means):
        assert array.tobytes()[:8] not in payload
    assert COLLECTIVE.answered.tobytes() not in payload
    assert len(payload) <= len(codec.encode(COLLECTIVE)) + 64


def test_a_reader_without_keys_refuses_an_encrypted_broadcast() -> None:
    """The reader of agents from before the key finds no arrays, so such a pod is granted nothing."""
    payload = codec.encode(ENCRYPTED)
    with pytest.raises(codec.WireError, match="r: 0 bytes"):
        codec.decode_collective(payload)
    assert codec.decode_broadcast(payload) == ENCRYPTED
    assert same(codec.decode_broadcast(codec.encode(COLLECTIVE)), COLLECTIVE)


def test_a_key_has_32_bytes_and_a_number_and_is_not_shown() -> None:
    """A short key and the number 0 are refused; it shows its number alone."""
    for number, secret in ((0, SECRET), (1, SECRET[:-1]), (-1, SECRET)):
        with pytest.raises(ValueError, match=f"above 0 and {KEY_BYTES} bytes"):
            CohortKey(number, secret)
    assert repr(CohortKey(9, SECRET)) == "CohortKey(9)"


def test_content_that_is_no_collective_opens_to_nothing() -> None:
    """Bytes that the key sealed, and that are no content, are refused like a wrong key."""
    key = CohortKey(9, SECRET)
    broken = replace(COLLECTIVE, answered=COLLECTIVE.answered[:0], coupling=COLLECTIVE.coupling[:0])
    said: EncryptedCollective = key.encrypt(replace(broken, r=broken.r[:3]))
    assert decrypt(said, SECRET) is None
