"""An issue with all that its page and its reader need, gathered in one piece of work."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure import people, policy
from dure.ledger import Work
from dure.plan.issue.closing import close_issue, reopen_issue
from dure.plan.issue.comment import comment
from dure.plan.issue.issue import Issue, is_own
from dure.plan.issue.label import Label, labels_of
from dure.plan.issue.lists import Listing, Row, list_issues, rows_of
from dure.plan.issue.mention import Known, words_known
from dure.plan.issue.milestone import Milestone, milestones_of
from dure.plan.issue.opening import edit_issue, open_issue
from dure.plan.issue.thread import Thread, thread_of
from dure.plan.issue.triage import assign, set_labels, set_milestone
from dure.plan.project import Project
from dure.plan.search import Filter


@dataclass(frozen=True)
class Whole:
    """An issue, the row that lists show of it, and what it says."""

    row: Row
    issue: Issue


@dataclass(frozen=True)
class Choices:
    """What an issue of this project can be given."""

    labels: Sequence[Label]
    milestones: Sequence[Milestone]
    members: Sequence[str]


@dataclass(frozen=True)
class May:
    """What the reader may do with an issue, so that no button leads nowhere."""

    edit: bool
    sort: bool
    close: bool
    comment: bool
    keep: bool
    """Edit and delete what others said."""


@dataclass(frozen=True)
class IssuePage:
    row: Row
    issue: Issue
    thread: Thread
    known: dict[str, Known]
    choices: Choices
    may: May
    project: Project


@dataclass(frozen=True)
class Blank:
    """A form for a new issue."""

    project: Project
    choices: Choices


@dataclass(frozen=True)
class ListPage:
    """A page of the issues of a project, and what they could be narrowed to."""

    project: Project
    listing: Listing
    choices: Choices
    may_open: bool


def whole_issue(work: Work, project: Project, issue: Issue) -> Whole:
    policy.require(work, "project.read", project.scope)
    work.session.flush()
    return Whole(rows_of(work, [issue], {project.id: project.path})[0], issue)


def issue_page(work: Work, project: Project, issue: Issue, *, before: int | None = None) -> IssuePage:
    thread = thread_of(work, project, issue, before=before)
    texts = [issue.body, *(item.comment.body for item in thread.items if item.comment)]
    may = allowed(work, project, issue)
    return IssuePage(
        row=whole_issue(work, project, issue).row,
        issue=issue,
        thread=thread,
        known=words_known(work, project, texts),
        choices=choices_in(work, project) if may.sort else Choices((), (), ()),
        may=may,
        project=project,
    )


def allowed(work: Work, project: Project, issue: Issue) -> May:
    own, scope = is_own(work, issue), project.scope
    return May(
        edit=policy.may(work, "issue.edit", scope, own=own),
        sort=policy.may(work, "issue.sort", scope, own=own),
        close=policy.may(work, "issue.close", scope, own=own),
        comment=policy.may(work, "issue.comment", scope),
        keep=policy.may(work, "comment.edit", scope),
    )


def choices_in(work: Work, project: Project) -> Choices:
    policy.require(work, "project.read", project.scope)
    able = people.member_ids(work, project.scope)
    return Choices(
        labels=labels_of(work, project),
        milestones=milestones_of(work, project, only_open=True),
        members=[member.handle for member in people.members_of(work, project.scope) if member.person_id in able],
    )


def new_issue_choices(work: Work, project: Project) -> Blank:
    policy.require(work, "issue.open", project.scope)
    return Blank(project, choices_in(work, project))


def list_page(work: Work, project: Project, sought: Filter, *, cursor: str = "") -> ListPage:
    listing = list_issues(work, project, sought, cursor=cursor)
    may_open = policy.may(work, "issue.open", project.scope)
    return ListPage(project, listing, choices_in(work, project), may_open)


def open_whole(
    work: Work,
    project: Project,
    *,
    title: str,
    body: str,
    labels: Sequence[str],
    assignees: Sequence[str],
    milestone: str,
) -> Whole:
    """Open an issue and show it."""
    issue = open_issue(
        work, project, title=title, body=body, labels=labels, assignees=assignees, milestone=milestone or None
    )
    return whole_issue(work, project, issue)


def change_issue(
    work: Work,
    project: Project,
    issue: Issue,
    *,
    title: str | None = None,
    body: str | None = None,
    labels: Sequence[str] | None = None,
    assignees: Sequence[str] | None = None,
    milestone: str | None = None,
) -> Whole:
    """Change what is given, each under its own condition; an empty milestone is none."""
    if title is not None or body is not None:
        edit_issue(work, project, issue, title=title, body=body)
    if labels is not None:
        set_labels(work, project, issue, labels)
    if assignees is not None:
        assign(work, project, issue, assignees)
    if milestone is not None:
        set_milestone(work, project, issue, milestone)
    return whole_issue(work, project, issue)


def reply(work: Work, project: Project, issue: Issue, *, body: str, act: str, reason: str = "done") -> Whole:
    """What the box under a thread sends: a comment, and with it perhaps the end of the issue or its return."""
    if act == "close":
        close_issue(work, project, issue, reason=reason, said=body)
    elif act == "reopen":
        reopen_issue(work, project, issue, said=body)
    else:
        comment(work, project, issue, body)
    return whole_issue(work, project, issue)
