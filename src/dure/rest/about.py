"""What a job means by the number of an issue. On GitHub a pull request is an issue as well, and goes by that number."""

from dure.build import Job, run_with
from dure.code import MergeRequest, find_request
from dure.ledger import Work
from dure.plan import Project


# open: `find_request` asks.
def request_meant(work: Work, project: Project, number: int) -> MergeRequest | None:
    """The merge request that the job's own run is about, if it has this number. Everybody else means the issue."""
    kind, _, word = work.actor.ref.partition(":")
    job = work.session.get(Job, int(word)) if kind == "job" and word.isdecimal() else None
    run = run_with(work, job.run_id) if job is not None else None
    if run is None or run.project_id != project.id:
        return None
    event = run.known()["github"].get("event") or {}
    issue = event.get("issue") or {}
    told = event.get("pull_request") or (issue if issue.get("pull_request") else {})
    return find_request(work, project, number) if told.get("number") == number else None
