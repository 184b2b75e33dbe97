"""How a deployment comes to nothing, from within its own phases."""

from dure.deploy.deployment import (
    FAILED,
    Deployment,
    DeploymentFailed,
    facts_of,
    free,
    leave_only,
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
        leave_only(work, place)
        record(work, row, place, DeploymentFailed(**facts_of(row, place), why=why))

    return Move(FAILED, write=write)
