"""The key that tokens are signed with, kept by the vault, and what is published of it."""

import base64
import hashlib
import threading
from contextlib import suppress
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from dure import vault
from dure.build.identity.claims import Claims
from dure.kit import Refused, say
from dure.ledger import HOUSE, House, Work
from dure.vault import Keyring

ISSUER_PATH = "/oidc"
SCOPE, NAME, BORROWER = "house", "OIDC_SIGNING_KEY", "oidc"
KEY_BITS = 2048
EXPONENT = 65_537


class MadeTwice(Refused):
    """Another house made one in the same moment."""


class Issuer:
    """Signs for one house. The key is fetched from the vault at its first use, and made where there is none."""

    def __init__(self, house: House, keys: Keyring, url: str) -> None:
        self.house, self.keys, self.url = house, keys, f"{url}{ISSUER_PATH}"
        self._lock = threading.Lock()
        self._key: rsa.RSAPrivateKey | None = None

    def token(self, claims: Claims) -> str:
        """Signed. Not for the event loop."""
        key = self.key()
        head = {"typ": "JWT", "alg": "RS256", "kid": kid_of(key), "x5t": kid_of(key)}
        body = ".".join(words_of(msgspec.json.encode(part)) for part in (head, claims.told(self.url)))
        return f"{body}.{words_of(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def published(self) -> dict[str, Any]:
        """What others check tokens with."""
        key = self.key()
        numbers = key.public_key().public_numbers()
        one = {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": kid_of(key),
            "n": words_of(number_bytes(numbers.n)),
            "e": words_of(number_bytes(numbers.e)),
        }
        return {"keys": [one]}

    def key(self) -> rsa.RSAPrivateKey:
        with self._lock:
            if self._key is None:
                self._key = self._fetch()
            return self._key

    def _fetch(self) -> rsa.RSAPrivateKey:
        if not self.house.read_now(HOUSE, there_is_a_key):
            fresh = rsa.generate_private_key(public_exponent=EXPONENT, key_size=KEY_BITS)
            words = fresh.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            with suppress(MadeTwice):
                self.house.write_now(HOUSE, lambda work: first_key(work, self.keys, words))
        lent = self.house.write_now(HOUSE, lambda work: vault.lend(work, self.keys, SCOPE, [NAME], to=BORROWER))
        found = serialization.load_pem_private_key(lent[NAME].reveal(), password=None)
        assert isinstance(found, rsa.RSAPrivateKey)
        return found


# open: the house's own key; that there is one is no secret.
def there_is_a_key(work: Work) -> bool:
    return any(card.name == NAME for card in vault.secrets_of(work, SCOPE))


# open: the house's own key.
def first_key(work: Work, keys: Keyring, words: bytes) -> None:
    """Keep it, unless there is one."""
    if vault.put_secret(work, keys, SCOPE, NAME, words).version != 1:
        raise MadeTwice(say("There is a key already."))


def discovery(url: str) -> dict[str, Any]:
    """Where others find what they need, and what stands in a token."""
    issuer = f"{url}{ISSUER_PATH}"
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/.well-known/jwks",
        "subject_types_supported": ["public", "pairwise"],
        "response_types_supported": ["id_token"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
        "claims_supported": sorted(Claims.names()),
    }


def kid_of(key: rsa.RSAPrivateKey) -> str:
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()[:32]


def words_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number_bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
