"""A machine whose phases each test makes up for itself."""

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from dure.ledger import HOUSE, House, Machine, Table, Work, begin


class Chore(Machine, Table):
    __tablename__ = "test_chore"

    name: Mapped[str] = mapped_column(default="sweep")


def begin_chore(house: House, phase: str = "work", name: str = "sweep") -> int:
    return house.write_now(HOUSE, lambda work: begin(work, Chore(phase=phase, name=name)).id)


def look(house: House, number: int) -> Chore:
    """The chore as it stands in the database."""
    return house.read_now(HOUSE, lambda work: find(work, number))


def find(work: Work, number: int) -> Chore:
    return work.session.scalars(select(Chore).where(Chore.id == number)).one()
