"""Going back: to the last release that ran well, or away from one that is on its way."""

from sqlalchemy import select

from dure import policy, release
from dure.deploy.deployment.beginning import ROLLBACK, Parcel, made_row
from dure.deploy.deployment.clearing import free, let_go, send_back
from dure.deploy.deployment.deployment import (
    CANCELLED,
    LIVE,
    PREPARING,
    PROMOTING,
    ROLLING_BACK,
    UNDER_WAY,
    WAITING,
    Deployment,
)
from dure.deploy.deployment.happened import DeploymentBegun, DeploymentStopped, facts_of, record
from dure.deploy.deployment.listing import find_deployment, former_healthy, live_in
from dure.deploy.deployment.turning import turn_to
from dure.deploy.environment import Environment, environments_of, find_environment, hosts_of, locked_environment
from dure.deploy.instance import instances_of, keep
from dure.deploy.shares import share
from dure.kit import Refused, Text, now, say
from dure.ledger import HOUSE, Work
from dure.ledger import begin as begin_machine
from dure.people import Role
from dure.plan import Project

TRIES_MAX = 5

policy.action("deploy.roll_back", Role.DEVELOPER, say("roll back and stop deployments"))


class NothingToGoBackTo(Refused):
    """Nothing ran well here before."""


class NotUnderWay(Refused):
    """The deployment is over."""


def roll_back(work: Work, project: Project, environment: str | None = None, why: Text | None = None) -> Deployment:
    """Go back to the last release that ran well. What is on its way is taken back first.

    Until a newer release comes, the one that was left is not deployed by itself. The answer is the deployment that
    brings the former release back, or the one that was taken back.
    """
    policy.require(work, "deploy.roll_back", project.scope)
    place = held(work, chosen(work, project, environment))
    why = why or say("{name} rolled it back.", name=work.actor.name)
    if place.moving_id is not None:
        moving = work.session.get_one(Deployment, place.moving_id)
        pause(work, place, moving.release_id)
        take_back(work, place, moving, why)
        return moving
    bad = live_in(work, place)
    good = former_healthy(work, place, bad) if bad is not None else None
    if bad is None or good is None:
        raise NothingToGoBackTo(
            say("There is nothing to go back to in {environment}: no other release ran well.", environment=place.name)
        )
    pause(work, place, bad.release_id)
    return bring_back(work, project, place, bad, good, why)


def held(work: Work, place: Environment) -> Environment:
    """What moves and what is live here, held until this work is done; then the environment itself.

    Phases hold their deployment before they hold its environment, so everybody does it in this order.
    """
    for _ in range(TRIES_MAX):
        ids = (place.moving_id, place.live_id)
        rows = select(Deployment).where(Deployment.id.in_(ids)).order_by(Deployment.id).with_for_update()
        work.session.scalars(rows, execution_options={"populate_existing": True}).all()
        place = locked_environment(work, place.id)
        if (place.moving_id, place.live_id) == ids:
            break
    return place


def chosen(work: Work, project: Project, environment: str | None) -> Environment:
    """The one that is said; else production if something runs there; else the only one in which something runs."""
    if environment is not None:
        return find_environment(work, project, environment)
    used = [place for place in environments_of(work, project) if place.live_id is not None or place.moving_id]
    for place in used:
        if place.is_production:
            return place
    if len(used) == 1:
        return used[0]
    if not used:
        raise NothingToGoBackTo(say("Nothing runs here yet, so there is nothing to go back to."))
    names = ", ".join(place.name for place in used)
    raise Refused(say("Which environment? Something runs in {names}.", names=names))


def pause(work: Work, place: Environment, release_id: int) -> None:
    """The commit that was left does not come again by itself; what waits to bring it is overtaken."""
    place.paused_release_id = max(place.paused_release_id or 0, release_id)
    place.paused_at, place.paused_by = now(), work.actor.name
    waiting = select(Deployment).where(
        Deployment.environment_id == place.id, Deployment.phase == WAITING, Deployment.release_id <= release_id
    )
    for row in work.session.scalars(waiting.with_for_update()):
        give_up(work, place, row)


def take_back(work: Work, place: Environment, row: Deployment, why: Text) -> None:
    """Away from one that moves: what was live before gets all of the traffic, in this very transaction."""
    if row.phase == ROLLING_BACK:
        return
    row.taken_back_by = work.actor.name if work.actor != HOUSE else ""
    if row.traffic_at is None:
        give_up(work, place, row, why)
        free(work, place, row)
        let_go(work, place, row)
        return
    turn_to(work, row, ROLLING_BACK, why)
    send_back(work, place, row)


def give_up(work: Work, place: Environment, row: Deployment, why: Text | None = None) -> None:
    turn_to(work, row, CANCELLED, why)
    record(work, row, place, DeploymentStopped(**facts_of(row, place), overtaken=False), work.actor.ref)


def bring_back(
    work: Work, project: Project, place: Environment, bad: Deployment, good: Deployment, why: Text
) -> Deployment:
    """A deployment of the former release. While its instances still run, it takes one change of weights."""
    parcel = Parcel(release.release_with(work, good.release_id), good.app_file)
    row = made_row(work, project, place, parcel, ROLLBACK)
    row.rollback_of, row.control_id, row.started_at, row.strategy = bad.id, bad.id, now(), "rolling"
    kept = [placed for placed in instances_of(work, [good.stand_id]) if placed.is_wanted]
    row.phase = PROMOTING if kept else PREPARING
    if kept:
        row.stands_on, row.weight, row.traffic_at = good.stand_id, 100, now()
    begin_machine(work, row)
    place.moving_id = row.id
    bad.why, bad.taken_back_by = why, work.actor.name if work.actor != HOUSE else ""
    begun = DeploymentBegun(**facts_of(row, place), made_for=ROLLBACK)
    record(work, row, place, begun, work.actor.ref, bad.ref)
    if kept:
        hosts = hosts_of(row.app_file, place, project)
        share(work, place.id, hosts, {name: {row.version_key: 100} for name in hosts})
        keep(work)
    return row


def stop(work: Work, project: Project, number: int) -> Deployment:
    """Give up a deployment that waits or moves. What was live stays, or gets its traffic back."""
    policy.require(work, "deploy.roll_back", project.scope)
    row = find_deployment(work, project, number, to_change=True)
    place = locked_environment(work, row.environment_id)
    if row.phase == LIVE:
        raise NotUnderWay(
            say("Deployment {number} is live. To leave it: dure rollback {name}", number=number, name=place.name)
        )
    if row.phase not in UNDER_WAY:
        raise NotUnderWay(say("Deployment {number} is over: {phase}.", number=number, phase=row.phase))
    if row.phase == WAITING:
        give_up(work, place, row)
    else:
        take_back(work, place, row, say("{name} stopped it.", name=work.actor.name))
    return row
