"""What this room does when something happens elsewhere, and when its own deployments go live."""

from collections.abc import Iterable

from dure import code, plan, release
from dure.deploy import announcing
from dure.deploy.deployment import WentLive, begin_by_itself, deployment_of, parcel_of, settle_for
from dure.deploy.environment import environments_of, find_environment, hosts_of
from dure.kit import Missing
from dure.ledger import Reaction, Work, on
from dure.plan import Project, project_of
from dure.release import Released

HOSTS_TOLD = 5


def set_going(work: Work, happened: Released) -> None:
    """A release that says how to run goes to every environment that waits for no other."""
    if not happened.app:
        return
    project = project_of(work, happened.project)
    parcel = parcel_of(release.release_with(work, happened.release))
    for place in settle_for(work, project, parcel):
        if place.is_named and not place.after:
            begin_by_itself(work, project, place, parcel)


def go_on(work: Work, happened: WentLive) -> None:
    """What is live in one environment goes on to those behind it, by itself or once somebody says yes."""
    project = project_of(work, happened.project)
    parcel = parcel_of(release.release_with(work, happened.release))
    for place in environments_of(work, project):
        if place.is_named and place.after == happened.environment:
            begin_by_itself(work, project, place, parcel)


def close_fixed(work: Work, happened: WentLive) -> None:
    """An issue is done when its fix serves people, and it says where."""
    if not happened.production:
        return
    project = project_of(work, happened.project)
    numbers = sorted({fix.number for fix in code.fixes_of(work, project, happened.commits)})
    words = said(work, project, happened)
    for number in numbers:
        try:
            issue = plan.find_issue(work, project, number, to_change=True)
        except Missing:
            continue
        if issue.is_open:
            plan.close_issue(work, project, issue, said=words)


def said(work: Work, project: Project, happened: WentLive) -> str:
    """The comment is written for everybody at once, so it is in the language of the code."""
    row = deployment_of(work, happened.deployment)
    place = find_environment(work, project, happened.environment)
    hosts = list(hosts_of(row.app_file, place, project).values())[:HOSTS_TOLD]
    where = f"Live in {happened.environment} with [{happened.version}](/{project.path}/deployments/{happened.number})"
    return f"{where}, at {listed(hosts)}." if hosts else f"{where}."


def listed(hosts: Iterable[str]) -> str:
    return ", ".join(f"`{host}`" for host in hosts)


reactions: list[Reaction] = [
    on(Released, set_going),
    on(WentLive, go_on),
    on(WentLive, close_fixed),
    *announcing.reactions,
]
