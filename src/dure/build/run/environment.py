"""Environments as jobs see them: who has to say yes before a job of theirs runs, and secrets of their own.

What is deployed where is a later room's business. It says here which environments want a yes; people may ask for more.
"""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, UniqueConstraint, func, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.build.run.job import Job
from dure.kit import Invalid, say
from dure.ledger import BIG, Table, Work
from dure.people import Role
from dure.plan import Project

NAME_CHARACTERS_MAX = 255
BAD_NAME = say("An environment needs a name of 1 to {count} characters.", count=NAME_CHARACTERS_MAX)
APPROVERS = (Role.DEVELOPER, Role.MAINTAINER, Role.OWNER)
APPROVING = {
    role: policy.action(f"build.approve_as_{role.word}", role, say("let jobs of this environment go")).name
    for role in APPROVERS
}


class Environment(Table):
    """One place that jobs may name."""

    __tablename__ = "build_environment"
    __table_args__ = (UniqueConstraint("project_id", "key"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    key: Mapped[str]
    """Its name in small letters."""
    name: Mapped[str]
    approvers: Mapped[str] = mapped_column(default="")
    """The role that has to say yes, asked for by people; empty: they ask for none."""
    app_approvers: Mapped[str] = mapped_column(default="")
    """The same, as the project's app file asks for it."""

    @property
    def vault(self) -> str:
        """Under this scope its secrets lie."""
        return f"build_environment:{self.id}"

    @property
    def approver(self) -> Role | None:
        """The lowest role that may say yes; None: nobody has to."""
        asked = [Role.from_word(word) for word in (self.approvers, self.app_approvers) if word]
        return max(asked, default=None)


def environment_key(name: str) -> str:
    return name.strip().lower()


def job_environments(work: Work, project: Project) -> Sequence[Environment]:
    """Those of which something is known, by name."""
    policy.require(work, "build.secrets", project.scope)
    return work.session.scalars(
        select(Environment).where(Environment.project_id == project.id).order_by(Environment.key)
    ).all()


def want_approval(work: Work, project: Project, name: str, approvers: str) -> Environment:
    """From now on somebody of this role, or above it, has to say yes. An empty word: nobody has to."""
    policy.require(work, "build.secrets", project.scope)
    if approvers and Role.from_word(approvers) not in APPROVERS:
        raise Invalid({"approvers": say("Developers, maintainers or owners may say yes.")})
    found = environment_named(work, project, name)
    found.approvers = approvers.lower()
    return found


# open: an order of the room that deploys, which has read it in the project's app file.
def settle_job_environment(work: Work, project: Project, name: str, *, needs_approval: bool) -> None:
    """What the app file says of an environment."""
    found = find_job_environment(work, project.id, name)
    if found is None and not needs_approval:
        return
    found = found or environment_named(work, project, name)
    found.app_approvers = Role.MAINTAINER.word if needs_approval else ""


# open: only with a project in hand that was asked for under its policy.
def find_job_environment(work: Work, project_id: int, name: str) -> Environment | None:
    same = Environment.project_id == project_id, Environment.key == environment_key(name)
    return work.session.scalars(select(Environment).where(*same)).one_or_none()


# open: it asks itself, and says nothing to whoever may not see runs.
def environment_link(work: Work, project: Project, name: str) -> str:
    """Where people see what a job has put up there, the last that ended well. Nothing: none has said it."""
    if not policy.may(work, "build.read", project.scope):
        return ""
    # The words that the index has, or it is not used.
    linked = Job.environment_url != literal("", literal_execute=True)
    here = Job.project_id == project.id, func.lower(Job.environment) == environment_key(name), Job.state == "success"
    query = select(Job.environment_url).where(linked, *here).order_by(Job.id.desc()).limit(1)
    return work.session.execute(query).scalar() or ""


# open: only with a project in hand that was asked for under its policy.
def environment_named(work: Work, project: Project, name: str) -> Environment:
    """The environment of this name, made if it is new."""
    key = environment_key(name)
    if not key or len(key) > NAME_CHARACTERS_MAX or not key.isprintable():
        raise Invalid(
            {"environment": say("An environment needs a name of 1 to {count} characters.", count=NAME_CHARACTERS_MAX)}
        )
    found = find_job_environment(work, project.id, name)
    return found or work.add(Environment(project_id=project.id, key=key, name=name.strip()))
