"""The refusal of an assign by the consents that its pod holds, for the seat."""

from dreamd.core.refusals import Code, Refusal
from dreamwire.consent_refusals import LOWER, MISSING, UNKEPT, UNREADABLE, WITHDRAWN


def pod_refusal(pod: str, word: str) -> Refusal | None:
    """Return the refusal for the word of a pod's outcome; None: it speaks of no consent."""
    metadata = {"pod": pod, "word": word}
    if word in _DISK:
        return Refusal(Code.POD_DISK, _DISK[word].format(pod=pod), metadata)
    if word in _STALE:
        return Refusal(Code.CONSENT_STALE, _STALE[word].format(pod=pod), metadata)
    return None


_STALE = {
    LOWER: "pod {pod} has seen a newer consent of this sleeper than the one in the ledger",
    WITHDRAWN: "the sleeper has withdrawn this revision of their consent at pod {pod}",
    MISSING: "pod {pod} takes no assign without a revision of the consent, and this sleeper has none",
}
_DISK = {
    UNREADABLE: "pod {pod} cannot read the consents on its disk",
    UNKEPT: "pod {pod} cannot write a consent to its disk",
}
