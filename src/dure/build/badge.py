"""Badges: how the last run of a workflow on a branch ended, for whoever knows the badge's address.

A README is read where nobody is signed in, so a badge is shown to all who know its key. It tells one word and nothing
else; each project has one key, made when somebody first asks for a badge.
"""

from typing import Literal

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.build.run import Run
from dure.code import repository_of
from dure.kit import Missing, new_secret, say
from dure.ledger import HOUSE, Table, Work
from dure.plan import Project, project_of

KEY_LIMIT_CHARACTERS = 200
PREFIX = "badge"
Said = Literal["success", "failure", "cancelled", "running", "unknown"]


class Badge(Table):
    __tablename__ = "build_badge"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)


def badge_key(work: Work, project: Project) -> str:
    """The key of this project's badges, made if there is none yet."""
    policy.require(work, "build.start", project.scope)
    found = work.session.get(Badge, project.id)
    return (found or work.add(Badge(project_id=project.id, key=new_secret(PREFIX)))).key


def known_badge_key(work: Work, project: Project) -> str | None:
    policy.require(work, "build.read", project.scope)
    found = work.session.get(Badge, project.id)
    return found.key if found is not None else None


# open: whoever knows the key may know this one word.
def badge_of(work: Work, key: str, file: str, branch: str) -> Said:
    """How the last run of this workflow file on this branch ended; without a branch, on the default branch."""
    query = select(Badge.project_id).where(Badge.key == key)
    project_id = work.session.scalars(query).one_or_none() if len(key) <= KEY_LIMIT_CHARACTERS else None
    if project_id is None:
        raise Missing(say("There is no such badge."))
    inside = Work(work.session, HOUSE, work.owed)
    repository = repository_of(inside, project_of(inside, project_id))
    name = branch or (repository.default_branch if repository is not None else "")
    query_last = (
        select(Run.state)
        .where(
            Run.project_id == project_id,
            Run.ref == f"refs/heads/{name}",
            Run.workflow_path.endswith(f"/{file}", autoescape=True),
        )
        .order_by(Run.number.desc())
        .limit(1)
    )
    return SAID.get(work.session.scalars(query_last).first() or "", "unknown")


SAID: dict[str, Said] = {
    "success": "success",
    "failure": "failure",
    "cancelled": "cancelled",
    "running": "running",
    "queued": "running",
}
