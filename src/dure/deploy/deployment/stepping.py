"""Steps: which share of the traffic a version takes, and the decision of a person to let it take all."""

from dure import policy
from dure.deploy.deployment.deployment import CANARY, PROMOTING, ROLLING, Deployment
from dure.deploy.deployment.going_back import NotUnderWay
from dure.deploy.deployment.happened import StepReached, facts_of, record
from dure.deploy.deployment.listing import find_deployment
from dure.deploy.deployment.turning import turn_to
from dure.deploy.environment import hosts_of, locked_environment
from dure.deploy.instance import keep
from dure.deploy.shares import share
from dure.kit import now, say
from dure.ledger import Work
from dure.plan import Project, project_of


def promote(work: Work, project: Project, number: int) -> Deployment:
    """Let a version on trial take all of the traffic now, because a person says so. The judge is asked no more."""
    policy.require(work, "deploy.begin", project.scope)
    row = find_deployment(work, project, number, to_change=True)
    locked_environment(work, row.environment_id)
    if row.phase not in (CANARY, ROLLING):
        raise NotUnderWay(say("Deployment {number} is not on trial.", number=number))
    turn_to(work, row, PROMOTING, say("{name} let it take over.", name=work.actor.name))
    take_step(work, row, len(row.app_file.rollout.steps), 100)
    return row


# open: only `promote`, which has asked, and the phases of the house come here.
def take_step(work: Work, row: Deployment, step: int, weight: int) -> None:
    """Write down the share of each service. The traffic is set from it at the next turn."""
    place = locked_environment(work, row.environment_id)
    project = project_of(work, row.project_id)
    hosts = hosts_of(row.app_file, place, project)
    control = work.session.get(Deployment, row.control_id) if row.control_id is not None else None
    former = {service.name for service in control.app_file.services if service.port} if control is not None else set()
    shares: dict[str, dict[str, int]] = {}
    for name in hosts:
        if control is not None and name in former and weight < 100:
            shares[name] = {control.version_key: 100 - weight, row.version_key: weight}
        else:
            # A service that the version before does not have has nobody else to ask.
            shares[name] = {row.version_key: 100}
    share(work, place.id, hosts, shares)
    row.step, row.weight, row.stepped_at = step, weight, now()
    record(work, row, place, StepReached(**facts_of(row, place), weight=weight))
    keep(work)
