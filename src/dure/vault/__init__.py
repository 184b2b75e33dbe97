"""Vault: secrets, locked by AES-256-GCM under a master key, lent by name, and hidden in whatever borrowers print.

In:    secrets from people, scope by scope ("project:3", "environment:7", "house"); the file of master keys.
Out:   lent values; masked streams; vault.secret_put, vault.secrets_lent, vault.secret_removed,
       vault.master_key_rotated. Values are never in an event, a list, a repr or a log.
Asks:  nobody. The room that owns a scope asks policy before it calls.
"""

from dure.kit import Mask, mask
from dure.vault.keyring import KeyFileBroken, KeyFileExposed, KeyMissing, Keyring, open_keyring
from dure.vault.rotation import MasterKeyRotated, Rotation, check_keys, resume_rotation, rotate_master_key
from dure.vault.secret import (
    Lent,
    SecretCard,
    SecretDamaged,
    SecretPut,
    SecretRemoved,
    SecretsLent,
    TooManySecrets,
    lend,
    put_secret,
    remove_secret,
    secrets_of,
)
from dure.vault.wrapping import CannotUnwrap, Wrapping, wrapping_by

__all__ = [
    "CannotUnwrap",
    "KeyFileBroken",
    "KeyFileExposed",
    "KeyMissing",
    "Keyring",
    "Lent",
    "Mask",
    "MasterKeyRotated",
    "Rotation",
    "SecretCard",
    "SecretDamaged",
    "SecretPut",
    "SecretRemoved",
    "SecretsLent",
    "TooManySecrets",
    "Wrapping",
    "check_keys",
    "lend",
    "mask",
    "open_keyring",
    "put_secret",
    "remove_secret",
    "resume_rotation",
    "rotate_master_key",
    "secrets_of",
    "wrapping_by",
]
