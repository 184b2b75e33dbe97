"""Names that cannot be guessed, and the short digests by which we recognise them."""

import hashlib
import secrets

SECRET_BYTES = 32


def new_secret(prefix: str) -> str:
    """A bearer secret with 256 bits in it. The prefix lets people and scanners see what leaked."""
    return f"{prefix}_{secrets.token_urlsafe(SECRET_BYTES)}"


def digest(secret: str) -> str:
    """What we keep of a secret. It has 256 random bits, so one plain SHA-256 is enough and is fast."""
    return hashlib.sha256(secret.encode()).hexdigest()
