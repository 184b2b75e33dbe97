"""Provenance: signed once, and found out when anything is changed afterwards."""

import base64
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dure.release.provenance import (
    Envelope,
    Origin,
    ProvenanceDiffers,
    Signature,
    Subject,
    in_base64,
    key_id,
    pre_authentication,
    statement_of,
    verify,
)

KEY = Ed25519PrivateKey.generate()
FILES = [Subject("source.tar", "sha256:" + "1" * 64), Subject("app.zip", "sha256:" + "2" * 64)]
ORIGIN = Origin(
    source="https://dure.example/ada/shop.git",
    ref="refs/heads/main",
    sha="a" * 40,
    version="1.2.3",
    house="https://dure.example",
    runs=["https://dure.example/ada/shop/runs/7"],
    begun_at=datetime(2026, 11, 21, tzinfo=UTC),
    ended_at=datetime(2026, 11, 21, 0, 0, 1, tzinfo=UTC),
)


def signed(statement: bytes) -> str:
    signature = Signature(key_id(KEY.public_key()), in_base64(KEY.sign(pre_authentication(statement))))
    envelope = Envelope(in_base64(statement), "application/vnd.in-toto+json", [signature])
    return msgspec.json.encode(envelope).decode()


def test_the_words_before_the_signature_are_those_of_the_specification() -> None:
    # The example of the DSSE protocol, with our type of payload.
    assert pre_authentication(b"hello world") == b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"


def test_what_was_signed_is_good() -> None:
    verify(signed(statement_of(ORIGIN, FILES)), KEY.public_key(), FILES)


def test_the_statement_is_what_in_toto_and_slsa_say() -> None:
    said = msgspec.json.decode(statement_of(ORIGIN, FILES))
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://slsa.dev/provenance/v1"
    assert said["subject"][0] == {"name": "source.tar", "digest": {"sha256": "1" * 64}}
    [source] = said["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert source == {"uri": f"git+{ORIGIN.source}@refs/heads/main", "digest": {"gitCommit": "a" * 40}}


def test_another_file_is_found_out() -> None:
    other = [FILES[0], Subject("app.zip", "sha256:" + "3" * 64)]
    with pytest.raises(ProvenanceDiffers):
        verify(signed(statement_of(ORIGIN, FILES)), KEY.public_key(), other)


def test_a_changed_statement_is_found_out() -> None:
    envelope = msgspec.json.decode(signed(statement_of(ORIGIN, FILES)), type=Envelope)
    words = base64.b64decode(envelope.payload).replace(b"1.2.3", b"1.2.4")
    changed = msgspec.structs.replace(envelope, payload=in_base64(words))
    with pytest.raises(ProvenanceDiffers):
        verify(msgspec.json.encode(changed).decode(), KEY.public_key(), FILES)


def test_another_key_is_found_out() -> None:
    with pytest.raises(ProvenanceDiffers):
        verify(signed(statement_of(ORIGIN, FILES)), Ed25519PrivateKey.generate().public_key(), FILES)
