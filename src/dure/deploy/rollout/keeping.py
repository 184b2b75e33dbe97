"""The round of keeping: what should run runs, what should not does not, and the traffic goes where the tables say.

It looks every two seconds, whenever the tables change, and first of all when the house opens: after a reboot, or after
everything was killed, this is what brings the services back.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from dure.deploy.deployment import (
    LIVE,
    CrashLooped,
    Deployment,
    NothingToGoBackTo,
    facts_of,
    record,
    roll_back,
)
from dure.deploy.environment import Environment, locked_environment
from dure.deploy.instance import KEEPING, Keeping, Placed, wanted
from dure.deploy.platform import Seen
from dure.deploy.rollout.ground import Ground
from dure.kit import Missing, Refused, now, say
from dure.ledger import Move, Turn, Work
from dure.plan import project_of

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
RESTARTS_MAX = 3
"""So many restarts within its bake time make a crash loop, before the platform itself gives up on it."""
LOGS_DAYS = 7
FORGET_MAX = 20


@dataclass(frozen=True)
class Wanted:
    """What the tables want, in every project."""

    placed: Sequence[Placed]
    rows: Mapping[int, Deployment]
    graces: Mapping[str, int]
    old: Sequence[str]
    """Keys that ended so long ago that nobody reads their logs any more."""


def wanted_now(work: Work, keys: Sequence[str]) -> Wanted:
    placed = wanted(work)
    ids = {each.deployment_id for each in placed}
    rows = work.session.scalars(select(Deployment).where(Deployment.id.in_(ids))).all()
    known = work.session.scalars(select(Placed).where(Placed.key.in_(keys))).all()
    border = now() - timedelta(days=LOGS_DAYS)
    return Wanted(
        placed,
        {row.id: row for row in rows},
        {each.key: each.grace_seconds for each in known},
        [each.key for each in known if each.ended_at is not None and each.ended_at < border],
    )


def keep_all(ground: Ground, turn: Turn[Keeping]) -> Move[Keeping]:
    tend(ground)
    # The platform is asked first: what it runs now was written down before, so nothing new is taken for left over.
    seen = {each.key: each for each in ground.platform.all()}
    tables = turn.read(lambda work: wanted_now(work, list(seen)))
    bring_up(ground, turn, tables)
    bring_down(ground, tables, seen)
    ground.route(turn.hands)
    looping = crash_loops(tables, seen)
    still = any(each.state != "stopped" for each in seen.values()) or bool(tables.placed)
    return Move(KEEPING, LOOK_SECONDS if still else None, told(looping) if looping else None)


def tend(ground: Ground) -> None:
    for mend in (ground.platform.tend, ground.traffic.tend):
        try:
            mend()
        except (Refused, OSError) as error:
            log.warning("could not put right what broke: %s", error)


def bring_up(ground: Ground, turn: Turn[Keeping], tables: Wanted) -> None:
    for each in tables.placed:
        row = tables.rows.get(each.deployment_id)
        if row is None or turn.lost:
            continue
        try:
            ground.stand(turn.hands, row, [each])
        except (Refused, Missing, OSError) as error:
            # Its deployment says so, if it is still on its way; the others are brought up all the same.
            log.warning("could not start %s: %s", each.key, error)


def bring_down(ground: Ground, tables: Wanted, seen: Mapping[str, Seen]) -> None:
    stay = {each.key for each in tables.placed}
    for key, each in seen.items():
        if key not in stay and each.state != "stopped":
            ground.platform.stop(key, tables.graces.get(key))
    for key in tables.old[:FORGET_MAX]:
        if seen[key].state == "stopped":
            ground.platform.forget(key)


@dataclass(frozen=True)
class Looping:
    """A live service that ends again and again."""

    deployment_id: int
    service: str
    restarts: int
    key: str


def crash_loops(tables: Wanted, seen: Mapping[str, Seen]) -> list[Looping]:
    found = []
    for each in tables.placed:
        row, one = tables.rows.get(each.deployment_id), seen.get(each.key)
        if row is None or one is None or row.phase != LIVE or row.crash_looped_at is not None:
            continue
        if one.state == "failed" or (one.restarts >= RESTARTS_MAX and is_baking(row)):
            found.append(Looping(row.id, each.service, one.restarts, each.key))
    return found


def is_baking(row: Deployment) -> bool:
    bake = timedelta(seconds=row.app_file.rollout.bake_seconds)
    return row.live_at is not None and now() - row.live_at <= bake


def told(looping: Sequence[Looping]) -> Callable[[Work, Keeping], None]:
    def write(work: Work, _: Keeping) -> None:
        for each in looping:
            tell(work, each)

    return write


def tell(work: Work, looping: Looping) -> None:
    """Once for each deployment. While it is young the house goes back by itself, if it can."""
    row = work.session.get_one(Deployment, looping.deployment_id, with_for_update=True, populate_existing=True)
    place = locked_environment(work, row.environment_id)
    if row.crash_looped_at is not None or row.phase != LIVE:
        return
    row.crash_looped_at = now()
    event = CrashLooped(**facts_of(row, place), service=looping.service, restarts=looping.restarts)
    record(work, row, place, event)
    if is_baking(row) and place.live_id == row.id and place.moving_id is None:
        go_back(work, row, place, looping)


def go_back(work: Work, row: Deployment, place: Environment, looping: Looping) -> None:
    why = say("{service} ended {count} times soon after it went live.", service=looping.service, count=looping.restarts)
    try:
        roll_back(work, project_of(work, row.project_id), place.name, why)
    except NothingToGoBackTo:
        row.why = why
