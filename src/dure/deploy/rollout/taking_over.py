"""Taking over: all traffic is with the new version. The one before stays a while, so that going back is quick."""

from collections.abc import Callable

from dure.deploy.deployment import (
    LIVE,
    PROMOTING,
    REPLACED,
    ROLLING_BACK,
    Deployment,
    WentLive,
    facts_of,
    free,
    leave_only,
    record,
    turn_to,
)
from dure.deploy.environment import Environment, locked_environment
from dure.deploy.rollout.ground import Ground
from dure.kit import Text, now, say
from dure.ledger import Move, Turn, Work
from dure.plan import project_of
from dure.release import commits_of, releases_of

AGAIN_SECONDS = 0.5
RELEASES_MAX = 100
COMMITS_MAX = 1000


def promote(ground: Ground, turn: Turn[Deployment]) -> Move[Deployment]:
    if not ground.route(turn.hands):
        return Move(PROMOTING, AGAIN_SECONDS, told_of(ground.refusal, turn.row))
    return Move(LIVE, turn.row.app_file.rollout.keep_old_seconds, go_live)


def waits(refusal: Text) -> Text:
    return say("It is ready, but no visitor gets to it yet. {why}", why=refusal)


def told_of(refusal: Text | None, row: Deployment) -> Callable[[Work, Deployment], None] | None:
    if refusal is None or row.why == waits(refusal):
        return None

    def write(_: Work, row: Deployment) -> None:
        row.why = waits(refusal)

    return write


def go_live(work: Work, row: Deployment) -> None:
    if row.why is not None and row.why.pattern == waits(row.why).pattern:
        row.why = None
    place = locked_environment(work, row.environment_id)
    former = work.session.get(Deployment, place.live_id) if place.live_id is not None else None
    if row.rollback_of is None:
        tell(work, row, place, former)
    row.live_at = now()
    place.live_id = row.id
    free(work, place, row)
    if former is not None and former.id == row.rollback_of:
        turn_to(work, former, ROLLING_BACK)
    elif former is not None:
        turn_to(work, former, REPLACED)
    if place.paused_release_id is not None and row.release_id > place.paused_release_id:
        place.paused_release_id, place.paused_at, place.paused_by = None, None, ""
    leave_only(work, place, *([former.stand_id] if former is not None else []))


def tell(work: Work, row: Deployment, place: Environment, former: Deployment | None) -> None:
    event = WentLive(
        **facts_of(row, place),
        commits=brought(work, row, former),
        seconds=round((now() - row.made_at).total_seconds(), 3),
        made_for=row.made_for,
    )
    record(work, row, place, event)


def brought(work: Work, row: Deployment, former: Deployment | None) -> tuple[str, ...]:
    """All commits of the releases since the one that was live before: those that were overtaken came along."""
    shas: list[str] = []
    for each in releases_of(work, project_of(work, row.project_id), before=row.release_id + 1, limit=RELEASES_MAX):
        if former is not None and each.id <= former.release_id:
            break
        shas[:0] = commits_of(work, each)
    return tuple(shas[-COMMITS_MAX:])


def look_after(ground: Ground, turn: Turn[Deployment]) -> Move[Deployment]:
    """The version before has been kept long enough. Requests that it still answers are waited for."""
    row = turn.row
    rows = turn.read(lambda work: work.session.get_one(Environment, row.environment_id))
    grace = max((service.grace_seconds for service in row.app_file.services), default=0)
    kept = row.app_file.rollout.keep_old_seconds + grace
    late = row.live_at is not None and (now() - row.live_at).total_seconds() > kept
    if not late and rows.live_id == row.id and busy(ground, turn, row):
        return Move(LIVE, AGAIN_SECONDS)
    return Move(LIVE, None, lambda work, now_row: leave_only(work, locked_environment(work, now_row.environment_id)))


def busy(ground: Ground, turn: Turn[Deployment], row: Deployment) -> bool:
    """Whether the version that was live before still answers somebody."""
    if row.control_id is None:
        return False
    control_id = row.control_id
    former = turn.read(lambda work: work.session.get(Deployment, control_id))
    return former is not None and active(ground, former.version_key) > 0


def active(ground: Ground, version: str) -> int:
    return sum(counts.active for (_, name), counts in ground.traffic.counters().items() if name == version)
