"""Which caches a run may read and write. Whoever can only propose a change must not touch what trusted runs will read.

A cache belongs to the ref whose run wrote it. A run reads its own ref's, then those of the branch that it is proposed
for, then those of the default branch; it writes its own ref's and no others.
"""

from dataclasses import dataclass
from typing import Any

from dure.build.run import Run
from dure.code import repository_of
from dure.ledger import Work
from dure.plan import project_of

ANYBODYS = frozenset({"issue_comment", "issues", "discussion", "discussion_comment", "fork", "watch"})
"""Events that whoever may comment can raise, upon which runs begin on the default branch."""
CHAIN_MAX = 10
"""Runs follow upon runs less often than this; whoever comes so far is trusted with nothing."""
REQUESTS = ("pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment")


@dataclass(frozen=True)
class Scopes:
    """Refs. `writes` empty: it writes nothing."""

    reads: tuple[str, ...]
    writes: str


# open: only with a run in hand that its runner has a job of.
def scopes_of_run(work: Work, run: Run) -> Scopes:
    """Found in what the house itself knows of the run; nothing of it is said by the job."""
    repository = repository_of(work, project_of(work, run.project_id))
    default = repository.default_ref if repository is not None else ""
    github = run.known().get("github", {})
    number = request_number(run, github)
    if number:
        own = f"refs/pull/{number}/merge"
        base = str(github.get("base_ref") or "")
        reads = [own, f"refs/heads/{base}" if base else "", default]
        writes = own
    else:
        reads, writes = [run.ref, queue_of(github), default], "" if is_anybodys(work, run) else run.ref
    return Scopes(tuple(dict.fromkeys(ref for ref in reads if ref)), writes)


def queue_of(github: dict[str, Any]) -> str:
    """Of the commit of a merge queue: the branch that it is for."""
    event = github.get("event")
    found = event.get("merge_group") if isinstance(event, dict) else None
    return str(found.get("base_ref") or "") if isinstance(found, dict) else ""


def request_number(run: Run, github: dict[str, Any]) -> int:
    """Of the change that the run is about; 0 where it is about none."""
    if run.event not in REQUESTS:
        return 0
    number = request_in(github).get("number")
    if isinstance(number, int):
        return number
    parts = run.ref.split("/")
    return int(parts[2]) if parts[:2] == ["refs", "pull"] and len(parts) > 2 and parts[2].isdigit() else 0


def request_in(github: dict[str, Any]) -> dict[str, Any]:
    event = github.get("event")
    found = event.get("pull_request") if isinstance(event, dict) else None
    return found if isinstance(found, dict) else {}


def is_anybodys(work: Work, run: Run) -> bool:
    """Whether people begin such runs who may not push. That includes what follows upon the run of a proposed change,
    however many runs lie between them."""
    here: Run | None = run
    for _ in range(CHAIN_MAX):
        if here is None:
            return False
        before = led_to(here)
        if {here.event, str(before.get("event", ""))} & {*ANYBODYS, *REQUESTS}:
            return True
        number = before.get("id")
        here = work.session.get(Run, number) if isinstance(number, int) else None
    return True


def led_to(run: Run) -> dict[str, Any]:
    """What is known of the run upon which this one followed."""
    event = run.known().get("github", {}).get("event")
    before = event.get("workflow_run") if run.event == "workflow_run" and isinstance(event, dict) else None
    return before if isinstance(before, dict) else {}


def is_from_fork(run: Run) -> bool:
    """Whether the change comes from a repository that is not this one."""
    request = request_in(run.known().get("github", {}))
    head, base = request.get("head") or {}, request.get("base") or {}
    theirs, ours = (name_of(side) for side in (head, base))
    return run.event.startswith("pull_request") and run.event != "pull_request_target" and theirs != ours


def name_of(side: dict[str, Any]) -> str:
    repository = side.get("repo")
    return str(repository.get("full_name", "")) if isinstance(repository, dict) else ""
