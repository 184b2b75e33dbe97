"""Closing an issue, reopening it, and saying something with it."""

from dataclasses import dataclass

from dure import kit, policy
from dure.kit import Invalid, Text, now, say
from dure.ledger import Event, Work
from dure.plan.issue.comment import comment
from dure.plan.issue.issue import Issue, count_open, is_own, note
from dure.plan.issue.triage import follow_state
from dure.plan.project import Project

REASONS: dict[str, Text] = {
    "done": say("done"),
    "not planned": say("not planned"),
    "duplicate": say("duplicate"),
}


@dataclass(frozen=True, kw_only=True)
class IssueClosed(Event, kind="plan.issue_closed"):
    """An issue was closed, as done or for another reason."""

    issue: int
    number: int
    title: str
    reason: str

    def sentence(self) -> kit.Text:
        reason = REASONS.get(self.reason, self.reason)
        return say("closed #{number} {title} ({reason})", number=self.number, title=self.title, reason=reason)


@dataclass(frozen=True, kw_only=True)
class IssueReopened(Event, kind="plan.issue_reopened"):
    """A closed issue was opened again."""

    issue: int
    number: int
    title: str

    def sentence(self) -> kit.Text:
        return say("reopened #{number} {title}", number=self.number, title=self.title)


def close_issue(work: Work, project: Project, issue: Issue, *, reason: str = "done", said: str = "") -> Issue:
    """Close it, with a last word if one is given. An issue that is closed stays as it is."""
    policy.require(work, "issue.close", project.scope, own=is_own(work, issue))
    if reason not in REASONS:
        raise Invalid({"reason": say("Possible reasons are: {reasons}.", reasons=", ".join(REASONS))})
    if said.strip():
        comment(work, project, issue, said)
    if issue.is_open:
        time = now()
        issue.is_open, issue.closed_at, issue.reason = False, time, reason
        issue.closed_by, issue.closed_by_name = work.actor.ref, work.actor.name
        told = IssueClosed(issue=issue.id, number=issue.number, title=issue.title, reason=reason)
        note(work, project, issue, told, [work.actor.ref])
        count_open(work, project, -1)
        follow_state(work, issue)
    return issue


def reopen_issue(work: Work, project: Project, issue: Issue, *, said: str = "") -> Issue:
    """Open it again. An issue that is open stays as it is."""
    policy.require(work, "issue.close", project.scope, own=is_own(work, issue))
    if said.strip():
        comment(work, project, issue, said)
    if not issue.is_open:
        issue.is_open, issue.closed_at, issue.reason = True, None, None
        issue.closed_by, issue.closed_by_name = None, None
        note(work, project, issue, IssueReopened(issue=issue.id, number=issue.number, title=issue.title))
        count_open(work, project, 1)
        follow_state(work, issue)
    return issue
