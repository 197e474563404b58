"""The envelope: only the pinned key moves a sleeper, and only with the message it signed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamwire import codec, signing
from dreamwire.v1 import wire_pb2 as pb
from wire.specimens import COLLECTIVE, SPECIMENS

KEY = signing.SigningKey.from_seed(b"k" * 32)
OTHER = signing.SigningKey.from_seed(b"o" * 32)
CHEAP = signing.KeyedSealer(b"only for simulations")
CONTEXTS = (codec.COLLECTIVE, codec.COMMAND, codec.WAKE_ORDER, codec.DAEMON_PRESENCE)
BODY = codec.encode(COLLECTIVE)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(CONTEXTS), st.binary(max_size=2000))
def test_what_was_sealed_opens(context: str, body: bytes) -> None:
    """Any body opens under its key and context, with either kind of key."""
    assert signing.unseal(KEY.public, context, signing.seal(KEY, context, body)) == body
    assert signing.unseal(CHEAP, context, signing.seal(CHEAP, context, body)) == body


@pytest.mark.parametrize(("signer", "opener"), [(KEY, KEY.public), (CHEAP, CHEAP)])
def test_no_flipped_bit_goes_unseen(signer: signing.Sealer, opener: signing.Opener) -> None:
    """Flipping any one bit of a sealed payload refuses it."""
    payload = signing.seal(signer, codec.COMMAND, b"go")
    for bit in range(8 * len(payload)):
        forged = bytearray(payload)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(signing.SealError):
            signing.unseal(opener, codec.COMMAND, bytes(forged))


def test_no_truncation_goes_unseen() -> None:
    """A sealed payload cut anywhere is refused."""
    payload = signing.seal(KEY, codec.COLLECTIVE, BODY)
    for length in range(len(payload)):
        with pytest.raises(signing.SealError):
            signing.unseal(KEY.public, codec.COLLECTIVE, payload[:length])


@pytest.mark.parametrize("sealed_as", CONTEXTS)
@pytest.mark.parametrize("read_as", CONTEXTS)
def test_a_message_cannot_be_replayed_as_another(sealed_as: str, read_as: str) -> None:
    """A body sealed as one message opens as that one only."""
    payload = signing.seal(KEY, sealed_as, BODY)
    if sealed_as == read_as:
        assert signing.unseal(KEY.public, read_as, payload) == BODY
        return
    with pytest.raises(signing.SealError, match="does not fit"):
        signing.unseal(KEY.public, read_as, payload)


def test_context_and_body_cannot_be_shifted_into_one_another() -> None:
    """Bytes moved from the body to the end of the context do not fit the signature."""
    payload = signing.seal(KEY, "dreamwire.v1.Com", b"mand")
    shifted = pb.Sealed.FromString(payload)
    shifted.body = b""
    with pytest.raises(signing.SealError):
        signing.unseal(KEY.public, "dreamwire.v1.Command", shifted.SerializeToString())


def test_another_key_is_refused_and_named() -> None:
    """A payload sealed by another key is refused, and the error has both keys' ids."""
    payload = signing.seal(OTHER, codec.COLLECTIVE, BODY)
    with pytest.raises(signing.SealError, match=f"{OTHER.key_id:08x}; expected {KEY.key_id:08x}"):
        signing.unseal(KEY.public, codec.COLLECTIVE, payload)


@pytest.mark.parametrize("forger", [OTHER, CHEAP])
def test_claiming_the_pinned_keys_id_is_refused(forger: signing.Sealer) -> None:
    """A payload signed by another key with the pinned key's id is refused by its signature."""
    forged = pb.Sealed.FromString(signing.seal(forger, codec.COLLECTIVE, BODY))
    forged.key = KEY.key_id
    with pytest.raises(signing.SealError, match="does not fit"):
        signing.unseal(KEY.public, codec.COLLECTIVE, forged.SerializeToString())


@pytest.mark.parametrize("length", [0, 31, 32, 63, 65])
def test_a_signature_of_another_length_is_refused(length: int) -> None:
    """A signature that is not 64 bytes is refused, not an error of the library."""
    forged = pb.Sealed(body=BODY, signature=bytes(length), key=KEY.key_id)
    with pytest.raises(signing.SealError):
        signing.unseal(KEY.public, codec.COLLECTIVE, forged.SerializeToString())


def test_an_unsigned_message_is_no_sealed_one() -> None:
    """A bare Collective without a seal is refused."""
    with pytest.raises(signing.SealError):
        signing.unseal(KEY.public, codec.COLLECTIVE, BODY)


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_seal_error(payload: bytes) -> None:
    """Random bytes are refused with a SealError, never anything else."""
    with pytest.raises(signing.SealError):
        signing.unseal(KEY.public, codec.COMMAND, payload)


@pytest.mark.parametrize("payload", [b"", bytes(signing.PAYLOAD_BYTES_MAX + 1)])
def test_empty_and_oversize_payloads_are_refused(payload: bytes) -> None:
    """An empty payload, or more than 64 KiB, is refused before it is parsed."""
    with pytest.raises(signing.SealError, match="1 to 65536"):
        signing.unseal(KEY.public, codec.WAKE_ORDER, payload)


def test_a_newer_envelopes_fields_change_no_body() -> None:
    """An unknown field beside the body changes neither the signed nor the read body."""
    payload = signing.seal(KEY, codec.COLLECTIVE, BODY) + b"\x82\x7d\x03new"
    assert signing.unseal(KEY.public, codec.COLLECTIVE, payload) == BODY


def test_each_message_of_the_daemon_has_its_context() -> None:
    """The context of a message is its full name in the protocol, and no two share one."""
    names = ("collective", "command_release", "wake_order", "daemon_presence")
    contexts = [codec.context_of(SPECIMENS[name]) for name in names]
    assert contexts == list(CONTEXTS)
    assert codec.COLLECTIVE == "dreamwire.v1.Collective"
    assert len(set(contexts)) == len(contexts)


def test_a_simulations_seal_needs_a_secret_of_its_own() -> None:
    """A keyed seal takes no default secret, refuses a short one, and another secret opens nothing."""
    with pytest.raises(signing.KeyFileError, match="16 to 64"):
        signing.KeyedSealer(b"short")
    payload = signing.seal(CHEAP, codec.COLLECTIVE, BODY)
    with pytest.raises(signing.SealError):
        signing.unseal(signing.KeyedSealer(b"another secret of 16"), codec.COLLECTIVE, payload)
