"""What whoever keeps the house wants to see at a glance, and what they can set going again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from dure.ledger import Delivery, Entry, Work, retry_delivery, stuck_deliveries
from dure.people.keys import Session, Token
from dure.people.person import Person, require_admin


@dataclass(frozen=True)
class Overview:
    people: int
    admins: int
    disabled: int
    sessions: int
    tokens: int
    troubled: int
    """Deliveries that failed at least once and are not made yet."""


def overview(work: Work) -> Overview:
    require_admin(work)
    count = work.session.execute(
        select(
            select(func.count(Person.id)).scalar_subquery(),
            select(func.count(Person.id)).where(Person.admin_since.is_not(None)).scalar_subquery(),
            select(func.count(Person.id)).where(Person.disabled_at.is_not(None)).scalar_subquery(),
            select(func.count(Session.id)).scalar_subquery(),
            select(func.count(Token.id)).where(Token.revoked_at.is_(None)).scalar_subquery(),
            select(func.count(Delivery.id)).where(Delivery.tries > 0).scalar_subquery(),
        )
    ).one()
    return Overview(*count)


def troubled_deliveries(work: Work) -> Sequence[tuple[Delivery, Entry]]:
    require_admin(work)
    return stuck_deliveries(work)


def deliver_again(work: Work, delivery_id: int) -> None:
    require_admin(work)
    retry_delivery(work, delivery_id)
