"""Known browsers: a key that stays behind when somebody signs in, and says later that they were here before.

It opens nothing. It only lets its owner try a password while strangers have used up the guesses of the account.
"""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import digest, new_secret, now
from dure.ledger import Moment, Table, Work
from dure.people.person import Person, called

KNOWN_DAYS = 180
PREFIX = "dure_dev"
DURE_DEVICE = "dure_device"


class Device(Table):
    __tablename__ = "known_device"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    seen_at: Mapped[datetime] = mapped_column(Moment)


def remember_device(work: Work, person_id: int, known_id: int | None) -> str:
    """A fresh key for this browser, instead of the one it came with."""
    if known_id is not None:
        work.session.execute(delete(Device).where(Device.id == known_id))
    secret = new_secret(PREFIX)
    work.session.add(Device(person_id=person_id, digest=digest(secret), seen_at=now()))
    return secret


def known_device(work: Work, handle: str, secret: str | None) -> int | None:
    """The browser, if this person has signed in with it before."""
    if not secret:
        return None
    query = (
        select(Device.id)
        .join(Person, Person.id == Device.person_id)
        .where(
            Device.digest == digest(secret),
            called(handle),
            Device.seen_at > now() - timedelta(days=KNOWN_DAYS),
        )
    )
    return work.session.scalar(query)


def forget_devices(work: Work) -> None:
    work.session.execute(delete(Device).where(Device.seen_at < now() - timedelta(days=KNOWN_DAYS)))
