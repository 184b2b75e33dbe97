"""What the token of a job may do, by its file and by the files of whoever calls the workflow that it stands in."""

from dure.build.leaving import is_from_fork
from dure.build.run import Job, Run, above, permissions_said
from dure.ledger import Work
from dure.workflow import Level, granted_by


# open: a runner with a job of this project, which the house has given to it.
def granted(work: Work, run: Run, job: Job) -> dict[str, Level]:
    return granted_by(permissions_said(work, run, job.job, above(work, job)), is_fork=is_from_fork(run))
