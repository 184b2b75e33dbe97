"""What the metrics are computed from: deployments of production with their commits and what became of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from dure import code, deploy, incident, policy, release
from dure.insight.dora import Came, Delivered, Dora, compute
from dure.kit import now, say
from dure.ledger import Work
from dure.people import Role
from dure.plan import Project

DAYS = 30
DAYS_MAX = 730
WEEK, WEEKS = 7, 12
DEPLOYMENTS_MAX = 20_000
ROLLBACK = "rollback"

policy.action("insight.read", Role.GUEST, say("see how it goes"), token="read")  # noqa: S106


def dora_of(work: Work, project: Project, *, days: int = DAYS) -> Dora:
    """The five metrics of a project over the last days."""
    return trend_of(work, project, days=days, windows=1)[0]


def trend_of(work: Work, project: Project, *, days: int = WEEK, windows: int = WEEKS) -> list[Dora]:
    """The five metrics for each of the last windows of so many days, the oldest first."""
    policy.require(work, "insight.read", project.scope)
    until = now()
    delivered = deliveries(work, project)
    shas = {sha for one in delivered for sha in one.commits}
    received = code.received_commits(work, project, shas)
    came = {sha: Came(commit.received_at, commit.authored_at) for sha, commit in received.items()}
    ends = [until - timedelta(days=days * back) for back in range(windows)][::-1]
    return [compute(delivered, came, end - timedelta(days=days), end) for end in ends]


def deliveries(work: Work, project: Project) -> list[Delivered]:
    """Every deployment that got traffic of production, the oldest first."""
    production = [place.id for place in deploy.environments_of(work, project) if place.is_production]
    query = (
        select(deploy.Deployment)
        .where(deploy.Deployment.environment_id.in_(production), deploy.Deployment.traffic_at.is_not(None))
        .order_by(deploy.Deployment.id.desc())
        .limit(DEPLOYMENTS_MAX)
    )
    found = work.session.scalars(query).all()[::-1]
    hurt = incidents_by_deployment(work, project)
    repairs = release_ids_of_repairs(work, project, found)
    brought = commits_by_release(work, [one.release_id for one in found])
    told_backwards, next_live = [], None
    for one in reversed(found):
        told_backwards.append(told(one, next_live, hurt, repairs, brought))
        next_live = one.live_at or next_live
    return told_backwards[::-1]


def told(
    one: deploy.Deployment,
    next_live: datetime | None,
    hurt: Mapping[int, incident.Incident],
    repairs: frozenset[int],
    brought: Mapping[int, Sequence[str]],
) -> Delivered:
    trouble = hurt.get(one.id)
    failed = trouble is not None or one.back_at is not None
    assert one.traffic_at is not None
    return Delivered(
        id=one.id,
        number=one.number,
        version=one.version,
        traffic_at=one.traffic_at,
        live_at=one.live_at,
        recovered_at=recovered_at(one, next_live, trouble) if failed else None,
        failed=failed,
        unplanned=one.made_for == ROLLBACK or one.release_id in repairs,
        commits=brought.get(one.release_id, ()),
    )


def recovered_at(
    one: deploy.Deployment, next_live: datetime | None, trouble: incident.Incident | None
) -> datetime | None:
    """The first good state: no traffic to it any more, the next version live, or the incident over."""
    over = trouble.resolved_at if trouble is not None else None
    moments = [moment for moment in (one.back_at, next_live, over) if moment is not None]
    return min(moments) if moments else None


def incidents_by_deployment(work: Work, project: Project) -> dict[int, incident.Incident]:
    found = incident.incidents_of(work, project, limit=DEPLOYMENTS_MAX)
    return {one.deployment_id: one for one in found}


def release_ids_of_repairs(work: Work, project: Project, found: Sequence[deploy.Deployment]) -> frozenset[int]:
    """Releases with a commit that fixes the issue of an incident."""
    numbers = {one.issue_number for one in incident.incidents_of(work, project, limit=DEPLOYMENTS_MAX)}
    numbers.discard(None)
    if not numbers:
        return frozenset()
    brought = commits_by_release(work, [one.release_id for one in found])
    fixes = code.fixes_of(work, project, {sha for shas in brought.values() for sha in shas})
    fixing = {fix.sha for fix in fixes if fix.number in numbers}
    return frozenset(made for made, shas in brought.items() if fixing & set(shas))


def commits_by_release(work: Work, releases: Sequence[int]) -> dict[int, list[str]]:
    brought: dict[int, list[str]] = {}
    ids = sorted(set(releases))
    for start in range(0, len(ids), 500):
        query = (
            select(release.ReleaseCommit.release_id, release.ReleaseCommit.sha)
            .where(release.ReleaseCommit.release_id.in_(ids[start : start + 500]))
            .order_by(release.ReleaseCommit.release_id, release.ReleaseCommit.place)
        )
        for made, sha in work.session.execute(query):
            brought.setdefault(made, []).append(sha)
    return brought
