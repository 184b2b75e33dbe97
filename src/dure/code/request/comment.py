"""What people say about a merge request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.code.request.changing import BODY_LIMIT_CHARACTERS, note
from dure.code.request.request import MergeRequest
from dure.kit import Missing, Refused, now, say
from dure.ledger import BIG, Event, Moment, Table, Work
from dure.people import Role
from dure.plan import Project, Wording

COMMENTS_MAX = 5000
PAGE_COMMENTS = 100

policy.action("code.comment", Role.REPORTER, say("comment on merge requests"))
policy.action(
    "code.comment.edit", Role.MAINTAINER, say("edit and delete comments on merge requests"), own=Role.REPORTER
)


class RequestComment(Table):
    __tablename__ = "code_comment"
    __table_args__ = (Index("ix_code_comment_request", "request_id", "id"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    request_id: Mapped[int] = mapped_column(ForeignKey("code_request.id"))
    author: Mapped[str]
    author_name: Mapped[str]
    at: Mapped[datetime] = mapped_column(Moment)
    body: Mapped[str] = mapped_column(Text)
    edited_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    deleted_at: Mapped[datetime | None] = mapped_column(Moment, default=None)


@dataclass(frozen=True, kw_only=True)
class RequestCommented(Event, kind="code.request_commented"):
    """Somebody commented on a merge request."""

    project: int
    request: int
    number: int
    title: str
    comment: int

    def sentence(self) -> kit.Text:
        return say("commented on !{number} {title}", number=self.number, title=self.title)


@dataclass(frozen=True, kw_only=True)
class RequestCommentEdited(Event, kind="code.comment_edited"):
    """A comment on a merge request was changed."""

    project: int
    request: int
    number: int
    comment: int

    def sentence(self) -> kit.Text:
        return say("edited a comment on !{number}", number=self.number)


@dataclass(frozen=True, kw_only=True)
class RequestCommentDeleted(Event, kind="code.comment_deleted"):
    """A comment on a merge request was deleted. Its words are gone; that it stood there remains."""

    project: int
    request: int
    number: int
    comment: int

    def sentence(self) -> kit.Text:
        return say("deleted a comment on !{number}", number=self.number)


def comment(work: Work, project: Project, request: MergeRequest, body: str) -> RequestComment:
    policy.require(work, "code.comment", project.scope)
    body = worded(body)
    said = select(RequestComment.id).where(RequestComment.request_id == request.id)
    if len(work.session.scalars(said.limit(COMMENTS_MAX)).all()) >= COMMENTS_MAX:
        raise Refused(say("A merge request has at most {count} comments.", count=COMMENTS_MAX))
    made = work.add(
        RequestComment(request_id=request.id, author=work.actor.ref, author_name=work.actor.name, at=now(), body=body)
    )
    event = RequestCommented(
        project=project.id, request=request.id, number=request.number, title=request.title, comment=made.id
    )
    note(work, request, event)
    return made


def edit_comment(work: Work, project: Project, request: MergeRequest, comment_id: int, body: str) -> RequestComment:
    """For whoever wrote it, and for those who keep the project."""
    said = find_comment(work, project, request, comment_id)
    policy.require(work, "code.comment.edit", project.scope, own=said.author == work.actor.ref)
    body = worded(body)
    if body != said.body:
        said.body, said.edited_at = body, now()
        event = RequestCommentEdited(project=project.id, request=request.id, number=request.number, comment=said.id)
        note(work, request, event)
    return said


def delete_comment(work: Work, project: Project, request: MergeRequest, comment_id: int) -> None:
    said = find_comment(work, project, request, comment_id)
    policy.require(work, "code.comment.edit", project.scope, own=said.author == work.actor.ref)
    said.body, said.deleted_at = "", now()
    event = RequestCommentDeleted(project=project.id, request=request.id, number=request.number, comment=said.id)
    note(work, request, event)


def find_comment(work: Work, project: Project, request: MergeRequest, comment_id: int) -> RequestComment:
    policy.require(work, "code.read", project.scope)
    said = work.session.get(RequestComment, comment_id)
    if said is None or said.request_id != request.id or said.deleted_at is not None:
        raise Missing(say("There is no such comment on !{number}.", number=request.number))
    return said


def comments_on(
    work: Work, project: Project, request: MergeRequest, *, after: int = 0, limit: int = PAGE_COMMENTS
) -> Sequence[RequestComment]:
    """What was said, oldest first, from after one comment on."""
    policy.require(work, "code.read", project.scope)
    here = RequestComment.request_id == request.id, RequestComment.id > after, RequestComment.deleted_at.is_(None)
    return work.session.scalars(select(RequestComment).where(*here).order_by(RequestComment.id).limit(limit)).all()


def latest_comments(
    work: Work, project: Project, request: MergeRequest, *, before: int | None = None, limit: int = PAGE_COMMENTS
) -> Sequence[RequestComment]:
    """The last that was said, or the last before one comment; the oldest of it first."""
    policy.require(work, "code.read", project.scope)
    query = select(RequestComment).where(RequestComment.request_id == request.id, RequestComment.deleted_at.is_(None))
    if before is not None:
        query = query.where(RequestComment.id < before)
    return work.session.scalars(query.order_by(RequestComment.id.desc()).limit(limit)).all()[::-1]


def worded(body: str) -> str:
    wording = Wording()
    body = wording.text("body", body, BODY_LIMIT_CHARACTERS, required=True)
    wording.settle()
    return body
