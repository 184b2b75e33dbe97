"""Merge requests as GitHub lists them: those that are closed are the merged ones too, and a branch may be named."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from dure import policy
from dure.code import MergeRequest
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


def pulls_of(work: Work, project: Project, sought: Sought, *, skip: int, limit: int) -> Sequence[MergeRequest]:
    policy.require(work, "code.read", project.scope)
    query = select(MergeRequest).where(MergeRequest.project_id == project.id)
    if sought.state != "all":
        is_open = MergeRequest.closed_at.is_(None)
        query = query.where(is_open if sought.state == "open" else ~is_open)
    if sought.source:
        query = query.where(MergeRequest.source == sought.source)
    if sought.target:
        query = query.where(MergeRequest.target == sought.target)
    if sought.sha:
        query = query.where((MergeRequest.head_sha == sought.sha) | (MergeRequest.merged_sha == sought.sha))
    order = (MergeRequest.updated_at, MergeRequest.number) if sought.by_change else (MergeRequest.number,)
    query = query.order_by(*(column.asc() if sought.upward else column.desc() for column in order))
    return work.session.scalars(query.offset(skip).limit(limit)).all()
