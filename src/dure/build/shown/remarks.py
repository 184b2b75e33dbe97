"""What the runs of a commit remarked on."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dure import policy
from dure.build.run import Annotation, Job, Run
from dure.ledger import Work
from dure.plan import Project

SHOWN_MAX = 100


@dataclass(frozen=True)
class Remark:
    said: Annotation
    run_number: int
    job_id: int
    job_name: str


@dataclass(frozen=True)
class Remarks:
    project: Project
    rows: Sequence[Remark]


def remarks_at(work: Work, project: Project, sha: str) -> Remarks:
    """Those of the last tries of all runs at this commit, the errors first."""
    policy.require(work, "build.read", project.scope)
    query = (
        select(Annotation, Run.number, Job.id, Job.name)
        .join(Job, (Job.id == Annotation.job_id) & (Job.attempt == Annotation.attempt))
        .join(Run, Run.id == Job.run_id)
        .where(Run.project_id == project.id, Run.sha == sha)
        .order_by(Annotation.level != "error", Annotation.level != "warning", Annotation.id)
        .limit(SHOWN_MAX)
    )
    return Remarks(project, [Remark(*row) for row in work.session.execute(query)])
