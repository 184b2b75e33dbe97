"""Opening an issue, and changing what it says."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update

from dure import kit, policy
from dure.kit import now, say
from dure.ledger import Event, Work
from dure.plan.issue.comment import index_issue
from dure.plan.issue.issue import BODY_LIMIT_CHARACTERS, TITLE_LIMIT_CHARACTERS, Issue, is_own, note
from dure.plan.issue.mention import take_notice
from dure.plan.issue.triage import assign, set_labels, set_milestone
from dure.plan.project import Project
from dure.plan.wording import Wording


@dataclass(frozen=True, kw_only=True)
class IssueOpened(Event, kind="plan.issue_opened"):
    """An issue was opened."""

    issue: int
    number: int
    title: str

    def sentence(self) -> kit.Text:
        return say("opened #{number} {title}", number=self.number, title=self.title)


@dataclass(frozen=True, kw_only=True)
class IssueEdited(Event, kind="plan.issue_edited"):
    """An issue got another title or other words."""

    issue: int
    number: int
    title: str
    before: str

    def sentence(self) -> kit.Text:
        if self.before == self.title:
            return say("edited the text of #{number}", number=self.number)
        return say(
            "renamed #{number} from “{before}” to “{title}”", number=self.number, before=self.before, title=self.title
        )


def open_issue(
    work: Work,
    project: Project,
    *,
    title: str,
    body: str = "",
    labels: Sequence[str] = (),
    assignees: Sequence[str] = (),
    milestone: str | None = None,
) -> Issue:
    """Open an issue under the next number of its project."""
    policy.require(work, "issue.open", project.scope)
    title, body = worded(title, body)
    number = next_number(work, project)
    time = now()
    issue = work.add(
        Issue(
            project_id=project.id,
            number=number,
            title=title,
            body=body,
            author=work.actor.ref,
            author_name=work.actor.name,
            opened_at=time,
            updated_at=time,
        )
    )
    note(work, project, issue, IssueOpened(issue=issue.id, number=number, title=title), [work.actor.ref])
    set_labels(work, project, issue, labels)
    assign(work, project, issue, assignees)
    set_milestone(work, project, issue, milestone)
    take_notice(work, project, issue, f"{title}\n{body}")
    index_issue(work, project, issue)
    return issue


def next_number(work: Work, project: Project) -> int:
    """The row of the project is locked until this work is done, so no number is given twice or left out."""
    taken = (
        update(Project)
        .where(Project.id == project.id)
        .values(issues_numbered=Project.issues_numbered + 1, open_issues=Project.open_issues + 1)
        .returning(Project.issues_numbered)
    )
    return work.session.execute(taken, execution_options={"synchronize_session": False}).scalar_one()


def edit_issue(
    work: Work, project: Project, issue: Issue, *, title: str | None = None, body: str | None = None
) -> Issue:
    policy.require(work, "issue.edit", project.scope, own=is_own(work, issue))
    before = issue.title
    title, body = worded(issue.title if title is None else title, issue.body if body is None else body)
    if (title, body) != (issue.title, issue.body):
        issue.title, issue.body = title, body
        note(work, project, issue, IssueEdited(issue=issue.id, number=issue.number, title=title, before=before))
        take_notice(work, project, issue, f"{title}\n{body}")
        index_issue(work, project, issue)
    return issue


def worded(title: str, body: str) -> tuple[str, str]:
    wording = Wording()
    title = wording.line("title", title, TITLE_LIMIT_CHARACTERS)
    body = wording.text("body", body, BODY_LIMIT_CHARACTERS)
    wording.settle()
    return title, body
