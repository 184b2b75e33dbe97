"""Beginning a deployment: by a person, by a release, by the environment before."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import func, select

from dure import policy, release
from dure.deploy.appfile import AppFile, AppFileBroken, read_app_file
from dure.deploy.deployment.approval import put_approval
from dure.deploy.deployment.deployment import (
    AT_ONCE,
    FAILED,
    SUPERSEDED,
    UNDER_WAY,
    WAITING,
    Deployment,
)
from dure.deploy.deployment.happened import (
    ApprovalAsked,
    DeploymentBegun,
    DeploymentFailed,
    DeploymentStopped,
    facts_of,
    record,
)
from dure.deploy.deployment.turning import turn_to
from dure.deploy.environment import Environment, environments_of, find_environment, settle_environments
from dure.deploy.instance import keep
from dure.kit import Missing, Refused, Text, now, say
from dure.ledger import Work
from dure.ledger import begin as begin_machine
from dure.people import Role
from dure.plan import Project
from dure.release import SOURCE, Release

PUSH, HAND, ROLLBACK = "push", "hand", "rollback"

policy.action("deploy.begin", Role.DEVELOPER, say("deploy releases"))


class NothingToDeploy(Refused):
    """The release does not say how to run, or there is none."""


class NotYet(Refused):
    """It has to be live in another environment first."""


@dataclass(frozen=True)
class Parcel:
    """What is deployed: a release and what its app file says. A broken file is told of, not run."""

    release: Release
    app: AppFile | None
    broken: Text | None = None


def begin(work: Work, project: Project, environment: str | None = None, version: str | None = None) -> Deployment:
    """Deploy a release by hand: the newest one to the first environment, unless something else is said."""
    policy.require(work, "deploy.begin", project.scope)
    wanted = release.release_of(work, project, version) if version else release.latest_release(work, project)
    if wanted is None or not wanted.is_released:
        raise NothingToDeploy(say("There is no release to deploy yet. Push a commit whose checks are green."))
    parcel = parcel_of(wanted)
    if parcel.broken is not None:
        raise NothingToDeploy(parcel.broken)
    known = settle_for(work, project, parcel)
    place = find_environment(work, project, environment) if environment else known[0]
    check_order(work, project, place, wanted)
    return start_in(work, project, place, parcel, HAND)


def parcel_of(wanted: Release) -> Parcel:
    if wanted.app_file is None:
        return Parcel(
            wanted,
            None,
            say(
                "Release {version} does not say how to run. Add a compose.yaml or a Procfile to the repository.",
                version=wanted.version,
            ),
        )
    try:
        return Parcel(wanted, read_app_file(wanted.app_file, wanted.app_file_name))
    except AppFileBroken as error:
        return Parcel(wanted, None, error.text)


def settle_for(work: Work, project: Project, parcel: Parcel) -> Sequence[Environment]:
    """The newest release says which environments there are. A broken file leaves them as they are."""
    newest = release.latest_release(work, project)
    known = environments_of(work, project)
    if known and (parcel.app is None or (newest is not None and newest.id > parcel.release.id)):
        return known
    rules = parcel.app.environments if parcel.app is not None else AppFile(services=()).environments
    keep(work)
    return settle_environments(work, project, rules)


def check_order(work: Work, project: Project, place: Environment, wanted: Release) -> None:
    """What has not been live in the environment before, and is not on its way there, waits for ever."""
    if not place.after:
        return
    before = find_environment(work, project, place.after)
    query = select(Deployment.id).where(
        Deployment.environment_id == before.id,
        Deployment.release_id == wanted.id,
        Deployment.phase.in_(UNDER_WAY) | Deployment.live_at.is_not(None),
    )
    if work.session.scalar(query.limit(1)) is None:
        raise NotYet(
            say(
                "{version} has not been live in {before} yet. Deploy it there first.",
                version=wanted.version,
                before=before.name,
            )
        )


def begin_by_itself(work: Work, project: Project, place: Environment, parcel: Parcel) -> Deployment | None:
    """What a release, or the environment before, sets going. Told twice, it is done once; a pause holds it back."""
    policy.require(work, "deploy.begin", project.scope)
    newer = select(Deployment.id).where(
        Deployment.environment_id == place.id,
        Deployment.release_id >= parcel.release.id,
        Deployment.made_for != ROLLBACK,
    )
    if place.pauses(parcel.release.id) or work.session.scalar(newer.limit(1)) is not None:
        return None
    return start_in(work, project, place, parcel, PUSH)


def start_in(work: Work, project: Project, place: Environment, parcel: Parcel, made_for: str) -> Deployment:
    """Put it in the line. Of those that wait in one environment the newest wins."""
    policy.require(work, "deploy.begin", project.scope)
    overtake(work, place)
    row = begin_machine(work, made_row(work, project, place, parcel, made_for))
    facts = facts_of(row, place)
    record(work, row, place, DeploymentBegun(**facts, made_for=made_for), work.actor.ref)
    if parcel.broken is not None:
        turn_to(work, row, FAILED, parcel.broken)
        record(work, row, place, DeploymentFailed(**facts, why=parcel.broken))
    elif row.needs_approval and policy.may(work, "deploy.approve", project.scope) and made_for == HAND:
        # Whoever may say yes and ships it by hand has said it.
        put_approval(work, row, place)
    elif row.needs_approval:
        record(work, row, place, ApprovalAsked(**facts))
    return row


def made_row(work: Work, project: Project, place: Environment, parcel: Parcel, made_for: str) -> Deployment:
    wanted = parcel.release
    files = {artifact.name: artifact.digest for artifact in release.artifacts_of(work, wanted)}
    if SOURCE not in files:
        raise Missing(say("The files of release {version} are gone.", version=wanted.version))
    return Deployment(
        project_id=project.id,
        environment_id=place.id,
        release_id=wanted.id,
        number=next_number(work, project),
        phase=WAITING,
        sha=wanted.sha,
        version=wanted.version or "",
        source=files[SOURCE],
        app=msgspec.json.encode(parcel.app).decode() if parcel.app is not None else "",
        strategy=strategy_in(place, parcel),
        made_for=made_for,
        made_by=work.actor.ref,
        made_by_name=work.actor.name,
        made_at=now(),
        needs_approval=place.needs_approval and made_for != ROLLBACK,
    )


def strategy_in(place: Environment, parcel: Parcel) -> str:
    """Only production has visitors to compare versions by; elsewhere what is ready takes over at once."""
    if parcel.app is None:
        return ""
    return parcel.app.rollout.strategy if place.is_production else AT_ONCE


def next_number(work: Work, project: Project) -> int:
    """The project's row is held until this work is done, so that no number is given twice."""
    work.session.execute(select(Project.id).where(Project.id == project.id).with_for_update())
    highest = select(func.max(Deployment.number)).where(Deployment.project_id == project.id)
    return (work.session.scalar(highest) or 0) + 1


def overtake(work: Work, place: Environment) -> None:
    waiting = select(Deployment).where(Deployment.environment_id == place.id, Deployment.phase == WAITING)
    for row in work.session.scalars(waiting.with_for_update()):
        turn_to(work, row, SUPERSEDED)
        record(work, row, place, DeploymentStopped(**facts_of(row, place), overtaken=True))
