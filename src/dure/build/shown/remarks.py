"""What the runs of a commit remarked on, and those of merge requests that brought it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from dure import policy
from dure.build.run import Annotation, Job, Run, RunStarted
from dure.code import commit_ref
from dure.ledger import Work, thread
from dure.plan import Project

SHOWN_MAX = 100
LOOKED_THROUGH = 1000


@dataclass(frozen=True)
class Remark:
    said: Annotation
    run_number: int
    job_id: int
    job_name: str
    sha: str
    """At which commit the file lies that it speaks of: of a merge request, what both sides come to."""


@dataclass(frozen=True)
class Remarks:
    project: Project
    rows: Sequence[Remark]


def remarks_at(work: Work, project: Project, sha: str) -> Remarks:
    """Those of the last tries of all runs that ran at this commit or for it, the errors first."""
    policy.require(work, "build.read", project.scope)
    query = (
        select(Annotation, Run.number, Job.id, Job.name, Run.sha)
        .join(Job, (Job.id == Annotation.job_id) & (Job.attempt == Annotation.attempt))
        .join(Run, Run.id == Job.run_id)
        .where(Run.project_id == project.id, or_(Run.sha == sha, Run.id.in_(runs_about(work, project, sha))))
        .order_by(Annotation.level != "error", Annotation.level != "warning", Annotation.id)
        .limit(SHOWN_MAX)
    )
    found: dict[tuple[object, ...], Remark] = {}
    for row in work.session.execute(query):
        remark = Remark(*row)
        said = remark.said
        # A push and a merge request of the same commit find the same.
        found.setdefault((remark.job_name, said.level, said.title, said.message, said.file, said.line), remark)
    return Remarks(project, list(found.values()))


# open: called with a project in hand that was asked for under its policy.
def runs_about(work: Work, project: Project, sha: str) -> set[int]:
    """As the ledger tells: a run of a merge request is about the commit that was pushed, too."""
    told = thread(work, commit_ref(project.id, sha), limit=LOOKED_THROUGH)
    events = (entry.event() for entry in told if entry.kind == RunStarted.kind)
    return {event.run for event in events if isinstance(event, RunStarted)}
