"""Merge requests as GitHub lists them: those that are closed are the merged ones too, and a branch may be named."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, union_all

from dure import policy
from dure.code import UNDER_WAY, MergeRequest
from dure.ledger import Work
from dure.plan import Project


@dataclass(frozen=True)
class Sought:
    state: str = "open"
    """open, closed or all"""
    source: str = ""
    target: str = ""
    sha: str = ""
    """A commit that is its head, or that it came to."""
    by_change: bool = False
    """Those first that were changed last, not those that were opened last."""
    upward: bool = False


IS_OPEN = MergeRequest.phase.in_(UNDER_WAY)


# open: `pulls_of` asks.
def among(project: Project, sought: Sought) -> ColumnElement[bool]:
    """Where few are meant they are looked up first: told to sort by number, SQLite would walk all of the project."""
    here = select(MergeRequest.id).where(MergeRequest.project_id == project.id)
    if sought.state == "open":
        here = here.where(IS_OPEN)
    if sought.sha:
        shas = (MergeRequest.head_sha, MergeRequest.merged_sha)
        return MergeRequest.id.in_(union_all(*(here.where(column == sought.sha) for column in shas)))
    return MergeRequest.id.in_(here) if sought.state == "open" else MergeRequest.project_id == project.id


def pulls_of(work: Work, project: Project, sought: Sought, *, skip: int, limit: int) -> Sequence[MergeRequest]:
    policy.require(work, "code.read", project.scope)
    query = select(MergeRequest).where(among(project, sought))
    if sought.state == "closed":
        query = query.where(~IS_OPEN)
    if sought.source:
        query = query.where(MergeRequest.source == sought.source)
    if sought.target:
        query = query.where(MergeRequest.target == sought.target)
    order = (MergeRequest.updated_at, MergeRequest.number) if sought.by_change else (MergeRequest.number,)
    query = query.order_by(*(column.asc() if sought.upward else column.desc() for column in order))
    return work.session.scalars(query.offset(skip).limit(limit)).all()
