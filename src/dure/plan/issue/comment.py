"""Comments: what people say about an issue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.kit import Missing, Refused, now, say
from dure.ledger import Event, Moment, Table, Work
from dure.people import Role
from dure.plan.issue.issue import BODY_LIMIT_CHARACTERS, Issue, note
from dure.plan.issue.mention import take_notice
from dure.plan.project import Project
from dure.plan.search import index_text
from dure.plan.wording import Wording

COMMENTS_PER_ISSUE_MAX = 5000
COMMENTS_INDEXED_MAX = 300
"""Of one issue, the newest. Longer talks are found by what was said lately, and by what they are about."""
PAGE_COMMENTS = 100

policy.action("comment.edit", Role.MAINTAINER, say("edit and delete comments"), own=Role.REPORTER)


class Comment(Table):
    __tablename__ = "comment"
    __table_args__ = (Index("ix_comment_issue", "issue_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issue.id"))
    author: Mapped[str]
    author_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    body: Mapped[str] = mapped_column(Text)
    edited_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


@dataclass(frozen=True, kw_only=True)
class Commented(Event, kind="plan.commented"):
    """Somebody commented on an issue."""

    issue: int
    number: int
    title: str
    comment: int

    def sentence(self) -> kit.Text:
        return say("commented on #{number} {title}", number=self.number, title=self.title)


@dataclass(frozen=True, kw_only=True)
class CommentEdited(Event, kind="plan.comment_edited"):
    """A comment was changed."""

    issue: int
    number: int
    comment: int

    def sentence(self) -> kit.Text:
        return say("edited a comment on #{number}", number=self.number)


@dataclass(frozen=True, kw_only=True)
class CommentDeleted(Event, kind="plan.comment_deleted"):
    """A comment was deleted. Its words are gone; that it stood there remains."""

    issue: int
    number: int
    comment: int

    def sentence(self) -> kit.Text:
        return say("deleted a comment on #{number}", number=self.number)


def comment(work: Work, project: Project, issue: Issue, body: str) -> Comment:
    policy.require(work, "issue.comment", project.scope)
    body = worded(body)
    if issue.comments >= COMMENTS_PER_ISSUE_MAX:
        sentence = say(
            "An issue has at most {count} comments. Open a new one that mentions it.", count=COMMENTS_PER_ISSUE_MAX
        )
        raise Refused(sentence)
    said = Comment(issue_id=issue.id, author=work.actor.ref, author_name=work.actor.name, at=now(), body=body)
    work.add(said)
    issue.comments += 1
    told = Commented(issue=issue.id, number=issue.number, title=issue.title, comment=said.id)
    note(work, project, issue, told)
    take_notice(work, project, issue, body)
    index_issue(work, project, issue)
    return said


def edit_comment(work: Work, project: Project, issue: Issue, comment_id: int, body: str) -> Comment:
    """For whoever wrote it, and for those who keep the project."""
    said = find_comment(work, project, issue, comment_id)
    policy.require(work, "comment.edit", project.scope, own=said.author == work.actor.ref)
    body = worded(body)
    if body != said.body:
        said.body, said.edited_at = body, now()
        note(work, project, issue, CommentEdited(issue=issue.id, number=issue.number, comment=said.id))
        take_notice(work, project, issue, body)
        index_issue(work, project, issue)
    return said


def delete_comment(work: Work, project: Project, issue: Issue, comment_id: int) -> None:
    said = find_comment(work, project, issue, comment_id)
    policy.require(work, "comment.edit", project.scope, own=said.author == work.actor.ref)
    said.body, said.deleted_at = "", now()
    issue.comments -= 1
    note(work, project, issue, CommentDeleted(issue=issue.id, number=issue.number, comment=said.id))
    index_issue(work, project, issue)


def find_comment(work: Work, project: Project, issue: Issue, comment_id: int) -> Comment:
    policy.require(work, "project.read", project.scope)
    said = work.session.get(Comment, comment_id)
    if said is None or said.issue_id != issue.id or said.deleted_at is not None:
        raise Missing(say("There is no such comment on #{number}.", number=issue.number))
    return said


def comments_of(
    work: Work, project: Project, issue: Issue, *, after: int = 0, skip: int = 0, limit: int = PAGE_COMMENTS
) -> Sequence[Comment]:
    """What was said, oldest first, from after one comment on, or after so many."""
    policy.require(work, "project.read", project.scope)
    query = select(Comment).where(Comment.issue_id == issue.id, Comment.id > after, Comment.deleted_at.is_(None))
    return work.session.scalars(query.order_by(Comment.id).offset(skip).limit(limit)).all()


def worded(body: str) -> str:
    wording = Wording()
    body = wording.text("body", body, BODY_LIMIT_CHARACTERS, required=True)
    wording.settle()
    return body


def index_issue(work: Work, project: Project, issue: Issue) -> None:
    """Make all the words of an issue findable. The caller has asked the policy for its change."""
    work.session.flush()
    bodies = select(Comment.body).where(Comment.issue_id == issue.id, Comment.deleted_at.is_(None))
    said = work.session.scalars(bodies.order_by(Comment.id.desc()).limit(COMMENTS_INDEXED_MAX))
    index_text(work.session, issue.id, project.id, [issue.title, str(issue.number), issue.body, *said])
