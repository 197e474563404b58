"""Why a bed cannot join the Dreamscape, in words that need no table. Pure."""

from typing import Final

from dreamd.core.safety.causes import CAUSES, Cause

SIGNAL_WORDS: Final = {
    Cause.CONTACT.value: "no electrode contact",
    Cause.SILENCE.value: "no signal from its implant",
}
"""Short words for the causes that a first night meets most; the others have the sentences of the core."""


def cannot_join(bed: str, cause: str, refusal: str) -> str:
    """The words for the cause that a bed's signal gives; without one the daemon's refusal, its first half.

    refusal: what fails and the next step, parted by a semicolon; the step is for a caller of the API.
    """
    sentences = {one.value: row.sentence for one, row in CAUSES.items()}
    failed = refusal.partition("; ")[0]
    if failed.startswith(f"pod {bed} "):
        failed = f"it {failed.removeprefix(f'pod {bed} ')}"
    return SIGNAL_WORDS.get(cause) or sentences.get(cause) or failed or "no reason given"
