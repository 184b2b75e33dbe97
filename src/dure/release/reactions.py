"""What this room does when something happens elsewhere: what has become green is released, and workflows hear of it."""

from dure import code
from dure.ledger import Work, on, on_entry
from dure.plan import project_of
from dure.release.announcing import tell_workflows
from dure.release.release import Released, begin_release, of_commit


def release_what_is_green(work: Work, event: code.CheckSet) -> None:
    """Once every check of a commit on the default branch has gone well, and only once."""
    if event.state != "success":
        return
    project = project_of(work, event.project)
    repository = code.repository_of(work, project)
    if repository is None or not code.pushes_of(work, project, sha=event.sha, default=True, limit=1):
        return
    checks = code.checks_of(work, project, event.sha)
    if any(check.state != "success" for check in checks) or of_commit(work, project, event.sha) is not None:
        return
    begin_release(work, project, repository, event.sha)


reactions = [on(code.CheckSet, release_what_is_green), on_entry(Released, tell_workflows)]
