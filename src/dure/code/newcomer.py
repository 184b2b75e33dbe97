"""Whether somebody has brought anything into a project before."""

from sqlalchemy import select

from dure import policy
from dure.code.push import Push
from dure.code.request import MergeRequest
from dure.ledger import Work
from dure.plan import Project


def has_brought(work: Work, project: Project, actor: str) -> bool:
    """Something of theirs was pushed to the default branch, or merged."""
    policy.require(work, "code.read", project.scope)
    pushed = select(Push.id).where(Push.project_id == project.id, Push.actor == actor, Push.is_default.is_(True))
    merged = select(MergeRequest.id).where(
        MergeRequest.project_id == project.id, MergeRequest.author == actor, MergeRequest.merged_sha != ""
    )
    return any(work.session.scalars(query.limit(1)).first() is not None for query in (pushed, merged))
