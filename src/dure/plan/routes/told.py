"""Projects, issues and the rest as they are told over the API."""

from collections.abc import Sequence

from dure.ledger import Entry
from dure.people import Member
from dure.plan.issue import Comment, Label, LabelCount, Listing, Milestone, Row, Whole
from dure.plan.member import Members
from dure.plan.project import Project
from dure.wire import (
    CommentInfo,
    CommentList,
    EntryInfo,
    EntryList,
    IssueDetail,
    IssueInfo,
    IssueList,
    LabelInfo,
    LabelList,
    MemberInfo,
    MemberList,
    MilestoneInfo,
    ProjectInfo,
)


def project_told(project: Project, everyone: bool | None = None) -> ProjectInfo:
    return ProjectInfo(
        path=project.path,
        owner=project.owner,
        name=project.name,
        title=project.title,
        description=project.description,
        everyone=everyone,
        open_issues=project.open_issues,
        closed_issues=project.closed_issues,
        made_at=project.made_at,
        url=f"/{project.path}",
    )


def label_told(label: Label, open_issues: int | None = None) -> LabelInfo:
    return LabelInfo(
        id=label.id, name=label.name, colour=label.colour, description=label.description, open_issues=open_issues
    )


def labels_told(counts: Sequence[LabelCount]) -> LabelList:
    return LabelList(labels=[label_told(count.label, count.open_issues) for count in counts])


def milestone_told(milestone: Milestone) -> MilestoneInfo:
    return MilestoneInfo(
        id=milestone.id,
        title=milestone.title,
        description=milestone.description,
        due_on=milestone.due_on,
        state="open" if milestone.is_open else "closed",
        open_issues=milestone.open_issues,
        closed_issues=milestone.closed_issues,
    )


def row_told(row: Row) -> IssueInfo:
    return IssueInfo(
        project=row.path,
        number=row.number,
        title=row.title,
        state="open" if row.is_open else "closed",
        reason=row.reason,
        author=row.author_name,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        closed_at=row.closed_at,
        closed_by=row.closed_by_name,
        labels=[label.name for label in row.labels],
        assignees=list(row.assignees),
        milestone=row.milestone,
        comments=row.comments,
        url=row.url,
    )


def listing_told(listing: Listing) -> IssueList:
    return IssueList(
        issues=[row_told(row) for row in listing.rows],
        count=listing.count,
        next=listing.older,
        previous=listing.newer,
    )


def issue_told(whole: Whole) -> IssueDetail:
    row = row_told(whole.row)
    known = {field: getattr(row, field) for field in row.__struct_fields__}
    return IssueDetail(**known, body=whole.issue.body, ref=whole.issue.ref)


def comment_told(comment: Comment) -> CommentInfo:
    return CommentInfo(
        id=comment.id, author=comment.author_name, body=comment.body, at=comment.at, edited_at=comment.edited_at
    )


def comments_told(comments: Sequence[Comment], limit: int) -> CommentList:
    """`comments` holds one more than asked for, when there are more."""
    shown = comments[:limit]
    return CommentList(
        comments=[comment_told(comment) for comment in shown], next=shown[-1].id if len(comments) > limit else None
    )


def member_told(member: Member) -> MemberInfo:
    return MemberInfo(handle=member.handle, name=member.name, role=member.role.word)


def members_told(found: Members) -> MemberList:
    return MemberList(
        members=[member_told(member) for member in found.members],
        everyone=found.everyone.word if found.everyone else None,
    )


def entries_told(entries: Sequence[Entry], said: dict[int, Comment], language: str, last: int | None) -> EntryList:
    return EntryList(entries=[entry_told(entry, said, language) for entry in entries], next=last)


def entry_told(entry: Entry, said: dict[int, Comment], language: str) -> EntryInfo:
    comment = said.get(entry.id)
    return EntryInfo(
        id=entry.id,
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        by=entry.actor_name,
        sentence=entry.sentence().into(language),
        about=entry.refs,
        comment=comment.body if comment and not comment.deleted_at else None,
    )
