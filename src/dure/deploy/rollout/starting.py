"""Unpacking a release and starting its instances. Until all of them are ready, nobody but the house asks them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dure.deploy.appfile import AppFile, ServiceFile
from dure.deploy.deployment import (
    AT_ONCE,
    CANARY,
    PROMOTING,
    ROLLING,
    STARTING,
    Deployment,
    take_step,
)
from dure.deploy.environment import Environment, hosts_of
from dure.deploy.instance import Placed, instances_of, keep
from dure.deploy.platform import Seen
from dure.deploy.rollout.ending import failed
from dure.deploy.rollout.ground import Ground
from dure.deploy.shares import Service
from dure.kit import Missing, Refused, Text, now, say
from dure.ledger import Move, Turn, Work
from dure.plan import project_of

LOOK_SECONDS = 0.1
TURN_SECONDS = 2.0
"""A turn looks again and again for this long before it lets the database know that it still waits."""


def prepare(ground: Ground, turn: Turn[Deployment]) -> Move[Deployment]:
    """Lay out the files. What no release may hold, and a release whose files are gone, end here."""
    taken = turn.read(lambda work: taken_hosts(work, turn.row))
    if taken:
        return failed(
            say(
                "The name {host} belongs to another project already. Give the service or the environment another one.",
                host=taken[0],
            )
        )
    try:
        ground.lay_out(turn.row)
    except (Refused, Missing) as refused:
        return failed(refused.text)
    return Move(STARTING, write=place_first)


def taken_hosts(work: Work, row: Deployment) -> list[str]:
    """Names of this deployment that lead to another environment, in whatever project."""
    place = work.session.get_one(Environment, row.environment_id)
    hosts = hosts_of(row.app_file, place, project_of(work, row.project_id)).values()
    others = select(Service.host).where(Service.host.in_(list(hosts)), Service.environment_id != place.id)
    return sorted(work.session.scalars(others))


def place_first(work: Work, row: Deployment) -> None:
    """Want the instances of those services that need no other."""
    for service in row.app_file.services:
        if not service.needs:
            place(work, row, service)
    keep(work)


def place(work: Work, row: Deployment, service: ServiceFile) -> None:
    for number in range(service.replicas):
        work.add(
            Placed(
                key=f"d{row.id}-{service.name}-{number}",
                deployment_id=row.id,
                environment_id=row.environment_id,
                service=service.name,
                number=number,
                grace_seconds=service.grace_seconds,
            )
        )


@dataclass(frozen=True)
class Standing:
    """How far one deployment has come."""

    placed: Sequence[Placed]
    unready: Mapping[str, Text]
    """The key of each instance that cannot serve yet, and why."""
    broken: Text | None = None

    def ready(self, service: ServiceFile) -> bool:
        mine = [each.key for each in self.placed if each.service == service.name]
        return bool(mine) and not any(key in self.unready for key in mine)


def start(ground: Ground, turn: Turn[Deployment]) -> Move[Deployment]:
    """Start what is wanted, in the order of their needs, until all of it is ready or will never be."""
    row = turn.row
    app = row.app_file
    give_up_at = time.monotonic() + TURN_SECONDS
    placed = turn.read(lambda work: instances_of(work, [row.id]))
    while True:
        try:
            ground.stand(turn.hands, row, placed)
        except (Refused, Missing) as refused:
            return failed(refused.text)
        standing = look(ground, turn, placed)
        if standing.broken is not None:
            return failed(standing.broken)
        there = {each.service for each in placed}
        if all(service.name in there and standing.ready(service) for service in app.services):
            return Move(PROMOTING if first_weight(row) == 100 else phase_of(row), write=take_first_step)
        if any(next_of(app, there, standing)):
            return Move(STARTING, write=place_more(standing))
        if turn.lost or time.monotonic() > give_up_at:
            return Move(STARTING, LOOK_SECONDS)
        time.sleep(LOOK_SECONDS)


def next_of(app: AppFile, there: set[str], standing: Standing) -> list[ServiceFile]:
    """Those that nobody has placed and whose needs are ready."""
    ready = {service.name for service in app.services if service.name in there and standing.ready(service)}
    return [service for service in app.services if service.name not in there and ready.issuperset(service.needs)]


def place_more(standing: Standing) -> Callable[[Work, Deployment], None]:
    def write(work: Work, row: Deployment) -> None:
        known = {placed.service for placed in instances_of(work, [row.id])}
        for service in next_of(row.app_file, known, standing):
            place(work, row, service)
        keep(work)

    return write


def look(ground: Ground, turn: Turn[Deployment], placed: Sequence[Placed]) -> Standing:
    row = turn.row
    services = {service.name: service for service in row.app_file.services}
    unready: dict[str, Text] = {}
    for each in placed:
        service, seen = services[each.service], ground.platform.look(each.key)
        answer = ground.platform.ready(each.key, service.readiness.http, service.readiness.timeout_seconds)
        if answer.well:
            continue
        unready[each.key] = answer.words
        waited = (now() - each.placed_at).total_seconds()
        if seen is not None and seen.state == "failed":
            last = ground.last_words(turn.hands, row, service, each)
            return Standing(placed, unready, does_not_stay_up(service, seen, last))
        if waited > service.readiness.patience_seconds:
            last = ground.last_words(turn.hands, row, service, each)
            return Standing(placed, unready, never_ready(service, answer.words, last))
    return Standing(placed, unready)


def does_not_stay_up(service: ServiceFile, seen: Seen, last: str) -> Text:
    return say(
        "{service} does not stay up (exit code {code}). It printed last:\n{lines}",
        service=service.name,
        code="-" if seen.exit_code is None else seen.exit_code,
        lines=last or "-",
    )


def never_ready(service: ServiceFile, answer: Text, last: str) -> Text:
    return say(
        "{service} was not ready within {seconds} s: {answer} It printed last:\n{lines}",
        service=service.name,
        seconds=round(service.readiness.patience_seconds),
        answer=answer,
        lines=last or "-",
    )


def first_weight(row: Deployment) -> int:
    """Without a version to compare with there is nothing to go by but readiness."""
    if row.control_id is None or row.rollback_of is not None or row.strategy == AT_ONCE:
        return 100
    return row.app_file.rollout.steps[0]


def phase_of(row: Deployment) -> str:
    return ROLLING if row.strategy == ROLLING else CANARY


def take_first_step(work: Work, row: Deployment) -> None:
    if row.control_id is None:
        row.why = say("Nothing ran here before to compare it with, so only its readiness was looked at.")
    row.traffic_at = now()
    take_step(work, row, 0, first_weight(row))
