"""Receipts of consents (ISO/IEC TS 27560), FHIR R5, and the offline verbs for them and for guidelines."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dreamd.adapters.documents.receipts import ReceiptError, sign_receipt, verified
from dreamd.adapters.documents.shipped import shipped_text
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.fhir import DECISION_CODES, STATE_CODES, fhir_consent
from dreamd.core.consent.grant import Grant, Modality, Scope
from dreamd.core.consent.hours import Hours
from dreamd.core.consent.receipt import (
    EVENT_FIELDS,
    PARTY_FIELDS,
    PROCESSING_FIELDS,
    Controller,
    missing_fields,
    receipt,
)
from dreamd.core.guidelines.forms import Window
from dreamd.main import main
from dreamwire.signing import SigningKey

KEY, OTHER = SigningKey.from_seed(b"r" * 32), SigningKey.from_seed(b"o" * 32)
HOUSE = Controller(
    "house-1", "Haus am See", "Seeweg 1, 8000 Zürich", "dpo@example.org", "CH", "Zürich", "P7D"
)
T0 = 1_793_000_000.0
GRANT = Grant(
    "pseudonym-of-the-sleeper",
    3,
    frozenset({Scope.MERGE, Scope.RESEARCH}),
    frozenset({Modality.SOUND, Modality.LIGHT}),
    0.1,
    T0 + 3600.0,
    hours=Hours(Window(1320, 420), "Europe/Zurich"),
    notice_sha256="c" * 64,
    language="de-CH",
    at_s=T0,
    adult=True,
)
CONSENT = Consent(ConsentState.GIVEN, 3, GRANT, GRANT.held, T0)
DOCUMENT = receipt(CONSENT, HOUSE, "rec-9", "subject-7")
FILE = sign_receipt(DOCUMENT, KEY).encode()


def test_a_receipt_has_every_mandatory_field() -> None:
    """The fields of 27560 are there, each purpose apart, and the pseudonym is not."""
    assert missing_fields(DOCUMENT) == ()
    assert [one["purpose_type"] for one in DOCUMENT["pii_processing"]] == ["merge", "research"]
    assert GRANT.sleeper not in FILE.decode()
    assert verified(FILE, KEY.public) == json.loads(json.dumps(DOCUMENT))
    (event,) = DOCUMENT["event"]
    assert event["validity_duration"] == "PT3600S"
    with pytest.raises(ValueError, match="has given none"):
        receipt(Consent(), HOUSE, "rec-9", "subject-7")


def test_each_field_that_is_left_out_is_named() -> None:
    """A receipt that lacks any mandatory field is refused though its signature holds."""
    parts = {"pii_processing": PROCESSING_FIELDS, "party_identification": PARTY_FIELDS, "event": EVENT_FIELDS}
    for part, fields in parts.items():
        for field in fields:
            short = json.loads(json.dumps(DOCUMENT))
            del short[part][0][field]
            assert missing_fields(short) == (f"{part}.{field}",)
    short = {name: value for name, value in DOCUMENT.items() if name != "record_id"}
    with pytest.raises(ReceiptError, match="lacks record_id"):
        verified(sign_receipt(short, KEY).encode(), KEY.public)


def test_a_receipt_with_one_byte_changed_does_not_hold() -> None:
    """Any byte of the file, changed, is refused: of the receipt, of the signature, of the layout."""
    assert verified(FILE, KEY.public)
    for at in [*range(0, len(FILE), 7), *range(len(FILE) - 200, len(FILE))]:
        with pytest.raises(ReceiptError):
            verified(FILE[:at] + bytes([FILE[at] ^ 1]) + FILE[at + 1 :], KEY.public)
    with pytest.raises(ReceiptError):
        verified(FILE + b" ", KEY.public)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"[]",
        b'{"receipt": {}}',
        b'{"receipt": {}, "signature": {"value": "!"}}',
        b'{"receipt": {"a": 1, "a": 1}, "signature": {"value": ""}}',
        b'{"receipt": {"a": 1e999}, "signature": {"value": ""}}',
        b'{"receipt":' * 2000,
        b" " * (2 << 20),
    ],
)
def test_a_file_that_is_no_receipt_is_refused(file: bytes) -> None:
    """Empty, of another shape, with a member twice, without end: one sentence, no other exception."""
    with pytest.raises(ReceiptError):
        verified(file, KEY.public)


def test_another_key_is_told_from_a_changed_receipt() -> None:
    """The daemon of another house signs other receipts; nothing else that the key signed is a receipt."""
    with pytest.raises(ReceiptError, match="another key"):
        verified(FILE, OTHER.public)
    with pytest.raises(ReceiptError, match="was changed"):
        verified(FILE.replace(b"subject-7", b"subject-8"), KEY.public)


@pytest.mark.parametrize("state", [s for s in ConsentState if s is not ConsentState.NONE])
def test_fhir_uses_the_codes_of_r5(state: ConsentState) -> None:
    """Status and decision are of HL7's sets in every state; withdrawn is inactive: R5 has no such code."""
    resource = fhir_consent(replace(CONSENT, state=state), HOUSE, "rec-9", "subject-7")
    assert resource["status"] == ("active" if state is ConsentState.GIVEN else "inactive")
    assert resource["status"] in STATE_CODES
    assert resource["decision"] in DECISION_CODES
    assert "withdrawn" not in STATE_CODES
    codes = [code["code"] for part in resource["provision"] for code in part["purpose"]]
    assert codes == ["merge", "research", "DUO_0000006", "DUO_0000021", "DUO_0000018"]
    assert GRANT.sleeper not in json.dumps(resource)


def test_a_receipt_is_verified_offline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`dreamd receipt verify` needs file and public key; a changed file ends with 1 and one sentence."""
    file, public = tmp_path / "receipt.json", tmp_path / "daemon.pub"
    file.write_bytes(FILE)
    KEY.save_public(public)
    assert main(["receipt", "verify", str(file), "--key", str(public)]) == 0
    assert capsys.readouterr().out == "holds: rec-9.3.given, signed by this key\n"
    file.write_bytes(FILE.replace(b"0.1,", b"0.2,"))
    assert main(["receipt", "verify", str(file), "--key", str(public)]) == 1
    assert "was changed" in capsys.readouterr().err
    assert main(["receipt", "verify", str(tmp_path / "none"), "--key", str(public)]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_guidelines_are_checked_and_compared_offline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`dreamd guidelines`: the shipped one holds; a fault names file, line and clause; a diff each change."""
    assert main(["guidelines", "shipped"]) == 0
    shipped = capsys.readouterr().out
    file = tmp_path / "two.toml"
    file.write_text(shipped.replace("revision = 1", "revision = 2").replace("limit = 240", "limit = 200"))
    assert main(["guidelines", "check", str(file)]) == 0
    assert "holds: revision 2, 28 clauses" in capsys.readouterr().out
    assert main(["guidelines", "diff", str(file)]) == 0
    told = capsys.readouterr().out
    assert "tightened" in told
    assert "revision 2 against 1: it only tightens" in told
    file.write_text(shipped_text().replace("limit = 240", "limit = 1e9"))
    assert main(["guidelines", "check", str(file)]) == 1
    assert "two.toml: line 66: clause 3.2, dose_7d_min: no ratification passes" in capsys.readouterr().err
    assert main(["guidelines", "check", str(tmp_path)]) == 1
    assert "cannot be read" in capsys.readouterr().err
