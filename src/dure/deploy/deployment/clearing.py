"""Making room: traffic taken away from a version, its instances wanted no more, the way free for the next."""

from sqlalchemy import select

from dure.deploy.deployment.deployment import WAITING, Deployment
from dure.deploy.deployment.turning import turn_to
from dure.deploy.environment import Environment
from dure.deploy.instance import keep, placed_in, unwanted
from dure.deploy.shares import drop, services_in
from dure.ledger import Work


def send_back(work: Work, place: Environment, row: Deployment) -> None:
    """All weight away from this version, to what was live before it."""
    former = work.session.get(Deployment, row.control_id) if row.control_id is not None else None
    for service in services_in(work, place.id):
        weights = service.weights
        if row.version_key not in weights:
            continue
        weights[row.version_key] = 0
        if former is not None and former.version_key in weights:
            weights[former.version_key] = 100
        service.weights = weights
    row.weight = 0
    keep(work)


def let_go(work: Work, place: Environment, row: Deployment) -> None:
    """Its instances are wanted no more, unless what is live or moves stands on them too."""
    if row.stand_id not in stands_in_use(work, place, without=row.id):
        unwanted(work, row.stand_id)
        drop(work, place.id, [row.version_key])
    keep(work)


def leave_only(work: Work, place: Environment, *more: int) -> None:
    """Only what is live, what moves, and these stay."""
    stay = stands_in_use(work, place) | set(more)
    gone = {placed.deployment_id for placed in placed_in(work, place.id)} - stay
    for deployment_id in gone:
        unwanted(work, deployment_id)
    known = {version for service in services_in(work, place.id) for version in service.weights}
    drop(work, place.id, known - {f"d{deployment_id}" for deployment_id in stay})
    keep(work)


def stands_in_use(work: Work, place: Environment, without: int | None = None) -> set[int]:
    in_use = [row_id for row_id in (place.live_id, place.moving_id) if row_id not in (None, without)]
    return {row.stand_id for row in work.session.scalars(select(Deployment).where(Deployment.id.in_(in_use)))}


def free(work: Work, place: Environment, row: Deployment) -> None:
    """It moves no more: whoever waits looks again, here and in the environments behind."""
    if place.moving_id != row.id:
        return
    place.moving_id = None
    waiting = select(Deployment).where(Deployment.project_id == place.project_id, Deployment.phase == WAITING)
    for each in work.session.scalars(waiting.with_for_update()):
        turn_to(work, each, WAITING)
