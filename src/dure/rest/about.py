"""What a job means by the number of an issue. On GitHub a pull request is an issue as well, and goes by that number."""

from dure.build import Job, run_with
from dure.code import MergeRequest, find_request
from dure.kit import Missing
from dure.ledger import Work
from dure.plan import Project


# open: `find_request` asks before anything is told.
def request_meant(work: Work, project: Project, number: int) -> MergeRequest | None:
    """The merge request with this number, if the job's own run is about it or the job opened it itself. Everybody else
    means the issue."""
    kind, _, word = work.actor.ref.partition(":")
    job = work.session.get(Job, int(word)) if kind == "job" and word.isdecimal() else None
    if job is None:
        return None
    try:
        found = find_request(work, project, number)
    except Missing:
        return None
    return found if found.author == work.actor.ref or number == number_told(work, project, job) else None


# open: `request_meant` asks.
def number_told(work: Work, project: Project, job: Job) -> int | None:
    """That of the merge request which the run of this job is about."""
    run = run_with(work, job.run_id)
    if run is None or run.project_id != project.id:
        return None
    event = run.known()["github"].get("event") or {}
    issue = event.get("issue") or {}
    told = event.get("pull_request") or (issue if issue.get("pull_request") else {})
    found = told.get("number")
    return found if isinstance(found, int) else None
