"""Instances: what should run. The platform is brought in line with these rows, whatever happened meanwhile."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import now
from dure.ledger import BIG, Machine, Moment, Table, Work, begin, wake

KEEPING = "keeping"


class Placed(Table):
    """One instance of one service of one deployment."""

    __tablename__ = "deploy_instance"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    key: Mapped[str] = mapped_column(unique=True)
    """By which the platform knows it: "d12-web-0"."""
    deployment_id: Mapped[int] = mapped_column(BIG, ForeignKey("deploy_deployment.id"), index=True)
    environment_id: Mapped[int] = mapped_column(ForeignKey("deploy_environment.id"), index=True)
    service: Mapped[str]
    number: Mapped[int]
    grace_seconds: Mapped[int]
    is_wanted: Mapped[bool] = mapped_column(default=True, index=True)
    placed_at: Mapped[datetime] = mapped_column(Moment, default_factory=now)
    ended_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


def wanted(work: Work) -> Sequence[Placed]:
    """Everything that should run, in every project."""
    return work.session.scalars(select(Placed).where(Placed.is_wanted.is_(True)).order_by(Placed.id)).all()


def instances_of(work: Work, deployment_ids: Iterable[int]) -> Sequence[Placed]:
    query = select(Placed).where(Placed.deployment_id.in_(list(deployment_ids)))
    return work.session.scalars(query.order_by(Placed.service, Placed.number)).all()


def placed_in(work: Work, environment_id: int) -> Sequence[Placed]:
    """What should run in one environment."""
    return work.session.scalars(
        select(Placed).where(Placed.environment_id == environment_id, Placed.is_wanted.is_(True))
    ).all()


def unwanted(work: Work, deployment_id: int) -> None:
    """None of them should run any more; the platform stops them at its next look."""
    ended = update(Placed).where(Placed.deployment_id == deployment_id, Placed.is_wanted.is_(True))
    work.session.execute(ended.values(is_wanted=False, ended_at=now()))


class Keeping(Machine, Table):
    """The round that brings platform and traffic in line with the tables. There is one row of it."""

    __tablename__ = "deploy_keeping"

    name: Mapped[str] = mapped_column(unique=True, default=KEEPING)


def keep(work: Work) -> None:
    """What should run, or where requests go, has changed: let the round look at once."""
    row = work.session.scalar(select(Keeping))
    if row is not None:
        wake(work, row)
        return
    try:
        with work.session.begin_nested():
            begin(work, Keeping(phase=KEEPING))
    except IntegrityError:
        # Another house has begun it in this moment.
        return
