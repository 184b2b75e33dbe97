"""A project's repository: the row that the house knows it by. Its objects are kept by `Repositories`, outside.

Each project gets one as soon as it is made; one that has none yet gets it when somebody first comes for it.
"""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import plan, policy
from dure.kit import now, say
from dure.ledger import Moment, Table, Work
from dure.people import Role
from dure.plan import Project

DEFAULT_BRANCH = "main"

policy.action("code.read", Role.GUEST, say("read its code"), token="read")  # noqa: S106
policy.action("code.push", Role.DEVELOPER, say("push to its repository"), token="write")  # noqa: S106


class Repository(Table):
    __tablename__ = "code_repository"

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), unique=True)
    default_branch: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def default_ref(self) -> str:
        return f"refs/heads/{self.default_branch}"


def create_repository(work: Work, project: Project, default_branch: str = DEFAULT_BRANCH) -> Repository:
    """The repository of a project, made if it is not there yet."""
    policy.require(work, "code.read", project.scope)
    # Whoever else would make it at the same moment waits here for the project's row.
    work.session.execute(select(Project.id).where(Project.id == project.id).with_for_update(key_share=True))
    found = repository_of(work, project)
    if found is not None:
        return found
    return work.add(Repository(project_id=project.id, default_branch=default_branch, made_at=now()))


def repository_of(work: Work, project: Project) -> Repository | None:
    """The repository of a project that the actor may read."""
    policy.require(work, "code.read", project.scope)
    return work.session.scalars(select(Repository).where(Repository.project_id == project.id)).one_or_none()


def find_repository(work: Work, repository_id: int) -> tuple[Project, Repository] | None:
    """The repository with this id, and whose it is."""
    found = work.session.get(Repository, repository_id)
    if found is None:
        return None
    project = plan.project_of(work, found.project_id)
    policy.require(work, "code.read", project.scope)
    return project, found


# open: ids say nothing; what is in each is asked about when somebody comes for it.
def repository_ids(work: Work) -> list[int]:
    return list(work.session.scalars(select(Repository.id).order_by(Repository.id)))
