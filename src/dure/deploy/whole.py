"""Everything that one page, or one answer, says of deployments and environments, gathered in one piece of work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dure import build, policy, release
from dure.deploy.deployment import (
    CANARY,
    LIVE,
    ROLLING,
    UNDER_WAY,
    WAITING,
    Approval,
    Deployment,
    approval_of,
    deployments_of,
    find_deployment,
    former_healthy,
    live_in,
)
from dure.deploy.environment import Environment, environments_of, find_environment, hosts_of
from dure.deploy.instance import Placed, instances_of
from dure.deploy.verdict import Point, points_of
from dure.kit import Missing
from dure.ledger import Entry, Work, thread
from dure.plan import Project

PAGE_DEPLOYMENTS = 30
ENTRIES_SHOWN = 60


@dataclass(frozen=True)
class May:
    """What the reader may do, so that no button leads nowhere."""

    ship: bool
    go_back: bool
    approve: bool


@dataclass(frozen=True)
class Card:
    """A deployment as lists show it."""

    row: Deployment
    place: Environment
    approval: Approval | None = None


@dataclass(frozen=True)
class Shelf:
    """One page of deployments."""

    project: Project
    cards: Sequence[Card]
    places: Sequence[Environment]
    older: int | None
    may: May


@dataclass(frozen=True)
class Whole:
    """One deployment with all that is known of it."""

    project: Project
    card: Card
    control: Deployment | None
    rollback_of: Deployment | None
    points: Sequence[Point]
    placed: Sequence[Placed]
    entries: Sequence[Entry]
    hosts: Mapping[str, str]
    steps: Sequence[int]
    alpha: float
    may: May

    @property
    def can_approve(self) -> bool:
        row = self.card.row
        return self.may.approve and row.phase == WAITING and row.needs_approval and self.card.approval is None

    @property
    def can_stop(self) -> bool:
        return self.may.go_back and self.card.row.phase in UNDER_WAY and self.card.row.phase != "rolling_back"

    @property
    def can_take_over(self) -> bool:
        return self.may.ship and self.card.row.phase in (CANARY, ROLLING)

    @property
    def can_go_back(self) -> bool:
        return self.may.go_back and self.card.row.phase == LIVE


@dataclass(frozen=True)
class PlaceShown:
    """One environment and what runs in it."""

    place: Environment
    live: Card | None
    moving: Card | None
    waiting: Sequence[Card]
    hosts: Mapping[str, str]
    """The host of each service that takes requests."""
    services: Sequence[str]
    former: Deployment | None
    """Where going back would lead."""
    link: str
    """Where jobs of workflows say that it is to be seen."""


@dataclass(frozen=True)
class Places:
    project: Project
    places: Sequence[PlaceShown]
    may: May


def may_of(work: Work, project: Project) -> May:
    return May(
        ship=policy.may(work, "deploy.begin", project.scope),
        go_back=policy.may(work, "deploy.roll_back", project.scope),
        approve=policy.may(work, "deploy.approve", project.scope),
    )


def card_of(work: Work, row: Deployment) -> Card:
    policy.require(work, "deploy.read", f"project:{row.project_id}")
    place = work.session.get_one(Environment, row.environment_id)
    return Card(row, place, approval_of(work, row) if row.needs_approval else None)


def shelf(
    work: Work, project: Project, *, environment: str = "", before: int | None = None, limit: int = PAGE_DEPLOYMENTS
) -> Shelf:
    place = find_environment(work, project, environment) if environment else None
    rows = deployments_of(work, project, environment=place, before=before, limit=limit + 1)
    return Shelf(
        project=project,
        cards=[card_of(work, row) for row in rows[:limit]],
        places=environments_of(work, project),
        older=rows[limit - 1].number if len(rows) > limit else None,
        may=may_of(work, project),
    )


def whole_deployment(work: Work, project: Project, number: int) -> Whole:
    row = find_deployment(work, project, number)
    card = card_of(work, row)
    rule = row.app_file.rollout if row.app else None
    return Whole(
        project=project,
        card=card,
        control=work.session.get(Deployment, row.control_id) if row.control_id is not None else None,
        rollback_of=work.session.get(Deployment, row.rollback_of) if row.rollback_of is not None else None,
        points=points_of(work, row),
        placed=instances_of(work, [row.stand_id]),
        entries=thread(work, row.ref, limit=ENTRIES_SHOWN),
        hosts=hosts_of(row.app_file, card.place, project) if row.app else {},
        steps=rule.steps if rule is not None else (),
        alpha=rule.alpha if rule is not None else 0.01,
        may=may_of(work, project),
    )


def places_of(work: Work, project: Project) -> Places:
    found = [place_shown(work, project, place) for place in environments_of(work, project)]
    return Places(project, found, may_of(work, project))


def place_shown(work: Work, project: Project, place: Environment) -> PlaceShown:
    policy.require(work, "deploy.read", project.scope)
    live = live_in(work, place)
    moving = work.session.get(Deployment, place.moving_id) if place.moving_id is not None else None
    waits = select(Deployment).where(Deployment.environment_id == place.id, Deployment.phase == WAITING)
    return PlaceShown(
        place=place,
        live=card_of(work, live) if live is not None else None,
        moving=card_of(work, moving) if moving is not None else None,
        waiting=[card_of(work, row) for row in work.session.scalars(waits.order_by(Deployment.id))],
        hosts=hosts_of(live.app_file, place, project) if live is not None else {},
        services=[service.name for service in live.app_file.services] if live is not None else [],
        former=former_healthy(work, place, live) if live is not None else None,
        link=build.environment_link(work, project, place.name),
    )


@dataclass(frozen=True)
class Standing:
    """How deploying and running stand in one project, in a few numbers."""

    moving: int
    waiting: int
    """Those that wait for somebody's yes."""
    troubled: int
    """Environments whose newest deployment came to nothing."""
    live: int
    """Services that serve somewhere."""
    looping: int
    """Environments whose live deployment ends again and again."""


def how_it_stands(work: Work, project: Project) -> Standing:
    policy.require(work, "deploy.read", project.scope)
    under_way = select(Deployment).where(Deployment.project_id == project.id, Deployment.phase.in_(UNDER_WAY))
    rows = work.session.scalars(under_way).all()
    asked = [row for row in rows if row.phase == WAITING and row.needs_approval and approval_of(work, row) is None]
    troubled = live = looping = 0
    for place in environments_of(work, project):
        newest = next(iter(deployments_of(work, project, environment=place, limit=1)), None)
        troubled += newest is not None and newest.phase in ("failed", "rolled_back")
        serving = live_in(work, place)
        live += len(serving.app_file.services) if serving is not None else 0
        looping += serving is not None and serving.crash_looped_at is not None
    return Standing(len(rows) - len(asked), len(asked), troubled, live, looping)


@dataclass(frozen=True)
class Went:
    """Where a release, or the releases that brought a commit, went."""

    project: Project
    cards: Sequence[Card]
    places: Sequence[Environment]
    version: str
    may: May


def went(work: Work, project: Project, *, release_id: int | None = None, sha: str = "") -> Went:
    """The newest first. A commit went where the first release that contains it went."""
    policy.require(work, "deploy.read", project.scope)
    if release_id is None:
        brought = release.releases_with(work, project, sha)
        release_id = brought[0].id if brought else None
    if release_id is None:
        return Went(project, [], [], "", may_of(work, project))
    rows = deployments_of(work, project, release_id=release_id, limit=PAGE_DEPLOYMENTS)
    found = release.release_with(work, release_id)
    if found.project_id != project.id:
        raise Missing
    places = environments_of(work, project) if not sha else []
    return Went(project, [card_of(work, row) for row in rows], places, found.version or "", may_of(work, project))
