"""Variables: values that a project's workflows ask for by name (`vars`), the same for all, or of one environment."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, func, select
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.build.run.environment import environment_key
from dure.kit import Invalid, Missing, Refused, now, say
from dure.ledger import BIG, Moment, Table, Work
from dure.plan import Project

NAME_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
NAME_CHARACTERS_MAX = 100
VALUE_CHARACTERS_MAX = 48_000
VARIABLES_MAX = 500
TAKEN_PREFIX = "GITHUB_"
BAD_NAME = say("A variable's name has letters, digits and _, begins with no digit, and is 100 long at most.")
TAKEN_NAME = say("Names that begin with GITHUB_ are the house's own.")


class TooManyVariables(Refused):
    """The project is full."""


class Variable(Table):
    """One value. Unlike a secret, whoever may read the project's settings may read it, and logs show it."""

    __tablename__ = "build_variable"
    __table_args__ = (UniqueConstraint("project_id", "environment", "name"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    environment: Mapped[str]
    """In small letters; empty: for all jobs."""
    name: Mapped[str]
    value: Mapped[str] = mapped_column(LongText)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    updated_by: Mapped[str]


def variables_of(work: Work, project: Project, environment: str = "") -> Sequence[Variable]:
    """The variables of a project, or of one of its environments, by name."""
    policy.require(work, "build.secrets", project.scope)
    same = Variable.project_id == project.id, Variable.environment == environment_key(environment)
    return work.session.scalars(select(Variable).where(*same).order_by(Variable.name)).all()


def put_variable(work: Work, project: Project, name: str, value: str, environment: str = "") -> Variable:
    """Keep a value under this name, in the place of what was kept there."""
    policy.require(work, "build.secrets", project.scope)
    check(name, value)
    found = variable_named(work, project, name, environment)
    if found is None:
        count = select(func.count()).where(Variable.project_id == project.id)
        if work.session.execute(count).scalar_one() >= VARIABLES_MAX:
            raise TooManyVariables(say("A project has {count} variables at most.", count=VARIABLES_MAX))
        return work.add(
            Variable(
                project_id=project.id,
                environment=environment_key(environment),
                name=name,
                value=value,
                updated_at=now(),
                updated_by=work.actor.ref,
            )
        )
    found.value, found.updated_at, found.updated_by = value, now(), work.actor.ref
    return found


def remove_variable(work: Work, project: Project, name: str, environment: str = "") -> None:
    policy.require(work, "build.secrets", project.scope)
    found = variable_named(work, project, name, environment)
    if found is None:
        raise Missing(say("There is no variable {name} here.", name=name[:NAME_CHARACTERS_MAX]))
    work.session.delete(found)


# open: only with a job or a run in hand that was asked for under its policy.
def known_variables(work: Work, project_id: int, environment: str = "") -> dict[str, str]:
    """The context `vars`: what is kept for all jobs, and over it what the environment has of its own."""
    places = [""] if not environment else ["", environment_key(environment)]
    here = Variable.project_id == project_id, Variable.environment.in_(places)
    query = select(Variable.name, Variable.value).where(*here).order_by(Variable.environment, Variable.name)
    return {name: value for name, value in work.session.execute(query)}  # noqa: C416 - rows are no pairs


def variable_named(work: Work, project: Project, name: str, environment: str) -> Variable | None:
    """Names differ by more than the size of their letters."""
    same = Variable.project_id == project.id, Variable.environment == environment_key(environment)
    query = select(Variable).where(*same, func.lower(Variable.name) == name.lower())
    return work.session.scalars(query).one_or_none()


def check(name: str, value: str) -> None:
    if not 0 < len(name) <= NAME_CHARACTERS_MAX or not set(name) <= NAME_SIGNS or name[0].isdigit():
        raise Invalid({"name": BAD_NAME})
    if name.upper().startswith(TAKEN_PREFIX):
        raise Invalid({"name": TAKEN_NAME})
    if len(value) > VALUE_CHARACTERS_MAX or "\0" in value:
        raise Invalid({"value": say("A variable holds {count} characters at most.", count=VALUE_CHARACTERS_MAX)})
