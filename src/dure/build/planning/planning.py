"""Planning: what a push begins. A machine, because the files are read from git outside of any transaction."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import code, plan
from dure.build.planning.reading import Reading, read_workflows
from dure.build.planning.starting import Cause, start_runs
from dure.build.run import NothingToRun
from dure.code import Pushed, Repositories
from dure.ledger import BIG, Machine, Moment, Move, Phases, Table, Turn, Work, begin
from dure.workflow import Event, triggered

TAGS_OF_ONE_PUSH_MAX = 3
"""Whoever brings a whole history of tags does not want all of them built."""
READING, PLANNED = "reading", "planned"


class Planning(Machine, Table):
    __tablename__ = "build_planning"
    __table_args__ = (UniqueConstraint("project_id", "ref", "after_sha", "received_at"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    repository_id: Mapped[int] = mapped_column(BIG)
    ref: Mapped[str]
    before_sha: Mapped[str]
    after_sha: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(Moment)
    actor: Mapped[str]
    actor_name: Mapped[str]
    event: Mapped[str] = mapped_column(Text)
    """What happened, as JSON."""


# open: the house's own reaction to a push; whoever pushed was asked then.
def begin_planning(work: Work, pushed: Pushed) -> None:
    """Something was pushed: see which workflows it begins. Told twice, it is planned once."""
    if pushed.deleted or not pushed.ref.startswith(("refs/heads/", "refs/tags/")):
        return
    same = Planning.project_id == pushed.project, Planning.received_at == pushed.received_at
    known = Planning.ref == pushed.ref, Planning.after_sha == pushed.after
    if work.session.scalars(select(Planning.id).where(*same, *known)).first() is not None:
        return
    is_tag = pushed.ref.startswith("refs/tags/")
    tags = select(func.count()).where(*same, Planning.ref.startswith("refs/tags/"))
    if is_tag and work.session.execute(tags).scalar_one() >= TAGS_OF_ONE_PUSH_MAX:
        return
    actor, name = who_pushed(work, pushed)
    begin(
        work,
        Planning(
            phase=READING,
            project_id=pushed.project,
            repository_id=pushed.repository,
            ref=pushed.ref,
            before_sha=pushed.before,
            after_sha=pushed.after,
            received_at=pushed.received_at,
            actor=actor,
            actor_name=name,
            event=msgspec.json.encode(pushed).decode(),
        ),
    )


def who_pushed(work: Work, pushed: Pushed) -> tuple[str, str]:
    project = plan.project_of(work, pushed.project)
    for push in code.pushes_of(work, project, sha=pushed.after):
        if push.ref == pushed.ref and push.received_at == pushed.received_at:
            return push.actor, push.actor_name
    return work.actor.ref, work.actor.name


def plannings(repositories: Repositories, server_url: str) -> Phases[Planning]:
    """The machine. `server_url` is the address by which jobs and people reach the house."""

    def read(turn: Turn[Planning]) -> Move[Planning]:
        row = turn.row
        readings = read_workflows(repositories, row.repository_id, row.after_sha)
        chosen = begun_by(repositories, row, readings)
        commit = repositories.commit(row.repository_id, row.after_sha)
        title = commit.title if commit is not None else ""

        def write(work: Work, now_row: Planning) -> None:
            project = plan.project_of(work, now_row.project_id)
            if not chosen:
                nothing = NothingToRun(project=project.id, sha=now_row.after_sha, ref=now_row.ref)
                about = [project.scope, code.commit_ref(project.id, now_row.after_sha)]
                work.record(nothing, about=about, within=project.scope)
                return
            cause = Cause(
                event="push",
                sha=now_row.after_sha,
                ref=now_row.ref,
                actor=now_row.actor,
                actor_name=now_row.actor_name,
                title=title,
                server_url=server_url,
                payload=payload(now_row, project, server_url),
            )
            start_runs(work, project, cause, chosen)

        return Move(PLANNED, write=write)

    return Phases(Planning, {READING: read})


def begun_by(repositories: Repositories, row: Planning, readings: list[Reading]) -> list[Reading]:
    """Those that this push begins. One that cannot be read is shown, since nobody knows what it would have done."""
    if not readings:
        return []
    filtered = any(has_paths(reading) for reading in readings)
    before = None if set(row.before_sha) <= {"0"} else row.before_sha
    changed = repositories.changed_paths(row.repository_id, before, row.after_sha) if filtered else None
    commit = repositories.commit(row.repository_id, row.after_sha)
    event = Event(
        name="push",
        ref=row.ref,
        before=row.before_sha,
        after=row.after_sha,
        changed_paths=changed,
        message=commit.message if commit is not None else "",
    )
    return [reading for reading in readings if reading.workflow is None or triggered(reading.workflow, event).yes]


def has_paths(reading: Reading) -> bool:
    push = reading.workflow.triggers.events.get("push") if reading.workflow is not None else None
    return push is not None and (push.paths is not None or push.paths_ignore is not None)


def payload(row: Planning, project: plan.Project, server_url: str) -> dict[str, Any]:
    """`github.event` of a push."""
    pushed = msgspec.json.decode(row.event, type=Pushed)
    commits = [
        {"id": each.sha, "message": each.title, "timestamp": each.authored_at, "author": {"name": each.author}}
        for each in reversed(pushed.commits)
    ]
    return {
        "ref": pushed.ref,
        "before": pushed.before,
        "after": pushed.after,
        "created": pushed.created,
        "deleted": pushed.deleted,
        "forced": pushed.forced,
        "commits": commits,
        "head_commit": commits[-1] if commits else None,
        "pusher": {"name": row.actor_name},
        "sender": {"login": row.actor_name},
        "repository": about_repository(project, server_url),
    }


def about_repository(project: plan.Project, server_url: str) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "full_name": project.path,
        "html_url": f"{server_url}/{project.path}",
        "clone_url": f"{server_url}/{project.path}.git",
        "owner": {"login": project.owner, "name": project.owner},
        "description": project.description,
    }
