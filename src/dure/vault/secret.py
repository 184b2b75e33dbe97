"""Secrets: put into a scope, lent by name to whatever runs there, removed. Their values are never listed.

A scope is `house`, or a thing of some room: `project:3`, `environment:7`. The vault does not know who may do what in
a scope: the room that owns the scope asks policy first.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from sqlalchemy import LargeBinary, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import HIDDEN_BYTES_MIN, Invalid, Missing, Refused, Text, now, say
from dure.ledger import BIG, Event, Moment, Table, Work
from dure.vault.envelope import CannotOpen, Envelope, Place, close_envelope, open_envelope
from dure.vault.keyring import Keyring
from dure.vault.master import key_in_use

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
SCOPE = re.compile(r"house|(?!house:)[a-z_]+:[1-9][0-9]*")
READABLE_SCOPE = re.compile(r"house|(project|person):[0-9]+")
VALUE_BYTES_MAX = 64 << 10
SECRETS_PER_SCOPE_MAX = 500


class Secret(Table):
    """One secret of one scope. Putting it again makes the next version in the same row."""

    __tablename__ = "vault_secret"
    __table_args__ = (UniqueConstraint("scope", "name"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    scope: Mapped[str]
    name: Mapped[str]
    version: Mapped[int]
    key_id: Mapped[str] = mapped_column(index=True)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    nonce: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    created_at: Mapped[datetime] = mapped_column(Moment)
    created_by: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(Moment)
    updated_by: Mapped[str]
    lent_at: Mapped[datetime | None] = mapped_column(Moment, default=None)

    @property
    def place(self) -> Place:
        return Place(self.scope, self.name, self.version)

    @property
    def envelope(self) -> Envelope:
        return Envelope(self.wrapped_key, self.nonce, self.ciphertext)


@dataclass(frozen=True)
class SecretPut(Event, kind="vault.secret_put"):
    scope: str
    name: str
    version: int

    def sentence(self) -> Text:
        if self.version == 1:
            return say("stored the secret {name}", name=self.name)
        return say("changed the secret {name} (version {version})", name=self.name, version=self.version)


@dataclass(frozen=True)
class SecretsLent(Event, kind="vault.secrets_lent"):
    scope: str
    names: list[str]
    to: str

    def sentence(self) -> Text:
        return say("lent {names} to {to}", names=", ".join(self.names), to=self.to)


@dataclass(frozen=True)
class SecretRemoved(Event, kind="vault.secret_removed"):
    scope: str
    name: str

    def sentence(self) -> Text:
        return say("removed the secret {name}", name=self.name)


class TooManySecrets(Refused):
    """The scope is full."""


class SecretDamaged(Refused):
    """The row was changed from outside, or belongs to another master key."""


@dataclass(frozen=True)
class SecretCard:
    """What may be shown of a secret. The people are refs: "person:3"."""

    scope: str
    name: str
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    lent_at: datetime | None


class Lent:
    """The value of a secret, out of the vault. It shows itself only to who asks for it by `reveal` or `text`."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: bytes) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> bytes:
        return self._value

    def text(self) -> str:
        return self._value.decode()

    def __repr__(self) -> str:
        return f"Lent({self.name!r}, ***)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a lent secret is not to be written down")


def put_secret(
    work: Work, keys: Keyring, scope: str, name: str, value: str | bytes, *, within: str | None = None
) -> SecretCard:
    """Store a secret, or give one a new value. `within` says whose readers see that it happened."""
    data = _checked(name, value.encode() if isinstance(value, str) else value)
    readers = _readers(scope, within)
    # The row of the key in use is locked until the commit, so puts come one by one and never with a key gone by.
    master = keys.find(key_in_use(work, keys, locked=True))
    secret = work.session.scalar(select(Secret).where(Secret.scope == scope, Secret.name == name))
    at, version = now(), 1 if secret is None else secret.version + 1
    envelope = close_envelope(master.key, data, Place(scope, name, version))
    if secret is None:
        _check_room(work, scope)
        secret = Secret(
            scope=scope,
            name=name,
            version=version,
            key_id=master.id,
            wrapped_key=envelope.wrapped_key,
            nonce=envelope.nonce,
            ciphertext=envelope.ciphertext,
            created_at=at,
            created_by=work.actor.ref,
            updated_at=at,
            updated_by=work.actor.ref,
        )
        work.session.add(secret)
    else:
        secret.version, secret.key_id = version, master.id
        secret.wrapped_key, secret.nonce, secret.ciphertext = envelope.wrapped_key, envelope.nonce, envelope.ciphertext
        secret.updated_at, secret.updated_by = at, work.actor.ref
    work.session.flush()
    work.record(SecretPut(scope, name, version), about=[scope, f"secret:{secret.id}"], within=readers)
    return _card(secret)


def lend(
    work: Work, keys: Keyring, scope: str, names: Iterable[str], *, to: str, within: str | None = None
) -> dict[str, Lent]:
    """The values of these secrets, for `to` ("job:12"). The ledger keeps that they were lent.

    Hide them with a `Mask` from whatever the borrower prints.
    """
    wanted = sorted(set(names))
    readers = _readers(scope, within)
    # Locked in one order, so that two borrowers never wait for each other.
    query = select(Secret).where(Secret.scope == scope, Secret.name.in_(wanted)).order_by(Secret.id).with_for_update()
    found = {secret.name: secret for secret in work.session.scalars(query)}
    if lacking := [name for name in wanted if name not in found]:
        raise _no_such_secret(", ".join(lacking))
    lent = {name: Lent(name, _open(keys, found[name])) for name in wanted}
    at = now()
    for secret in found.values():
        secret.lent_at = at
    if wanted:
        about = [to, *(f"secret:{secret.id}" for secret in found.values())]
        work.record(SecretsLent(scope, wanted, to), about=about, within=readers)
    return lent


def secrets_of(work: Work, scope: str) -> Sequence[SecretCard]:
    """What may be shown of the secrets of a scope, by name."""
    return [
        _card(secret) for secret in work.session.scalars(select(Secret).filter_by(scope=scope).order_by(Secret.name))
    ]


def remove_secret(work: Work, scope: str, name: str, *, within: str | None = None) -> None:
    """Forget a secret for good."""
    readers = _readers(scope, within)
    secret = work.session.scalar(select(Secret).where(Secret.scope == scope, Secret.name == name))
    if secret is None:
        raise _no_such_secret(name)
    work.session.delete(secret)
    work.record(SecretRemoved(scope, name), about=[scope, f"secret:{secret.id}"], within=readers)


def _open(keys: Keyring, secret: Secret) -> bytes:
    try:
        return open_envelope(keys.find(secret.key_id).key, secret.envelope, secret.place)
    except CannotOpen as error:
        raise SecretDamaged(
            say(
                "The secret {name} does not open: its row was changed from outside. Put its value again.",
                name=secret.name,
            )
        ) from error


def _card(secret: Secret) -> SecretCard:
    return SecretCard(
        secret.scope,
        secret.name,
        secret.version,
        secret.created_at,
        secret.created_by,
        secret.updated_at,
        secret.updated_by,
        secret.lent_at,
    )


def _checked(name: str, value: bytes) -> bytes:
    if not NAME.fullmatch(name):
        raise Invalid(
            {"name": say("A secret's name has letters, digits and _, begins with no digit, and is 100 long at most.")}
        )
    if len(value) > VALUE_BYTES_MAX:
        raise Invalid({"value": say("A secret holds {limit} KiB at most.", limit=VALUE_BYTES_MAX >> 10)})
    if len(value.strip()) < HIDDEN_BYTES_MIN:
        raise Invalid(
            {
                "value": say(
                    "A secret has at least {shortest} characters: less cannot be hidden in logs.",
                    shortest=HIDDEN_BYTES_MIN,
                )
            }
        )
    return value


def _check_room(work: Work, scope: str) -> None:
    count = work.session.scalar(select(func.count()).select_from(Secret).where(Secret.scope == scope)) or 0
    if count >= SECRETS_PER_SCOPE_MAX:
        raise TooManySecrets(
            say("There are {count} secrets here already. Remove some that nobody uses first.", count=count)
        )


def _readers(scope: str, within: str | None) -> str:
    """Whose readers see the entries. Only a room can say to which project an environment belongs."""
    if not SCOPE.fullmatch(scope):
        raise ValueError(f"{scope!r} is no scope")
    if within is None and not READABLE_SCOPE.fullmatch(scope):
        raise ValueError(f"say within which project {scope} is")
    return within or scope


def _no_such_secret(names: str) -> Missing:
    return Missing(say("There is no secret {names} here.", names=names[:200]))
