"""Tickets: addresses that are good for some minutes without a token, where clients show none."""

import hashlib
import hmac
import time

from dure.kit import Forbidden, say
from dure.vault import Keyring

LIFE_SECONDS = 600


class Tickets:
    """Signed with a key that is derived from the house's newest master key, so that every house of it knows them."""

    def __init__(self, keys: Keyring) -> None:
        self.keys = keys

    def made(self, path: str) -> str:
        """What is to be said after this path."""
        until = str(int(time.time()) + LIFE_SECONDS)
        return f"until={until}&sig={self.sign(path, until)}"

    def check(self, path: str, until: str, shown: str) -> None:
        good = hmac.compare_digest(shown.encode(), self.sign(path, until).encode())
        if not good or not until.isascii() or not until.isdigit() or int(until) < time.time():
            raise Forbidden(say("This address was good for a while, and that is over."))

    def sign(self, path: str, until: str) -> str:
        key = hmac.new(self.keys.newest().key, b"tickets of the rest room", hashlib.sha256).digest()
        return hmac.new(key, f"{path}\n{until}".encode(), hashlib.sha256).hexdigest()
