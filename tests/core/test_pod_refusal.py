"""A pod's refusal of an assign by the consents that it holds, as the seat shows it."""

import pytest

from dreamd.core.consent.pod_refusal import pod_refusal
from dreamd.core.refusals import CATALOGUE, Code
from dreamwire import consent_refusals

WORDS = {
    name: word for name, word in vars(consent_refusals).items() if isinstance(word, str) and name.isupper()
}


@pytest.mark.parametrize("word", WORDS.values())
def test_every_word_of_a_pod_is_a_refusal_with_a_step(word: str) -> None:
    """Each word names the pod, and a code with a step that helps: a grant, or the disk."""
    refusal = pod_refusal("bed-7", word)
    assert refusal is not None
    disk = word in (consent_refusals.UNREADABLE, consent_refusals.UNKEPT)
    assert refusal.code is (Code.POD_DISK if disk else Code.CONSENT_STALE)
    assert "bed-7" in refusal.sentence
    assert refusal.metadata["word"] == word
    assert ("disk" if disk else "grant the next revision") in CATALOGUE[refusal.code].next_step


@pytest.mark.parametrize("word", ["", "latched", "consent", "consent-", "malformed", "x" * 400])
def test_other_words_speak_of_no_consent(word: str) -> None:
    """Any other word, one of a newer pod too, is none of these."""
    assert pod_refusal("bed-7", word) is None
