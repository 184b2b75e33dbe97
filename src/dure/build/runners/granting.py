"""What the token of a job may do, by its file and by the files of whoever calls the workflow that it stands in."""

from collections.abc import Mapping

from dure.build.asking import above
from dure.build.leaving import is_from_fork
from dure.build.run import Job, Run, planned_in
from dure.ledger import Work
from dure.workflow import Permissions

READ, WRITE, NONE = "read", "write", "none"
ID_TOKEN = "id-token"  # noqa: S105 - the name of a permission
USUAL: Mapping[str, str] = {"contents": READ, "metadata": READ, "packages": READ}
"""Where neither the job nor its workflow says anything."""
KNOWN = (
    *("actions", "artifact-metadata", "attestations", "checks", "contents", "deployments", "discussions", ID_TOKEN),
    *("issues", "metadata", "models", "packages", "pages", "pull-requests", "repository-projects"),
    *("security-events", "statuses"),
)


# open: a runner with a job of this project, which the house has given to it.
def granted(work: Work, run: Run, job: Job) -> dict[str, str]:
    """A workflow that is called gets no more than its caller has, and all of that where it says nothing."""
    parent = above(work, job)
    workflow = planned_in(run, parent).workflow
    own = workflow.jobs[job.job].permissions
    given = permitted(workflow.permissions, own, is_fork=is_from_fork(run))
    if parent is None:
        return given
    outer = granted(work, run, parent)
    return outer if own is None and workflow.permissions is None else within(given, outer)


def permitted(workflow: Permissions | None, job: Permissions | None, *, is_fork: bool = False) -> dict[str, str]:
    """The job's own word goes before the workflow's. What is not named is not given."""
    said = job if job is not None else workflow
    given = dict(USUAL) if said is None else spelled_out(said)
    if is_fork:
        given = {what: READ for what in given if what != ID_TOKEN}
    return {what: level for what, level in sorted(given.items()) if level != NONE}


def spelled_out(said: Permissions) -> dict[str, str]:
    if said.all is not None:
        every = {what: said.all for what in KNOWN if what != ID_TOKEN or said.all == WRITE}
        return {**every, **said.scopes}
    return {"metadata": READ, **said.scopes}


def within(inner: Mapping[str, str], outer: Mapping[str, str]) -> dict[str, str]:
    """A workflow that is called gets no more than its caller has."""
    ranks = {NONE: 0, READ: 1, WRITE: 2}
    lower = {what: min(level, outer.get(what, NONE), key=ranks.__getitem__) for what, level in inner.items()}
    return {what: level for what, level in lower.items() if level != NONE}
