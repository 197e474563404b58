"""Random text from the system's generator, for credentials and codes."""

import base64
import secrets


def random_text(bits: int) -> str:
    """A text of at least so many random bits, in lower-case base 32 without padding."""
    return base64.b32encode(secrets.token_bytes(-(-bits // 8))).decode().rstrip("=").lower()
