"""Tokens that the counter gives to its own job, and signatures under addresses. Its key is never written down."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import urlencode

from dure.runner.counter.refusing import No

LIFE_SECONDS = 32 * 86_400.0
"""Longer than any job; the key goes with the counter."""
SIGNED_SECONDS = 3600.0
AUDIENCE = "dure-counter"


def words_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def bytes_of(words: str) -> bytes:
    return base64.urlsafe_b64decode(words + "=" * (-len(words) % 4))


@dataclass(frozen=True)
class Stamp:
    """What this counter signs with, and for which job."""

    run: str
    job: str
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def token(self) -> str:
        """The clients look for `scp` in it; nothing else of it means anything to them."""
        now = int(time.time())
        head = {"alg": "HS256", "typ": "JWT"}
        claims = {
            "aud": AUDIENCE,
            "scp": f"Actions.Results:{self.run}:{self.job}",
            "iat": now,
            "nbf": now - 300,
            "exp": int(now + LIFE_SECONDS),
        }
        body = ".".join(words_of(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
        return f"{body}.{words_of(self.sign(body))}"

    def check(self, shown: str) -> None:
        """Whether this is a token of ours, for this job, and still good."""
        body, _, signature = shown.rpartition(".")
        try:
            good = hmac.compare_digest(bytes_of(signature), self.sign(body))
            claims = json.loads(bytes_of(body.partition(".")[2])) if good else {}
        except (ValueError, UnicodeError):
            claims = {}
        if claims.get("aud") != AUDIENCE or float(claims.get("exp", 0)) < time.time():
            raise No(401, "This token is none of this job's.")

    def signed(self, path: str, purpose: str, seconds: float = SIGNED_SECONDS) -> str:
        """The path with a signature: whoever has it may do this one thing there, for a while."""
        until = str(int(time.time() + seconds))
        signature = words_of(self.sign(f"{purpose}\n{path}\n{until}"))
        return f"{path}?{urlencode({'for': purpose, 'until': until, 'sig': signature})}"

    def check_signed(self, path: str, asked: dict[str, str], purpose: str) -> None:
        until, signature = asked.get("until", ""), asked.get("sig", "")
        try:
            good = hmac.compare_digest(bytes_of(signature), self.sign(f"{purpose}\n{path}\n{until}"))
        except (ValueError, UnicodeError):
            good = False
        if not good or asked.get("for") != purpose:
            raise No(403, "The signature of this address is not good.")
        if int(until) < time.time():
            raise No(403, "This address was good for a while, and that is over. Ask for a new one.")

    def sign(self, words: str) -> bytes:
        return hmac.new(self.key, words.encode(), hashlib.sha256).digest()
