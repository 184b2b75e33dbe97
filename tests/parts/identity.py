"""A token that says who a job is, checked as any cloud does: by discovery and published keys alone."""

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from tests.parts.house import RunningHouse


def checked(house: RunningHouse, token: str) -> dict[str, Any]:
    def get(url: str) -> Any:
        status, answer = house.ask("GET", url.removeprefix(house.url))
        assert status == 200
        return json.loads(answer)

    def bytes_of(words: str) -> bytes:
        return base64.urlsafe_b64decode(words + "==")

    head, body, signature = token.split(".")
    claims: dict[str, Any] = json.loads(bytes_of(body))
    known = get(f"{claims['iss']}/.well-known/openid-configuration")
    assert known["issuer"] == claims["iss"]
    [key] = [each for each in get(known["jwks_uri"])["keys"] if each["kid"] == json.loads(bytes_of(head))["kid"]]
    number, exponent = (int.from_bytes(bytes_of(key[name]), "big") for name in ("n", "e"))
    public = RSAPublicNumbers(exponent, number).public_key()
    public.verify(bytes_of(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    return claims
