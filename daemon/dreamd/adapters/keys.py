"""The daemon's signing key: made at the first start, then never changed.

`daemon.key` never leaves the state directory and is readable by its owner alone; a pod pins `daemon.pub` at
its enrolment. The public half is written again at every start, so a lost one costs nothing.
"""

from pathlib import Path
from typing import Final

from dreamwire.checkpoint import Checkpoint, signed_note
from dreamwire.codec import DaemonSays, context_of, encode
from dreamwire.signing import KeyFileError, SigningKey, seal

KEY_FILE: Final = "daemon.key"
PUBLIC_FILE: Final = "daemon.pub"


def open_key(state_dir: Path) -> SigningKey:
    """Load the key of this state directory, or make it.

    Raises:
        KeyFileError: it is damaged, open to others, or cannot be written; the message has the next step.
    """
    path = state_dir / KEY_FILE
    try:
        if path.exists():
            key = SigningKey.load(path)
        else:
            key = SigningKey.generate()
            key.save(path)
        key.save_public(state_dir / PUBLIC_FILE)
    except OSError as error:
        raise KeyFileError(f"the signing key cannot be written to {state_dir} ({error.strerror})") from error
    return key


class Seal:
    """Signs the daemon's messages: message in, payload out."""

    def __init__(self, key: SigningKey) -> None:
        """Sign with `key`."""
        self._key = key

    def __call__(self, message: DaemonSays) -> bytes:
        """Encode and sign; 40 us, raises the errors of `codec.encode`."""
        return seal(self._key, context_of(message), encode(message))


class NoteSigner:
    """Signs checkpoints of the audit log: checkpoint in, note out."""

    def __init__(self, key: SigningKey) -> None:
        """Sign with `key`."""
        self._key = key

    def __call__(self, checkpoint: Checkpoint) -> str:
        """The signed note of this checkpoint."""
        return signed_note(checkpoint, self._key.public.raw, self._key.sign)
