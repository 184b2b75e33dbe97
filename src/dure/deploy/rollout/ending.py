"""How a deployment comes to nothing, from within its own phases."""

from dure.deploy.deployment import (
    FAILED,
    Deployment,
    DeploymentFailed,
    facts_of,
    free,
    let_go,
    record,
)
from dure.deploy.environment import locked_environment
from dure.kit import Text, now
from dure.ledger import Move, Work


def failed(why: Text) -> Move[Deployment]:
    """What was live stays live, and never noticed."""

    def write(work: Work, row: Deployment) -> None:
        place = locked_environment(work, row.environment_id)
        row.why, row.ended_at = why, now()
        free(work, place, row)
        let_go(work, place, row)
        record(work, row, place, DeploymentFailed(**facts_of(row, place), why=why))

    return Move(FAILED, write=write)
