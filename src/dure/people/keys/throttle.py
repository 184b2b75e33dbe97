"""Guessing is slow: how often somebody may try to sign in, counted in the database for all houses together.

Each guess is paid for before the password is looked at, once for the account and once for the address it comes
from. A bucket holds a few guesses and fills again slowly. A browser that its owner has signed in with before pays
from a bucket of its own, so that a stranger's guessing cannot lock the owner out.
"""

import hashlib
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from math import ceil

from sqlalchemy import bindparam, delete, select, text
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import TooMany, digest, say
from dure.ledger import Moment, Table, Work, database_time

ACCOUNT_GUESSES = 10
ACCOUNT_SECONDS = 60
"""A further guess at one account each minute, once the first ten are spent."""
ADDRESS_GUESSES = 50
ADDRESS_SECONDS = 10
"""Many people may come from behind one address, so it has more."""


class Guessing(Table):
    """One bucket. It is full again at `full_at`; each guess moves that further into the future."""

    __tablename__ = "sign_in_guessing"

    bucket: Mapped[str] = mapped_column(primary_key=True)
    full_at: Mapped[datetime] = mapped_column(Moment, index=True)


FIRST_GUESS = text("INSERT INTO sign_in_guessing (bucket, full_at) VALUES (:bucket, :time) ON CONFLICT DO NOTHING")
FIRST_GUESS = FIRST_GUESS.bindparams(bindparam("time", type_=Moment()))


def pay_for_guess(work: Work, handle: str, address: str, device_id: int | None = None) -> None:
    """Take one guess out of its buckets, or say when there will be one again."""
    if device_id is not None:
        buckets = [(device_bucket(device_id), ACCOUNT_GUESSES, ACCOUNT_SECONDS)]
    else:
        # Always in this order, so that two guesses never wait for each other.
        buckets = [
            (address_bucket(address), ADDRESS_GUESSES, ADDRESS_SECONDS),
            (account_bucket(handle), ACCOUNT_GUESSES, ACCOUNT_SECONDS),
        ]
    time = database_time(work.session)
    names = [bucket for bucket, _, _ in buckets]
    # One look first: whoever guesses by the thousand is refused before anything is locked or written.
    query = select(Guessing.bucket, Guessing.full_at).where(Guessing.bucket.in_(names))
    full_at = {bucket: moment for bucket, moment in work.session.execute(query)}  # noqa: C416
    for bucket, guesses, seconds in buckets:
        spent(full_at.get(bucket, time), time, guesses, seconds)
    for bucket, guesses, seconds in buckets:
        pay(work, bucket, time, guesses, seconds)


def pay(work: Work, bucket: str, time: datetime, guesses: int, seconds: int) -> None:
    work.session.execute(FIRST_GUESS, {"bucket": bucket, "time": time})
    row = work.session.get_one(Guessing, bucket, with_for_update=True)
    row.full_at = spent(row.full_at, time, guesses, seconds)


def spent(full_at: datetime, time: datetime, guesses: int, seconds: int) -> datetime:
    """When the bucket is full again after one more guess, if there is one left in it."""
    after = max(full_at, time) + timedelta(seconds=seconds)
    too_early = (after - time).total_seconds() - guesses * seconds
    if too_early > 0:
        raise TooMany(
            say(
                "Too many tries to sign in. Please wait {seconds} seconds, or use a browser you have used before.",
                seconds=ceil(too_early),
            ),
            too_early,
        )
    return after


def guessed_right(work: Work, handle: str, address: str, device_id: int | None) -> None:
    """Whoever knows the password was not guessing: the account's bucket is full again, the address has its back."""
    if device_id is not None:
        work.session.execute(delete(Guessing).where(Guessing.bucket == device_bucket(device_id)))
        return
    row = work.session.get(Guessing, address_bucket(address), with_for_update=True)
    if row is not None:
        row.full_at -= timedelta(seconds=ADDRESS_SECONDS)
    work.session.execute(delete(Guessing).where(Guessing.bucket == account_bucket(handle)))


def forget_guesses(work: Work) -> None:
    """Full buckets need not be kept."""
    time = database_time(work.session)
    work.session.execute(delete(Guessing).where(Guessing.full_at < time))


def account_bucket(handle: str) -> str:
    # What people type in the wrong field may be a password; the digest does not tell.
    return f"account:{digest(handle.lower())}"


def address_bucket(address: str) -> str:
    return f"address:{neighbourhood(address)}"


def device_bucket(device_id: int) -> str:
    return f"device:{device_id}"


def neighbourhood(address: str) -> str:
    """An IPv6 household has 2^64 addresses and counts as one."""
    try:
        found = ip_address(address)
    except ValueError:
        return hashlib.sha256(address.encode()).hexdigest()[:16]
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found.ipv4_mapped or found) if isinstance(found, IPv6Address) else str(found)
