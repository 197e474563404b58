"""The console's requests: a way out acts on any recognisable name; other orders are refused by field."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamd.console.acts.order_bodies import BODY_MAX, Asked, UnfitOrderError, read_order, read_way_out
from dreamwire.text import unfit

NESTED = b"[" * 3000
ODD = st.text(st.characters() | st.characters(categories=["Cs"]))


def asked(body: bytes, *, whole: bool = True) -> Asked:
    """A POST with this body."""
    return Asked("POST", "/console/sever", {}, body, whole)


@given(ODD, ODD, st.booleans())
def test_a_way_out_is_read_whatever_its_reason(reason: str, issuer: str, ascii_only: bool) -> None:
    """The name is found and the text repaired, with surrogates as JSON escapes or as raw bytes."""
    told = {"reason": reason, "issuer": issuer, "name": "dusk"}
    body = json.dumps(told, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    order = read_way_out(asked(body))
    assert order.name == "dusk"
    assert not unfit(order.reason)
    assert not unfit(order.issuer)


@pytest.mark.parametrize(
    "body",
    [
        b'{"name":"dusk","reason":"caf\xe9"}',
        b'{"name":"dusk","reason":"\\ud800"}',
        b'{"name":"dusk","reason":' + NESTED,
        b'{"reason":' + NESTED + b'],"name" : "dusk"}',
        b'{"name":"dusk","reason":7,"issuer":null}',
        b'{"name":"dusk","reason":{"name":"dawn"}}',
        b'{"name":"dusk","reason":"torn',
        b'{"name":"dusk","reason":' + b"9" * 4000 + b"}",
        b'[{"name":"dusk"}]',
    ],
    ids=["latin-1", "surrogate", "nested", "nested first", "no text", "within", "torn", "digits", "list"],
)
def test_a_way_out_acts_where_its_name_can_be_read(body: bytes) -> None:
    """Any bytes, nesting, types and torn ends around the name change nothing."""
    assert read_way_out(asked(body)).name == "dusk"


def test_a_reason_cannot_name_another() -> None:
    """A name quoted within a reason is not taken for the target, also in a body too long to parse."""
    told = json.dumps({"reason": '"name": "dawn"', "name": "dusk"}).encode()
    assert read_way_out(asked(told)).name == "dusk"
    assert read_way_out(asked(told, whole=False)).name == "dusk"


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", NESTED, b'{"name":"Not/This"}', b'{"name":"a b"}'])
def test_a_way_out_without_a_name_is_refused(body: bytes) -> None:
    """A way out without a recognisable name is refused with the expected form."""
    with pytest.raises(UnfitOrderError, match=r"name: .*the body must be a JSON object"):
        read_way_out(asked(body))


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (
            b'{"name":"dusk","etag":"a\\u001b"}',
            r"^etag: character 2 is U\+001B, a control character; expected",
        ),
        (b'{"name":"dusk","etag":"\\ud800"}', r"^etag: character 1 is U\+D800, a surrogate"),
        (b'{"name":"dusk","etag":7}', "^etag: not a string; the body must"),
        (b'{"name":"dusk","etag":"caf\xe9"}', "^the body is not UTF-8 at byte 26"),
        (b'{"name":"dusk","etag":' + NESTED, "^name: invalid; the body must"),
        (b"null", "^name: invalid; the body must"),
        (b'{"a\\u001b[2J":7}', "^a\ufffd"),
    ],
)
def test_another_order_is_refused_by_its_field(body: bytes, wrong: str) -> None:
    """Another order's refusal names field, fault and expected value."""
    with pytest.raises(UnfitOrderError, match=wrong) as no:
        read_order(asked(body))
    assert str(no.value).isprintable()


def test_another_order_of_any_length_is_not_guessed_at() -> None:
    """A truncated body is not taken for a resume."""
    with pytest.raises(UnfitOrderError, match=f"at most {BODY_MAX} bytes"):
        read_order(asked(b'{"name":"dusk","etag":"1"}', whole=False))
