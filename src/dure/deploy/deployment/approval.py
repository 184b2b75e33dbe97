"""Approvals: where an environment wants one, a deployment waits until somebody who may says yes."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.deploy.deployment.deployment import WAITING, Deployment
from dure.deploy.deployment.happened import Approved, facts_of, record
from dure.deploy.deployment.listing import find_deployment
from dure.deploy.environment import Environment
from dure.kit import Refused, now, say
from dure.ledger import BIG, Moment, Table, Work, wake
from dure.people import Role
from dure.plan import Project

policy.action("deploy.approve", Role.MAINTAINER, say("approve deployments"))


class Approval(Table):
    """Who said yes to a deployment, and when."""

    __tablename__ = "deploy_approval"

    deployment_id: Mapped[int] = mapped_column(BIG, ForeignKey("deploy_deployment.id"), primary_key=True)
    by: Mapped[str]
    by_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)


class NothingToApprove(Refused):
    """The deployment does not wait for a yes."""


def approve(work: Work, project: Project, number: int) -> Deployment:
    """Say yes to a deployment that waits for it. A second yes changes nothing."""
    policy.require(work, "deploy.approve", project.scope)
    deployment = find_deployment(work, project, number, to_change=True)
    if approval_of(work, deployment) is not None:
        return deployment
    if deployment.phase != WAITING or not deployment.needs_approval:
        raise NothingToApprove(say("Deployment {number} does not wait for approval.", number=number))
    put_approval(work, deployment, work.session.get_one(Environment, deployment.environment_id))
    wake(work, deployment)
    return deployment


def put_approval(work: Work, deployment: Deployment, environment: Environment) -> None:
    given = Approval(deployment_id=deployment.id, by=work.actor.ref, by_name=work.actor.name, at=now())
    work.session.add(given)
    record(work, deployment, environment, Approved(**facts_of(deployment, environment)), work.actor.ref)


def approval_of(work: Work, deployment: Deployment) -> Approval | None:
    policy.require(work, "deploy.read", f"project:{deployment.project_id}")
    return work.session.scalar(select(Approval).where(Approval.deployment_id == deployment.id))
