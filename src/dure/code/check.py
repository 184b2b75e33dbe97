"""Checks: what later rooms say of a commit. One row for each name, which holds the latest word."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import policy
from dure.code.commit import commit_ref
from dure.code.queue import wake_waiting
from dure.kit import Refused, Text, now, say
from dure.ledger import BIG, Event, Moment, Table, Work
from dure.people import Role
from dure.plan import Project

STATES = ("pending", "running", "success", "failure", "cancelled")
OVER = STATES[2:]
NAME_LIMIT_CHARACTERS = 200
URL_LIMIT_CHARACTERS = 500
WORDS_LIMIT_CHARACTERS = 500

policy.action("code.check", Role.DEVELOPER, say("set checks"), token="write")  # noqa: S106


class Check(Table):
    __tablename__ = "code_check"
    __table_args__ = (UniqueConstraint("project_id", "sha", "name"),)

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    sha: Mapped[str]
    name: Mapped[str]
    state: Mapped[str]
    url: Mapped[str]
    words: Mapped[str]
    set_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, kw_only=True)
class CheckSet(Event, kind="code.check_set"):
    """A check of a commit got a new state."""

    project: int
    sha: str
    name: str
    state: str
    url: str
    words: str = ""

    def sentence(self) -> Text:
        return say("set the check {name} of {sha} to {state}", name=self.name, sha=self.sha[:10], state=self.state)


def set_check(
    work: Work, project: Project, sha: str, *, name: str, state: str, url: str = "", words: str = ""
) -> Check:
    """Say how far a check of this commit is. Said twice it is recorded once."""
    policy.require(work, "code.check", project.scope)
    if state not in STATES:
        raise Refused(say("A check is one of {words}.", words=", ".join(STATES)))
    name, url, words = name[:NAME_LIMIT_CHARACTERS], url[:URL_LIMIT_CHARACTERS], words[:WORDS_LIMIT_CHARACTERS]
    query = select(Check).where(Check.project_id == project.id, Check.sha == sha, Check.name == name)
    check = work.session.scalars(query.with_for_update()).one_or_none()
    if check is not None and (check.state, check.url, check.words) == (state, url, words):
        return check
    if check is None:
        check = work.add(
            Check(project_id=project.id, sha=sha, name=name, state=state, url=url, words=words, set_at=now())
        )
    else:
        check.state, check.url, check.words, check.set_at = state, url, words, now()
    event = CheckSet(project=project.id, sha=sha, name=name, state=state, url=url, words=words)
    work.record(event, about=[project.scope, commit_ref(project.id, sha)], within=project.scope)
    if state in OVER:
        wake_waiting(work, project.id, sha)
    return check


def checks_of(work: Work, project: Project, sha: str) -> Sequence[Check]:
    """All checks of a commit, by name."""
    policy.require(work, "code.read", project.scope)
    query = select(Check).where(Check.project_id == project.id, Check.sha == sha).order_by(Check.name)
    return work.session.scalars(query).all()


def checks_by_sha(work: Work, project: Project, shas: Sequence[str]) -> dict[str, list[Check]]:
    """The checks of the commits on one page."""
    policy.require(work, "code.read", project.scope)
    query = select(Check).where(Check.project_id == project.id, Check.sha.in_(shas)).order_by(Check.name)
    found: dict[str, list[Check]] = {}
    for check in work.session.scalars(query):
        found.setdefault(check.sha, []).append(check)
    return found


def overall(checks: Sequence[Check]) -> str | None:
    """One state for all checks of a commit: the worst that was said, or that somebody is still at it."""
    said = {check.state for check in checks}
    for state in ("failure", "cancelled", "running", "pending", "success"):
        if state in said:
            return state
    return None
