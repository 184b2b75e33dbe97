"""Turning a deployment by hand, from outside of its own phases."""

from dure.deploy.deployment.deployment import ENDED, WAITING, Deployment
from dure.kit import Text, now
from dure.ledger import Work, wake


def turn_to(work: Work, row: Deployment, phase: str, why: Text | None = None) -> None:
    """Give it another phase, now. Whoever works on it loses it: what they still write is written nowhere."""
    if why is not None or row.phase == WAITING:
        # Who is overtaken or stopped does not wait for anything any more.
        row.why = why
    row.phase = phase
    # Raised in the database, where somebody may have claimed the row since it was read.
    row.fence = Deployment.fence + 1
    row.lease_until = None
    row.owner, row.tries, row.trouble = "", 0, ""
    if phase in ENDED:
        row.wake_at, row.ended_at = None, now()
    else:
        wake(work, row)
    work.session.flush()
