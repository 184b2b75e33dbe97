"""Where a release comes from, said in the words of in-toto and SLSA and signed in a DSSE envelope.

The envelope holds the statement as it was signed, byte for byte, so that it can be checked by any tool that knows
DSSE and the house's public key.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dure.kit import Missing, Refused, say
from dure.ledger import HOUSE, Hands, Work
from dure.vault import Keyring, lend, put_secret

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:dure:workflow:1"
KEY_NAME = "release_signing_key"
KEY_SCOPE = "house"


class Signature(msgspec.Struct):
    keyid: str
    sig: str


class Envelope(msgspec.Struct):
    """A DSSE envelope, as it is kept and shown."""

    payload: str
    payloadType: str  # noqa: N815 - the name in the specification
    signatures: list[Signature]


class ProvenanceDiffers(Refused):
    """The provenance does not fit what it speaks of, or was not signed by this house."""


@dataclass(frozen=True)
class Subject:
    """One file of the release."""

    name: str
    digest: str
    """As blobs are called: `sha256:…`."""


@dataclass(frozen=True)
class Origin:
    """What a release was made from, and by what."""

    source: str
    """The address of the repository."""
    ref: str
    sha: str
    version: str
    house: str
    runs: Sequence[str]
    """The addresses of the runs that checked it."""
    begun_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Signer:
    """The key of this house. Its private half lies in the vault and is lent for one signature at a time."""

    hands: Hands
    keys: Keyring

    def sign(self, statement: bytes, to: str) -> tuple[str, str]:
        """A signed envelope as JSON, and the public key. `to` says in the ledger what the key was lent for."""
        key = self.hands.write_now(HOUSE, lambda work: self._lent(work, to))
        signature = key.sign(pre_authentication(statement))
        envelope = Envelope(
            in_base64(statement), PAYLOAD_TYPE, [Signature(key_id(key.public_key()), in_base64(signature))]
        )
        return msgspec.json.encode(envelope).decode(), key.public_key().public_bytes_raw().hex()

    def _lent(self, work: Work, to: str) -> Ed25519PrivateKey:
        try:
            lent = lend(work, self.keys, KEY_SCOPE, [KEY_NAME], to=to)
        except Missing:
            fresh = Ed25519PrivateKey.generate()
            put_secret(work, self.keys, KEY_SCOPE, KEY_NAME, fresh.private_bytes_raw().hex())
            return fresh
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(lent[KEY_NAME].text()))


def statement_of(origin: Origin, subjects: Sequence[Subject]) -> bytes:
    """The statement that is signed. The same release always says the same."""
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": one.name, "digest": {"sha256": one.digest.removeprefix("sha256:")}} for one in subjects],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {"repository": origin.source, "ref": origin.ref, "version": origin.version},
                "internalParameters": {},
                "resolvedDependencies": [
                    {"uri": f"git+{origin.source}@{origin.ref}", "digest": {"gitCommit": origin.sha}}
                ],
            },
            "runDetails": {
                "builder": {"id": origin.house},
                "metadata": {
                    "invocationId": origin.runs[0] if origin.runs else origin.sha,
                    "startedOn": origin.begun_at.isoformat(),
                    "finishedOn": origin.ended_at.isoformat(),
                },
                "byproducts": [{"name": "run", "uri": run} for run in origin.runs],
            },
        },
    }
    return msgspec.json.encode(statement)


def verify(envelope: str, key: Ed25519PublicKey, subjects: Sequence[Subject]) -> None:
    """Raises unless this key signed it and it names exactly these files."""
    known = msgspec.json.decode(envelope, type=Envelope)
    payload = base64.b64decode(known.payload)
    if known.payloadType != PAYLOAD_TYPE or not any(is_good(one, payload, key) for one in known.signatures):
        raise ProvenanceDiffers(say("This provenance was not signed by this house."))
    said = msgspec.json.decode(payload, type=Said)
    named = {(one.name, one.digest.get("sha256", "")) for one in said.subject}
    if named != {(one.name, one.digest.removeprefix("sha256:")) for one in subjects}:
        raise ProvenanceDiffers(say("The provenance speaks of other files than the release has."))


class SaidSubject(msgspec.Struct):
    name: str
    digest: dict[str, str]


class Said(msgspec.Struct):
    subject: list[SaidSubject]


def is_good(signature: Signature, payload: bytes, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(base64.b64decode(signature.sig), pre_authentication(payload))
    except InvalidSignature:
        return False
    return True


def pre_authentication(payload: bytes) -> bytes:
    """What DSSE signs: the type and the payload, each with its length, so that neither can be taken for the other."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def key_id(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
