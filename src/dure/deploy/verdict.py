"""What was seen of a rollout, second by second: the picture on its page, and the evidence of its verdict."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy import Text as Long
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.deploy.deployment import Deployment
from dure.kit import Text, kept
from dure.ledger import BIG, Moment, Table, Work

POINTS_MAX = 2000


class Point(Table):
    """One service of one rollout at one moment. Requests and errors are counted since the rollout began."""

    __tablename__ = "deploy_verdict"

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    deployment_id: Mapped[int] = mapped_column(BIG, ForeignKey("deploy_deployment.id"), index=True)
    service: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    weight: Mapped[int]
    requests: Mapped[int] = mapped_column(BIG)
    errors: Mapped[int] = mapped_column(BIG)
    control_requests: Mapped[int] = mapped_column(BIG)
    control_errors: Mapped[int] = mapped_column(BIG)
    e_value: Mapped[float]
    risk: Mapped[float | None]
    """Up to this many times the errors of the version before are still possible."""
    verdict: Mapped[str]
    said: Mapped[str] = mapped_column(Long)

    @property
    def words(self) -> Text:
        words = kept(self.said)
        assert words is not None
        return words


def points_of(work: Work, deployment: Deployment) -> Sequence[Point]:
    """The oldest first."""
    policy.require(work, "deploy.read", f"project:{deployment.project_id}")
    query = select(Point).where(Point.deployment_id == deployment.id)
    return work.session.scalars(query.order_by(Point.id).limit(POINTS_MAX)).all()
