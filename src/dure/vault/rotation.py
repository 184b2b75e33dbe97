"""Rotating the master key.

Make a key and write it to the file; name it in the database, and from then on every put uses it; wrap the data keys
anew, batch by batch; forget the old key when nothing is left on it. Until then the old key stays readable. Killed at
any point, `resume_rotation` goes on from there.
"""

from dataclasses import dataclass, field
from functools import partial

from sqlalchemy import select

from dure.kit import Refused, Text, now, say
from dure.ledger import Actor, Event, Hands, Work
from dure.vault.envelope import CannotOpen, rewrap
from dure.vault.keyring import Keyring
from dure.vault.master import THE_ROW, KeyInUse, key_in_use
from dure.vault.secret import Secret

BATCH = 200


@dataclass(frozen=True)
class MasterKeyRotated(Event, kind="vault.master_key_rotated"):
    key_id: str

    def sentence(self) -> Text:
        return say("rotated the master key; the new one is {key}", key=self.key_id)


@dataclass
class Rotation:
    """What a rotation did."""

    rewrapped: int = 0
    damaged: list[str] = field(default_factory=list)
    """Secrets that open with no key any more. While there are any the old key is not forgotten."""


def rotate_master_key(house: Hands, actor: Actor, keys: Keyring, batch: int = BATCH) -> Rotation:
    """A new master key for everything. For a thread or a command: it may take a while."""
    with keys.rotating() as mine:
        if not mine:
            raise Refused(say("The master key is being rotated right now. Wait until that is done."))
        house.write_now(actor, partial(settle_key_in_use, keys=keys))
        fresh = keys.add()
        house.write_now(actor, partial(name_key, keys=keys, key_id=fresh.id))
        return finish_rotation(house, actor, keys, batch)


def resume_rotation(house: Hands, actor: Actor, keys: Keyring, batch: int = BATCH) -> Rotation:
    """Finish what a killed rotation left; does nothing when there is nothing, or when another process is at it."""
    with keys.rotating() as mine:
        return finish_rotation(house, actor, keys, batch) if mine else Rotation()


def finish_rotation(house: Hands, actor: Actor, keys: Keyring, batch: int) -> Rotation:
    done, after = Rotation(), 0
    while seen := house.write_now(actor, partial(rewrap_batch, keys=keys, after=after, limit=batch)):
        after = seen[-1].id
        done.rewrapped += sum(each.opened for each in seen)
        done.damaged += [each.name for each in seen if not each.opened]
    if not done.damaged and len(keys) > 1:
        keys.keep_only(house.write_now(actor, partial(key_in_use, keys=keys, locked=False)))
    return done


def check_keys(work: Work, keys: Keyring) -> None:
    """At the start: refuse to go on with a key file that does not open what is in this database."""
    row = work.session.get(KeyInUse, THE_ROW)
    needed = set(work.session.scalars(select(Secret.key_id).distinct()))
    for key_id in sorted(needed | ({row.key_id} if row else set())):
        keys.find(key_id)


def settle_key_in_use(work: Work, keys: Keyring) -> None:
    """The key that is in use must be at hand before another takes its place."""
    keys.find(key_in_use(work, keys, locked=True))


def name_key(work: Work, keys: Keyring, key_id: str) -> None:
    key_in_use(work, keys, locked=True)
    row = work.session.get_one(KeyInUse, THE_ROW)
    row.key_id, row.since, row.by = key_id, now(), work.actor.ref
    work.record(MasterKeyRotated(key_id), about=["vault"], within="house")


@dataclass(frozen=True)
class Rewrapped:
    id: int
    name: str
    opened: bool


def rewrap_batch(work: Work, keys: Keyring, after: int, limit: int) -> list[Rewrapped]:
    """Lock the next few data keys with the key in use."""
    fresh = keys.find(key_in_use(work, keys, locked=False))
    query = select(Secret).where(Secret.id > after, Secret.key_id != fresh.id).order_by(Secret.id).limit(limit)
    seen: list[Rewrapped] = []
    for secret in work.session.scalars(query.with_for_update()):
        try:
            secret.wrapped_key = rewrap(keys.find(secret.key_id).key, fresh.key, secret.wrapped_key, secret.place)
        except CannotOpen:
            opened = False
        else:
            secret.key_id, opened = fresh.id, True
        seen.append(Rewrapped(secret.id, f"{secret.scope} {secret.name}", opened))
    return seen
