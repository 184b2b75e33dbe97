"""The line: a deployment waits for a yes, for the environment before, and for the one that moves."""

from dataclasses import dataclass

from sqlalchemy import select

from dure.deploy.deployment import PREPARING, UNDER_WAY, WAITING, Deployment, approval_of
from dure.deploy.environment import Environment, locked_environment
from dure.deploy.rollout.ending import failed
from dure.kit import Text, now, say
from dure.ledger import Move, Turn, Work

LOOK_SECONDS = 30.0
"""It is woken when what it waits for comes; this is for whoever forgot."""


@dataclass(frozen=True)
class Obstacle:
    """What a deployment waits for; `hopeless` when that will never come."""

    words: Text
    hopeless: bool = False


def wait(turn: Turn[Deployment]) -> Move[Deployment]:
    obstacle = turn.read(lambda work: obstacle_of(work, turn.row))
    if obstacle is None:
        return Move(PREPARING, write=set_out)
    if obstacle.hopeless:
        return failed(obstacle.words)

    def write(_: Work, row: Deployment) -> None:
        row.why = obstacle.words

    return Move(WAITING, LOOK_SECONDS, write)


def obstacle_of(work: Work, row: Deployment) -> Obstacle | None:
    place = work.session.get_one(Environment, row.environment_id)
    if row.needs_approval and approval_of(work, row) is None:
        return Obstacle(say("It waits until somebody approves it."))
    before = former_environment(work, place)
    if before is not None and (found := not_there_yet(work, row, before)) is not None:
        return found
    if place.moving_id is not None and place.moving_id != row.id:
        return Obstacle(say("It waits until the deployment before it has come to its end."))
    return None


def former_environment(work: Work, place: Environment) -> Environment | None:
    query = select(Environment).where(Environment.project_id == place.project_id, Environment.name == place.after)
    return work.session.scalar(query) if place.after else None


def not_there_yet(work: Work, row: Deployment, before: Environment) -> Obstacle | None:
    there = select(Deployment).where(Deployment.environment_id == before.id, Deployment.release_id == row.release_id)
    rows = work.session.scalars(there).all()
    if any(each.is_healthy for each in rows):
        return None
    if any(each.phase in UNDER_WAY for each in rows):
        return Obstacle(say("It waits until {version} is live in {before}.", version=row.version, before=before.name))
    words = say("{version} did not go live in {before}.", version=row.version, before=before.name)
    return Obstacle(words, hopeless=True)


def set_out(work: Work, row: Deployment) -> None:
    """Only one moves in an environment, and its row is where that is decided."""
    place = locked_environment(work, row.environment_id)
    if place.moving_id is not None and place.moving_id != row.id:
        row.phase = WAITING
        return
    place.moving_id = row.id
    row.control_id, row.started_at, row.why = place.live_id, now(), None
