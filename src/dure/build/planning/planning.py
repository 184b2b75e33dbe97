"""Planning: what something that happened begins. A row for each, which is also where one reads why it began nothing.

Whoever says that something happened does so inside a Work; the files are read from git later, by the machine.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import code, policy
from dure.build.planning.happened import DISPATCHES, Happened, happened_from
from dure.build.planning.listening import listens
from dure.kit import Missing, keep, kept, now, say
from dure.kit import Text as Sentence
from dure.ledger import BIG, HOUSE, Actor, Machine, Moment, Table, Work, begin
from dure.plan import Project

READING, PLANNED = "reading", "planned"
LOOK = ""
"""What no workflow names: only that the files are to be read."""
SHOWN_MAX = 50
KEPT_DAYS = 90
HEX = re.compile(r"[0-9a-f]{7,64}")
JOB_DID_IT = say("A job caused it with its own token, and that begins no workflows.")
TOLD_ANYWAY = frozenset({"push", "pull_request"})
"""What people ask about: of these it is kept that they began nothing, though no file was read."""


class Planning(Machine, Table):
    __tablename__ = "build_planning"
    __table_args__ = (UniqueConstraint("project_id", "key"), Index("ix_build_planning_sha", "project_id", "sha"))

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    repository_id: Mapped[int] = mapped_column(BIG)
    key: Mapped[str]
    name: Mapped[str]
    type: Mapped[str]
    ref: Mapped[str]
    sha: Mapped[str]
    """The commit whose workflows begin."""
    received_at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str]
    actor_name: Mapped[str]
    words: Mapped[str] = mapped_column(Text)
    """What happened, as JSON."""
    why: Mapped[str] = mapped_column(Text, default="")
    """Why no workflow was asked at all."""
    verdicts: Mapped[str] = mapped_column(Text, default="")
    """For each workflow of the commit whether it began and why, as JSON."""

    @property
    def happened(self) -> Happened:
        return happened_from(self.words)

    @property
    def reason(self) -> Sentence | None:
        return kept(self.why)

    @property
    def judged(self) -> list["Judged"]:
        return msgspec.json.decode(self.verdicts, type=list[Judged]) if self.verdicts else []

    @property
    def is_over(self) -> bool:
        return self.phase == PLANNED


class Judged(msgspec.Struct, frozen=True):
    """What was said of one workflow."""

    path: str
    name: str
    begins: bool
    words: str
    run: int | None = None
    """The number of the run that it began."""

    @property
    def why(self) -> Sentence | None:
        return kept(self.words)


# open: called by rooms that have asked for what they say has happened, and by the house's own reactions.
def raise_event(
    work: Work, project: Project, happened: Happened, *, by: Actor | None = None, at: datetime | None = None
) -> Planning | None:
    """Something happened: see which workflows it begins. None when no workflow of the project can.

    Told twice, it is planned once. `by` is who did it, if that is not the one who works here.
    """
    by, seeing = by or work.actor, replace(work, actor=HOUSE)
    repository = code.repository_of(seeing, project)
    if repository is None or is_known(work, project, happened):
        return None
    head = code.head_of(seeing, project, repository.default_branch)
    ref, sha = happened.ref or repository.default_ref, happened.sha or head
    if sha is None:
        return None
    by_job = by.ref.startswith("job:") and happened.name not in DISPATCHES
    if happened.name not in TOLD_ANYWAY and (
        by_job or (sha == head and not listens(work, project, sha, happened.name))
    ):
        return None
    planning = Planning(
        phase=PLANNED if by_job else READING,
        project_id=project.id,
        repository_id=repository.id,
        key=happened.key,
        name=happened.name,
        type=happened.type,
        ref=ref,
        sha=sha,
        received_at=at or now(),
        actor=by.ref,
        actor_name=by.name,
        words=happened.as_json(),
    )
    if not by_job:
        return begin(work, planning)
    planning.why = keep(JOB_DID_IT)
    return work.add(planning)


# open: the house's own reaction to what makes it needless.
def end_plannings(work: Work, project_id: int, name: str, sha: str, why: Sentence) -> None:
    """What has not begun any runs yet shall begin none."""
    here = Planning.project_id == project_id, Planning.sha == sha, Planning.name == name, Planning.phase == READING
    query = select(Planning).where(*here).with_for_update().execution_options(populate_existing=True)
    for planning in work.session.scalars(query).all():
        planning.phase, planning.wake_at, planning.why = PLANNED, None, keep(why)


# open: it tells no more than whether it is worth to say that something happened.
def is_heard(work: Work, project: Project, name: str) -> bool:
    """Whether a workflow of the default branch may name this event."""
    seeing = replace(work, actor=HOUSE)
    repository = code.repository_of(seeing, project)
    head = code.head_of(seeing, project, repository.default_branch) if repository is not None else None
    return head is not None and listens(work, project, head, name)


def is_known(work: Work, project: Project, happened: Happened) -> bool:
    same = select(Planning.id).where(Planning.project_id == project.id, Planning.key == happened.key)
    return work.session.scalars(same).first() is not None


# open: the house's own reaction to a push.
def tags_pushed(work: Work, project: Project, at: datetime) -> int:
    """How many tags of one push are planned."""
    of_push = Planning.project_id == project.id, Planning.received_at == at, Planning.name == "push"
    query = select(func.count()).where(*of_push, Planning.ref.startswith("refs/tags/"))
    return work.session.execute(query).scalar_one()


# open: the house's own doing, by the clock.
def forget_plannings(work: Work) -> None:
    """Why something began, or did not, is asked soon or never; the runs stay."""
    old = Planning.received_at < now() - timedelta(days=KEPT_DAYS), Planning.wake_at.is_(None)
    work.session.execute(delete(Planning).where(*old))


def verdicts_of(work: Work, project: Project, sha: str) -> Sequence[Planning]:
    """All that happened at a commit, the latest first, each with what was said of every workflow.

    Of its name the first seven letters are enough.
    """
    policy.require(work, "build.read", project.scope)
    sha = sha.lower()
    if not HEX.fullmatch(sha):
        raise Missing(say("There is no commit {sha} here.", sha=sha[:40]))
    at = (Planning.sha >= sha) & (Planning.sha < sha + "g")
    commit = code.commit_of(work, project, sha)
    requests = code.requests_of(work, project, head_sha=commit.sha) if commit is not None else []
    # The workflows of a merge request run on what its branches come to, which nobody has pushed.
    tried = Planning.sha.in_([request.merge_sha for request in requests])
    here = Planning.project_id == project.id, at | tried, Planning.name != LOOK
    return work.session.scalars(select(Planning).where(*here).order_by(Planning.id.desc()).limit(SHOWN_MAX)).all()
