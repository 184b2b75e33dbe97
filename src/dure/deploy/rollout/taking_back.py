"""Taking back: no request goes to the version any more, those under way are answered, then it is stopped."""

from dure.deploy.deployment import (
    ROLLED_BACK,
    ROLLING_BACK,
    Deployment,
    RolledBack,
    facts_of,
    free,
    let_go,
    live_in,
    record,
)
from dure.deploy.environment import locked_environment
from dure.deploy.rollout.ground import Ground
from dure.deploy.rollout.taking_over import active
from dure.deploy.rollout.watching import evidence_of
from dure.kit import now, say
from dure.ledger import Move, Turn, Work

AGAIN_SECONDS = 0.25


def take_back(ground: Ground, turn: Turn[Deployment]) -> Move[Deployment]:
    row = turn.row
    routed = ground.route(turn.hands)
    if row.back_at is None:
        return Move(ROLLING_BACK, write=tell) if routed else Move(ROLLING_BACK, AGAIN_SECONDS)
    grace = max((service.grace_seconds for service in row.app_file.services), default=0)
    waited = (now() - row.back_at).total_seconds()
    if active(ground, row.version_key) > 0 and waited < grace:
        return Move(ROLLING_BACK, AGAIN_SECONDS)
    return Move(ROLLED_BACK, write=clear_away)


def tell(work: Work, row: Deployment) -> None:
    """From now on visitors are served by the version before."""
    place = locked_environment(work, row.environment_id)
    live = live_in(work, place)
    back_to = live.version if live is not None and live.id != row.id else None
    row.back_at = now()
    began = row.traffic_at or row.back_at
    event = RolledBack(
        **facts_of(row, place),
        back_to=back_to,
        why=row.why or say("It was taken back."),
        evidence=evidence_of(row),
        by_itself=not row.taken_back_by,
        detected_seconds=round((row.back_at - began).total_seconds(), 3),
    )
    record(work, row, place, event)


def clear_away(work: Work, row: Deployment) -> None:
    place = locked_environment(work, row.environment_id)
    row.ended_at = now()
    free(work, place, row)
    let_go(work, place, row)
