"""What is said about projects and issues."""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

ProjectTitle = Annotated[str, Meta(max_length=100, description="What people call the project.")]
ProjectDescription = Annotated[str, Meta(max_length=2000)]
IssueTitle = Annotated[str, Meta(min_length=1, max_length=200, description="One line.")]
Body = Annotated[str, Meta(max_length=60_000, description="Markdown.")]
Said = Annotated[str, Meta(min_length=1, max_length=60_000, description="Markdown.")]
Labels = Annotated[
    list[Annotated[str, Meta(max_length=50)]], Meta(max_length=20, description="Names of labels of the project.")
]
Assignees = Annotated[
    list[Annotated[str, Meta(max_length=100)]], Meta(max_length=10, description="Handles of members of the project.")
]
MilestoneTitle = Annotated[str, Meta(max_length=100, description="The title of a milestone; empty for none.")]
LabelName = Annotated[str, Meta(min_length=1, max_length=50)]
LabelDescription = Annotated[str, Meta(max_length=200)]
Colour = Literal["gray", "red", "orange", "amber", "lime", "green", "teal", "cyan", "blue", "indigo", "violet", "pink"]
RoleWord = Literal["guest", "reporter", "developer", "maintainer", "owner"]
State = Literal["open", "closed"]
CloseReason = Literal["done", "not planned", "duplicate"]


class ProjectInfo(Struct, kw_only=True):
    """A project, and how many issues it has."""

    path: str
    """owner/name"""
    owner: str
    name: str
    title: str
    description: str
    everyone: bool | None
    """Whether everyone who is signed in may look; not told in lists."""
    open_issues: int
    closed_issues: int
    made_at: datetime
    url: str
    """The path of its page."""


class ProjectList(Struct, kw_only=True):
    projects: list[ProjectInfo]
    next: str | None
    """The path to ask on after, when there are more."""


class NewProject(Struct, kw_only=True, forbid_unknown_fields=True):
    """A project to be made. Without an owner it is yours."""

    name: Annotated[str, Meta(min_length=1, max_length=40, description="Its address: letters, digits, . and -")]
    owner: Annotated[str, Meta(max_length=40, description="Your handle, or for an admin the name of a team.")] = ""
    title: ProjectTitle = ""
    description: ProjectDescription = ""
    everyone: bool = False


class ProjectChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be different. What is left out stays."""

    title: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    description: ProjectDescription | None = None
    everyone: bool | None = None


class LabelInfo(Struct, kw_only=True):
    id: int
    name: str
    colour: str
    description: str
    open_issues: int | None = None
    """How many open issues bear it; told in lists of labels."""


class LabelList(Struct, kw_only=True):
    labels: list[LabelInfo]


class NewLabel(Struct, kw_only=True, forbid_unknown_fields=True):
    name: LabelName
    colour: Colour = "gray"
    description: LabelDescription = ""


class LabelChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be different. What is left out stays."""

    name: LabelName | None = None
    colour: Colour | None = None
    description: LabelDescription | None = None


class MilestoneInfo(Struct, kw_only=True):
    id: int
    title: str
    description: str
    due_on: date | None
    state: State
    open_issues: int
    closed_issues: int


class MilestoneList(Struct, kw_only=True):
    milestones: list[MilestoneInfo]


class NewMilestone(Struct, kw_only=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=100)]
    description: ProjectDescription = ""
    due_on: date | None = None


class MilestoneChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be different. What is left out stays."""

    title: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    description: ProjectDescription | None = None
    due_on: date | None = None
    no_day: bool = False
    """True takes the day away."""
    state: State | None = None


class IssueInfo(Struct, kw_only=True):
    """An issue as it is listed."""

    project: str
    number: int
    title: str
    state: State
    reason: str | None
    """Why it was closed."""
    author: str
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    labels: list[str]
    assignees: list[str]
    milestone: str | None
    comments: int
    url: str
    """The path of its page."""


class IssueDetail(IssueInfo, kw_only=True):
    """An issue with what it says."""

    body: str
    ref: str
    """By which the ledger knows it: "issue:12"."""


class IssueList(Struct, kw_only=True):
    issues: list[IssueInfo]
    count: int | None
    """How many there are. What a filter finds is counted up to 1,001, and not told on later pages."""
    next: str | None
    """The cursor of the next page, when there is one."""
    previous: str | None
    """The cursor of the page before, when there is one."""


class NewIssue(Struct, kw_only=True, forbid_unknown_fields=True):
    title: IssueTitle
    body: Body = ""
    labels: Labels = []
    assignees: Assignees = []
    milestone: MilestoneTitle = ""


class IssueChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be different. What is left out stays; a list takes the place of the list before."""

    title: IssueTitle | None = None
    body: Body | None = None
    labels: Labels | None = None
    assignees: Assignees | None = None
    milestone: MilestoneTitle | None = None


class NewClosure(Struct, kw_only=True, forbid_unknown_fields=True):
    """That an issue is closed, and why."""

    reason: CloseReason = "done"
    comment: Body = ""


class CommentInfo(Struct, kw_only=True):
    id: int
    author: str
    body: str
    at: datetime
    edited_at: datetime | None


class CommentList(Struct, kw_only=True):
    comments: list[CommentInfo]
    next: int | None
    """The comment to ask on after, when there are more."""


class NewComment(Struct, kw_only=True, forbid_unknown_fields=True):
    body: Said


class MemberInfo(Struct, kw_only=True):
    handle: str
    name: str
    role: str
    """guest, reporter, developer, maintainer or owner"""


class MemberList(Struct, kw_only=True):
    members: list[MemberInfo]
    everyone: str | None
    """What everyone who is signed in is here; null: nothing."""


class MemberRole(Struct, kw_only=True, forbid_unknown_fields=True):
    role: RoleWord


class EntryInfo(Struct, kw_only=True):
    """One entry of the ledger."""

    id: int
    at: datetime
    kind: str
    actor: str
    """By which the ledger knows who did it: "person:3"."""
    by: str
    sentence: str
    """What was done, to follow the name of who did it, in the language that was asked for."""
    about: list[str]
    comment: str | None = None
    """What was said, where it was a comment."""


class EntryList(Struct, kw_only=True):
    entries: list[EntryInfo]
    next: int | None
    """The entry to ask on after, when there are more."""
