"""Rows that fall due: who may work on one now, and how the work is taken over when its owner dies.

A row is due when its `wake_at` has come and nobody holds a lease on it. Claiming sets a lease and raises the
fence; whatever the owner writes later is written only where the fence is still the same. A stalled owner that
wakes late therefore changes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import BigInteger, ColumnElement, Integer, func, select, update
from sqlalchemy.orm import Mapped, MappedAsDataclass, Session, mapped_column

from dure.ledger.database import Moment, database_time


class Due(MappedAsDataclass, kw_only=True):
    """The columns of a row that falls due."""

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, init=False)
    wake_at: Mapped[datetime | None] = mapped_column(Moment, default=None, index=True)
    """When it falls due next; nothing when it is finished or waits for a bell."""
    lease_until: Mapped[datetime | None] = mapped_column(Moment, default=None, init=False)
    owner: Mapped[str] = mapped_column(default="", init=False, server_default="")
    fence: Mapped[int] = mapped_column(default=0, init=False, server_default="0")
    tries: Mapped[int] = mapped_column(default=0, init=False, server_default="0")
    """How often it failed since it last went well."""
    trouble: Mapped[str] = mapped_column(default="", init=False, server_default="")
    """What went wrong the last time."""


R = TypeVar("R", bound=Due)


def claim(
    session: Session,
    table: type[R],
    owner: str,
    lease_seconds: float,
    *conditions: ColumnElement[bool],
    limit: int = 1,
) -> Sequence[R]:
    """Take up to `limit` due rows. Replicas that ask at the same time get different rows."""
    time = database_time(session)
    free = table.lease_until.is_(None) | (table.lease_until < time)
    due = (
        select(table)
        .where(table.wake_at <= time, free, *conditions)
        .order_by(table.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = session.scalars(due).all()
    for row in rows:
        row.owner = owner
        row.lease_until = time + timedelta(seconds=lease_seconds)
        row.fence += 1
    session.flush()
    session.expunge_all()
    return rows


def renew(session: Session, row: Due, lease_seconds: float) -> bool:
    """Hold on to a row for longer. False when somebody else has taken it over, or when it was let go of.

    A renewal that comes in just after the row was let go of must not lock it up again.
    """
    table = type(row)
    until = database_time(session) + timedelta(seconds=lease_seconds)
    return _where_still_mine(session, row, {"lease_until": until}, table.lease_until.is_not(None))


def retake(session: Session, table: type[R], row: R) -> R | None:
    """The row as it is now, locked for this transaction, or nothing when the fence has moved on."""
    if not _where_still_mine(session, row, {"lease_until": None}):
        return None
    return session.scalars(select(table).where(table.id == row.id)).one()


def next_wake(session: Session, table: type[Due], *conditions: ColumnElement[bool]) -> float | None:
    """Seconds until the next row falls due or its lease runs out; nothing when no row waits."""
    time = database_time(session)
    free_again = func.coalesce(table.lease_until, table.wake_at, type_=Moment)
    asleep = select(func.min(table.wake_at, type_=Moment)).where(table.wake_at > time, *conditions)
    held = select(func.min(free_again, type_=Moment)).where(table.wake_at <= time, *conditions)
    moments = [moment for query in (asleep, held) if (moment := session.execute(query).scalar()) is not None]
    return max((min(moments) - time).total_seconds(), 0) if moments else None


def _where_still_mine(session: Session, row: Due, values: dict[str, object], *conditions: ColumnElement[bool]) -> bool:
    table = type(row)
    mine = update(table).where(table.id == row.id, table.fence == row.fence, *conditions)
    result = session.execute(mine.values(values))
    return bool(result.rowcount)  # type: ignore[attr-defined]
